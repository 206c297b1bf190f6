//! Calls about keys.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::page::{Listed, Page};
use crate::{
    AttributeChanges, Curve, EncryptionAlgorithm, KeyOperations, KeySpec, ObjectAttributes, ObjectName, ObjectVersion,
    Operation, ReleasePolicy, ReleaseWrapping, RotationPolicy, SecretText, SignatureAlgorithm, Tags, UnixTime,
    WrapAlgorithm,
};

/// The greatest number of random bytes that one call gives (wire contract, section 7).
pub const MAX_RANDOM_BYTES: u8 = 128;

/// What a new key is to be like, besides its material.
#[derive(Debug, Clone, Default)]
pub struct KeyProperties {
    /// What it is for; absent means what keys of its type are for.
    pub operations: Option<KeyOperations>,
    /// Its attributes; absent ones take their defaults.
    pub attributes: AttributeChanges,
    /// Whether it may leave the vault by release.
    pub exportable: bool,
    /// Under which conditions it may.
    pub release_policy: Option<ReleasePolicy>,
    /// Its tags.
    pub tags: Tags,
}

/// The changes of a key version. Absent members stay.
#[derive(Debug, Clone, Default)]
pub struct KeyChanges {
    /// What it is for.
    pub operations: Option<KeyOperations>,
    /// The attributes to change.
    pub attributes: AttributeChanges,
    /// The new release policy.
    pub release_policy: Option<ReleasePolicy>,
    /// The tags that replace all tags.
    pub tags: Option<Tags>,
}

/// A key with its private members, as its importer sent it (RFC 7518 section 6). Big-endian numbers.
#[derive(Debug)]
pub enum PrivateJwk {
    /// RSA, with all members of section 6.3.2 but `oth`.
    Rsa(Box<PrivateRsa>),
    /// On an elliptic curve.
    Ec {
        /// The curve.
        curve: Curve,
        /// The point.
        x: Vec<u8>,
        /// The point.
        y: Vec<u8>,
        /// The private number.
        d: PrivateBytes,
    },
    /// Symmetric.
    Oct {
        /// The key.
        k: PrivateBytes,
    },
}

/// The members of an RSA key. Those of the private side may be absent here and are refused where the key is taken in.
#[derive(Debug)]
pub struct PrivateRsa {
    /// The modulus.
    pub n: Vec<u8>,
    /// The public exponent.
    pub e: Vec<u8>,
    /// The private exponent.
    pub d: Option<PrivateBytes>,
    /// The first factor.
    pub p: Option<PrivateBytes>,
    /// The second factor.
    pub q: Option<PrivateBytes>,
    /// `d mod (p - 1)`.
    pub dp: Option<PrivateBytes>,
    /// `d mod (q - 1)`.
    pub dq: Option<PrivateBytes>,
    /// `q^-1 mod p`.
    pub qi: Option<PrivateBytes>,
}

/// Bytes that are not shown and are wiped on drop.
pub struct PrivateBytes(Zeroizing<Vec<u8>>);

impl PrivateBytes {
    /// Takes the bytes.
    #[must_use]
    pub const fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes. Whoever asks for them answers for where they go.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PrivateBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateBytes(..)")
    }
}

/// The public side of a key. Big-endian numbers: those of RSA without leading zeros, coordinates in full length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicJwk {
    /// RSA.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The public exponent.
        e: Vec<u8>,
    },
    /// On an elliptic curve.
    Ec {
        /// The curve.
        curve: Curve,
        /// The point.
        x: Vec<u8>,
        /// The point.
        y: Vec<u8>,
    },
    /// Symmetric: there is nothing to tell.
    Oct,
}

/// Which version of a key is used.
#[derive(Debug, Clone)]
pub struct KeyChoice {
    /// The key's name.
    pub name: ObjectName,
    /// The version, the latest when none is named.
    pub version: Option<ObjectVersion>,
}

/// What is encrypted, and what goes with it.
#[derive(Debug)]
pub struct PlainInput {
    /// The plaintext.
    pub value: PrivateBytes,
    /// The initialisation vector, which CBC takes from the caller.
    pub iv: Option<Vec<u8>>,
    /// Additional data to authenticate, with GCM.
    pub aad: Option<Vec<u8>>,
}

/// What is decrypted, and what goes with it.
#[derive(Debug)]
pub struct CipherInput {
    /// The ciphertext.
    pub value: Vec<u8>,
    /// The initialisation vector, of symmetric ciphers.
    pub iv: Option<Vec<u8>>,
    /// The authentication tag, of GCM.
    pub tag: Option<Vec<u8>>,
    /// The additional data that was authenticated, of GCM.
    pub aad: Option<Vec<u8>>,
}

/// What can be asked about keys.
#[derive(Debug)]
pub enum KeyCall {
    /// Makes a new key, or a new version of a key.
    Create {
        /// The key's name.
        name: ObjectName,
        /// What kind of key.
        spec: KeySpec,
        /// What it is to be like.
        properties: KeyProperties,
    },
    /// Takes in a key that was made elsewhere.
    Import {
        /// The key's name.
        name: ObjectName,
        /// The key.
        key: PrivateJwk,
        /// What it is to be like.
        properties: KeyProperties,
    },
    /// Makes a new version like the latest one.
    Rotate {
        /// The key's name.
        name: ObjectName,
    },
    /// Reads the public side of a version.
    Get(KeyChoice),
    /// Changes a version.
    Update {
        /// Which version.
        key: KeyChoice,
        /// What to change.
        changes: KeyChanges,
    },
    /// Deletes a key with all its versions.
    Delete {
        /// The key's name.
        name: ObjectName,
    },
    /// Lists keys.
    List {
        /// The page.
        page: Page<ObjectName>,
    },
    /// Lists the versions of a key.
    ListVersions {
        /// The key's name.
        name: ObjectName,
        /// The page.
        page: Page<ObjectVersion>,
    },
    /// Backs a key up.
    Backup {
        /// The key's name.
        name: ObjectName,
    },
    /// Restores a key from a backup, opaque bytes made by `Backup`.
    Restore {
        /// The backup.
        blob: Vec<u8>,
    },
    /// Lists deleted keys.
    ListDeleted {
        /// The page.
        page: Page<ObjectName>,
    },
    /// Reads what is known of a deleted key.
    GetDeleted {
        /// The key's name.
        name: ObjectName,
    },
    /// Brings a deleted key back.
    Recover {
        /// The key's name.
        name: ObjectName,
    },
    /// Removes a deleted key for good.
    Purge {
        /// The key's name.
        name: ObjectName,
    },
    /// Encrypts.
    Encrypt {
        /// The key.
        key: KeyChoice,
        /// How.
        algorithm: EncryptionAlgorithm,
        /// What.
        input: PlainInput,
    },
    /// Decrypts.
    Decrypt {
        /// The key.
        key: KeyChoice,
        /// How.
        algorithm: EncryptionAlgorithm,
        /// What.
        input: CipherInput,
    },
    /// Wraps a key.
    WrapKey {
        /// The key.
        key: KeyChoice,
        /// How.
        algorithm: WrapAlgorithm,
        /// The key to wrap.
        value: PrivateBytes,
    },
    /// Unwraps a key.
    UnwrapKey {
        /// The key.
        key: KeyChoice,
        /// How.
        algorithm: WrapAlgorithm,
        /// The wrapped key.
        value: Vec<u8>,
    },
    /// Signs a digest.
    Sign {
        /// The key.
        key: KeyChoice,
        /// How.
        algorithm: SignatureAlgorithm,
        /// The digest.
        digest: Vec<u8>,
    },
    /// Verifies a signature of a digest.
    Verify {
        /// The key.
        key: KeyChoice,
        /// How.
        algorithm: SignatureAlgorithm,
        /// The digest.
        digest: Vec<u8>,
        /// The signature.
        signature: Vec<u8>,
    },
    /// Gives a key to an environment that attests itself.
    Release {
        /// The key.
        key: KeyChoice,
        /// The attestation token of the environment.
        target: SecretText,
        /// What the caller wants repeated, to know the answer for a fresh one.
        nonce: Option<String>,
        /// How the key is wrapped.
        wrapping: ReleaseWrapping,
    },
    /// Draws random bytes.
    RandomBytes {
        /// How many, 1 to [`MAX_RANDOM_BYTES`].
        count: u8,
    },
    /// Reads a key's rotation policy.
    RotationPolicyGet {
        /// The key's name.
        name: ObjectName,
    },
    /// Replaces a key's rotation policy.
    RotationPolicySet {
        /// The key's name.
        name: ObjectName,
        /// The policy.
        policy: RotationPolicy,
    },
}

impl KeyCall {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Create { .. } => Operation::KeyCreate,
            Self::Import { .. } => Operation::KeyImport,
            Self::Rotate { .. } => Operation::KeyRotate,
            Self::Get(_) => Operation::KeyGet,
            Self::Update { .. } => Operation::KeyUpdate,
            Self::Delete { .. } => Operation::KeyDelete,
            Self::List { .. } => Operation::KeyList,
            Self::ListVersions { .. } => Operation::KeyListVersions,
            Self::Backup { .. } => Operation::KeyBackup,
            Self::Restore { .. } => Operation::KeyRestore,
            Self::ListDeleted { .. } => Operation::KeyListDeleted,
            Self::GetDeleted { .. } => Operation::KeyGetDeleted,
            Self::Recover { .. } => Operation::KeyRecover,
            Self::Purge { .. } => Operation::KeyPurge,
            Self::Encrypt { .. } => Operation::KeyEncrypt,
            Self::Decrypt { .. } => Operation::KeyDecrypt,
            Self::WrapKey { .. } => Operation::KeyWrap,
            Self::UnwrapKey { .. } => Operation::KeyUnwrap,
            Self::Sign { .. } => Operation::KeySign,
            Self::Verify { .. } => Operation::KeyVerify,
            Self::Release { .. } => Operation::KeyRelease,
            Self::RandomBytes { .. } => Operation::RandomBytes,
            Self::RotationPolicyGet { .. } => Operation::KeyRotationPolicyGet,
            Self::RotationPolicySet { .. } => Operation::KeyRotationPolicySet,
        }
    }
}

/// A version of a key as it is told: its public side.
#[derive(Debug)]
pub struct KeyBundle {
    /// The name in the spelling of its creation.
    pub name: ObjectName,
    /// The version.
    pub version: ObjectVersion,
    /// The public side.
    pub key: PublicJwk,
    /// What it is for.
    pub operations: KeyOperations,
    /// Its attributes.
    pub attributes: ObjectAttributes,
    /// Whether it may leave the vault by release.
    pub exportable: bool,
    /// Under which conditions it may.
    pub release_policy: Option<ReleasePolicy>,
    /// Its tags.
    pub tags: Tags,
    /// Whether it belongs to a certificate.
    pub managed: bool,
}

/// A key as lists tell it, in its latest version or one of its versions.
#[derive(Debug)]
pub struct KeyItem {
    /// The name in the spelling of its creation.
    pub name: ObjectName,
    /// The version.
    pub version: ObjectVersion,
    /// Its attributes.
    pub attributes: ObjectAttributes,
    /// Whether it may leave the vault by release.
    pub exportable: bool,
    /// Its tags.
    pub tags: Tags,
    /// Whether it belongs to a certificate.
    pub managed: bool,
}

/// A deleted key, or an item of the list of them.
#[derive(Debug)]
pub struct Deleted<T> {
    /// What was deleted.
    pub object: T,
    /// When it was deleted.
    pub deleted: UnixTime,
    /// When the service purges it.
    pub scheduled_purge: UnixTime,
}

/// The result of a key operation, with the version that was used.
#[derive(Debug)]
pub struct KeyResult {
    /// The key's name, in the spelling of its creation.
    pub name: ObjectName,
    /// The version that was used.
    pub version: ObjectVersion,
    /// What came out.
    pub value: PrivateBytes,
    /// The initialisation vector of a symmetric encryption.
    pub iv: Option<Vec<u8>>,
    /// Its authentication tag.
    pub tag: Option<Vec<u8>>,
    /// Its additional data.
    pub aad: Option<Vec<u8>>,
}

/// A key, wrapped for the environment that it was released to, with who signs the answer.
#[derive(Debug)]
pub struct Released {
    /// The key.
    pub key: KeyBundle,
    /// The wrapped key.
    pub ciphertext: Vec<u8>,
    /// How it was wrapped.
    pub wrapping: ReleaseWrapping,
    /// What the caller wanted repeated.
    pub nonce: Option<String>,
    /// The environment's own name of the key to which it was wrapped, if it gave one.
    pub wrapped_to: Option<String>,
    /// Who signs the answer.
    pub signer: Arc<dyn ReleaseSigner>,
}

/// Signs answers of releases for an installation, so that whoever gets one from others can tell that it is genuine.
pub trait ReleaseSigner: Send + Sync + fmt::Debug {
    /// The name of the signing key.
    fn kid(&self) -> &str;

    /// The signing key's public side, one for ES256.
    fn public(&self) -> &PublicJwk;

    /// The ES256 signature of a message (RFC 7518 section 3.4).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed>;
}

/// The signer made no signature. A fault of the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer could not be signed")]
pub struct SigningFailed;

/// What came of a call about keys.
#[derive(Debug)]
pub enum KeyOutcome {
    /// One version.
    Bundle(Box<KeyBundle>),
    /// A deleted key.
    Deleted(Box<Deleted<KeyBundle>>),
    /// A page of keys.
    List(Listed<KeyItem, ObjectName>),
    /// A page of versions.
    Versions(Listed<KeyItem, ObjectVersion>),
    /// A page of deleted keys.
    DeletedList(Listed<Deleted<KeyItem>, ObjectName>),
    /// The sealed backup.
    Backup(Vec<u8>),
    /// Done, with nothing to tell.
    Purged,
    /// The result of a cryptographic operation.
    Result(KeyResult),
    /// Whether a signature is one of the digest by the key.
    Verified {
        /// The key's name.
        name: ObjectName,
        /// The version that was used.
        version: ObjectVersion,
        /// Whether it is.
        valid: bool,
    },
    /// A key, wrapped for the environment that it was released to.
    Released(Box<Released>),
    /// Random bytes.
    Random(PrivateBytes),
    /// The rotation policy of a key.
    RotationPolicy {
        /// The key's name.
        name: ObjectName,
        /// The policy.
        policy: RotationPolicy,
    },
}
