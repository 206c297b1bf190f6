//! What a Portcullis plugin is written with: questions to ask, decisions to give, one line to export them.
//!
//! A plugin implements [`Authorization`] or [`ConditionalAccess`], or both, over a [`Host`] that it asks, and says so
//! in one line:
//!
//! ```
//! use portcullis_plugin::{Authorization, Host, Opinion};
//!
//! struct OfficeHours;
//!
//! impl Authorization for OfficeHours {
//!     fn evaluate(host: &impl Host) -> Opinion {
//!         if host.in_group("7f0e2d0c-1d0e-4b1e-8a52-0c4ed4be1d01") && host.named_location("office") {
//!             Opinion::allow("staff-in-the-office")
//!         } else {
//!             Opinion::abstain("only staff in the office may do this")
//!         }
//!     }
//! }
//!
//! portcullis_plugin::export_authorization!(OfficeHours);
//! ```
//!
//! In the gateway the host is the [`Gateway`]; in a native test it is a `Scenario` (feature `test-util`). The
//! decision sees no difference, so it is tested without a sandbox. Each question is recorded by the gateway with its
//! answer: ask predicates (`in_group`, `source_in`) wherever that is the real question, and ask only what the decision
//! needs, because the gateway remembers decisions by what they rested on.
//!
//! This crate depends on no other crate of the workspace: a plugin is compiled by strangers.

mod access;
mod authorization;
mod bindings;
mod clock;
mod conditional_access;
mod configuration;
mod counter;
mod data;
mod directory;
mod host;
mod log;
mod network;
mod obligation;
mod principal;
mod request;
mod settings;

#[cfg(feature = "test-util")]
pub mod cases;
#[cfg(all(feature = "test-util", target_arch = "wasm32"))]
pub mod harness;
#[cfg(feature = "test-util")]
mod scenario;

pub use access::{ConditionalAssignment, ConditionalBlock, DenyAssignment, Grants, PolicyEntry};
pub use authorization::{Authorization, Opinion};
pub use clock::{Clock, Weekday, Window};
pub use conditional_access::{Access, ConditionalAccess};
pub use configuration::{Configuration, Problem};
pub use counter::Counter;
pub use data::Data;
pub use directory::{Assignment, Directory, Permissions, Role};
pub use host::{Gateway, Host};
pub use log::{Level, Log};
pub use network::Network;
pub use obligation::Obligation;
pub use principal::Principal;
pub use request::Request;
#[cfg(feature = "test-util")]
pub use scenario::Scenario;
pub use settings::Settings;

/// What the export macros expand to. Not part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::authorization::Exported as Authorization;
    pub use crate::bindings::{authorization, conditional_access, configuration};
    pub use crate::conditional_access::Exported as ConditionalAccess;
    pub use crate::configuration::Exported as Configuration;
}
