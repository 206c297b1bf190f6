//! The management plane on the wire: vaults and role assignments, in the manner of Azure Resource Manager.

mod deleted_vault;
mod group;
mod location;
mod network_acls;
mod render;
mod resource_filter;
mod role_assignment;
mod route;
mod vault;
mod vault_put;

pub use render::{ManagementRenderContext, render};
pub use route::{ManagementRouted, Target, route};
