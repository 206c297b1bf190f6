//! What is remembered is what would have been computed.

use std::sync::Arc;

use portcullis_model::Operation;
use portcullis_plugin_host::{HostSettings, LoadOptions, MemoSettings, Plugin, PluginHost};
use portcullis_policy::{Decision, Evaluation, Facts, Hook, Mode, ObjectFacts, Opinion};

use crate::support::{ASSIGNMENT, CALLER, CONTRIBUTOR, Directory, GROUP, LONG, READER, Request, path};

const OTHER: &str = "00000000-0000-0000-0000-000000000002";
const SETTINGS: &str = r#"{"policies":[
    {"id":"writes","displayName":"Writes","state":"enabled","conditions":{
        "principals":{"include":["00000000-0000-0000-0000-000000000002"]},"operations":{"include":["SecretSet","SecretDelete"]}},
        "grantControls":{"builtInControls":["block"]}},
    {"id":"afar","displayName":"Afar","state":"enabled","conditions":{
        "principals":{"include":["All"]},"operations":{"include":["All"],"exclude":["SecretList"]},
        "locations":{"include":["All"],"exclude":["office","vpn"]}},"grantControls":{"builtInControls":["block"]}},
    {"id":"watch","displayName":"Watch","state":"enabledForReportingButNotEnforced","conditions":{
        "groups":{"include":["00000000-0000-0000-0000-00000000000a"]},"locations":{"include":["vpn"]}},
        "grantControls":{"builtInControls":["block"]}}]}"#;

fn plugins(memo: MemoSettings) -> [(Plugin, Hook); 3] {
    let host = PluginHost::new(HostSettings { memo, sandboxes: 16, time: LONG, ..HostSettings::default() }).unwrap();
    let load = |name: &str, bytes: &[u8], settings: &str| {
        let options = LoadOptions { settings: settings.into(), mode: Mode::Enforce, ..LoadOptions::default() };
        Plugin::load(&host, name, bytes, options).unwrap()
    };
    [
        (load("azure-rbac", portcullis_bundled::AZURE_RBAC, "{}"), Hook::Authorization),
        (load("conditional-access", portcullis_bundled::CONDITIONAL_ACCESS, SETTINGS), Hook::ConditionalAccess),
        (load("asks-everything", portcullis_guests::component("asks_everything"), "{}"), Hook::Authorization),
    ]
}

/// The pseudo-random numbers of a test that must be the same at every run: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn directory(&mut self, revision: u64) -> Directory {
        let mut directory = Directory { revision, ..Directory::usual() };
        let vault = path().id();
        let scopes =
            ["/", &vault, &format!("{vault}/secrets/db"), &format!("{vault}/secrets/other"), &format!("{vault}2")];
        let roles = [READER, CONTRIBUTOR, "00000000-0000-0000-0000-0000000000bf"];
        for principal in [CALLER, OTHER] {
            let ids = ["00000000-0000-0000-0000-0000000000c1", "00000000-0000-0000-0000-0000000000c2", ASSIGNMENT];
            let items: Vec<_> = (0..self.below(4)).map(|at| (ids[at], self.pick(&scopes), self.pick(&roles))).collect();
            directory.assign(principal, items);
        }
        if self.below(3) > 0 {
            directory.locate("vpn", self.pick(&["192.0.2.0/24", "203.0.113.0/24"]));
        }
        directory
    }

    fn request(&mut self, directory: &Arc<Directory>) -> Request {
        Request {
            directory: Arc::clone(directory),
            operation: self.pick(Operation::ALL),
            object: self.pick(&["db", "other", "third"]),
            principal: self.pick(&[CALLER, OTHER, GROUP]),
            source: self.pick(&["10.1.2.3", "192.0.2.1", "203.0.113.9"]),
            time: 1_800_000_000 + i64::try_from(self.below(3)).unwrap(),
            stored: (self.below(2) > 0).then(|| ObjectFacts {
                enabled: self.below(2) > 0,
                tags: vec![("team".to_owned(), self.pick(&["payments", "search"]).to_owned())],
                ..ObjectFacts::default()
            }),
        }
    }
}

fn said(evaluation: &Evaluation) -> (&Decision, &[portcullis_policy::Asked]) {
    (&evaluation.decision, evaluation.trace.entries())
}

/// Random requests in random worlds, each world a revision: what the memo says and what a sandbox says are the same,
/// decision and trace alike.
#[test]
fn decisions_and_traces_are_equal_with_and_without_the_memo() {
    let with = plugins(MemoSettings::default());
    let without = plugins(MemoSettings::Off);
    // So small that it starts anew again and again.
    let narrow = plugins(MemoSettings::On { entries: 150 });
    let mut dice = Dice(0x0dd_b1a5_ed5e_ed01);
    let mut remembered = [0; 3];
    for revision in 1..=6 {
        let directory = Arc::new(dice.directory(revision));
        for _ in 0..120 {
            let request = dice.request(&directory);
            let facts = request.facts();
            for (at, (plugin, hook)) in with.iter().enumerate() {
                let recalled = plugin.evaluate(*hook, &facts).unwrap();
                let computed = without[at].0.evaluate(*hook, &facts).unwrap();
                let restarted = narrow[at].0.evaluate(*hook, &facts).unwrap();
                assert!(!computed.remembered);
                assert!(!matches!(computed.decision, Decision::Failed(_)), "{computed:?}");
                assert_eq!(said(&recalled), said(&computed), "{request:?}");
                assert_eq!(said(&restarted), said(&computed), "{request:?}");
                remembered[at] += usize::from(recalled.remembered);
            }
        }
    }
    assert!(remembered.iter().all(|count| *count > 10), "{remembered:?}");
}

fn rbac() -> Plugin {
    let [(plugin, _), ..] = plugins(MemoSettings::default());
    plugin
}

fn allowed(plugin: &Plugin, facts: &Arc<Facts>) -> (bool, bool) {
    let evaluation = plugin.evaluate(Hook::Authorization, facts).unwrap();
    (matches!(evaluation.decision, Decision::Authorization(Opinion::Allow { .. })), evaluation.remembered)
}

#[test]
fn a_second_evaluation_needs_no_sandbox_whatever_the_object() {
    let plugin = rbac();
    assert_eq!(allowed(&plugin, &Request::default().facts()), (true, false));
    assert_eq!(allowed(&plugin, &Request::default().facts()), (true, true));
    assert_eq!(allowed(&plugin, &Request { object: "another", ..Request::default() }.facts()), (true, true));
    assert_eq!(allowed(&plugin.clone().with_mode(Mode::ReportOnly), &Request::default().facts()), (true, true));
}

#[test]
fn a_role_that_was_taken_away_is_gone_with_the_revision() {
    let plugin = rbac();
    let facts = Request::default().facts();
    assert_eq!(allowed(&plugin, &facts), (true, false));
    let mut directory = Directory { revision: 2, ..Directory::usual() };
    directory.assign(CALLER, []);
    let later = Request { directory: Arc::new(directory), ..Request::default() }.facts();
    assert_eq!(allowed(&plugin, &later), (false, false));
    assert_eq!(allowed(&plugin, &later), (false, true));
    // A request that began before the change is judged by what it saw, and adds nothing.
    assert_eq!(allowed(&plugin, &facts), (true, false));
    assert_eq!(allowed(&plugin, &later), (false, true));
}

/// The revision keeps the memo small; that it is right rests on the answers alone.
#[test]
fn a_change_without_a_revision_is_seen_all_the_same() {
    let plugin = rbac();
    assert_eq!(allowed(&plugin, &Request::default().facts()), (true, false));
    let mut directory = Directory::usual();
    directory.assign(CALLER, []);
    assert_eq!(
        allowed(&plugin, &Request { directory: Arc::new(directory), ..Request::default() }.facts()),
        (false, false)
    );
}

#[test]
fn failures_are_never_remembered() {
    let host = PluginHost::new(HostSettings { time: LONG, ..HostSettings::default() }).unwrap();
    for guest in ["panics", "asks_forever", "asks_nonsense"] {
        let bytes = portcullis_guests::component(guest);
        let plugin = Plugin::load(&host, guest, bytes, LoadOptions::default()).unwrap();
        for _ in 0..3 {
            assert!(!plugin.evaluate(Hook::Authorization, &Request::default().facts()).unwrap().remembered, "{guest}");
        }
    }
}

#[test]
fn settings_are_part_of_what_is_remembered() {
    let host = PluginHost::new(HostSettings { time: LONG, ..HostSettings::default() }).unwrap();
    let facts = Request { source: "203.0.113.9", ..Request::default() }.facts();
    let decisions = ["{}", SETTINGS].map(|settings| {
        let options = LoadOptions { settings: settings.into(), mode: Mode::Enforce, ..LoadOptions::default() };
        let plugin = Plugin::load(&host, "ca", portcullis_bundled::CONDITIONAL_ACCESS, options).unwrap();
        plugin.evaluate(Hook::ConditionalAccess, &facts).unwrap().decision
    });
    assert_ne!(decisions[0], decisions[1]);
}

#[test]
fn many_threads_learn_and_recall_the_same() {
    let plugin = rbac();
    let requests: Vec<Arc<Facts>> = [CALLER, OTHER]
        .into_iter()
        .flat_map(|principal| {
            Operation::ALL.iter().map(move |operation| Request {
                principal,
                operation: *operation,
                ..Request::default()
            })
        })
        .map(|request| request.facts())
        .collect();
    let decide = || requests.iter().map(|facts| plugin.evaluate(Hook::Authorization, facts).unwrap().decision);
    let decisions: Vec<Vec<Decision>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| decide().collect())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(decisions.iter().all(|one| *one == decisions[0]));
    assert!(requests.iter().all(|facts| plugin.evaluate(Hook::Authorization, facts).unwrap().remembered));
}
