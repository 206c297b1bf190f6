//! Builds the reference plugins to components.

use portcullis_plugin_build::Guests;

fn main() {
    if let Err(error) = Guests::Packages(&["azure-rbac", "access-policy", "conditional-access"]).build() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}
