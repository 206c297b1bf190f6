//! The making of a certificate: kept under its name until the certificate is deleted or the making is forgotten.

use portcullis_model::certificates::{CertificateOutcome, PendingCertificate, PendingStatus};
use portcullis_model::{CertificatePolicy, ObjectName, ObjectVersion, Tags};
use portcullis_store::{Batch, BatchBuilder, Revision};
use zeroize::Zeroizing;

use super::Certificates;
use super::whole::{decode_policy, encode_policy};
use crate::EngineError;
use crate::error::CertificateState;
use crate::layout;
use crate::objects::corrupt;
use crate::record::{Decoder, Encoder, Malformed, VersionId};

/// The making of a certificate.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) name: ObjectName,
    pub(super) id: VersionId,
    pub(super) policy: CertificatePolicy,
    pub(super) request: Vec<u8>,
    pub(super) status: PendingStatus,
    /// The private key, PKCS #8, while the certificate is not there.
    pub(super) key: Option<Zeroizing<Vec<u8>>>,
    pub(super) marks: PendingMarks,
}

/// What the certificate is to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PendingMarks {
    pub(super) enabled: bool,
    pub(super) preserve_order: Option<bool>,
    pub(super) tags: Tags,
}

impl Pending {
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let key = self.key.as_ref().map_or(0, |key| key.len());
        let mut to = Encoder::with_capacity(8192 + self.request.len() + key);
        to.byte(FORMAT);
        to.bytes(self.name.as_str().as_bytes());
        to.raw(self.id.as_bytes());
        encode_policy(&mut to, &self.policy);
        to.bytes(&self.request);
        match &self.status {
            PendingStatus::InProgress => to.byte(0),
            PendingStatus::Cancelled => to.byte(1),
            PendingStatus::Completed => to.byte(2),
            PendingStatus::Failed(why) => {
                to.byte(3);
                to.bytes(why.as_bytes());
            }
        }
        to.option(self.key.as_ref(), |to, key| to.bytes(key));
        to.byte(u8::from(self.marks.enabled));
        to.option(self.marks.preserve_order, |to, preserve| to.byte(u8::from(preserve)));
        for (name, value) in self.marks.tags.iter() {
            to.byte(1);
            to.bytes(name.as_bytes());
            to.bytes(value.as_bytes());
        }
        to.byte(0);
        to.finish()
    }

    pub(super) fn decode(stored: &[u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(stored);
        if from.byte()? != FORMAT {
            return Err(Malformed);
        }
        let name = from.text()?.parse().map_err(|_| Malformed)?;
        let id = VersionId::from_bytes(from.array()?);
        let policy = decode_policy(&mut from)?;
        let request = from.bytes()?.to_vec();
        let status = match from.byte()? {
            0 => PendingStatus::InProgress,
            1 => PendingStatus::Cancelled,
            2 => PendingStatus::Completed,
            3 => PendingStatus::Failed(from.text()?.to_owned()),
            _ => return Err(Malformed),
        };
        let key = from.option(|from| from.bytes().map(|key| Zeroizing::new(key.to_vec())))?;
        let (enabled, preserve_order) = (from.flag()?, from.option(Decoder::flag)?);
        let mut tags = std::collections::BTreeMap::new();
        while from.flag()? {
            tags.insert(from.text()?.to_owned(), from.text()?.to_owned());
        }
        from.end()?;
        let tags = tags.try_into().map_err(|_| Malformed)?;
        Ok(Self { name, id, policy, request, status, key, marks: PendingMarks { enabled, preserve_order, tags } })
    }

    /// As it is told, without its key.
    pub(super) fn told(self) -> PendingCertificate {
        let Self { name, id, policy, request, status, marks, .. } = self;
        let CertificatePolicy { issuer, .. } = policy;
        PendingCertificate { name, issuer, request, status, id: id.into(), preserve_order: marks.preserve_order }
    }

    pub(super) fn outcome(self) -> CertificateOutcome {
        CertificateOutcome::Pending(Box::new(self.told()))
    }
}

impl Certificates<'_> {
    /// Where the making of a certificate is.
    pub(super) fn pending_place(&self, name: &ObjectName) -> Vec<u8> {
        layout::pending(self.certificates.vault.id, name)
    }

    pub(super) async fn pending(&self, name: &ObjectName) -> Result<Option<(Pending, Revision)>, EngineError> {
        let place = self.pending_place(name);
        let Some((stored, revision)) = self.certificates.objects.read_alone(&place).await? else { return Ok(None) };
        let pending = Pending::decode(&stored).map_err(|error| corrupt(&place, error))?;
        Ok(Some((pending, revision)))
    }

    async fn pending_or_missing(&self, name: &ObjectName) -> Result<(Pending, Revision), EngineError> {
        self.pending(name).await?.ok_or_else(|| CertificateState::NoPending { name: name.clone() }.into())
    }

    /// Refuses to begin where another making is under way. Gives what the place of the making must be like when the
    /// new one is written.
    pub(super) async fn free_for_making(&self, name: &ObjectName) -> Result<Option<Revision>, EngineError> {
        match self.pending(name).await? {
            Some((pending, _)) if pending.status == PendingStatus::InProgress => {
                Err(CertificateState::InProgress { name: name.clone() }.into())
            }
            Some((_, revision)) => Ok(Some(revision)),
            None => Ok(None),
        }
    }

    /// Adds to a batch the making of a certificate, over what was seen at its place.
    pub(super) fn put_pending(
        &self,
        batch: BatchBuilder,
        pending: &Pending,
        seen: Option<Revision>,
    ) -> Result<BatchBuilder, EngineError> {
        let place = self.pending_place(&pending.name);
        let batch = match seen {
            Some(revision) => batch.unchanged(place.clone(), revision),
            None => batch.absent(place.clone()),
        };
        self.certificates.objects.put_alone(batch, place, &pending.encode())
    }

    pub(super) async fn pending_get(
        &self,
        name: &ObjectName,
        id: Option<&ObjectVersion>,
    ) -> Result<CertificateOutcome, EngineError> {
        let (pending, _) = self.pending_or_missing(name).await?;
        if id.is_some_and(|id| VersionId::from(id) != pending.id) {
            return Err(CertificateState::NoPending { name: name.clone() }.into());
        }
        Ok(pending.outcome())
    }

    pub(super) async fn pending_cancel(
        &self,
        name: &ObjectName,
        cancel: bool,
    ) -> Result<CertificateOutcome, EngineError> {
        let mut tries = self.certificates.objects.tries(name);
        loop {
            let (pending, revision) = self.pending_or_missing(name).await?;
            if pending.status != PendingStatus::InProgress {
                return Err(CertificateState::NotInProgress { name: name.clone() }.into());
            }
            if !cancel {
                return Ok(pending.outcome());
            }
            let pending = Pending { status: PendingStatus::Cancelled, key: None, ..pending };
            let batch = self.put_pending(Batch::builder(), &pending, Some(revision))?;
            if self.certificates.objects.commit(batch).await?.is_some() {
                return Ok(pending.outcome());
            }
            tries.again().await?;
        }
    }

    pub(super) async fn pending_delete(&self, name: &ObjectName) -> Result<CertificateOutcome, EngineError> {
        let mut tries = self.certificates.objects.tries(name);
        loop {
            let (pending, revision) = self.pending_or_missing(name).await?;
            let place = self.pending_place(name);
            let batch = Batch::builder().unchanged(place.clone(), revision).delete(place);
            if self.certificates.objects.commit(batch).await?.is_some() {
                return Ok(pending.outcome());
            }
            tries.again().await?;
        }
    }
}

const FORMAT: u8 = 1;
