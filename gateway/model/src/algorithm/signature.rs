//! The algorithms of sign and verify.

use super::algorithms;
use crate::{Curve, KeySpec};

algorithms! {
    /// An algorithm of sign and verify.
    SignatureAlgorithm, "a signature algorithm":
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
    Rs256 = "RS256" for KeySpec::Rsa(_),
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384 = "RS384" for KeySpec::Rsa(_),
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512 = "RS512" for KeySpec::Rsa(_),
    /// RSASSA-PSS with SHA-256 and a salt as long as the hash (RFC 7518 section 3.5).
    Ps256 = "PS256" for KeySpec::Rsa(_),
    /// RSASSA-PSS with SHA-384 and a salt as long as the hash.
    Ps384 = "PS384" for KeySpec::Rsa(_),
    /// RSASSA-PSS with SHA-512 and a salt as long as the hash.
    Ps512 = "PS512" for KeySpec::Rsa(_),
    /// Azure's own: PKCS #1 v1.5 padding around the value as it is, without naming a hash.
    RsNull = "RSNULL" for KeySpec::Rsa(_),
    /// ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4).
    Es256 = "ES256" for KeySpec::Ec(Curve::P256),
    /// ECDSA on secp256k1 with SHA-256 (RFC 8812 section 3.2).
    Es256k = "ES256K" for KeySpec::Ec(Curve::P256K),
    /// ECDSA on P-384 with SHA-384.
    Es384 = "ES384" for KeySpec::Ec(Curve::P384),
    /// ECDSA on P-521 with SHA-512.
    Es512 = "ES512" for KeySpec::Ec(Curve::P521),
    /// HMAC with SHA-256 (RFC 7518 section 3.2).
    Hs256 = "HS256" for KeySpec::Oct(_),
    /// HMAC with SHA-384.
    Hs384 = "HS384" for KeySpec::Oct(_),
    /// HMAC with SHA-512.
    Hs512 = "HS512" for KeySpec::Oct(_),
}

impl SignatureAlgorithm {
    /// The length in bytes of the digest that is signed; `None` where the value is taken at any length.
    #[must_use]
    pub const fn digest_length(self) -> Option<usize> {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 | Self::Es256k => Some(32),
            Self::Rs384 | Self::Ps384 | Self::Es384 => Some(48),
            Self::Rs512 | Self::Ps512 | Self::Es512 => Some(64),
            Self::RsNull | Self::Hs256 | Self::Hs384 | Self::Hs512 => None,
        }
    }
}
