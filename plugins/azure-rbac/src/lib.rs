//! Portcullis plugin: Azure role-based access control for Key Vault.
//!
//! Allows what a role assignment at or above the resource grants, and says nothing about the rest. What it decides
//! stands in [`decide`].

mod circumstances;
pub mod decide;
mod pattern;

use portcullis_plugin::{Authorization, Host, Opinion};

/// The plugin.
#[derive(Debug)]
pub struct AzureRbac;

impl Authorization for AzureRbac {
    fn evaluate(host: &impl Host) -> Opinion {
        decide::decide(host)
    }
}

portcullis_plugin::export_authorization!(AzureRbac);
