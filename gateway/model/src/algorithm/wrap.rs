//! The algorithms of wrapKey and unwrapKey.

use super::algorithms;
use crate::{KeySpec, OctSize};

algorithms! {
    /// An algorithm of wrapKey and unwrapKey.
    WrapAlgorithm, "a key wrap algorithm":
    /// RSAES-OAEP with SHA-256 for the hash and the mask (RFC 7518 section 4.3).
    RsaOaep256 = "RSA-OAEP-256" for KeySpec::Rsa(_),
    /// RSAES-OAEP with SHA-1 for the hash and the mask.
    RsaOaep = "RSA-OAEP" for KeySpec::Rsa(_),
    /// RSAES-PKCS1-v1_5 (RFC 7518 section 4.2). For old partners only: see [`Self::RsaOaep256`].
    Rsa15 = "RSA1_5" for KeySpec::Rsa(_),
    /// AES key wrap with a key of 128 bits (RFC 3394).
    A128Kw = "A128KW" for KeySpec::Oct(OctSize::Oct128),
    /// AES key wrap with a key of 192 bits.
    A192Kw = "A192KW" for KeySpec::Oct(OctSize::Oct192),
    /// AES key wrap with a key of 256 bits.
    A256Kw = "A256KW" for KeySpec::Oct(OctSize::Oct256),
    /// AES key wrap (RFC 3394) under the name of PKCS #11, with a key of any size.
    CkmAesKeyWrap = "CKM_AES_KEY_WRAP" for KeySpec::Oct(_),
    /// AES key wrap with padding (RFC 5649) under the name of PKCS #11, with a key of any size.
    CkmAesKeyWrapPad = "CKM_AES_KEY_WRAP_PAD" for KeySpec::Oct(_),
}
