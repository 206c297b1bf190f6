//! Guests that try to hurt the host. Every guest of `tests/guests` is named here, with what must come of it; after
//! each, a good plugin in the same host still answers.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use portcullis_plugin_host::{Documents, HostSettings, LoadError, LoadOptions, Plugin, PluginHost};
use portcullis_policy::{Access, Decision, Evaluation, Facts, Failure, Hook, ObjectFacts, Obligation, Opinion};

use crate::support::{ASSIGNMENT, Request};

const MEMORY: usize = 16 << 20;
/// Long enough that guests which end do so on a busy machine.
const TIME: Duration = Duration::from_secs(3);

/// One host for all of them, so that what one leaves behind is found by the others.
fn host() -> &'static PluginHost {
    static HOST: OnceLock<PluginHost> = OnceLock::new();
    HOST.get_or_init(|| {
        PluginHost::new(HostSettings { memory: MEMORY, time: TIME, ..HostSettings::default() }).unwrap()
    })
}

fn good() -> &'static Plugin {
    static GOOD: OnceLock<Plugin> = OnceLock::new();
    GOOD.get_or_init(|| Plugin::load(host(), "good", portcullis_bundled::AZURE_RBAC, LoadOptions::default()).unwrap())
}

fn load(guest: &str) -> Result<Plugin, LoadError> {
    Plugin::load(host(), guest, portcullis_guests::component(guest), LoadOptions::default())
}

fn run(guest: &str, hook: Hook) -> Evaluation {
    let facts = Request::default().facts();
    let evaluation = load(guest).unwrap().evaluate(hook, &facts).unwrap();
    let expected = Decision::Authorization(Opinion::Allow { rule: ASSIGNMENT.into(), obligations: [].into() });
    assert_eq!(good().evaluate(Hook::Authorization, &facts).unwrap().decision, expected, "after {guest}");
    evaluation
}

fn allow(rule: &str) -> Decision {
    Decision::Authorization(Opinion::Allow { rule: rule.into(), obligations: [].into() })
}

fn failed(guest: &str) -> Failure {
    match run(guest, Hook::Authorization).decision {
        Decision::Failed(failure) => failure,
        decision => panic!("{guest}: {decision:?}"),
    }
}

fn nonsense(text: &str) -> Failure {
    Failure::Nonsense(text.into())
}

fn trapped(text: &str) -> Failure {
    Failure::Trapped(text.into())
}

/// A test for each guest, and the list of them.
macro_rules! guests {
    ($($guest:ident: $test:block)+) => {
        const NAMED: &[&str] = &[$(stringify!($guest)),+];

        $(#[test]
        fn $guest() $test)+
    };
}

#[test]
fn every_guest_is_named_here() {
    let mut named = NAMED.to_vec();
    named.sort_unstable();
    assert_eq!(named, portcullis_guests::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

guests! {
    loops_forever: {
        assert_eq!(failed("loops_forever"), Failure::TimedOut(TIME));
    }

    takes_memory: {
        assert_eq!(failed("takes_memory"), Failure::OutOfMemory(MEMORY));
    }

    aborts: {
        assert_eq!(failed("aborts"), trapped("wasm trap: wasm `unreachable` instruction executed"));
    }

    // What a plugin says when it panics may rest on facts that the caller must not see: that is for the log.
    panics: {
        assert_eq!(failed("panics"), trapped("wasm trap: wasm `unreachable` instruction executed"));
    }

    exits: {
        assert_eq!(failed("exits"), trapped("it exited in place of deciding"));
    }

    branches: {
        assert_eq!(run("branches", Hook::Authorization).decision, allow("get"));
    }

    answers_at_length: {
        assert_eq!(failed("answers_at_length"), Failure::TooMuch("bytes at once"));
    }

    answers_a_little_too_long: {
        assert_eq!(failed("answers_a_little_too_long"), Failure::TooMuch("bytes in a reason"));
    }

    asks_forever: {
        let evaluation = run("asks_forever", Hook::Authorization);
        assert_eq!(evaluation.decision, Decision::Failed(Failure::TooMuch("questions")));
        assert_eq!(evaluation.trace.entries().len(), 512);
    }

    asks_at_length: {
        let evaluation = run("asks_at_length", Hook::Authorization);
        assert_eq!(evaluation.decision, Decision::Failed(Failure::TooMuch("bytes at once")));
        assert!(evaluation.trace.entries().is_empty());
    }

    asks_much: {
        assert_eq!(failed("asks_much"), Failure::TooMuch("text"));
    }

    asks_nonsense: {
        assert_eq!(failed("asks_nonsense"), nonsense("asked about an id that is no GUID"));
    }

    asks_about_no_prefix: {
        assert_eq!(failed("asks_about_no_prefix"), nonsense("asked about something that is no address prefix"));
    }

    asks_about_no_operation: {
        assert_eq!(failed("asks_about_no_operation"), nonsense("asked about an operation that does not exist"));
    }

    demands_a_fresh_token: {
        let decision = run("demands_a_fresh_token", Hook::ConditionalAccess).decision;
        let Decision::ConditionalAccess(Access::Challenge { rule, claims, .. }) = decision else { panic!("{decision:?}") };
        assert_eq!((&*rule, &*claims), ("fresh", r#"{"access_token":{"nbf":{"essential":true}}}"#));
    }

    recurses: {
        assert_eq!(failed("recurses"), Failure::TooMuch("stack"));
    }

    fills_its_stack: {
        assert_eq!(failed("fills_its_stack"), trapped("wasm trap: out of bounds memory access"));
    }

    // Without this, a decision that was remembered could be another than one that is computed.
    gambles: {
        let first = run("gambles", Hook::Authorization).decision;
        let Decision::Authorization(Opinion::Allow { rule, .. }) = &first else { panic!("{first:?}") };
        assert!(rule.ends_with(" 1 0 0"), "{rule}");
        assert_eq!(run("gambles", Hook::Authorization).decision, first);
    }

    counts: {
        let host = PluginHost::new(unremembered()).unwrap();
        let plugin = Plugin::load(&host, "counts", portcullis_guests::component("counts"), LoadOptions::default()).unwrap();
        for _ in 0..20 {
            let evaluation = plugin.evaluate(Hook::Authorization, &Request::default().facts()).unwrap();
            assert_eq!((evaluation.decision, evaluation.remembered), (allow("0"), false));
        }
    }

    leaves_a_canary: {
        assert_eq!(run("leaves_a_canary", Hook::Authorization).decision, allow("sung"));
    }

    // GHSA-6wgr-89rj-399p: a pooling allocator that handed one guest's memory to the next. One sandbox, so that both
    // guests have the same memory.
    seeks_a_canary: {
        let host = PluginHost::new(HostSettings { sandboxes: 1, ..unremembered() }).unwrap();
        let [singer, seeker] = ["leaves_a_canary", "seeks_a_canary"]
            .map(|guest| Plugin::load(&host, guest, portcullis_guests::component(guest), LoadOptions::default()).unwrap());
        let facts = Request::default().facts();
        for _ in 0..20 {
            assert_eq!(singer.evaluate(Hook::Authorization, &facts).unwrap().decision, allow("sung"));
            assert_eq!(seeker.evaluate(Hook::Authorization, &facts).unwrap().decision, allow("nothing"));
        }
    }

    sleeps: {
        assert_eq!(run("sleeps", Hook::Authorization).decision, allow("slept"));
    }

    obeys_its_settings: {
        let load = |settings: &str| {
            let options = LoadOptions { settings: settings.into(), ..LoadOptions::default() };
            Plugin::load(host(), "obeys", portcullis_guests::component("obeys_its_settings"), options)
        };
        let decide = |settings| load(settings).unwrap().evaluate(Hook::Authorization, &Request::default().facts()).unwrap().decision;
        assert_eq!(decide(r#"{"say":"allow"}"#), allow("told"));
        assert!(matches!(decide(r#"{"say":"trap"}"#), Decision::Failed(Failure::Trapped(_))));
        assert!(matches!(load("{}"), Err(LoadError::SettingsRejected(_))));
        assert!(matches!(load(r#"{"say":"trap at once"}"#), Err(LoadError::Validation(_))));
    }

    talks: {
        let failure = failed("talks");
        assert!(matches!(failure, Failure::TooMuch("system calls" | "text")), "{failure:?}");
    }

    logs_much: {
        assert_eq!(run("logs_much", Hook::Authorization).decision, allow("logged"));
    }

    opens_a_file: {
        refused("opens_a_file", "`wasi:filesystem/");
    }

    opens_a_socket: {
        refused("opens_a_socket", "`wasi:sockets/");
    }

    demands_nonsense: {
        let evaluation = run("demands_nonsense", Hook::ConditionalAccess);
        assert_eq!(evaluation.decision, Decision::Failed(nonsense("demanded claims that are no JSON object")));
    }

    judges_twice: {
        let plugin = load("judges_twice").unwrap();
        assert!(plugin.exports(Hook::Authorization) && plugin.exports(Hook::ConditionalAccess));
        assert_eq!(run("judges_twice", Hook::Authorization).decision, allow("dev"));
        let granted = Decision::ConditionalAccess(Access::Grant { rule: "SecretGet".into(), obligations: [].into() });
        assert_eq!(run("judges_twice", Hook::ConditionalAccess).decision, granted);
    }

    counts_requests: {
        let plugin = load("counts_requests").unwrap();
        let ask = |facts: &Arc<Facts>| plugin.evaluate(Hook::Authorization, facts).unwrap();
        let requests: Vec<_> = (0..3).map(|_| Request::default().facts()).collect();
        for facts in requests.iter().take(2) {
            let evaluation = ask(facts);
            assert_eq!((evaluation.decision, evaluation.remembered), (allow("seldom"), false));
        }
        // Judged once more, as when its body has come: it counts once.
        assert_eq!(ask(&requests[1]).decision, allow("seldom"));
        assert!(matches!(ask(&requests[2]).decision, Decision::Authorization(Opinion::Deny { .. })));
        // Nobody makes this request, and the copy that only reports counts for itself.
        let report = plugin.clone().with_mode(portcullis_policy::Mode::ReportOnly);
        let fresh = Request { principal: crate::support::GROUP, ..Request::default() };
        for _ in 0..2 {
            assert_eq!(report.evaluate(Hook::Authorization, &fresh.facts()).unwrap().decision, allow("seldom"));
        }
        assert_eq!(ask(&fresh.facts()).decision, allow("seldom"));
        // Another caller has counters of his own.
        let other = Request { principal: "00000000-0000-0000-0000-000000000002", ..Request::default() };
        assert_eq!(ask(&other.facts()).decision, allow("seldom"));
    }

    demands_much: {
        let demand = |settings: &str| {
            let options = LoadOptions { settings: settings.into(), ..LoadOptions::default() };
            Plugin::load(host(), "demands_much", portcullis_guests::component("demands_much"), options)
        };
        let ask = |settings| demand(settings).unwrap().evaluate(Hook::Authorization, &Request::default().facts()).unwrap().decision;
        let obligations = [Obligation::NoStore, Obligation::CapPage(5)].into();
        assert_eq!(ask(r#""no-store=;cap-page=5""#), Decision::Authorization(Opinion::Allow { rule: "demanding".into(), obligations }));
        let unknown = "demanded the obligation `encrypt-response`, which this gateway does not know";
        assert_eq!(ask(r#""encrypt-response=""#), Decision::Failed(nonsense(unknown)));
        assert!(matches!(ask(r#""cap-page=100""#), Decision::Failed(Failure::Nonsense(_))));
        let error = demand("{}").unwrap_err();
        assert!(matches!(&error, LoadError::SettingsRejected(problems) if problems.len() == 1), "{error:?}");
        assert!(error.to_string().ends_with("give a text, such as \"no-store=\""), "{error}");
        assert_eq!(demand("\"\"").unwrap().describe().unwrap().as_deref(), Some(r#"{"type":"string"}"#));
    }

    filters_lists: {
        let guest = load("filters_lists").unwrap();
        let ask = |object| {
            let facts = Request { object, ..Request::default() }.facts();
            guest.evaluate(Hook::ConditionalAccess, &facts).unwrap().decision
        };
        assert!(matches!(ask("block-a"), Decision::ConditionalAccess(Access::Block { .. })));
        assert!(matches!(ask("trap-a"), Decision::Failed(Failure::Trapped(_))));
        assert!(matches!(ask("loop-a"), Decision::Failed(Failure::TimedOut(_))));
        assert!(matches!(ask("db"), Decision::ConditionalAccess(Access::Grant { .. })));
    }

    asks_before_it_is_asked: {
        let error = load("asks_before_it_is_asked").unwrap_err();
        let expected = nonsense("asked while there is no request");
        assert!(matches!(&error, LoadError::Validation(failure) if *failure == expected), "{error:?}");
    }

    asks_everything: {
        let data = Documents::read([("owners", r#"{"db":["ann"]}"#)], 100).unwrap();
        let stored = ObjectFacts {
            enabled: true,
            tags: vec![("team".to_owned(), "payments".to_owned())],
            ..ObjectFacts::default()
        };
        let facts = Request { stored: Some(stored), ..Request::default() }.facts();
        let evaluation = load("asks_everything").unwrap().with_data(data).evaluate(Hook::Authorization, &facts).unwrap();
        let Decision::Authorization(Opinion::Abstain { reason }) = &evaluation.decision else { panic!("{evaluation:?}") };
        let vault = "/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/rg/providers/microsoft.keyvault/vaults/dev";
        let expected = [
            "SecretGet", "true", "true", "Microsoft.KeyVault/vaults/secrets/getSecret/action", "Some(\"dev\")", "Some(\"secrets\")",
            "Some(\"db\")", "None", &format!("{vault}/secrets/db"), "true", "00000000-0000-0000-0000-000000000001", "true",
            "None", "07070707-0707-0707-0707-070707070707", "application", "true", "10.1.2.3", "true", "true", "false",
            "None", "TLS1_3", "1", "Key Vault Secrets User",
            "Some(\"roles\")", "Some(\"secrets/get\")", "0", "0", "0", "0", "0", "0", "true", "{}",
            "data", "true", "Some(\"payments\")", "true", "Some(\"true\")", "None", "None", "true", "Some(\"app\")", "false",
            "false", "None", "None", "None", "None", "None", "None", "true", "Some(\"\\\"ann\\\"\")", "true",
        ];
        assert_eq!(reason.split('|').collect::<Vec<_>>(), expected);
        // Every question, and `principal.id` once more as the argument of another.
        assert_eq!(evaluation.trace.entries().len(), expected.len() + 1);
    }
}

fn unremembered() -> HostSettings {
    HostSettings { memo: portcullis_plugin_host::MemoSettings::Off, time: TIME, ..HostSettings::default() }
}

fn refused(guest: &str, import: &str) {
    let error = load(guest).unwrap_err();
    assert!(matches!(error, LoadError::Forbidden { .. }), "{error:?}");
    assert!(error.to_string().contains(import), "{error}");
}

/// A sandbox is given back whatever came of it: with one of them, every guest gets it.
#[test]
fn a_failure_does_not_keep_its_sandbox() {
    let host =
        PluginHost::new(HostSettings { sandboxes: 1, time: Duration::from_millis(500), ..unremembered() }).unwrap();
    let facts = Request::default().facts();
    let good = Plugin::load(&host, "good", portcullis_bundled::AZURE_RBAC, LoadOptions::default()).unwrap();
    for guest in ["loops_forever", "takes_memory", "panics", "recurses", "exits", "asks_at_length"] {
        let bytes = portcullis_guests::component(guest);
        let plugin = Plugin::load(&host, guest, bytes, LoadOptions::default()).unwrap();
        for _ in 0..3 {
            assert!(matches!(plugin.evaluate(Hook::Authorization, &facts).unwrap().decision, Decision::Failed(_)));
        }
        assert_eq!(good.evaluate(Hook::Authorization, &facts).unwrap().decision, allow(ASSIGNMENT), "after {guest}");
    }
}

#[test]
fn more_evaluations_than_sandboxes_are_refused_and_disturb_nobody() {
    let settings = HostSettings { sandboxes: 1, ..unremembered() };
    let host = PluginHost::new(settings).unwrap();
    let bytes = portcullis_guests::component("loops_forever");
    let plugin = Plugin::load(&host, "loops", bytes, LoadOptions::default()).unwrap();
    let facts = Request::default().facts();
    let decisions: Vec<Decision> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| plugin.evaluate(Hook::Authorization, &Arc::clone(&facts)).unwrap().decision))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(decisions.contains(&Decision::Failed(Failure::TimedOut(TIME))), "{decisions:?}");
    for decision in decisions {
        let expected = [Failure::TimedOut(TIME), Failure::NoSandbox].map(Decision::Failed);
        assert!(expected.contains(&decision), "{decision:?}");
    }
}

/// Who makes a plugin burn its time is not evaluated any more; others are, and a plugin that is put in its place starts
/// without blame.
#[test]
fn a_plugin_that_burns_its_time_is_quarantined() {
    let host = PluginHost::new(HostSettings { time: Duration::from_millis(20), ..unremembered() }).unwrap();
    let load = || {
        let bytes = portcullis_guests::component("loops_forever");
        Plugin::load(&host, "loops", bytes, LoadOptions::default()).unwrap()
    };
    let plugin = load();
    let ask = |plugin: &Plugin, principal| {
        let facts = Request { principal, ..Request::default() }.facts();
        plugin.evaluate(Hook::Authorization, &facts).unwrap().decision
    };
    let timed_out = Decision::Failed(Failure::TimedOut(Duration::from_millis(20)));
    for _ in 0..3 {
        assert_eq!(ask(&plugin, crate::support::CALLER), timed_out);
    }
    assert_eq!(ask(&plugin, crate::support::CALLER), Decision::Failed(Failure::Quarantined));
    assert_eq!(ask(&plugin, crate::support::GROUP), timed_out, "another caller is still evaluated");
    assert_eq!(ask(&load(), crate::support::CALLER), timed_out, "a replacement is asked");
}
