//! Key material: the private and symmetric keys of vaults, ready for use, and what they can do.
//!
//! | key | operations | library |
//! |---|---|---|
//! | RSA | RS*, PS*; RSA-OAEP, RSA-OAEP-256, RSA1_5 for encryption and wrapping | aws-lc-rs |
//! | EC | ES256, ES256K, ES384, ES512 | aws-lc-rs |
//! | oct | HS*; AES-GCM; AES-CBC with and without padding | aws-lc-rs |
//! | oct | AES key wrap with and without padding | aes-kw |
//! | any, for release | CKM_RSA_AES_KEY_WRAP to a public RSA key | aws-lc-rs, aes-kw |
//!
//! RSNULL is refused as unsupported: aws-lc-rs offers no PKCS #1 v1.5 signature without the name of a hash.
//! AES key wrap is not aws-lc-rs's because that lacks keys of 192 bits and does not wipe its key schedule.
//!
//! # What a failed decryption tells
//!
//! Every failure to decrypt or unwrap is [`OperationError::DecryptionFailed`] and nothing more, whether length,
//! padding, tag or integrity check was wrong. aws-lc checks the paddings of RSA in constant time up to the one bit
//! "good or bad", and blinds the private operation; the padding of CBC is checked here in constant time.
//!
//! That one bit remains, and so does the length of what was decrypted. Whoever may decrypt with a key can learn a
//! plaintext without it; whoever passes on to others whether a ciphertext of theirs was good, under RSA1_5
//! (Bleichenbacher) or CBC (Vaudenay), gives them the plaintexts. Neither algorithm can be saved from that by a
//! service that answers, as Azure's does, whether it succeeded: prefer RSA-OAEP-256 and GCM, or authenticate
//! ciphertexts of CBC before they are decrypted.

mod cbc;
mod ec;
mod error;
mod gcm;
mod hmac;
mod jwk;
mod key_material;
mod key_wrap;
mod message;
mod oct;
mod public_key;
mod rsa;
mod transport_key;

pub use error::{ImportError, KeyError, OperationError, Parameter};
pub use jwk::{PrivateJwk, PublicJwk};
pub use key_material::KeyMaterial;
pub use message::{Ciphertext, Encrypted, Plaintext};
pub use public_key::PublicKey;
pub use transport_key::TransportKey;
