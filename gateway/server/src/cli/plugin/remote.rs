//! The plugins of a gateway, as the command line speaks to its management plane.

use clap::Args;
use http::Method;
use serde_json::Value;

use super::super::remote::{self, Access};
pub(super) use super::super::remote::{SYSTEM_ROOTS, Sent};

/// Which gateway, and where in it.
#[derive(Debug, Args)]
pub(super) struct Gateway {
    /// The resource id at which the plugin is installed; `/` is the whole tenant.
    #[arg(long, value_name = "RESOURCE-ID", env = "PORTCULLIS_SCOPE", default_value = "/")]
    scope: String,
    /// The management plane's address, as `portcullis dev` prints it.
    #[arg(long, value_name = "URL", env = "PORTCULLIS_MANAGEMENT_URL")]
    url: String,
    #[command(flatten)]
    access: Access,
}

/// A management plane to which somebody is signed in.
#[derive(Debug)]
pub(super) struct Remote {
    remote: remote::Remote,
    base: String,
}

impl Gateway {
    /// The scope as a resource id.
    pub(super) fn scope(&self) -> &str {
        &self.scope
    }

    /// Signs in.
    pub(super) fn open(&self) -> anyhow::Result<Remote> {
        let base = format!("{}/providers/Portcullis.Gateway", self.scope.trim_end_matches('/'));
        Ok(Remote { remote: self.access.open(&self.url)?, base })
    }
}

impl Remote {
    /// Makes a call below the provider's path, and gives the answer of one that succeeded.
    pub(super) fn call(&self, method: Method, path: &str, sent: Sent) -> anyhow::Result<Value> {
        self.remote.call(method, &format!("{}/{path}?api-version={VERSION}", self.base), sent)
    }
}

/// The version of the interface that the command line speaks.
const VERSION: &str = "2026-11-01";
