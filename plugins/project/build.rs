//! Compiles the crate again when a template, an SDK or the WIT changes: what is embedded is read by a macro, which
//! cannot tell cargo of files that are new.

fn main() {
    for path in ["templates", "../sdk", "../../wit/policy", "../../wit/policy-test", "../../Cargo.toml"] {
        println!("cargo::rerun-if-changed={path}");
    }
}
