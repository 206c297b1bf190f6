//! The directory on the wire, in the manner of Microsoft Graph: users, groups, registrations of applications and
//! service principals, as far as `az ad` and role assignments by name need them.

mod application;
mod body;
mod filter;
mod render;
mod route;
mod user;

pub use render::{me, render};
pub use route::{DirectoryRouted, is_me, route};
