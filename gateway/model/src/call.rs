//! Calls and outcomes: what is asked of the engine and of the management plane, typed.

pub mod access;
pub mod certificates;
pub mod directory;
pub mod keys;
mod listing;
pub mod management;
mod page;
pub mod plugins;
pub mod schedules;
pub mod secrets;
pub mod what_if;

pub use listing::{ListItem, ListPosition, Listing, Lists, ObjectPage};
pub use page::{Listed, Page};

use crate::Operation;

/// A request with its arguments, parsed once: the same value for policy, engine and audit.
#[derive(Debug)]
pub enum Call {
    /// A call about secrets.
    Secret(secrets::SecretCall),
    /// A call about keys.
    Key(Box<keys::KeyCall>),
    /// A call about certificates.
    Certificate(Box<certificates::CertificateCall>),
    /// A call of the management plane.
    Management(management::ManagementCall),
}

impl Call {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Secret(call) => call.operation(),
            Self::Key(call) => call.operation(),
            Self::Certificate(call) => call.operation(),
            Self::Management(call) => call.operation(),
        }
    }

    /// Puts no more items on the page, if the call lists something by pages.
    pub fn cap_page(&mut self, items: u8) {
        use {certificates::CertificateCall, keys::KeyCall, secrets::SecretCall};
        match self {
            Self::Secret(SecretCall::List { page } | SecretCall::ListDeleted { page }) => page.cap(items),
            Self::Secret(SecretCall::ListVersions { page, .. }) => page.cap(items),
            Self::Secret(_) | Self::Management(_) => {}
            Self::Key(call) => match &mut **call {
                KeyCall::List { page } | KeyCall::ListDeleted { page } => page.cap(items),
                KeyCall::ListVersions { page, .. } => page.cap(items),
                _ => {}
            },
            Self::Certificate(call) => match &mut **call {
                CertificateCall::List { page, .. }
                | CertificateCall::ListDeleted { page, .. }
                | CertificateCall::IssuerList { page } => page.cap(items),
                CertificateCall::ListVersions { page, .. } => page.cap(items),
                _ => {}
            },
        }
    }
}

/// What came of a call.
#[derive(Debug)]
pub enum Outcome {
    /// Of a call about secrets.
    Secret(secrets::SecretOutcome),
    /// Of a call about keys.
    Key(keys::KeyOutcome),
    /// Of a call about certificates.
    Certificate(certificates::CertificateOutcome),
    /// Of a call of the management plane.
    Management(management::ManagementOutcome),
}
