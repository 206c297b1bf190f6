//! From bytes to a component of which everything but its behaviour is known.

use wasmtime::component::Component;

use crate::load_error::SPOKEN;
use crate::{LoadError, PluginHost};

/// The package that plugins and the gateway speak.
const PACKAGE: &str = "portcullis:policy";

/// Its interfaces that a plugin may import.
const INTERFACES: &[&str] = &[
    "request",
    "principal",
    "network",
    "directory",
    "access",
    "clock",
    "data",
    "settings",
    "counter",
    "log",
    // Of types only, as the hooks' answers use them.
    "decision",
];

/// The package of tests.
pub(crate) const TESTS: &str = "portcullis:policy-test/";

/// What else a plugin may import, at any version 0.2: what the runtimes of Rust, Python and JavaScript link. Each is
/// answered with constants.
pub(crate) const SYSTEM: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// Compiles a component and checks every name that it imports and exports.
pub(crate) fn compile(host: &PluginHost, bytes: &[u8]) -> Result<Component, LoadError> {
    let limit = host.settings().component;
    if bytes.len() > limit {
        return Err(LoadError::TooLarge { bytes: bytes.len(), limit });
    }
    demand_component(bytes)?;
    let component = Component::from_binary(host.engine(), bytes).map_err(LoadError::Compile)?;
    let kind = component.component_type();
    for (name, _) in kind.imports(host.engine()) {
        demand_allowed(name)?;
    }
    for (name, _) in kind.exports(host.engine()) {
        demand_version(name)?;
    }
    Ok(component)
}

/// Core specification, section 5.5.16, and the component model's binary format: the preamble tells the two apart.
pub(crate) fn demand_component(bytes: &[u8]) -> Result<(), LoadError> {
    match bytes {
        [] => Err(LoadError::Empty),
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', _, _, 0, 0, ..] => Err(LoadError::CoreModule),
        other if other.trim_ascii_start().starts_with(b"(") => Err(LoadError::Text),
        _ => Err(LoadError::NotWebAssembly),
    }
}

fn demand_allowed(name: &str) -> Result<(), LoadError> {
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    if interface.starts_with(TESTS) {
        return Err(LoadError::OfTests { name: shown(name) });
    }
    if let Some(interface) = interface.strip_prefix(PACKAGE).and_then(|rest| rest.strip_prefix('/')) {
        demand_version(name)?;
        return if INTERFACES.contains(&interface) {
            Ok(())
        } else {
            Err(LoadError::UnknownInterface { name: shown(name) })
        };
    }
    if SYSTEM.contains(&interface) && is_of(version, "0.2") {
        Ok(())
    } else {
        Err(LoadError::Forbidden { name: shown(name) })
    }
}

fn demand_version(name: &str) -> Result<(), LoadError> {
    let Some(rest) = name.strip_prefix(PACKAGE) else { return Ok(()) };
    let version = rest.split_once('@').map_or("", |(_, version)| version);
    if SPOKEN.iter().any(|series| is_of(version, series)) {
        Ok(())
    } else {
        Err(LoadError::Version { name: shown(name) })
    }
}

/// Whether `0.1.3` is of `0.1`. A pre-release, such as `0.1.0-draft`, is of none.
fn is_of(version: &str, series: &str) -> bool {
    version
        .strip_prefix(series)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A name for a message: a component may give an import a name of megabytes.
fn shown(name: &str) -> String {
    crate::asked::log::printable(name, 128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_bytes_are() {
        let table: [(&[u8], &str); 7] = [
            (b"", "the file is empty"),
            (b"\0asm\x01\0\0\0", "this is a core module and not a component: build it for wasm32-wasip2"),
            (b"\n (component)", "this is WebAssembly text and not a component"),
            (b"#!/bin/sh", "this is not WebAssembly"),
            (b"\0asm", "this is not WebAssembly"),
            (b"\0asm\x01\0\x02\0", "this is not WebAssembly"),
            (b"\x7fELF\x02\x01\x01\0", "this is not WebAssembly"),
        ];
        for (bytes, expected) in table {
            assert_eq!(demand_component(bytes).unwrap_err().to_string(), expected, "{bytes:?}");
        }
        assert!(demand_component(b"\0asm\x0d\0\x01\0").is_ok());
    }

    #[test]
    fn allows_only_what_is_listed_and_names_the_rest() {
        for good in [
            "portcullis:policy/request@0.1.0",
            "portcullis:policy/log@0.1.17",
            "portcullis:policy/data@0.2.0",
            "wasi:io/poll@0.2.9",
        ] {
            assert!(demand_allowed(good).is_ok(), "{good}");
        }
        let refused = [
            ("wasi:sockets/tcp@0.2.0", "which no plugin may have"),
            ("wasi:filesystem/types@0.2.0", "which no plugin may have"),
            ("wasi:http/outgoing-handler@0.2.0", "which no plugin may have"),
            ("portcullis:policy-test/harness@0.1.0", "which only tests of policies may"),
            ("wasi:io/poll@0.3.0", "which no plugin may have"),
            ("wasi:io/poll", "which no plugin may have"),
            ("portcullis:policy-extra/request@0.1.0", "which no plugin may have"),
            ("portcullis:policy/request@0.9.0", "and this gateway portcullis:policy@0.1 and @0.2"),
            ("portcullis:policy/request@0.1.0-draft", "and this gateway portcullis:policy@0.1 and @0.2"),
            ("portcullis:policy/request@0.20.0", "and this gateway portcullis:policy@0.1 and @0.2"),
            ("portcullis:policy/request", "and this gateway portcullis:policy@0.1 and @0.2"),
            ("portcullis:policy/store@0.1.0", "which portcullis:policy does not have"),
        ];
        for (name, expected) in refused {
            let message = demand_allowed(name).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains(name), "{message}");
        }
    }
}
