//! What a request counts as.

use portcullis_model::{KeySpec, Operation, RsaSize};

use crate::config::ThrottlingConfig;

/// What a request counts as (wire contract, section 17). The fewer of a class fill a budget, the more of it each takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A key is made, or released.
    KeyCreation,
    /// A key is used of which nothing is known yet: as much as the cheapest one.
    KeyUse,
    /// An RSA key of 2048 bits is used.
    Rsa2048,
    /// One of 3072 bits.
    Rsa3072,
    /// One of 4096 bits.
    Rsa4096,
    /// A key on an elliptic curve is used.
    Ec,
    /// A secret gets a version.
    SecretCreation,
    /// Everything else.
    Other,
}

impl Class {
    /// What is known before the request is carried out.
    pub(super) const fn of(operation: Operation) -> Self {
        match operation {
            // A certificate is made with a key, which is what takes the time; and so do the checks of what is imported,
            // and the derivation of the key of a file. In the reference releases share the class.
            Operation::KeyCreate
            | Operation::KeyRotate
            | Operation::KeyImport
            | Operation::KeyRelease
            | Operation::CertificateCreate
            | Operation::CertificateImport => Self::KeyCreation,
            Operation::KeyEncrypt
            | Operation::KeyDecrypt
            | Operation::KeyWrap
            | Operation::KeyUnwrap
            | Operation::KeySign
            | Operation::KeyVerify => Self::KeyUse,
            Operation::SecretSet => Self::SecretCreation,
            _ => Self::Other,
        }
    }

    /// What the use of a key counts as.
    pub(super) const fn of_key(key: KeySpec) -> Self {
        match key {
            KeySpec::Rsa(RsaSize::Rsa2048) => Self::Rsa2048,
            KeySpec::Rsa(RsaSize::Rsa3072) => Self::Rsa3072,
            KeySpec::Rsa(RsaSize::Rsa4096) => Self::Rsa4096,
            KeySpec::Ec(_) => Self::Ec,
            // The reference has none in vaults.
            KeySpec::Oct(_) => Self::Other,
        }
    }

    /// How many of the class alone fill the budget of a vault.
    pub(super) fn limit(self, config: &ThrottlingConfig) -> u32 {
        let ThrottlingConfig { key_creation, rsa_2048, rsa_3072, rsa_4096, ec, secret_creation, other, .. } = *config;
        match self {
            Self::KeyCreation => key_creation,
            Self::KeyUse => rsa_2048.max(rsa_3072).max(rsa_4096).max(ec).max(other),
            Self::Rsa2048 => rsa_2048,
            Self::Rsa3072 => rsa_3072,
            Self::Rsa4096 => rsa_4096,
            Self::Ec => ec,
            Self::SecretCreation => secret_creation,
            Self::Other => other,
        }
    }

    /// Its name in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::KeyCreation => "key creation",
            Self::KeyUse => "use of a key",
            Self::Rsa2048 => "use of an RSA key of 2048 bits",
            Self::Rsa3072 => "use of an RSA key of 3072 bits",
            Self::Rsa4096 => "use of an RSA key of 4096 bits",
            Self::Ec => "use of an EC key",
            Self::SecretCreation => "secret creation",
            Self::Other => "other request",
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis_model::{Method, ObjectKind};

    use super::*;

    /// An operation that makes a key or uses one must not pass for a cheap one.
    #[test]
    fn operations_of_keys_that_change_something_are_none_of_the_others() {
        let others = ["KeyImport", "KeyBackup", "KeyRestore", "KeyRecover"];
        for operation in Operation::ALL.iter().copied() {
            let row = operation.row();
            if row.object == Some(ObjectKind::Key) && row.method == Method::Post && !others.contains(&row.name) {
                assert_ne!(Class::of(operation), Class::Other, "{}", row.name);
            }
        }
    }
}
