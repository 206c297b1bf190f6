//! Demands that lists be filtered, and judges what names an object by how its name begins.

use portcullis_plugin::{Access, ConditionalAccess, Host, Obligation};

struct Guest;

impl ConditionalAccess for Guest {
    fn evaluate(host: &impl Host) -> Access {
        let Some(name) = host.object_name() else { return Access::grant("lists").demanding(Obligation::FilterList) };
        let begins = |prefix: &str| name.starts_with(prefix);
        let granted = Access::grant("objects");
        if begins("block-") {
            return Access::block("blocked", "it is called so");
        }
        if begins("challenge-") {
            let claims = r#"{"access_token":{"amr":{"essential":true,"values":["mfa"]}}}"#;
            return Access::challenge("challenged", "it is called so", claims);
        }
        if begins("trap-") {
            panic!("it is called so");
        }
        if begins("loop-") {
            loop {
                std::hint::black_box(());
            }
        }
        if begins("why-") {
            return granted.demanding(Obligation::RequireReason("x-portcullis-reason".to_owned()));
        }
        if begins("quiet-") {
            return granted.demanding(Obligation::NoStore);
        }
        if begins("nonsense-") {
            return granted.demanding(Obligation::Other("encrypt-response".to_owned(), String::new()));
        }
        if begins("once-") && !host.rate(&format!("{name} {}", host.operation()), 1, 3600) {
            return Access::block("twice", "it was read before");
        }
        if begins("tagged-") && host.tag("team").as_deref() != Some("payments") {
            return Access::block("tagged", "it is of another team");
        }
        granted
    }
}

portcullis_plugin::export_conditional_access!(Guest);
