//! The management plane on the wire: vaults and role assignments, in the manner of Azure Resource Manager.

mod network_acls;
mod render;
mod role_assignment;
mod route;
mod vault;

pub use render::{ManagementRenderContext, render};
pub use route::{ManagementRouted, Target, route};
