//! Components that were built against earlier versions of `portcullis:policy` decide as they always did.

use portcullis_model::Operation;
use portcullis_plugin_host::{LoadOptions, Plugin};
use portcullis_policy::{Access, Decision, Hook, Opinion};

use crate::support::{ASSIGNMENT, CALLER, Request, host};

const OTHER: &str = "00000000-0000-0000-0000-000000000002";
const SETTINGS: &str = r#"{"policies":[{"id":"outside","displayName":"Block outside of the office","state":"enabled",
    "conditions":{"principals":{"include":["All"]},"locations":{"include":["All"],"exclude":["office"]}},
    "grantControls":{"builtInControls":["block"]}}]}"#;

fn load(name: &str, bytes: &[u8], settings: &str) -> Plugin {
    let options = LoadOptions { settings: settings.into(), ..LoadOptions::default() };
    Plugin::load(&host(), name, bytes, options).unwrap()
}

fn released(name: &str, settings: &str) -> Plugin {
    let (.., bytes) = portcullis_guests::RELEASED.iter().find(|(_, known, _)| *known == name).unwrap();
    load(name, bytes, settings)
}

/// The bundled plugins of now and those of 0.1 agree on every operation, for callers with and without a role, from
/// inside and from outside: decision and trace alike. Of what came with 0.2 (denials, conditions, the permission model)
/// the old plugin knows nothing; what it does ask is asked now as well, in its order, with the same answers.
#[test]
fn plugins_of_0_1_decide_as_those_of_now() {
    let pairs = [
        (released("azure-rbac", "{}"), load("azure-rbac", portcullis_bundled::AZURE_RBAC, "{}"), Hook::Authorization),
        (
            released("conditional-access", SETTINGS),
            load("conditional-access", portcullis_bundled::CONDITIONAL_ACCESS, SETTINGS),
            Hook::ConditionalAccess,
        ),
    ];
    for (then, now, hook) in &pairs {
        for operation in Operation::ALL {
            for (principal, source) in [(CALLER, "10.1.2.3"), (OTHER, "10.1.2.3"), (CALLER, "203.0.113.9")] {
                let facts = Request { operation: *operation, principal, source, ..Request::default() }.facts();
                let (then, now) = (then.evaluate(*hook, &facts).unwrap(), now.evaluate(*hook, &facts).unwrap());
                assert!(!matches!(then.decision, Decision::Failed(_)), "{operation:?}: {then:?}");
                assert_eq!(then.decision, now.decision, "{operation:?} {principal} {source}");
                let mut asked = now.trace.entries().iter();
                let still = then.trace.entries().iter().all(|old| asked.any(|new| new == old));
                assert!(still, "{operation:?} {principal} {source}: {:?} {:?}", then.trace, now.trace);
            }
        }
    }
}

#[test]
fn plugins_of_0_1_decide_as_they_did_then() {
    let facts = Request::default().facts();
    let decision = released("azure-rbac", "{}").evaluate(Hook::Authorization, &facts).unwrap().decision;
    assert_eq!(decision, Decision::Authorization(Opinion::Allow { rule: ASSIGNMENT.into(), obligations: [].into() }));
    let outside = Request { source: "203.0.113.9", ..Request::default() }.facts();
    let decision =
        released("conditional-access", SETTINGS).evaluate(Hook::ConditionalAccess, &outside).unwrap().decision;
    assert!(matches!(decision, Decision::ConditionalAccess(Access::Block { rule, .. }) if &*rule == "outside"));
}

#[test]
fn every_question_of_0_1_is_answered() {
    let evaluation =
        released("asks-everything", "{}").evaluate(Hook::Authorization, &Request::default().facts()).unwrap();
    let Decision::Authorization(Opinion::Abstain { reason }) = &evaluation.decision else { panic!("{evaluation:?}") };
    let heard: Vec<_> = reason.split('|').collect();
    assert_eq!((heard.len(), heard[4], heard[21], heard[25]), (26, "dev", "TLS1_3", "{}"));
}

#[test]
fn both_hooks_of_0_1_are_found() {
    let plugin = released("judges-twice", "{}");
    let facts = Request::default().facts();
    for hook in [Hook::Authorization, Hook::ConditionalAccess] {
        let decision = plugin.evaluate(hook, &facts).unwrap().decision;
        assert!(!matches!(decision, Decision::Failed(_)), "{decision:?}");
    }
}
