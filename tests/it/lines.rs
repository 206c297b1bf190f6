//! Which lines of a plugin's source are reached, told by an instrumented copy of it that decides as the plugin does.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use portcullis_plugin_host::{HostSettings, LoadOptions, Marks, MemoSettings, Plugin, PluginHost};
use portcullis_policy::{Decision, Hook};
use portcullis_policy_testing::{CaseFile, Instrumented, LineCoverage, LinesError, Scenario, Sources, instrument};

/// A source whose comments say what reaches which line.
const BRANCHES: &str = include_str!("../guests/guests/branches.rs");

/// The bundled plugins with their folders and case files.
const BUNDLED: [(&str, &[u8], &str, &str); 3] = [
    (
        "azure-rbac",
        portcullis_bundled::AZURE_RBAC,
        "../plugins/azure-rbac",
        include_str!("../../plugins/azure-rbac/cases/decisions.json"),
    ),
    (
        "access-policy",
        portcullis_bundled::ACCESS_POLICY,
        "../plugins/access-policy",
        include_str!("../../plugins/access-policy/cases/decisions.json"),
    ),
    (
        "conditional-access",
        portcullis_bundled::CONDITIONAL_ACCESS,
        "../plugins/conditional-access",
        include_str!("../../plugins/conditional-access/cases/decisions.json"),
    ),
];

fn with_line_tables(name: &str) -> &'static [u8] {
    portcullis_guests::WITH_LINE_TABLES.iter().find(|(known, _)| *known == name).unwrap().1
}

fn sources(folder: &str) -> Sources {
    Sources::new(&[PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)]).unwrap()
}

fn load(name: &str, bytes: &[u8], marks: Option<&Arc<Marks>>) -> Plugin {
    let settings = HostSettings {
        memo: MemoSettings::Off,
        time: Duration::from_secs(20),
        sandboxes: 4,
        optimised: marks.is_none(),
        marks: marks.map(Arc::clone),
        ..HostSettings::default()
    };
    Plugin::load(&PluginHost::new(settings).unwrap(), name, bytes, LoadOptions::default()).unwrap()
}

/// An instrumented copy, and what it has told so far.
fn telling(name: &str, instrumented: &Instrumented) -> (Plugin, Arc<Marks>) {
    let marks = Arc::new(Marks::new(instrumented.places()));
    (load(name, &instrumented.component, Some(&marks)), marks)
}

fn decide(plugin: &Plugin, operation: &str) -> Decision {
    let scenario = Scenario::from_json(&format!(r#"{{"operation": "{operation}"}}"#)).unwrap();
    plugin.suppose(Hook::Authorization, &scenario.answers().unwrap()).unwrap().decision
}

/// The lines of the source that have code, and those that an operation reaches, by its comments.
fn expected(operation: Option<&str>) -> BTreeSet<u64> {
    let reached = |comment: &str| operation.is_none_or(|it| comment.split(' ').any(|word| word == it || word == "all"));
    let lines = BRANCHES.lines().zip(1..).filter(|(text, _)| !text.trim_start().starts_with("//"));
    lines.filter_map(|(text, line)| text.split_once(" // ").filter(|(_, it)| reached(it)).map(|_| line)).collect()
}

#[test]
fn exactly_the_lines_of_the_branches_that_were_taken_are_reached() {
    let instrumented = instrument(with_line_tables("branches"), &sources("guests/guests")).unwrap();
    for operation in ["SecretGet", "SecretSet", "SecretBackup", "SecretDelete"] {
        let (plugin, marks) = telling("branches", &instrumented);
        let decision = decide(&plugin, operation);
        assert_eq!(matches!(decision, Decision::Failed(_)), operation == "SecretDelete", "{decision:?}");
        let coverage = LineCoverage::new(&instrumented, &marks);
        let [file] = coverage.files.as_slice() else { panic!("{coverage:?}") };
        assert_eq!(file.shown, PathBuf::from("branches.rs"));
        let (all, reached) = (file.lines.keys(), file.lines.iter().filter(|(_, reached)| **reached));
        assert_eq!(all.copied().collect::<BTreeSet<_>>(), expected(None));
        assert_eq!(reached.map(|(line, _)| *line).collect::<BTreeSet<_>>(), expected(Some(operation)), "{operation}");
    }
}

#[test]
fn what_is_never_evaluated_reaches_nothing() {
    let instrumented = instrument(with_line_tables("branches"), &sources("guests/guests")).unwrap();
    let (_plugin, marks) = telling("branches", &instrumented);
    let (reached, all) = LineCoverage::new(&instrumented, &marks).counts();
    assert_eq!((reached, all), (0, expected(None).len()));
}

#[test]
fn a_copy_that_tells_decides_as_what_is_deployed_and_asks_the_same() {
    for (name, deployed, folder, cases) in BUNDLED {
        let instrumented = instrument(with_line_tables(name), &sources(folder)).unwrap();
        let (copy, marks) = telling(name, &instrumented);
        let deployed = load(name, deployed, None);
        let cases = CaseFile::from_json(cases).unwrap();
        let all = cases.run(&deployed).into_iter().zip(cases.run(&copy));
        for (expected, told) in all {
            assert_eq!(told.evaluated, expected.evaluated, "{name}: {}", expected.name);
            assert_eq!(told.problem, None, "{name}: {}", expected.name);
        }
        let (reached, lines) = LineCoverage::new(&instrumented, &marks).counts();
        assert!(reached > lines / 2, "{name}: {reached} of {lines} lines");
    }
}

#[test]
fn without_line_tables_or_own_files_nothing_is_told() {
    let error = instrument(portcullis_bundled::AZURE_RBAC, &sources("../plugins/azure-rbac")).unwrap_err();
    assert!(matches!(error, LinesError::NoLineTables), "{error:?}");
    assert!(error.to_string().contains("portcullis plugin build --coverage"), "{error}");
    let error = instrument(with_line_tables("azure-rbac"), &sources("../plugins/samples")).unwrap_err();
    assert!(matches!(error, LinesError::NoOwnLines { .. }), "{error:?}");
    assert!(error.to_string().contains("plugins/samples`, but for example `/"), "{error}");
    for bytes in [b"".as_slice(), b"\0asm\x0d\0\x01\0\x01\xff", b"\0asm\x0d\0\x01\0\x01\x02ab"] {
        assert!(instrument(bytes, &sources("..")).is_err(), "{bytes:?}");
    }
}
