//! What fuzz targets call: the readers of backups, without a vault around them.

use std::sync::Arc;

use portcullis_crypto::material::KeyMaterial;
use portcullis_crypto::{KeyEncryptionKey, Random};
use portcullis_model::{Attributes, KeyOperations, KeySpec, KeyType, ObjectKind, OctSize, Tags, UnixTime};
use portcullis_store::MemoryStore;
use zeroize::Zeroizing;

use crate::backup::{self, Backup, Origin};
use crate::keys::record::KeyRecord;
use crate::record::{Encoder, Hand, Meta, Standing, VersionId, VersionRecord};
use crate::{VaultKeys, certificates};

/// Opens and reads backups for a place that has no other property.
#[derive(Debug)]
pub struct BackupReader(VaultKeys);

impl BackupReader {
    /// A reader of what was sealed with the same randomness.
    ///
    /// # Panics
    /// When there is no randomness.
    #[must_use]
    pub fn new(random: Arc<dyn Random>) -> Self {
        let key = KeyEncryptionKey::generate(&*random).expect("randomness");
        Self(VaultKeys::new(Arc::new(MemoryStore::new()), Arc::new(key), random))
    }

    /// Takes a blob as a restore does; says whether it is one that can be restored.
    #[must_use]
    pub fn read(&self, kind: ObjectKind, blob: &[u8]) -> bool {
        backup::open(blob, &Origin::nowhere(kind), &self.0).is_ok_and(|contents| read_contents(kind, &contents))
    }

    /// Seals contents, whatever they are.
    ///
    /// # Panics
    /// When there is no randomness.
    #[must_use]
    pub fn seal(&self, kind: ObjectKind, contents: &[u8]) -> Vec<u8> {
        backup::seal(contents, &Origin::nowhere(kind), &self.0).expect("randomness")
    }
}

/// Reads what is inside of a backup once its seal is open; says whether it can be restored.
#[must_use]
pub fn read_contents(kind: ObjectKind, contents: &[u8]) -> bool {
    match kind {
        ObjectKind::Certificate => certificates::reads_backup(contents),
        ObjectKind::Key => Backup::decode(contents).is_ok_and(|backup| {
            backup.current_meta().is_ok() && backup.versions.iter().all(|(_, record)| is_key(record))
        }),
        ObjectKind::Secret => Backup::decode(contents).is_ok_and(|backup| backup.current_meta().is_ok()),
    }
}

/// Whether a release policy would let a key go to whoever brings an attestation token, if its signature were good.
#[must_use]
pub fn would_release(policy: &[u8], token: &str) -> bool {
    crate::keys::would_release(policy, token)
}

/// Contents that can be restored, with two versions.
///
/// # Panics
/// When no key can be made.
#[must_use]
pub fn sample(kind: ObjectKind, random: &dyn Random) -> Vec<u8> {
    let value = match kind {
        ObjectKind::Secret => Zeroizing::new(b"value".to_vec()),
        ObjectKind::Key => {
            let key = KeyMaterial::generate(KeySpec::Oct(OctSize::Oct128), random).expect("randomness");
            KeyRecord::encode_new(&key, KeyOperations::defaults(KeyType::Oct), None)
        }
        ObjectKind::Certificate => certificates::sample_record(b"a certificate"),
    };
    let meta = Meta {
        hand: Hand::Own,
        exportable: false,
        attributes: Attributes { nbf: Some(UnixTime(1)), exp: Some(UnixTime(2)), ..Attributes::default() },
        created: UnixTime(3),
        updated: UnixTime(4),
        content_type: "text/plain".parse().ok(),
        tags: Tags::default(),
    };
    let version = |id: u8, standing| (VersionId::from_bytes([id; 16]), VersionRecord::new(standing, &meta, &value));
    let versions = vec![version(1, Standing::Superseded), version(2, Standing::Current)];
    let name = "name".parse().expect("a name");
    let backup = Backup { name, current: VersionId::from_bytes([2; 16]), whole: Vec::new(), versions }.encode();
    if kind != ObjectKind::Certificate {
        return backup.to_vec();
    }
    let mut three = Encoder::with_capacity(3 * (4 + backup.len()));
    for _ in 0..3 {
        three.bytes(&backup);
    }
    three.finish().to_vec()
}

fn is_key(record: &VersionRecord) -> bool {
    let Ok((_, begin)) = record.meta() else { return false };
    let value = record.as_bytes().get(begin..).unwrap_or_default();
    KeyRecord::decode(value).is_ok_and(|key| key.material().is_ok())
}
