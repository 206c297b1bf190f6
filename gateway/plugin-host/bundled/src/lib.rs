//! The reference plugins as bytes.
//!
//! Components like anybody's, built from `plugins/` by this crate's build script. The gateway compiles them at start;
//! building the machine code here would make wasmtime a build dependency and compile it twice. Depends on no crate of
//! the workspace.

/// Role-based access control.
pub const AZURE_RBAC: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/azure_rbac.wasm"));

/// Access policies.
pub const ACCESS_POLICY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/access_policy.wasm"));

/// Conditional access by location, principal and operation.
pub const CONDITIONAL_ACCESS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/conditional_access.wasm"));

/// Every reference plugin with its name.
pub const ALL: &[(&str, &[u8])] =
    &[("azure-rbac", AZURE_RBAC), ("access-policy", ACCESS_POLICY), ("conditional-access", CONDITIONAL_ACCESS)];
