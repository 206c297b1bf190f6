//! The data plane: secrets, keys and certificates with versions, soft delete, recovery, purge and backup.
//!
//! [`Engine::execute`] takes nothing but a permit, and acts on the permit's vault. Depends on `model`, `policy`,
//! `crypto` and `store`; knows neither HTTP nor plugins, and the management plane never depends on it.
//!
//! # Records
//!
//! All keys begin with `e/`. A vault id, a generation and a version are 16 bytes each, a kind is one byte, a name is
//! folded to lower case, a time is 8 bytes, big endian.
//!
//! | key | record | sealed |
//! |---|---|---|
//! | `e/k/` vault | the vault's data key | under the key-encryption key |
//! | `e/h/` vault kind name | head of an active object | under the data key |
//! | `e/x/` vault kind name | head of a deleted object, with the times of its deletion and purge | under the data key |
//! | `e/v/` vault generation version | one version: value, content type, attributes, tags, times | under the data key |
//! | `e/q/` time vault kind name | a deleted object is to be purged at that time | no, holds nothing |
//! | `e/g/` time vault generation | versions without a head, to be collected from that time on | no, one byte |
//! | `e/t/` time vault kind name | an active object is to be looked at from that time on: a rotation, a renewal or a notice may be due | no, holds nothing |
//! | `e/p/` vault name | the making of a certificate | under the data key |
//! | `e/i/` vault name | an issuer of certificates | under the data key |
//! | `e/o/` vault | the vault's certificate contacts | under the data key |
//! | `e/a/` vault | the vault's own certificate authority | under the data key |
//!
//! A generation is one life of an object: random, made by the first set or by a restore, ended by a purge. The head
//! has a copy of what lists tell of the current version, so a page of a list costs one scan of that page.
//!
//! Before the sealed bytes of a head or a version stand, in clear, a format byte, the generation and the sequence
//! number. They and the store key are the associated data of the seal.
//!
//! # Invariants
//!
//! 1. Each change is one batch that checks that the head is as it was read. So no version is lost to a race, and a
//!    crash or a dropped future leaves the state before the change or after it.
//! 2. A name has an active head, or a deleted head, or neither. A deleted head has its entry in `e/q/`.
//! 3. The current version's record has the sequence number of its head, and no other record of the generation says
//!    that it is current. Every change of a head raises the number and writes both. A new version also rewrites the
//!    one before, as superseded.
//! 4. An active object that is due for something at a time has an entry in `e/t/` at that time or before. Entries for
//!    nothing do no harm: they go when they are looked at.
//! 5. A version of a certificate, its key and its secret have one name and one version, and change in one batch.
//! 6. Versions of a generation that no head names are named by an entry in `e/g/`: left by a purge, or written by a
//!    restore that has not ended. They are invisible.
//!
//! # What someone who can write to the store can and cannot do
//!
//! Names, times of purge, the number of versions and the sizes of records are visible. Values, content types,
//! attributes and tags are not. A record that was altered, that was moved to another name, version, generation or
//! vault, or that was exchanged for one of those does not open. A head or a current version that was replaced by an
//! older state of itself no longer agrees with the other of the two (invariant 3), and reads say
//! [`EngineError::Tampered`]; a list, which reads heads only, does not notice that. A version that is no longer current
//! can be replaced by an older state of itself from after it was superseded, and records can be removed; the whole
//! store, or all records of an object together, can be replaced by an older state. So can each of the last four kinds
//! of record of the table: they open only in their place, but nothing tells which of two that stood there is newer.

mod attention;
mod backup;
mod certificates;
mod due;
mod engine;
mod erase;
mod error;
#[cfg(feature = "test-util")]
pub mod fuzzing;
mod garbage;
mod keys;
mod layout;
mod lifecycle;
mod objects;
mod peek;
mod record;
mod secrets;
mod tries;
mod vault_keys;

pub use attention::{Attended, Notice};
pub use certificates::{BadProperties, CertificateOrder, CertificateProvider, ProviderError};
pub use due::Due;
pub use engine::Engine;
pub use error::{BadBackup, BadCertificate, BadKey, CertificateState, EngineError, KeyUnusable, NotReleased};
pub use keys::{
    AttestationAuthorities, AuthorityUnreachable, Issuer, KeyMeter, NotAnIssuer, PolicyError, ReleaseSigningKey,
    Releases,
};
pub use portcullis_crypto::material::OperationError;
pub use vault_keys::VaultKeys;
