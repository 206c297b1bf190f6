//! Asks every question once, and answers with what it heard.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        let group = "00000000-0000-0000-0000-00000000000a";
        let role = "00000000-0000-0000-0000-0000000000b1";
        let heard = [
            host.operation(),
            host.operation_in(&["SecretSet".to_owned(), "SecretGet".to_owned()]).to_string(),
            host.data_plane().to_string(),
            host.action(),
            host.vault(),
            format!("{:?}", host.object_kind()),
            format!("{:?}", host.object_name()),
            format!("{:?}", host.object_version()),
            host.resource(),
            host.within_scope("/subscriptions").to_string(),
            host.principal_id(),
            host.principal_is(&host.principal_id()).to_string(),
            format!("{:?}", host.application()),
            host.tenant(),
            host.principal_kind(),
            host.in_group(group).to_string(),
            host.source(),
            host.source_in(&["10.0.0.0/8".to_owned(), "::1".to_owned()]).to_string(),
            host.named_location("office").to_string(),
            host.named_location_exists("nowhere").to_string(),
            format!("{:?}", host.subnet()),
            host.tls_version(),
            host.role_assignments().len().to_string(),
            host.role_definition(role).map_or_else(String::new, |role| role.name),
            host.before(1_800_000_001).to_string(),
            host.settings(),
        ];
        Opinion::abstain(heard.join("|"))
    }
}

portcullis_plugin::export_authorization!(Guest);
