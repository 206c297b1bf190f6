//! The control state: tenants, principals, vaults, rule sets and role assignments.
//!
//! The control state is small. Each process holds it whole, as an immutable [`ControlState`] that is swapped when
//! the store tells of a change, and each request is judged by exactly one such state, named by its revision. A write
//! is answered only when the state that holds it is in place: the next request, on any connection, sees it.
//!
//! Depends on `model`, `identity`, `network` (through model's rules), `policy`, `crypto` and `store`; never on
//! `engine` or `api`. Besides [`Management::declare`], which the configuration feeds at start, it changes nothing
//! without a permit.

mod access;
mod activation;
mod components;
mod declaration;
mod declared_identity;
mod directory;
mod error;
mod execute;
mod groups;
mod judged_twice;
mod lock_out;
mod plugins;
mod private_endpoints;
mod record;
mod revocations;
mod roles;
mod schedules;
mod service;
mod sessions;
mod state;
mod transfer;
mod vaults;

pub use activation::{ActivationRule, ActivationRules};
pub use components::Components;
pub use declaration::{
    Declaration, DeclaredAccessPolicy, DeclaredApplication, DeclaredAssignment, DeclaredPrivateEndpoint, DeclaredVault,
};
pub use declared_identity::{DeclaredGroup, DeclaredRegistration, DeclaredUser};

pub use directory::DirectoryRefusal;
pub use error::ManagementError;
pub use judged_twice::AccessPolicyWriters;
pub use plugins::{Installation, PluginLoader, PluginRefusal, ReadyPlugins};
pub use roles::is_role;
pub use service::{Executed, Management, Rules};
pub use sessions::{MOST_SESSIONS, OpenSession, Session, SessionError, Sessions};
pub use state::{ControlState, VaultView};
pub use transfer::{Exported, Hashes};
