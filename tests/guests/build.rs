//! Builds every guest to a component and lists them.
//!
//! The guests are examples of this very package, so the nested cargo runs this script again, for wasm; there it has
//! nothing to do.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use portcullis_plugin_build::{Component, Guests};

fn main() {
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        return;
    }
    if let Err(error) = build() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

const PACKAGE: &str = "portcullis-guests";

/// The reference plugins.
const BUNDLED: &[&str] = &["azure-rbac", "access-policy", "conditional-access"];

fn build() -> Result<(), Box<dyn std::error::Error>> {
    let names = guests()?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let components = Guests::Examples { package: PACKAGE, names: &names }.build()?;
    let mut traceable = Guests::Examples { package: PACKAGE, names: &["branches"] }.build_with_line_tables()?;
    traceable.extend(Guests::Packages(BUNDLED).build_with_line_tables()?);
    let out_dir = env::var("OUT_DIR")?;
    fs::write(Path::new(&out_dir).join("guests.rs"), list(&components))?;
    fs::write(Path::new(&out_dir).join("with_line_tables.rs"), list(&traceable))?;
    Ok(())
}

/// The files in `guests/`. One that the manifest does not list is not built, and copying its component fails.
fn guests() -> io::Result<Vec<String>> {
    println!("cargo::rerun-if-changed=guests");
    let mut names = Vec::new();
    for entry in fs::read_dir("guests")? {
        if let Some(name) = entry?.path().file_stem().and_then(|stem| stem.to_str()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn list(components: &[Component]) -> String {
    let mut text = String::from("&[\n");
    for Component { name, path } in components {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "    ({name:?}, include_bytes!({path:?})),");
    }
    text.push_str("]\n");
    text
}
