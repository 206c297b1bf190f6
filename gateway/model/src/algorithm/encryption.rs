//! The algorithms of encrypt and decrypt.

use super::algorithms;
use crate::{KeySpec, OctSize};

algorithms! {
    /// An algorithm of encrypt and decrypt.
    EncryptionAlgorithm, "an encryption algorithm":
    /// RSAES-OAEP with SHA-256 for the hash and the mask (RFC 7518 section 4.3).
    RsaOaep256 = "RSA-OAEP-256" for KeySpec::Rsa(_),
    /// RSAES-OAEP with SHA-1 for the hash and the mask.
    RsaOaep = "RSA-OAEP" for KeySpec::Rsa(_),
    /// RSAES-PKCS1-v1_5 (RFC 7518 section 4.2). For old partners only: see [`Self::RsaOaep256`].
    Rsa15 = "RSA1_5" for KeySpec::Rsa(_),
    /// AES-GCM with a key of 128 bits.
    A128Gcm = "A128GCM" for KeySpec::Oct(OctSize::Oct128),
    /// AES-GCM with a key of 192 bits.
    A192Gcm = "A192GCM" for KeySpec::Oct(OctSize::Oct192),
    /// AES-GCM with a key of 256 bits.
    A256Gcm = "A256GCM" for KeySpec::Oct(OctSize::Oct256),
    /// AES-CBC with a key of 128 bits, whole blocks only. Nothing is authenticated.
    A128Cbc = "A128CBC" for KeySpec::Oct(OctSize::Oct128),
    /// AES-CBC with a key of 192 bits, whole blocks only. Nothing is authenticated.
    A192Cbc = "A192CBC" for KeySpec::Oct(OctSize::Oct192),
    /// AES-CBC with a key of 256 bits, whole blocks only. Nothing is authenticated.
    A256Cbc = "A256CBC" for KeySpec::Oct(OctSize::Oct256),
    /// AES-CBC with a key of 128 bits and PKCS #7 padding. Nothing is authenticated.
    A128CbcPad = "A128CBCPAD" for KeySpec::Oct(OctSize::Oct128),
    /// AES-CBC with a key of 192 bits and PKCS #7 padding. Nothing is authenticated.
    A192CbcPad = "A192CBCPAD" for KeySpec::Oct(OctSize::Oct192),
    /// AES-CBC with a key of 256 bits and PKCS #7 padding. Nothing is authenticated.
    A256CbcPad = "A256CBCPAD" for KeySpec::Oct(OctSize::Oct256),
}
