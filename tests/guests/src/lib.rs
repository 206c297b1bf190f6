//! Hostile guests: each one tries one way to hurt the plugin host.
//!
//! A guest is a file in `guests/`, built to a component by this package's build script. The plugin host's tests name
//! every one of them (`gateway/plugin-host/tests/it/hostile.rs`). Depends on the plugin SDK, for the guests alone.

/// Every guest: its name and its component.
#[cfg(not(target_arch = "wasm32"))]
pub const ALL: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// The component of a guest.
///
/// # Panics
/// When there is no such guest.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn component(name: &str) -> &'static [u8] {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes).expect("tests name guests that exist")
}

/// A guest with branches and the reference plugins, without optimisation and with line tables.
#[cfg(not(target_arch = "wasm32"))]
pub const WITH_LINE_TABLES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/with_line_tables.rs"));

/// Components as they were built against earlier versions of `portcullis:policy`: version, name and bytes.
#[cfg(not(target_arch = "wasm32"))]
pub const RELEASED: &[(&str, &str, &[u8])] = &[
    ("0.1", "azure-rbac", include_bytes!("../released/0.1/azure_rbac.wasm")),
    ("0.1", "conditional-access", include_bytes!("../released/0.1/conditional_access.wasm")),
    ("0.1", "asks-everything", include_bytes!("../released/0.1/asks_everything.wasm")),
    ("0.1", "judges-twice", include_bytes!("../released/0.1/judges_twice.wasm")),
];
