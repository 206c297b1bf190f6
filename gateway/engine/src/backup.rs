//! Backups: an object with its versions in one sealed blob.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `PCBK` |
//! | 1 | format, 1 |
//! | 1 | kind |
//! | 16 | tenant |
//! | 16 | subscription |
//! | 4 and as many | geography: the vault's location in lower case |
//! | 4 and as many | the backup's own key, sealed under the key-encryption key |
//! | the rest | the name, the current version, and the versions, sealed under the backup's key |
//!
//! All before the backup's key is associated data of both seals. So nothing can be altered, another installation cannot
//! open it, and what the header says is believed only once it has been opened.

use portcullis_crypto::SealContext;
use portcullis_model::{ObjectKind, ObjectName, SubscriptionId, TenantId};
use portcullis_policy::VaultFacts;
use zeroize::Zeroizing;

use crate::error::BadBackup;
use crate::layout::{kind_byte, kind_of};
use crate::record::{Decoder, Encoder, Malformed, Meta, VersionId, VersionRecord};
use crate::{EngineError, VaultKeys};

/// Where a backup was made, or is to be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    kind: ObjectKind,
    tenant: TenantId,
    subscription: SubscriptionId,
    geography: String,
}

impl Origin {
    pub(crate) fn of(vault: &VaultFacts, kind: ObjectKind) -> Self {
        let geography = vault.location.to_ascii_lowercase();
        Self { kind, tenant: vault.tenant, subscription: vault.path.subscription, geography }
    }

    /// A place that is like no vault.
    #[cfg(feature = "test-util")]
    pub(crate) const fn nowhere(kind: ObjectKind) -> Self {
        let (tenant, subscription) = (TenantId::from_bytes([1; 16]), SubscriptionId::from_bytes([2; 16]));
        Self { kind, tenant, subscription, geography: String::new() }
    }

    /// Whether a backup from there may be restored here.
    fn accept(&self, from: &Self) -> Result<(), BadBackup> {
        if self.kind != from.kind {
            Err(BadBackup::OtherKind)
        } else if self.tenant != from.tenant {
            Err(BadBackup::OtherTenant)
        } else if self.subscription != from.subscription {
            Err(BadBackup::OtherSubscription)
        } else if self.geography != from.geography {
            Err(BadBackup::OtherGeography)
        } else {
            Ok(())
        }
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut to = Encoder::with_capacity(32 + self.geography.len());
        to.raw(MAGIC);
        to.byte(FORMAT);
        to.byte(kind_byte(self.kind));
        to.raw(self.tenant.as_bytes());
        to.raw(self.subscription.as_bytes());
        to.bytes(self.geography.as_bytes());
        to.finish()
    }

    fn decode(from: &mut Decoder<'_>) -> Result<Self, Malformed> {
        if from.array()? != *MAGIC || from.byte()? != FORMAT {
            return Err(Malformed);
        }
        let kind = kind_of(from.byte()?).ok_or(Malformed)?;
        let tenant = TenantId::from_bytes(from.array()?);
        let subscription = SubscriptionId::from_bytes(from.array()?);
        Ok(Self { kind, tenant, subscription, geography: from.text()?.to_owned() })
    }
}

/// An object with its versions.
#[derive(Debug)]
pub(crate) struct Backup {
    pub(crate) name: ObjectName,
    pub(crate) current: VersionId,
    pub(crate) whole: Vec<u8>,
    pub(crate) versions: Vec<(VersionId, VersionRecord)>,
}

/// Seals a backup for its origin.
pub(crate) fn seal(plaintext: &[u8], origin: &Origin, keys: &VaultKeys) -> Result<Vec<u8>, EngineError> {
    let header = origin.encode();
    let (sealer, key) = keys.make_backup_key(&header)?;
    let sealed = sealer.seal(&context(&header), plaintext)?;
    let mut blob = Encoder::with_capacity(header.len() + 4 + key.len() + sealed.len());
    blob.raw(&header);
    blob.bytes(&key);
    blob.raw(&sealed);
    Ok(std::mem::take(&mut *blob.finish()))
}

/// Opens a backup that may be restored here.
pub(crate) fn open(blob: &[u8], here: &Origin, keys: &VaultKeys) -> Result<Zeroizing<Vec<u8>>, BadBackup> {
    let mut from = Decoder::new(blob);
    let origin = Origin::decode(&mut from).map_err(|Malformed| BadBackup::NotBackup)?;
    let key = from.bytes().map_err(|Malformed| BadBackup::NotBackup)?;
    let header = origin.encode();
    let sealer = keys.open_backup_key(key, &header).map_err(|_| BadBackup::NotAuthentic)?;
    let plaintext = sealer.open(&context(&header), from.rest()).map_err(|_| BadBackup::NotAuthentic)?;
    here.accept(&origin)?;
    Ok(plaintext)
}

impl Backup {
    /// What is told of the current version.
    pub(crate) fn current_meta(&self) -> Result<Meta, BadBackup> {
        let current = self.versions.iter().find(|(id, _)| *id == self.current);
        current.and_then(|(_, record)| record.meta().ok()).map(|(meta, _)| meta).ok_or(BadBackup::NotBackup)
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let versions: usize = self.versions.iter().map(|(_, record)| 16 + 4 + record.as_bytes().len()).sum();
        let mut to = Encoder::with_capacity(4 + self.name.as_str().len() + 16 + 4 + self.whole.len() + 4 + versions);
        to.bytes(self.name.as_str().as_bytes());
        to.raw(self.current.as_bytes());
        to.bytes(&self.whole);
        to.length(self.versions.len());
        for (id, record) in &self.versions {
            to.raw(id.as_bytes());
            to.bytes(record.as_bytes());
        }
        to.finish()
    }

    pub(crate) fn decode(plaintext: &[u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(plaintext);
        let name = from.text()?.parse().map_err(|_| Malformed)?;
        let current = VersionId::from_bytes(from.array()?);
        let whole = from.bytes()?.to_vec();
        let mut versions = Vec::new();
        for _ in 0..from.length()? {
            let id = VersionId::from_bytes(from.array()?);
            let record = VersionRecord::from_bytes(Zeroizing::new(from.bytes()?.to_vec()));
            record.meta()?;
            versions.push((id, record));
        }
        from.end()?;
        Ok(Self { name, current, whole, versions })
    }
}

const fn context(header: &[u8]) -> SealContext<'_> {
    SealContext { store_key: header, generation: b"portcullis backup", sequence: 0 }
}

const MAGIC: &[u8; 4] = b"PCBK";
const FORMAT: u8 = 1;
