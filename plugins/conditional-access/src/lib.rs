//! Portcullis plugin: conditional access by policies in the shape of Microsoft Graph's `conditionalAccessPolicy`.
//!
//! Blocks what an enabled policy blocks, and demands of a token what it demands. [`decide`] is the decision: whether a
//! policy applies, and what its controls come to. Its settings are read by [`settings`].

mod applies;
pub mod conditions;
pub mod decide;
mod demand;
pub mod filter;
pub mod grant;
mod json;
mod location;
pub mod settings;
mod strength;

use portcullis_plugin::{Access, ConditionalAccess, Configuration, Host, Problem};

pub use location::Place;
pub use strength::Strength;

/// The plugin.
#[derive(Debug)]
pub struct PolicyAccess;

impl ConditionalAccess for PolicyAccess {
    fn evaluate(host: &impl Host) -> Access {
        decide::decide(host)
    }
}

impl Configuration for PolicyAccess {
    fn validate(settings: &str) -> Vec<Problem> {
        settings::Settings::parse(settings).err().unwrap_or_default()
    }

    fn describe() -> String {
        include_str!("schema.json").to_owned()
    }
}

portcullis_plugin::export_conditional_access!(PolicyAccess);
portcullis_plugin::export_configuration!(PolicyAccess);
