//! What the key of a certificate may be used for.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A bit of keyUsage (RFC 5280 section 4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyUsage {
    /// Signatures other than those of certificates and lists.
    DigitalSignature,
    /// Signatures that the signer shall not be able to deny.
    NonRepudiation,
    /// Encryption of keys.
    KeyEncipherment,
    /// Encryption of data.
    DataEncipherment,
    /// Agreement on a key.
    KeyAgreement,
    /// Signatures of certificates.
    KeyCertSign,
    /// Signatures of revocation lists.
    CrlSign,
    /// Of an agreed key, encryption only.
    EncipherOnly,
    /// Of an agreed key, decryption only.
    DecipherOnly,
}

/// The text names no key usage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown key usage: `{}`", .0.escape_debug())]
pub struct UnknownKeyUsage(pub String);

impl KeyUsage {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 9] = [
        Self::DigitalSignature,
        Self::NonRepudiation,
        Self::KeyEncipherment,
        Self::DataEncipherment,
        Self::KeyAgreement,
        Self::KeyCertSign,
        Self::CrlSign,
        Self::EncipherOnly,
        Self::DecipherOnly,
    ];

    /// Azure's name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DigitalSignature => "digitalSignature",
            Self::NonRepudiation => "nonRepudiation",
            Self::KeyEncipherment => "keyEncipherment",
            Self::DataEncipherment => "dataEncipherment",
            Self::KeyAgreement => "keyAgreement",
            Self::KeyCertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::EncipherOnly => "encipherOnly",
            Self::DecipherOnly => "decipherOnly",
        }
    }

    /// Its bit, the first in the highest place.
    const fn bit(self) -> u16 {
        0x8000
            >> match self {
                Self::DigitalSignature => 0,
                Self::NonRepudiation => 1,
                Self::KeyEncipherment => 2,
                Self::DataEncipherment => 3,
                Self::KeyAgreement => 4,
                Self::KeyCertSign => 5,
                Self::CrlSign => 6,
                Self::EncipherOnly => 7,
                Self::DecipherOnly => 8,
            }
    }
}

impl FromStr for KeyUsage {
    type Err = UnknownKeyUsage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|usage| usage.name() == text);
        found.ok_or_else(|| UnknownKeyUsage(text.to_owned()))
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

pub(super) fn to_bits(usages: &BTreeSet<KeyUsage>) -> u16 {
    usages.iter().fold(0, |bits, usage| bits | usage.bit())
}

pub(super) fn from_bits(bits: u16) -> BTreeSet<KeyUsage> {
    KeyUsage::ALL.into_iter().filter(|usage| bits & usage.bit() != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usage_has_a_name_and_a_bit() {
        for usage in KeyUsage::ALL {
            assert_eq!(usage.name().parse(), Ok(usage));
            assert_eq!(from_bits(to_bits(&BTreeSet::from([usage]))), BTreeSet::from([usage]));
        }
        assert!("sign".parse::<KeyUsage>().is_err());
        assert_eq!(to_bits(&KeyUsage::ALL.into()), 0xff80);
    }
}
