//! Who uses a production key has shown a second factor, and not long ago.

use portcullis_plugin::{Access, ConditionalAccess, Host, Principal, Request, Settings as Installed};
use serde::Deserialize;

use crate::settings;

/// The plugin.
#[derive(Debug)]
pub struct StepUp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// How the names of production keys begin.
    prefix: String,
    /// The operations that are watched, such as `KeySign`.
    operations: Vec<String>,
    /// Within how many minutes the person must have signed in.
    minutes: u16,
    /// The group of applications that use the keys without a person; others are blocked.
    #[serde(default)]
    applications: Option<String>,
}

impl ConditionalAccess for StepUp {
    fn evaluate(host: &impl Host) -> Access {
        decide(host)
    }
}

fn decide(host: &(impl Request + Principal + Installed)) -> Access {
    let settings: Settings = match settings::read(host) {
        Ok(settings) => settings,
        Err(block) => return block,
    };
    if settings.prefix.is_empty() || settings.operations.is_empty() || settings.minutes == 0 {
        return settings::invalid("`prefix`, `operations` and `minutes` say something");
    }
    if !host.operation_in(&settings.operations) || !host.object_name_starts_with(&settings.prefix) {
        return Access::NotApplicable;
    }
    if host.principal_kind() != "user" {
        let known = settings.applications.as_ref().is_some_and(|group| host.in_group(group));
        let block = || Access::block("step-up", "production keys are used by people, and by the applications that may");
        return if known { Access::grant("step-up applications") } else { block() };
    }
    let seconds = u32::from(settings.minutes) * 60;
    if host.authenticated_with("mfa") && host.authenticated_within(seconds) {
        return Access::grant("step-up");
    }
    // What the gateway's token endpoint understands; clients pass it on as it is.
    let claims = serde_json::json!({"access_token": {
        "amr": {"essential": true, "values": ["mfa"]},
        "auth_time": {"essential": true, "max_age": seconds},
    }});
    let reason = format!("production keys take a second factor within the last {} minutes", settings.minutes);
    Access::challenge("step-up", reason, claims.to_string())
}
