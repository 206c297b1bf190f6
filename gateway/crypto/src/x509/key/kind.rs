//! Kinds of keys, and the signatures they make.

use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING,
    ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaSigningAlgorithm, VerificationAlgorithm,
};

use crate::x509::der::{Malformed, Reader, algorithm, known, oid, tag};

/// The kind of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// The length of the modulus.
        bits: u32,
    },
    /// On an elliptic curve.
    Ec(Curve),
    /// One that no certificate of ours can have, but that of a foreign authority may.
    Other,
}

/// An elliptic curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256 (secp256r1).
    P256,
    /// NIST P-384 (secp384r1).
    P384,
    /// NIST P-521 (secp521r1).
    P521,
    /// SECG secp256k1, which Azure calls `P-256K`.
    P256K,
}

impl KeyKind {
    /// Whether a certificate of ours can have it.
    #[must_use]
    pub const fn is_supported(self) -> bool {
        matches!(self, Self::Rsa { bits: 2048 | 3072 | 4096 } | Self::Ec(_))
    }

    /// The AlgorithmIdentifier of the signatures that we make with such a key.
    pub(super) fn signature_algorithm(self) -> Option<Vec<u8>> {
        let parameters: &[u8] = if matches!(self, Self::Rsa { .. }) { &NULL } else { &[] };
        self.signature_oid().map(|oid| algorithm(oid, parameters))
    }

    /// How the signatures that we make with such a key are verified.
    pub(super) fn usual_verification(self) -> Option<&'static dyn VerificationAlgorithm> {
        self.verification(self.signature_oid()?)
    }

    /// How a signature by such a key under an algorithm is verified.
    pub(super) fn verification(self, algorithm: &[u8]) -> Option<&'static dyn VerificationAlgorithm> {
        match (self, algorithm) {
            (Self::Rsa { .. }, known::RSA_SHA256) => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
            (Self::Rsa { .. }, known::RSA_SHA384) => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
            (Self::Rsa { .. }, known::RSA_SHA512) => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
            (Self::Ec(Curve::P256), known::ECDSA_SHA256) => Some(&signature::ECDSA_P256_SHA256_ASN1),
            (Self::Ec(Curve::P256), known::ECDSA_SHA384) => Some(&signature::ECDSA_P256_SHA384_ASN1),
            (Self::Ec(Curve::P384), known::ECDSA_SHA256) => Some(&signature::ECDSA_P384_SHA256_ASN1),
            (Self::Ec(Curve::P384), known::ECDSA_SHA384) => Some(&signature::ECDSA_P384_SHA384_ASN1),
            (Self::Ec(Curve::P521), known::ECDSA_SHA256) => Some(&signature::ECDSA_P521_SHA256_ASN1),
            (Self::Ec(Curve::P521), known::ECDSA_SHA384) => Some(&signature::ECDSA_P521_SHA384_ASN1),
            (Self::Ec(Curve::P521), known::ECDSA_SHA512) => Some(&signature::ECDSA_P521_SHA512_ASN1),
            (Self::Ec(Curve::P256K), known::ECDSA_SHA256) => Some(&signature::ECDSA_P256K1_SHA256_ASN1),
            (Self::Rsa { .. } | Self::Ec(_) | Self::Other, _) => None,
        }
    }

    const fn signature_oid(self) -> Option<&'static [u8]> {
        match self {
            Self::Rsa { .. } => Some(known::RSA_SHA256),
            Self::Ec(Curve::P256 | Curve::P256K) => Some(known::ECDSA_SHA256),
            Self::Ec(Curve::P384) => Some(known::ECDSA_SHA384),
            Self::Ec(Curve::P521) => Some(known::ECDSA_SHA512),
            Self::Other => None,
        }
    }
}

impl Curve {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::P256, Self::P384, Self::P521, Self::P256K];

    /// Azure's name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::P256K => "P-256K",
        }
    }

    /// The AlgorithmIdentifier of a key on this curve.
    pub(in crate::x509) fn algorithm(self) -> Vec<u8> {
        algorithm(known::EC_PUBLIC_KEY, &oid(self.oid()))
    }

    pub(in crate::x509) fn from_oid(oid: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.oid() == oid)
    }

    pub(super) const fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            Self::P521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
            Self::P256K => &ECDSA_P256K1_SHA256_ASN1_SIGNING,
        }
    }

    const fn oid(self) -> &'static [u8] {
        match self {
            Self::P256 => known::P256,
            Self::P384 => known::P384,
            Self::P521 => known::P521,
            Self::P256K => known::P256K,
        }
    }
}

/// What the AlgorithmIdentifier of a key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Rsa,
    Ec(Curve),
    Other,
}

/// Reads the AlgorithmIdentifier of a key. Curves must be named (RFC 5480 section 2.1.1).
pub(super) fn family(reader: &mut Reader<'_>) -> Result<Family, Malformed> {
    let (algorithm, mut parameters) = reader.algorithm()?;
    match algorithm {
        known::RSA_ENCRYPTION => Ok(Family::Rsa),
        known::EC_PUBLIC_KEY => {
            let named = parameters.optional(tag::OID)?;
            Ok(named.and_then(Curve::from_oid).map_or(Family::Other, Family::Ec))
        }
        _ => Ok(Family::Other),
    }
}

/// The AlgorithmIdentifier of an RSA key.
pub(in crate::x509) fn rsa_algorithm() -> Vec<u8> {
    algorithm(known::RSA_ENCRYPTION, &NULL)
}

const NULL: [u8; 2] = [tag::NULL, 0];
