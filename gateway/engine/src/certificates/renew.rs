//! Makes a new version of a certificate when its policy says so, or says that its end is near.

use std::sync::Arc;

use portcullis_model::{ObjectName, UnixTime};
use portcullis_store::Batch;

use super::create::Issued;
use super::pending::PendingMarks;
use super::record::CertificateRecord;
use super::trio::Finished;
use super::{CertificateWhole, Certificates, spec};
use crate::EngineError;
use crate::error::BadCertificate;
use crate::keys::Rotation;
use crate::lifecycle::{Through, Version};
use crate::objects::corrupt;
use crate::record::{Head, VersionId};

impl Certificates<'_> {
    /// Does what is due for a certificate, once: whoever else does it at the same time finds it changed.
    pub(crate) async fn attend(&self, name: &ObjectName, now: UnixTime) -> Result<Rotation, EngineError> {
        let (head, latest) = self.certificates.head(name).await?;
        let whole = self.whole(&head)?;
        let is_due = |due: Option<UnixTime>| due.is_some_and(|due| due <= now);
        let notice = is_due(whole.notice_due(&head));
        if is_due(whole.renewal_due(&head)) {
            match self.renew(&head, &latest, &whole).await {
                // What cannot be renewed comes to its end, of which the contacts are told all the same.
                Ok(Rotation::Nothing) | Err(EngineError::Busy { .. } | EngineError::Provider(_)) if notice => {}
                renewed => return renewed,
            }
        }
        if notice { self.note_notice(&head).await } else { Ok(Rotation::Nothing) }
    }

    async fn renew(&self, head: &Head, latest: &Version, whole: &CertificateWhole) -> Result<Rotation, EngineError> {
        let policy = &whole.policy;
        let says = spec::spec(&policy.properties).map_err(BadCertificate::Properties)?;
        let key = Arc::new(self.key_for(&head.name, policy).await?);
        let request = self.request(&says, &key).await?;
        let chain = match self.issue(policy, &says, &key, &request).await? {
            Issued::Chain(chain) => chain,
            Issued::Later => return Ok(Rotation::Nothing),
            Issued::Refused(why) => {
                tracing::warn!(name = %head.name, why, "a certificate was not renewed");
                return Err(self.certificates.objects.busy(&head.name));
            }
        };
        let CertificateRecord { preserve_order, .. } = self.record(latest)?;
        let marks = PendingMarks { enabled: true, preserve_order, tags: latest.meta.tags.clone() };
        let id = VersionId::random(self.certificates.objects.random())?;
        self.prepare_to_seal().await?;
        let finished = Finished { name: &head.name, id, policy, key: &key, chain, marks: &marks };
        // The head that was read must still be there, so that a certificate is renewed once.
        let (batch, _) = self.keep(Batch::builder(), &finished).await?;
        let (now_there, _) = self.certificates.head(&head.name).await?;
        if now_there.version != head.version || now_there.sequence != head.sequence {
            return Ok(Rotation::Nothing);
        }
        let committed = self.certificates.objects.commit(batch).await?;
        Ok(committed.map_or(Rotation::Nothing, |_| Rotation::Rotated(id)))
    }

    /// Writes down that the contacts are told of this version, before they are told: they are never told twice.
    async fn note_notice(&self, head: &Head) -> Result<Rotation, EngineError> {
        let seen = head.version;
        let mut noted = false;
        let changed = self.certificates.change_whole(&head.name, Through::Itself, |head| {
            let whole = self.whole(head)?;
            noted = head.version == seen && whole.notified != Some(seen);
            Ok(noted.then(|| CertificateWhole { notified: Some(seen), ..whole }.encode()))
        });
        match changed.await {
            Ok(_) if noted => Ok(Rotation::NearExpiry(seen)),
            Ok(_) | Err(EngineError::Busy { .. } | EngineError::NotFound { .. }) => Ok(Rotation::Nothing),
            Err(error) => Err(error),
        }
    }

    pub(super) fn whole(&self, head: &Head) -> Result<CertificateWhole, EngineError> {
        let key = || self.certificates.objects.active_key(&head.name);
        CertificateWhole::of(head).map_err(|error| corrupt(&key(), error))
    }
}
