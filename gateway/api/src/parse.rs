//! Bodies on the data plane: a routed request with its body becomes a call.

use portcullis_model::secrets::SecretCall;
use portcullis_model::{Call, ObjectName, Operation};

use crate::{ApiError, ErrorCode, Routed, secrets};

/// The greatest body, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// The greatest body of a restore, in bytes: what a backup of 500 versions of 25 KB with their tags has in base64.
pub const MAX_RESTORE_BODY_BYTES: usize = 24 * 1024 * 1024;

impl Routed {
    /// The greatest body that this request may have, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> usize {
        match self.operation {
            Operation::SecretRestore => MAX_RESTORE_BODY_BYTES,
            _ => MAX_BODY_BYTES,
        }
    }

    /// The call that the request and its body make. A body over the limit is refused; operations without arguments
    /// ignore theirs, since clients send none, `{}` or `null`.
    pub fn parse(&self, body: &[u8]) -> Result<Call, ApiError> {
        if body.len() > self.body_limit() {
            return Err(payload_too_large());
        }
        self.page.as_ref().map_err(Clone::clone)?;
        let version = self.version.clone();
        let call = match self.operation {
            Operation::SecretSet => secrets::set::parse(self.name()?, body)?,
            Operation::SecretGet => SecretCall::Get { name: self.name()?, version },
            Operation::SecretUpdate => secrets::update::parse(self.name()?, version, body)?,
            Operation::SecretDelete => SecretCall::Delete { name: self.name()? },
            Operation::SecretList => SecretCall::List { page: self.page()?.of_objects() },
            Operation::SecretListVersions => {
                SecretCall::ListVersions { name: self.name()?, page: self.page()?.of_versions() }
            }
            Operation::SecretBackup => SecretCall::Backup { name: self.name()? },
            Operation::SecretRestore => secrets::restore::parse(body)?,
            Operation::SecretListDeleted => SecretCall::ListDeleted { page: self.page()?.of_objects() },
            Operation::SecretGetDeleted => SecretCall::GetDeleted { name: self.name()? },
            Operation::SecretRecover => SecretCall::Recover { name: self.name()? },
            Operation::SecretPurge => SecretCall::Purge { name: self.name()? },
            Operation::VaultGet
            | Operation::VaultPatch
            | Operation::RoleAssignmentPut
            | Operation::RoleAssignmentDelete => return Err(wrong_plane()),
        };
        Ok(Call::Secret(call))
    }

    fn name(&self) -> Result<ObjectName, ApiError> {
        self.object.as_ref().map(|(_, name)| name.clone()).ok_or_else(wrong_plane)
    }

    fn page(&self) -> Result<&crate::PageRequest, ApiError> {
        self.page.as_ref().map_err(Clone::clone)?.as_ref().ok_or_else(wrong_plane)
    }
}

/// The refusal of a body over its limit, for whoever reads the body too.
#[must_use]
pub fn payload_too_large() -> ApiError {
    ApiError::new(ErrorCode::PayloadTooLarge, "the request body is over its limit")
}

/// Routing gives every operation what it needs; were it not so, the request is refused.
fn wrong_plane() -> ApiError {
    ApiError::new(ErrorCode::InternalServerError, "the request could not be read")
}

#[cfg(test)]
mod tests;
