//! The three objects of a certificate, changed together in one commit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_crypto::material::KeyMaterial;
use portcullis_crypto::x509::{CertificateFacts, Der, parse_certificate, write_pem, write_pkcs12};
use portcullis_model::certificates::CertificateOutcome;
use portcullis_model::{Attributes, CertificatePolicy, ContentType, ObjectName, SecretForm, Tags, UnixTime};
use portcullis_store::{Batch, BatchBuilder};
use zeroize::Zeroizing;

use super::pending::PendingMarks;
use super::record::CertificateRecord;
use super::{CertificateWhole, Certificates, spec};
use crate::EngineError;
use crate::error::BadCertificate;
use crate::garbage::collect_now;
use crate::keys::new_version;
use crate::lifecycle::{NewVersion, Through, Version};
use crate::record::{Hand, Meta, VersionId};

/// A certificate with its key, ready to be kept.
pub(super) struct Finished<'a> {
    pub(super) name: &'a ObjectName,
    pub(super) id: VersionId,
    pub(super) policy: &'a CertificatePolicy,
    pub(super) key: &'a KeyMaterial,
    /// The certificate, then those of its authorities.
    pub(super) chain: Vec<Der>,
    pub(super) marks: &'a PendingMarks,
}

impl Certificates<'_> {
    /// Adds to a batch a new version of the certificate, its key and its secret.
    pub(super) async fn keep(
        &self,
        batch: BatchBuilder,
        finished: &Finished<'_>,
    ) -> Result<(BatchBuilder, Version), EngineError> {
        let Finished { name, id, policy, key, chain, marks } = finished;
        let leaf = chain.first().map(Der::as_bytes).unwrap_or_default();
        let facts = parse_certificate(leaf).map_err(BadCertificate::Facts)?;
        let now = self.certificates.objects.now();
        let meta = |content_type, tags| meta(&facts, marks.enabled, now, content_type, tags);

        let key_type = policy.key.spec.key_type();
        let operations = spec::operations(&policy.properties.key_usage, key_type);
        let mut make_key = |_: Option<&Version>| {
            let meta = Meta { exportable: false, ..meta(None, marks.tags.clone()) };
            Ok(new_version(meta, key, operations, None))
        };
        let (batch, _) = self.keys.0.addition(batch, name, *id, Through::Certificate, &mut make_key).await?;

        let value = self.secret_value(policy, key, chain)?;
        let content_type: ContentType = policy.form.content_type().parse().expect("a content type of ours");
        let mut make_secret = |_: Option<&Version>| {
            let meta = meta(Some(content_type.clone()), marks.tags.clone());
            Ok(NewVersion { meta, value: value.clone(), whole: None })
        };
        let (batch, _) = self.secrets.addition(batch, name, *id, Through::Certificate, &mut make_secret).await?;

        let record = CertificateRecord {
            thumbprint: facts.thumbprint,
            preserve_order: marks.preserve_order,
            exportable: policy.key.exportable,
            chain: chain.clone(),
        };
        let whole = CertificateWhole { policy: (*policy).clone(), notified: None };
        let mut make_certificate = |_: Option<&Version>| {
            let meta = Meta { hand: Hand::Own, ..meta(None, marks.tags.clone()) };
            Ok(NewVersion { meta, value: record.encode(), whole: Some(whole.encode()) })
        };
        self.certificates.addition(batch, name, *id, Through::Itself, &mut make_certificate).await
    }

    /// Makes sure that something can be sealed, in all three.
    pub(super) async fn prepare_to_seal(&self) -> Result<(), EngineError> {
        self.certificates.objects.prepare_to_seal().await?;
        self.keys.0.objects.prepare_to_seal().await?;
        self.secrets.objects.prepare_to_seal().await
    }

    /// The secret of a certificate (wire contract, section 9): with the private key if the policy says so.
    fn secret_value(
        &self,
        policy: &CertificatePolicy,
        key: &KeyMaterial,
        chain: &[Der],
    ) -> Result<Zeroizing<Vec<u8>>, EngineError> {
        let key = if policy.key.exportable { key.to_pkcs8() } else { None };
        let key = key.as_ref().map(|key| key.as_slice());
        match policy.form {
            SecretForm::Pem => Ok(Zeroizing::new(write_pem(key, chain).as_bytes().to_vec())),
            SecretForm::Pkcs12 => {
                let file = write_pkcs12(key, chain, self.certificates.objects.random());
                let file = file.map_err(BadCertificate::Pkcs12)?;
                let mut text = Zeroizing::new(String::with_capacity(file.len() * 2));
                STANDARD.encode_string(&*file, &mut text);
                Ok(Zeroizing::new(text.as_bytes().to_vec()))
            }
        }
    }

    pub(super) async fn delete(&self, name: &ObjectName) -> Result<CertificateOutcome, EngineError> {
        let mut tries = self.certificates.objects.tries(name);
        loop {
            let now = self.certificates.objects.now();
            let (batch, deleted, version) =
                self.certificates.deletion(Batch::builder(), name, Through::Itself, now).await?;
            let (batch, ..) = self.keys.0.deletion(batch, name, Through::Certificate, now).await?;
            let (batch, ..) = self.secrets.deletion(batch, name, Through::Certificate, now).await?;
            let batch = batch.delete(self.pending_place(name));
            if self.certificates.objects.commit(batch).await?.is_some() {
                return self.deleted(&deleted, &version);
            }
            tries.again().await?;
        }
    }

    pub(super) async fn recover(&self, name: &ObjectName) -> Result<CertificateOutcome, EngineError> {
        let mut tries = self.certificates.objects.tries(name);
        loop {
            let (batch, version) = self.certificates.recovery(Batch::builder(), name, Through::Itself).await?;
            let (batch, _) = self.keys.0.recovery(batch, name, Through::Certificate).await?;
            let (batch, _) = self.secrets.recovery(batch, name, Through::Certificate).await?;
            if self.certificates.objects.commit(batch).await?.is_some() {
                return self.told(&version).await;
            }
            tries.again().await?;
        }
    }

    pub(super) async fn purge(&self, name: &ObjectName) -> Result<CertificateOutcome, EngineError> {
        let mut tries = self.certificates.objects.tries(name);
        loop {
            let now = self.certificates.objects.now();
            let (batch, certificates) = self.certificates.removal(Batch::builder(), name, Through::Itself, now).await?;
            let (batch, keys) = self.keys.0.removal(batch, name, Through::Certificate, now).await?;
            let (batch, secrets) = self.secrets.removal(batch, name, Through::Certificate, now).await?;
            if self.certificates.objects.commit(batch).await?.is_some() {
                for garbage in [certificates, keys, secrets] {
                    collect_now(self.engine(), &garbage).await;
                }
                return Ok(CertificateOutcome::Purged);
            }
            tries.again().await?;
        }
    }
}

/// What is told of all three. Their times are those of the certificate.
fn meta(facts: &CertificateFacts, enabled: bool, now: UnixTime, content_type: Option<ContentType>, tags: Tags) -> Meta {
    let attributes = Attributes { enabled, nbf: Some(facts.not_before), exp: Some(facts.not_after) };
    let hand = Hand::Certificate;
    Meta { hand, exportable: false, attributes, created: now, updated: now, content_type, tags }
}
