//! `[management]`: who may do what on the management plane beyond what roles say.

use portcullis_management::AccessPolicyWriters;

use super::super::reader::{Noted, Reader};

/// Reads `[management]`.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<AccessPolicyWriters, Noted> {
    let mut writers = AccessPolicyWriters::default();
    reader.set("access_policy_writers", &mut writers, |value| {
        value.parsed_with("\"vault-writers\" or \"role-assigners\"", |text| match text {
            "vault-writers" => Some(AccessPolicyWriters::VaultWriters),
            "role-assigners" => Some(AccessPolicyWriters::RoleAssigners),
            _ => None,
        })
    });
    Ok(writers)
}
