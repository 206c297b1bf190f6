//! The keys under which the engine keeps its records.

use portcullis_model::{Generation, ObjectKind, ObjectName, UnixTime, VaultId};

use crate::record::VersionId;

/// Where a vault's data key is.
pub(crate) fn data_key(vault: VaultId) -> Vec<u8> {
    join(b"e/k/", &[vault.as_bytes()])
}

/// Where the head of an active object is.
pub(crate) fn active(vault: VaultId, kind: ObjectKind, name: &ObjectName) -> Vec<u8> {
    join(ACTIVE, &[vault.as_bytes(), &[kind_byte(kind)], name.folded().as_bytes()])
}

/// What the heads of a vault's active objects of a kind begin with.
pub(crate) fn all_active(vault: VaultId, kind: ObjectKind) -> Vec<u8> {
    join(ACTIVE, &[vault.as_bytes(), &[kind_byte(kind)]])
}

/// Where the head of a deleted object is.
pub(crate) fn deleted(vault: VaultId, kind: ObjectKind, name: &ObjectName) -> Vec<u8> {
    join(DELETED, &[vault.as_bytes(), &[kind_byte(kind)], name.folded().as_bytes()])
}

/// What the heads of a vault's deleted objects of a kind begin with.
pub(crate) fn all_deleted(vault: VaultId, kind: ObjectKind) -> Vec<u8> {
    join(DELETED, &[vault.as_bytes(), &[kind_byte(kind)]])
}

/// What the heads of a vault begin with, whatever their kind: of active objects, then of deleted ones.
pub(crate) fn all_heads(vault: VaultId) -> [Vec<u8>; 2] {
    [join(ACTIVE, &[vault.as_bytes()]), join(DELETED, &[vault.as_bytes()])]
}

/// Where a version is.
pub(crate) fn version(vault: VaultId, generation: Generation, version: VersionId) -> Vec<u8> {
    join(VERSION, &[vault.as_bytes(), generation.as_bytes(), version.as_bytes()])
}

/// What the versions of an object begin with.
pub(crate) fn all_versions(vault: VaultId, generation: Generation) -> Vec<u8> {
    join(VERSION, &[vault.as_bytes(), generation.as_bytes()])
}

/// Where the making of a certificate is.
pub(crate) fn pending(vault: VaultId, name: &ObjectName) -> Vec<u8> {
    join(PENDING, &[vault.as_bytes(), name.folded().as_bytes()])
}

/// What the makings of a vault's certificates begin with.
pub(crate) fn all_pending(vault: VaultId) -> Vec<u8> {
    join(PENDING, &[vault.as_bytes()])
}

/// Where an issuer of certificates is.
pub(crate) fn issuer(vault: VaultId, name: &ObjectName) -> Vec<u8> {
    join(ISSUER, &[vault.as_bytes(), name.folded().as_bytes()])
}

/// What a vault's issuers begin with.
pub(crate) fn all_issuers(vault: VaultId) -> Vec<u8> {
    join(ISSUER, &[vault.as_bytes()])
}

/// Where a vault's certificate contacts are.
pub(crate) fn contacts(vault: VaultId) -> Vec<u8> {
    join(b"e/o/", &[vault.as_bytes()])
}

/// Where a vault's own certificate authority is.
pub(crate) fn authority(vault: VaultId) -> Vec<u8> {
    join(b"e/a/", &[vault.as_bytes()])
}

/// What all records of a vault begin with, but its data key and the entries of queues, which begin with a time.
pub(crate) fn all_of_vault(vault: VaultId) -> [Vec<u8>; 7] {
    let [active, deleted] = all_heads(vault);
    let versions = join(VERSION, &[vault.as_bytes()]);
    [active, deleted, versions, all_pending(vault), all_issuers(vault), contacts(vault), authority(vault)]
}

/// The version that a key of [`version`] names.
pub(crate) fn version_of(key: &[u8]) -> Option<VersionId> {
    key.last_chunk().copied().map(VersionId::from_bytes)
}

/// An entry of a queue that is about an object from a time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectEntry {
    pub(crate) time: UnixTime,
    pub(crate) vault: VaultId,
    pub(crate) kind: ObjectKind,
    pub(crate) name: ObjectName,
}

impl ObjectEntry {
    fn key(&self, queue: &[u8]) -> Vec<u8> {
        let kind = [kind_byte(self.kind)];
        join(queue, &[&time_bytes(self.time), self.vault.as_bytes(), &kind, self.name.folded().as_bytes()])
    }

    fn parse(key: &[u8], queue: &[u8]) -> Option<Self> {
        let rest = key.strip_prefix(queue)?;
        let (time, rest) = rest.split_first_chunk()?;
        let (vault, rest) = rest.split_first_chunk()?;
        let (kind, name) = rest.split_first()?;
        Some(Self {
            time: time_of(*time),
            vault: VaultId::from_bytes(*vault),
            kind: kind_of(*kind)?,
            name: str::from_utf8(name).ok()?.parse().ok()?,
        })
    }
}

/// Makes the entries of a queue.
macro_rules! queue {
    ($(#[doc = $doc:literal])+ $name:ident = $prefix:literal) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) ObjectEntry);

        impl $name {
            pub(crate) const ALL: &[u8] = $prefix;

            pub(crate) fn key(&self) -> Vec<u8> {
                self.0.key(Self::ALL)
            }

            pub(crate) fn parse(key: &[u8]) -> Option<Self> {
                ObjectEntry::parse(key, Self::ALL).map(Self)
            }
        }
    };
}

queue! {
    /// Says that a deleted object is to be purged at a time.
    PurgeEntry = b"e/q/"
}

queue! {
    /// Says that an active object is to be looked at from a time on: it may be due for rotation, renewal or a notice.
    AttentionEntry = b"e/t/"
}

/// Says that versions without a head may be collected from a time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GarbageEntry {
    pub(crate) time: UnixTime,
    pub(crate) vault: VaultId,
    pub(crate) generation: Generation,
}

impl GarbageEntry {
    pub(crate) const ALL: &[u8] = b"e/g/";

    pub(crate) fn key(&self) -> Vec<u8> {
        join(Self::ALL, &[&time_bytes(self.time), self.vault.as_bytes(), self.generation.as_bytes()])
    }

    pub(crate) fn parse(key: &[u8]) -> Option<Self> {
        let rest = key.strip_prefix(Self::ALL)?;
        let (time, rest) = rest.split_first_chunk()?;
        let (vault, generation) = rest.split_first_chunk()?;
        Some(Self {
            time: time_of(*time),
            vault: VaultId::from_bytes(*vault),
            generation: Generation::from_bytes(generation.try_into().ok()?),
        })
    }
}

/// The byte of a kind. A byte once given stays.
pub(crate) const fn kind_byte(kind: ObjectKind) -> u8 {
    match kind {
        ObjectKind::Secret => b's',
        ObjectKind::Key => b'k',
        ObjectKind::Certificate => b'c',
    }
}

pub(crate) const fn kind_of(byte: u8) -> Option<ObjectKind> {
    match byte {
        b's' => Some(ObjectKind::Secret),
        b'k' => Some(ObjectKind::Key),
        b'c' => Some(ObjectKind::Certificate),
        _ => None,
    }
}

/// Big endian, so that keys sort by time. Times before 1970 do not occur and would sort as 1970.
fn time_bytes(time: UnixTime) -> [u8; 8] {
    u64::try_from(time.0).unwrap_or(0).to_be_bytes()
}

fn time_of(bytes: [u8; 8]) -> UnixTime {
    UnixTime(i64::try_from(u64::from_be_bytes(bytes)).unwrap_or(i64::MAX))
}

fn join(namespace: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let length = namespace.len() + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut key = Vec::with_capacity(length);
    key.extend_from_slice(namespace);
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

const PENDING: &[u8] = b"e/p/";
const ISSUER: &[u8] = b"e/i/";
const ACTIVE: &[u8] = b"e/h/";
const DELETED: &[u8] = b"e/x/";
const VERSION: &[u8] = b"e/v/";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn queue_keys_tell_what_they_were_made_of(
            time in 0..i64::MAX, vault: [u8; 16], generation: [u8; 16], name in "[0-9a-z-]{1,127}",
        ) {
            let (time, vault) = (UnixTime(time), VaultId::from_bytes(vault));
            let entry = ObjectEntry { time, vault, kind: ObjectKind::Key, name: name.parse().unwrap() };
            let (purge, attention) = (PurgeEntry(entry.clone()), AttentionEntry(entry));
            prop_assert_eq!(AttentionEntry::parse(&purge.key()), None);
            prop_assert_eq!(PurgeEntry::parse(&purge.key()), Some(purge));
            prop_assert_eq!(AttentionEntry::parse(&attention.key()), Some(attention));
            let garbage = GarbageEntry { time, vault, generation: Generation::from_bytes(generation) };
            prop_assert_eq!(GarbageEntry::parse(&garbage.key()), Some(garbage));
        }

        #[test]
        fn queue_keys_sort_by_time(a in 0..i64::MAX, b in 0..i64::MAX, vaults: [[u8; 16]; 2]) {
            let key = |time, vault| {
                let (time, vault) = (UnixTime(time), VaultId::from_bytes(vault));
                GarbageEntry { time, vault, generation: Generation::from_bytes([0; 16]) }.key()
            };
            prop_assume!(a != b);
            prop_assert_eq!(key(a, vaults[0]) < key(b, vaults[1]), a < b);
        }

        #[test]
        fn parsing_any_key_does_not_panic(key: Vec<u8>) {
            let _ = PurgeEntry::parse(&[PurgeEntry::ALL, &key].concat());
            let _ = GarbageEntry::parse(&[GarbageEntry::ALL, &key].concat());
        }
    }
}
