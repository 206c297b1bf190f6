//! Decides as its settings say: `{"say":"deny"}`, `allow`, `abstain` or `trap`. For tests of what comes of a decision.

use portcullis_plugin::{Authorization, Configuration, Host, Opinion, Problem};

struct Guest;

/// The word that the settings say, if they are in the one form that is understood.
fn word(settings: &str) -> Option<&str> {
    settings.strip_prefix(r#"{"say":""#)?.strip_suffix(r#""}"#)
}

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        let settings = host.settings();
        match word(&settings) {
            Some("deny") => Opinion::deny("told", "its settings say so"),
            Some("allow") => Opinion::allow("told"),
            Some("often") if !host.rate(&host.principal_id(), 2, 60) => Opinion::deny("often", "twice a minute"),
            Some("trap") => std::process::abort(),
            _ => Opinion::abstain("its settings say so"),
        }
    }
}

impl Configuration for Guest {
    fn validate(settings: &str) -> Vec<Problem> {
        match word(settings) {
            Some("deny" | "allow" | "abstain" | "often" | "trap") => Vec::new(),
            Some("trap at once") => std::process::abort(),
            _ => vec![Problem {
                pointer: "/say".to_owned(),
                message: "say deny, allow, abstain, often or trap".to_owned(),
            }],
        }
    }

    fn describe() -> String {
        r#"{"type":"object"}"#.to_owned()
    }
}

portcullis_plugin::export_authorization!(Guest);
portcullis_plugin::export_configuration!(Guest);
