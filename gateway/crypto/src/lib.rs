//! Sealing of records, key material, digests, randomness and certificates.
//!
//! Keys form an envelope: a [`RootKey`] from a file opens the [`KeyEncryptionKey`], which opens a [`DataKey`] per
//! vault, from which a [`Sealer`] is made that seals every record with its place in the store as associated data.
//! Everything else that needs a key (token signing, the audit chain, backups) derives a subkey by a label.
//!
//! | purpose | mechanism | library |
//! |---|---|---|
//! | sealing | AES-256-GCM, a key per record derived by HMAC-SHA256 | ring |
//! | derivation, authentication, digests | HKDF, HMAC and SHA-256 | ring |
//! | passwords of people | argon2id | argon2 |
//! | signatures of plugins | Ed25519 | ring |
//! | one-time codes | HMAC-SHA-1 | ring |
//! | keys of vaults | RSA, ECDSA, HMAC, AES-GCM, AES-CBC; AES key wrap | aws-lc-rs; aes-kw |
//! | certificates of the gateway | ECDSA P-256 with SHA-256 | rcgen on aws-lc-rs |
//! | certificates of the data plane | RSA and ECDSA | aws-lc-rs |
//! | PKCS #12 files | AES-CBC; three-key DES and RC2 of older tools | aws-lc-rs; des, rc2 and cbc |
//!
//! Depends on model. The only crate that names ring, aws-lc-rs, aes-kw, des, rc2, cbc, rcgen and x509-parser, but for
//! TLS in listener;
//! it knows no store and no vaults.

pub mod certificates;
mod cipher;
mod digest;
mod ed25519;
pub mod jose;
mod keys;
mod mac;
pub mod material;
mod password_hash;
mod random;
mod sealer;
mod secret_hash;
mod totp;
pub mod x509;

pub use cipher::OpenError;
pub use digest::{sha1, sha256};
pub use ed25519::{Ed25519Key, Ed25519PublicKey, Ed25519Signature, Ed25519TextError};
pub use keys::{DataKey, KeyEncryptionKey, RootKey, RootKeyError};
pub use mac::Mac;
pub use password_hash::{MalformedPasswordHash, PasswordHash};
#[cfg(any(test, feature = "test-util"))]
pub use random::SeededRandom;
pub use random::{Random, RandomError, SystemRandom};
pub use sealer::{SealContext, Sealer};
pub use secret_hash::{MalformedSecretHash, SecretHash};
pub use totp::{MalformedTotpKey, TotpKey, TotpStep};
