//! Changes a version of a certificate, with its key and its secret, and the policy.

use portcullis_model::certificates::{CertificateChoice, CertificateMarks, CertificateOutcome};
use portcullis_model::{AttributeChanges, CertificatePolicy, ObjectName, ObjectVersion, PolicyChanges, Tags};
use portcullis_store::{Batch, BatchBuilder};
use zeroize::Zeroizing;

use super::{CertificateWhole, Certificates, spec};
use crate::EngineError;
use crate::error::BadCertificate;
use crate::lifecycle::{Lifecycle, MetaChanges, NewVersion, Through, Version};
use crate::record::Head;

impl Certificates<'_> {
    pub(super) async fn policy_get(&self, name: &ObjectName) -> Result<CertificateOutcome, EngineError> {
        match self.certificates.head(name).await {
            Ok((head, _)) => {
                let policy = self.whole(&head)?.policy;
                Ok(CertificateOutcome::Policy(head.name, Box::new(policy)))
            }
            // One that is being made for the first time has a policy already.
            Err(missing @ EngineError::NotFound { .. }) => {
                let (pending, _) = self.pending(name).await?.ok_or(missing)?;
                Ok(CertificateOutcome::Policy(pending.name, Box::new(pending.policy)))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn policy_update(
        &self,
        name: &ObjectName,
        changes: PolicyChanges,
    ) -> Result<CertificateOutcome, EngineError> {
        let (name, policy) = self.change_policy(name, &changes).await?;
        Ok(CertificateOutcome::Policy(name, Box::new(policy)))
    }

    async fn change_policy(
        &self,
        name: &ObjectName,
        changes: &PolicyChanges,
    ) -> Result<(ObjectName, CertificatePolicy), EngineError> {
        self.refuse_unissuable_changes(changes).await?;
        let change = |head: &Head| self.changed_policy(head, changes).map(Some);
        let head = self.certificates.change_whole(name, Through::Itself, change).await?;
        let policy = self.whole(&head)?.policy;
        Ok((head.name, policy))
    }

    async fn refuse_unissuable_changes(&self, changes: &PolicyChanges) -> Result<(), EngineError> {
        match &changes.issuer {
            Some(choice) => self.refuse_unissuable(choice).await,
            None => Ok(()),
        }
    }

    /// What is kept of a certificate as a whole once its policy is changed.
    fn changed_policy(&self, head: &Head, changes: &PolicyChanges) -> Result<Vec<u8>, EngineError> {
        let before = self.whole(head)?;
        let now = self.certificates.objects.now();
        let policy = before.policy.changed(changes.clone(), now).map_err(BadCertificate::Policy)?;
        spec::spec(&policy.properties).map_err(BadCertificate::Properties)?;
        Ok(CertificateWhole { policy, ..before }.encode())
    }

    /// The times are the certificate's and stay. Key and secret are enabled and disabled with their certificate.
    pub(super) async fn update(
        &self,
        choice: &CertificateChoice,
        policy: Option<Box<PolicyChanges>>,
        marks: &CertificateMarks,
    ) -> Result<CertificateOutcome, EngineError> {
        if let Some(policy) = &policy {
            self.refuse_unissuable_changes(policy).await?;
        }
        let attributes = AttributeChanges { enabled: marks.attributes.enabled, ..AttributeChanges::default() };
        let mut tries = self.certificates.objects.tries(&choice.name);
        loop {
            let changes = changes(attributes, marks.tags.clone());
            let (batch, whole) = match &policy {
                Some(policy) => self.whole_with(&choice.name, policy).await?,
                None => (Batch::builder(), None),
            };
            let (version, through) = (choice.version.as_ref(), Through::Itself);
            let mut change = self.with(&changes, whole.as_ref());
            let (batch, version) = self.certificates.change(batch, &choice.name, version, through, &mut change).await?;
            let Some(mut batch) = batch else { return self.told(&version).await };
            let id = version.id.into();
            for companion in [&self.keys.0, &self.secrets] {
                batch = self.follow(companion, batch, choice, &id, attributes).await?;
            }
            if self.certificates.objects.commit(batch).await?.is_some() {
                return self.told(&version).await;
            }
            tries.again().await?;
        }
    }

    /// The changed policy, and a batch that is carried out only where the certificate is still the one it was read of.
    async fn whole_with(
        &self,
        name: &ObjectName,
        policy: &PolicyChanges,
    ) -> Result<(BatchBuilder, Option<Vec<u8>>), EngineError> {
        let objects = &self.certificates.objects;
        let (stored, _) = objects.find(name, None).await?;
        let whole = self.changed_policy(&stored.head, policy)?;
        Ok((Batch::builder().unchanged(objects.active_key(name), stored.revision), Some(whole)))
    }

    async fn follow(
        &self,
        companion: &Lifecycle<'_>,
        batch: BatchBuilder,
        choice: &CertificateChoice,
        id: &ObjectVersion,
        attributes: AttributeChanges,
    ) -> Result<BatchBuilder, EngineError> {
        let changes = changes(attributes, None);
        if changes.is_empty() {
            return Ok(batch);
        }
        let through = Through::Certificate;
        let (batch, _) =
            companion.change(batch, &choice.name, Some(id), through, &mut self.with(&changes, None)).await?;
        batch.ok_or_else(|| companion.objects.busy(&choice.name))
    }

    fn with<'c>(
        &'c self,
        changes: &'c MetaChanges,
        whole: Option<&'c Vec<u8>>,
    ) -> impl FnMut(&Version) -> Result<Option<NewVersion>, EngineError> + 'c {
        move |before| {
            let changed = || NewVersion {
                meta: changes.apply(&before.meta, self.certificates.objects.now()),
                value: Zeroizing::new(before.value().to_vec()),
                whole: whole.cloned(),
            };
            Ok((!changes.is_empty() || whole.is_some()).then(changed))
        }
    }
}

fn changes(attributes: AttributeChanges, tags: Option<Tags>) -> MetaChanges {
    MetaChanges { content_type: None, attributes, tags }
}
