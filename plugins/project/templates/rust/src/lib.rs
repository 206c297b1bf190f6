//! A Portcullis plugin. What it decides stands in [`decide`], its settings in [`settings`].

pub mod decide;
pub mod settings;

use portcullis_plugin::{Access, ConditionalAccess, Host};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

impl ConditionalAccess for Plugin {
    fn evaluate(host: &impl Host) -> Access {
        decide::decide(host)
    }
}

portcullis_plugin::export_conditional_access!(Plugin);
