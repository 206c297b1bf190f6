//! Portcullis plugin: the access policies of a vault, the older of the two permission models of Key Vault.
//!
//! Allows what an access policy of the vault permits, where access policies decide, and says nothing about the rest.
//! What it decides stands in [`decide`].

pub mod decide;

use portcullis_plugin::{Authorization, Host, Opinion};

/// The plugin.
#[derive(Debug)]
pub struct AccessPolicy;

impl Authorization for AccessPolicy {
    fn evaluate(host: &impl Host) -> Opinion {
        decide::decide(host)
    }
}

portcullis_plugin::export_authorization!(AccessPolicy);
