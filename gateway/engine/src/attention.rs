//! Objects that the service looks at when their time has come: keys and certificates that are due for a new version or a notice.

use std::sync::Arc;

use portcullis_model::{ObjectKind, ObjectName, ObjectVersion, UnixTime, VaultId};
use portcullis_policy::VaultFacts;
use portcullis_store::{Batch, Entry, Revision};

use crate::certificates::{CertificateWhole, Certificates};
use crate::keys::{KeyWhole, Keys, Rotation};
use crate::layout::{AttentionEntry, ObjectEntry};
use crate::record::Head;
use crate::{Engine, EngineError};

/// What the service did with an object by itself, or has to say of it.
#[derive(Debug)]
pub struct Attended {
    /// The vault.
    pub vault: Arc<VaultFacts>,
    /// The kind of object.
    pub kind: ObjectKind,
    /// Its name.
    pub name: ObjectName,
    /// The version that was made, or that the notice is about.
    pub version: ObjectVersion,
    /// Which of the two.
    pub notice: Notice,
}

/// What the service did with an object by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// It made a new version, as the object's policy says.
    Rotated,
    /// The version is about to expire; it is said once.
    NearExpiry,
}

impl Engine {
    /// Does what is due for objects, a bounded number of them, and tells each thing once it is done, whatever fails
    /// after it. Gives whether there may be more to do at this time.
    ///
    /// May be called by several processes at once and dropped at any time: what is due is done by one of them, once. An
    /// object that cannot be attended to is logged and looked at again after an hour.
    pub async fn attend_due(
        &self,
        now: UnixTime,
        vault: impl Fn(VaultId) -> Option<Arc<VaultFacts>>,
        mut tell: impl FnMut(&Attended),
    ) -> Result<bool, EngineError> {
        let entries = self.store.scan(AttentionEntry::ALL, None, ENTRIES).await?;
        let more = entries.len() == ENTRIES;
        for Entry { key, record } in entries {
            match AttentionEntry::parse(&key) {
                Some(AttentionEntry(entry)) if entry.time > now => return Ok(false),
                Some(AttentionEntry(entry)) => {
                    self.attend(&entry, record.revision, now, vault(entry.vault), &mut tell).await?;
                }
                None => self.drop_unknown(key).await?,
            }
        }
        Ok(more)
    }

    /// The entry goes once the object was looked at: whatever changed the object meanwhile left another, and so does
    /// what is done here.
    async fn attend(
        &self,
        entry: &ObjectEntry,
        seen: Revision,
        now: UnixTime,
        vault: Option<Arc<VaultFacts>>,
        tell: &mut impl FnMut(&Attended),
    ) -> Result<(), EngineError> {
        let Some(vault) = vault else { return self.look_again(entry, seen, now).await };
        let looked = match entry.kind {
            ObjectKind::Key => Keys::of(self, &vault).attend(&entry.name, now).await,
            ObjectKind::Certificate => Certificates::of(self, &vault).attend(&entry.name, now).await,
            ObjectKind::Secret => Ok(Rotation::Nothing),
        };
        let (notice, version) = match looked {
            Ok(Rotation::Rotated(version)) => (Notice::Rotated, version),
            Ok(Rotation::NearExpiry(version)) => (Notice::NearExpiry, version),
            Ok(Rotation::Nothing) | Err(EngineError::NotFound { .. }) => return self.forget(entry, seen).await,
            Err(error @ (EngineError::Store(_) | EngineError::Stopping)) => return Err(error),
            Err(error) => {
                tracing::error!(%error, vault = %entry.vault, name = %entry.name, "an object that is due was left as it is");
                return self.look_again(entry, seen, now).await;
            }
        };
        // Before the entry goes, which may fail: it is done, and will not be done again.
        let (kind, name, version) = (entry.kind, entry.name.clone(), version.into());
        tell(&Attended { vault, kind, name, version, notice });
        self.forget(entry, seen).await
    }

    /// An entry that was written again since it was seen stays.
    async fn forget(&self, entry: &ObjectEntry, seen: Revision) -> Result<(), EngineError> {
        let key = AttentionEntry(entry.clone()).key();
        self.commit(Batch::builder().unchanged(key.clone(), seen).delete(key)).await.map(|_| ())
    }

    async fn look_again(&self, entry: &ObjectEntry, seen: Revision, now: UnixTime) -> Result<(), EngineError> {
        let key = AttentionEntry(entry.clone()).key();
        let later = AttentionEntry(ObjectEntry { time: now.plus(AGAIN_SECONDS), ..entry.clone() });
        let batch = Batch::builder().unchanged(key.clone(), seen).delete(key).put(later.key(), []);
        self.commit(batch).await.map(|_| ())
    }
}

/// When an object is to be looked at, as its head says; `None` if never. A head that cannot be read says nothing here
/// and is refused where it is used.
pub(crate) fn attention_time(kind: ObjectKind, head: &Head) -> Option<UnixTime> {
    match kind {
        ObjectKind::Secret => None,
        ObjectKind::Key => KeyWhole::of(head).ok()?.due(head),
        ObjectKind::Certificate => CertificateWhole::of(head).ok()?.due(head),
    }
}

const ENTRIES: usize = 16;
const AGAIN_SECONDS: i64 = 3600;
