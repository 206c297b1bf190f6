//! Bodies on the data plane: a routed request with its body becomes a call.

use portcullis_model::certificates::{CertificateCall, CertificateChoice};
use portcullis_model::keys::{KeyCall, KeyChoice};
use portcullis_model::secrets::SecretCall;
use portcullis_model::{Call, ObjectKind, ObjectName, Operation, Plane};

use crate::{ApiError, ErrorCode, Routed, certificates, keys, restore, secrets};

/// The greatest body, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// The greatest body of a restore, in bytes: what a backup of 500 versions of 25 KB with their tags has in base64.
pub const MAX_RESTORE_BODY_BYTES: usize = 24 * 1024 * 1024;

impl Routed {
    /// The greatest body that this request may have, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> usize {
        match self.operation {
            Operation::SecretRestore | Operation::KeyRestore | Operation::CertificateRestore => MAX_RESTORE_BODY_BYTES,
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
        match self.operation {
            operation if operation.row().plane != Plane::Data => Err(wrong_plane()),
            Operation::RandomBytes => keys::random::parse(body).map(of_key),
            operation => match operation.row().object {
                Some(ObjectKind::Secret) => self.parse_secret(body).map(Call::Secret),
                Some(ObjectKind::Key) => self.parse_key(body).map(of_key),
                // Issuers and contacts are no objects.
                Some(ObjectKind::Certificate) | None => {
                    self.parse_certificate(body).map(|call| Call::Certificate(Box::new(call)))
                }
            },
        }
    }

    fn parse_secret(&self, body: &[u8]) -> Result<SecretCall, ApiError> {
        let version = self.version.clone();
        Ok(match self.operation {
            Operation::SecretSet => secrets::set::parse(self.name()?, body)?,
            Operation::SecretGet => SecretCall::Get { name: self.name()?, version, convert: self.convert },
            Operation::SecretUpdate => secrets::update::parse(self.name()?, version, body)?,
            Operation::SecretDelete => SecretCall::Delete { name: self.name()? },
            Operation::SecretList => SecretCall::List { page: self.page()?.of_objects() },
            Operation::SecretListVersions => {
                SecretCall::ListVersions { name: self.name()?, page: self.page()?.of_versions() }
            }
            Operation::SecretBackup => SecretCall::Backup { name: self.name()? },
            Operation::SecretRestore => SecretCall::Restore { blob: restore::parse(body)? },
            Operation::SecretListDeleted => SecretCall::ListDeleted { page: self.page()?.of_objects() },
            Operation::SecretGetDeleted => SecretCall::GetDeleted { name: self.name()? },
            Operation::SecretRecover => SecretCall::Recover { name: self.name()? },
            Operation::SecretPurge => SecretCall::Purge { name: self.name()? },
            _ => return Err(wrong_plane()),
        })
    }

    fn parse_key(&self, body: &[u8]) -> Result<KeyCall, ApiError> {
        Ok(match self.operation {
            Operation::KeyCreate => keys::create::parse(self.name()?, body)?,
            Operation::KeyImport => keys::import::parse(self.name()?, body)?,
            Operation::KeyRotate => KeyCall::Rotate { name: self.name()? },
            Operation::KeyGet => KeyCall::Get(self.key()?),
            Operation::KeyUpdate => keys::update::parse(self.key()?, body)?,
            Operation::KeyDelete => KeyCall::Delete { name: self.name()? },
            Operation::KeyList => KeyCall::List { page: self.page()?.of_objects() },
            Operation::KeyListVersions => {
                KeyCall::ListVersions { name: self.name()?, page: self.page()?.of_versions() }
            }
            Operation::KeyBackup => KeyCall::Backup { name: self.name()? },
            Operation::KeyRestore => KeyCall::Restore { blob: restore::parse(body)? },
            Operation::KeyListDeleted => KeyCall::ListDeleted { page: self.page()?.of_objects() },
            Operation::KeyGetDeleted => KeyCall::GetDeleted { name: self.name()? },
            Operation::KeyRecover => KeyCall::Recover { name: self.name()? },
            Operation::KeyPurge => KeyCall::Purge { name: self.name()? },
            Operation::KeyEncrypt => keys::operate::encrypt(self.key()?, body)?,
            Operation::KeyDecrypt => keys::operate::decrypt(self.key()?, body)?,
            Operation::KeyWrap => keys::operate::wrap(self.key()?, body)?,
            Operation::KeyUnwrap => keys::operate::unwrap(self.key()?, body)?,
            Operation::KeySign => keys::operate::sign(self.key()?, body)?,
            Operation::KeyVerify => keys::operate::verify(self.key()?, body)?,
            Operation::KeyRelease => keys::release::parse(self.key()?, body)?,
            Operation::KeyRotationPolicyGet => KeyCall::RotationPolicyGet { name: self.name()? },
            Operation::KeyRotationPolicySet => keys::rotation_policy::parse(self.name()?, body)?,
            _ => return Err(wrong_plane()),
        })
    }

    fn parse_certificate(&self, body: &[u8]) -> Result<CertificateCall, ApiError> {
        Ok(match self.operation {
            Operation::CertificateCreate => certificates::create::parse(self.name()?, body)?,
            Operation::CertificateImport => certificates::import::parse(self.name()?, body)?,
            Operation::CertificatePendingMerge => certificates::merge::parse(self.name()?, body)?,
            Operation::CertificateGet => CertificateCall::Get(self.certificate()?),
            Operation::CertificateUpdate => certificates::update::parse(self.certificate()?, body)?,
            Operation::CertificateDelete => CertificateCall::Delete { name: self.name()? },
            Operation::CertificateList => {
                CertificateCall::List { page: self.page()?.of_objects(), include_pending: self.include_pending }
            }
            Operation::CertificateListVersions => {
                CertificateCall::ListVersions { name: self.name()?, page: self.page()?.of_versions() }
            }
            Operation::CertificateBackup => CertificateCall::Backup { name: self.name()? },
            Operation::CertificateRestore => CertificateCall::Restore { blob: restore::parse(body)? },
            Operation::CertificateListDeleted => CertificateCall::ListDeleted { page: self.page()?.of_objects() },
            Operation::CertificateGetDeleted => CertificateCall::GetDeleted { name: self.name()? },
            Operation::CertificateRecover => CertificateCall::Recover { name: self.name()? },
            Operation::CertificatePurge => CertificateCall::Purge { name: self.name()? },
            Operation::CertificatePolicyGet => CertificateCall::PolicyGet { name: self.name()? },
            Operation::CertificatePolicyUpdate => certificates::policy::parse(self.name()?, body)?,
            Operation::CertificatePendingGet => {
                CertificateCall::PendingGet { name: self.name()?, id: self.request_id.clone() }
            }
            Operation::CertificatePendingUpdate => certificates::pending::parse(self.name()?, body)?,
            Operation::CertificatePendingDelete => CertificateCall::PendingDelete { name: self.name()? },
            Operation::CertificateContactsGet => CertificateCall::ContactsGet,
            Operation::CertificateContactsSet => certificates::contacts::parse(body)?,
            Operation::CertificateContactsDelete => CertificateCall::ContactsDelete,
            Operation::CertificateIssuersList => CertificateCall::IssuerList { page: self.page()?.of_objects() },
            Operation::CertificateIssuerGet => CertificateCall::IssuerGet { name: self.issuer()? },
            Operation::CertificateIssuerSet => {
                CertificateCall::IssuerSet { name: self.issuer()?, issuer: certificates::issuer::parse(body)? }
            }
            Operation::CertificateIssuerUpdate => {
                CertificateCall::IssuerUpdate { name: self.issuer()?, issuer: certificates::issuer::parse(body)? }
            }
            Operation::CertificateIssuerDelete => CertificateCall::IssuerDelete { name: self.issuer()? },
            _ => return Err(wrong_plane()),
        })
    }

    fn certificate(&self) -> Result<CertificateChoice, ApiError> {
        Ok(CertificateChoice { name: self.name()?, version: self.version.clone() })
    }

    fn issuer(&self) -> Result<ObjectName, ApiError> {
        self.issuer.clone().ok_or_else(wrong_plane)
    }

    fn key(&self) -> Result<KeyChoice, ApiError> {
        Ok(KeyChoice { name: self.name()?, version: self.version.clone() })
    }

    fn name(&self) -> Result<ObjectName, ApiError> {
        self.object.as_ref().map(|(_, name)| name.clone()).ok_or_else(wrong_plane)
    }

    fn page(&self) -> Result<&crate::PageRequest, ApiError> {
        self.page.as_ref().map_err(Clone::clone)?.as_ref().ok_or_else(wrong_plane)
    }
}

fn of_key(call: KeyCall) -> Call {
    Call::Key(Box::new(call))
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
