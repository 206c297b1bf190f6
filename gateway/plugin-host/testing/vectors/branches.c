// Compiled to branches.wasm by clang 22, in the folder above this one:
//   zig cc -target wasm32-freestanding -O0 -g -fno-sanitize=all -fdebug-compilation-dir=. -nostdlib -Wl,--no-entry
//       vectors/branches.c -o vectors/branches.wasm
// A comment at the end of a line says that it has code.

__attribute__((import_module("env"), import_name("ask"))) extern int ask(int question);

static int vowels(const char *text) { // code
    int found = 0;                    // code
    for (; *text; text++) {           // code
        switch (*text) {              // code
        case 'a':
        case 'e':
            found++; // code
            break;   // code
        default:
            break;
        }
    }
    return found; // code
}

__attribute__((export_name("decide"))) int decide(const char *text) { // code
    if (ask(1)) {                                                     // code
        return 7;                                                     // code
    }
    return vowels(text); // code
} // code
