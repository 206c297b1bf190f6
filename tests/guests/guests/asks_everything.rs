//! Asks every question once, and answers with what it heard.

use portcullis_plugin::{Authorization, Host, Opinion, Weekday, Window};

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
            format!("{:?}", host.vault()),
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
            format!("{:?}", host.permission_model()),
            format!("{:?}", host.permission()),
            host.conditional_assignments().len().to_string(),
            host.conditional_permissions(role).len().to_string(),
            host.deny_assignments().len().to_string(),
            host.access_policies().len().to_string(),
            host.request_attribute("a").len().to_string(),
            host.resource_attribute("b").len().to_string(),
            host.before(1_800_000_001).to_string(),
            host.settings(),
            host.plane(),
            host.object_name_starts_with("D").to_string(),
            format!("{:?}", host.tag("team")),
            host.tag_is("team", "payments").to_string(),
            format!("{:?}", host.attribute("enabled")),
            format!("{:?}", host.attribute("expires")),
            format!("{:?}", host.header("X-Portcullis-Reason")),
            host.has_role(role).to_string(),
            format!("{:?}", host.claim("idtyp")),
            host.authenticated_with("mfa").to_string(),
            host.authenticated_within(60).to_string(),
            format!("{:?}", host.device("compliant")),
            format!("{:?}", host.risk("sign-in")),
            format!("{:?}", host.virtual_network()),
            format!("{:?}", host.private_endpoint()),
            format!("{:?}", host.client_certificate()),
            format!("{:?}", host.signal("country")),
            host.within(&Window { days: vec![Weekday::Friday], begin: 0, end: 1440, offset: 0 }).to_string(),
            format!("{:?}", host.data("owners", "/db/0")),
            host.data_contains("owners", "/db", "ann").to_string(),
        ];
        Opinion::abstain(heard.join("|"))
    }
}

portcullis_plugin::export_authorization!(Guest);
