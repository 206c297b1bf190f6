//! What is no plugin.

use portcullis_plugin_host::{HostSettings, LoadError, LoadOptions, Plugin, PluginHost};
use portcullis_policy::Mode;

use crate::support::host;

fn load(bytes: &[u8]) -> LoadError {
    Plugin::load(&host(), "other", bytes, LoadOptions::default()).unwrap_err()
}

fn load_text(text: &str) -> LoadError {
    load(&wat::parse_str(text).unwrap())
}

#[test]
fn says_what_it_is_that_is_no_component() {
    assert!(matches!(load(b""), LoadError::Empty));
    assert!(matches!(load(&wat::parse_str("(module)").unwrap()), LoadError::CoreModule));
    assert!(matches!(load(b"(component)"), LoadError::Text));
    assert!(matches!(load(b"\x7fELF garbage"), LoadError::NotWebAssembly));
    let mut broken = portcullis_bundled::AZURE_RBAC.to_vec();
    broken.truncate(broken.len() / 2);
    assert!(matches!(load(&broken), LoadError::Compile(_)));
}

#[test]
fn refuses_a_component_that_is_too_large_before_reading_it() {
    let host = PluginHost::new(HostSettings { component: 1000, ..HostSettings::default() }).unwrap();
    let error = Plugin::load(&host, "large", portcullis_bundled::AZURE_RBAC, LoadOptions::default()).unwrap_err();
    assert!(matches!(error, LoadError::TooLarge { limit: 1000, .. }), "{error:?}");
}

#[test]
fn refuses_a_component_without_a_hook() {
    assert!(matches!(load_text("(component)"), LoadError::NoHook));
}

#[test]
fn names_the_version_that_it_does_not_speak() {
    for name in ["portcullis:policy/request@0.9.0", "portcullis:policy/request@1.0.0"] {
        let error = load_text(&format!(r#"(component (import "{name}" (instance)))"#));
        assert!(matches!(&error, LoadError::Version { name: named } if named == name), "{error:?}");
    }
    let error =
        load_text(r#"(component (instance $i) (export "portcullis:policy/authorization@0.9.0" (instance $i)))"#);
    assert!(matches!(error, LoadError::Version { .. }), "{error:?}");
}

#[test]
fn names_what_no_plugin_may_import() {
    for name in [
        "wasi:filesystem/types@0.2.0",
        "wasi:filesystem/preopens@0.2.6",
        "wasi:sockets/tcp@0.2.0",
        "wasi:sockets/ip-name-lookup@0.2.0",
        "wasi:http/outgoing-handler@0.2.0",
        "wasi:cli/run@0.2.0",
        "wasi:keyvalue/store@0.2.0",
        "stranger:things/everything",
    ] {
        let error = load_text(&format!(r#"(component (import "{name}" (instance)))"#));
        assert!(matches!(&error, LoadError::Forbidden { name: named } if named == name), "{error:?}");
    }
    // A function or a module is no interface either.
    assert!(matches!(load_text(r#"(component (import "f" (func)))"#), LoadError::Forbidden { .. }));
    assert!(matches!(load_text(r#"(component (import "m" (core module)))"#), LoadError::Forbidden { .. }));
    let error = load_text(r#"(component (import "portcullis:policy/store@0.1.0" (instance)))"#);
    assert!(matches!(error, LoadError::UnknownInterface { .. }), "{error:?}");
}

#[test]
fn refuses_an_interface_of_another_shape() {
    let question = r#"(component (import "portcullis:policy/request@0.1.0" (instance (export "data-plane" (func (result string))))))"#;
    assert!(matches!(load_text(question), LoadError::Link(_)));
    let later = r#"(component (import "portcullis:policy/request@0.1.7" (instance (export "phase-of-moon" (func (result string))))))"#;
    assert!(matches!(load_text(later), LoadError::Link(_)));
    let hook = r#"(component (instance $i) (export "portcullis:policy/authorization@0.1.0" (instance $i)))"#;
    assert!(matches!(load_text(hook), LoadError::Link(_)));
}

#[test]
fn refuses_a_component_that_wants_more_than_a_sandbox_has() {
    let memory = "(component (core module $m (memory 1000)) (core instance (instantiate $m)))";
    assert!(matches!(load_text(memory), LoadError::Compile(_)));
    let table = "(component (core module $m (table 1000000 funcref)) (core instance (instantiate $m)))";
    assert!(matches!(load_text(table), LoadError::Compile(_)));
    let threads = "(component (core module $m (memory 1 2 shared)) (core instance (instantiate $m)))";
    assert!(matches!(load_text(threads), LoadError::Compile(_)));
    let instances = format!("(component (core module $m) {})", "(core instance (instantiate $m))".repeat(100));
    assert!(matches!(load_text(&instances), LoadError::Compile(_)));
}

#[test]
fn refuses_settings_that_are_not_json_or_too_long() {
    let load = |settings: &str| {
        let options = LoadOptions { settings: settings.into(), mode: Mode::Enforce, ..LoadOptions::default() };
        Plugin::load(&host(), "rbac", portcullis_bundled::AZURE_RBAC, options).map(|_| ())
    };
    assert!(matches!(load("{"), Err(LoadError::Settings(_))));
    assert!(matches!(load(""), Err(LoadError::Settings(_))));
    let long = format!("\"{}\"", "x".repeat(1 << 20));
    assert!(matches!(load(&long), Err(LoadError::SettingsTooLarge { .. })));
    assert!(load(r#"{"any": "thing"}"#).is_ok());
}

/// The second start finds the machine code and does not compile.
#[test]
fn keeps_compiled_code_in_its_folder() {
    let folder = std::env::temp_dir().join(format!("portcullis-plugin-cache-{}", std::process::id()));
    let settings = HostSettings { cache: Some(folder.clone()), ..HostSettings::default() };
    let host = PluginHost::new(settings.clone()).unwrap();
    Plugin::load(&host, "rbac", portcullis_bundled::AZURE_RBAC, LoadOptions::default()).unwrap();
    drop(host);
    assert!(std::fs::read_dir(&folder).unwrap().next().is_some());
    let again = PluginHost::new(settings).unwrap();
    Plugin::load(&again, "rbac", portcullis_bundled::AZURE_RBAC, LoadOptions::default()).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

/// CPython linked by componentize-py has about forty core instances, QuickJS three memories: what is missing is a hook.
#[test]
fn has_room_for_what_interpreters_are_made_of_and_says_when_it_has_not() {
    let component = |instances: usize, memories: usize| {
        let memory = "(core module $m (memory 1)) ".to_owned() + &"(core instance (instantiate $m)) ".repeat(memories);
        let empty = "(core module $e) ".to_owned() + &"(core instance (instantiate $e)) ".repeat(instances - memories);
        format!("(component {memory} {empty})")
    };
    assert!(matches!(load_text(&component(64, 4)), LoadError::NoHook));
    for (instances, memories) in [(65, 4), (64, 5)] {
        let error = load_text(&component(instances, memories));
        assert!(matches!(error, LoadError::Compile(_)), "{error:?}");
    }
}
