//! Portcullis plugin: conditional access by principal, operation and named location.
//!
//! Blocks what an enabled policy blocks. What it decides stands in [`decide`], its settings in [`settings`].

pub mod decide;
pub mod settings;

use portcullis_plugin::{Access, ConditionalAccess, Host};

/// The plugin.
#[derive(Debug)]
pub struct LocationAccess;

impl ConditionalAccess for LocationAccess {
    fn evaluate(host: &impl Host) -> Access {
        decide::decide(host)
    }
}

portcullis_plugin::export_conditional_access!(LocationAccess);
