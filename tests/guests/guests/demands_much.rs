//! Allows with what its settings name: `name=value`, one a line.

use portcullis_plugin::{Authorization, Configuration, Host, Obligation, Opinion, Problem};

struct Guest;

fn demanded(settings: &str) -> impl Iterator<Item = (&str, &str)> {
    settings.trim_matches('"').split(';').filter_map(|one| one.split_once('='))
}

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        demanded(&host.settings()).fold(Opinion::allow("demanding"), |opinion, (name, value)| {
            opinion.demanding(Obligation::Other(name.to_owned(), value.to_owned()))
        })
    }
}

impl Configuration for Guest {
    fn validate(settings: &str) -> Vec<Problem> {
        if settings.starts_with('"') {
            Vec::new()
        } else {
            vec![Problem { pointer: String::new(), message: "give a text, such as \"no-store=\"".to_owned() }]
        }
    }

    fn describe() -> String {
        r#"{"type":"string"}"#.to_owned()
    }
}

portcullis_plugin::export_authorization!(Guest);
portcullis_plugin::export_configuration!(Guest);
