//! The management plane on the wire: vaults and role assignments, in the manner of Azure Resource Manager.

mod access;
mod access_policies;
mod deleted_vault;
mod filter;
mod group;
mod location;
mod network_acls;
mod overview;
mod plugin;
mod private_link;
mod render;
mod resource_filter;
mod role_assignment;
mod role_definition;
mod route;
mod schedule;
mod vault;
mod vault_page;
mod vault_put;
mod what_if;

pub use filter::Filter;
pub use overview::{Overview, metadata, operations, subscriptions, tenants};
pub use render::{ManagementRenderContext, render};
pub use route::{ManagementRouted, Named, Target, route};
pub use vault_page::VaultPage;
