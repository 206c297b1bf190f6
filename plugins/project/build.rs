//! Compiles the crate again when a template, an SDK or the WIT changes: what is embedded is read by a macro, which
//! cannot tell cargo of files that are new.

#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
fn main() {
    for path in ["templates", "../sdk", "../../wit/policy", "../../Cargo.toml"] {
        println!("cargo::rerun-if-changed={path}");
    }
}
