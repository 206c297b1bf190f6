//! Begins to make a certificate, and ends it at once where its issuer can.

use std::sync::Arc;

use portcullis_crypto::material::KeyMaterial;
use portcullis_crypto::x509::{CertificateSpec, Der, PublicKey, certificate_request, parse_certificate, self_sign};
use portcullis_model::certificates::{CertificateMarks, CertificateOutcome, PendingStatus};
use portcullis_model::{CertificatePolicy, ObjectName, PolicyChanges};
use portcullis_store::{Batch, Revision};

use super::authority::{BUILT_IN, pkcs8};
use super::pending::{Pending, PendingMarks};
use super::provider::{CertificateOrder, ProviderError};
use super::trio::Finished;
use super::{Certificates, spec};
use crate::EngineError;
use crate::error::BadCertificate;
use crate::keys::blocking;
use crate::record::VersionId;

/// What an issuer says to a request.
pub(super) enum Issued {
    /// The certificate, then those of its authorities.
    Chain(Vec<Der>),
    /// Nothing yet: a person brings the certificate.
    Later,
    /// No, and why.
    Refused(String),
}

impl Certificates<'_> {
    pub(super) async fn create(
        &self,
        name: &ObjectName,
        policy: PolicyChanges,
        marks: CertificateMarks,
    ) -> Result<CertificateOutcome, EngineError> {
        let policy = CertificatePolicy::new(policy, self.certificates.objects.now()).map_err(BadCertificate::Policy)?;
        let says = spec::spec(&policy.properties).map_err(BadCertificate::Properties)?;
        let seen = self.free_for_making(name).await?;
        self.refuse_unissuable(&policy.issuer).await?;
        for lifecycle in [&self.certificates, &self.keys.0, &self.secrets] {
            lifecycle.refuse_deleted(name).await?;
        }
        for companion in [&self.keys.0, &self.secrets] {
            companion.refuse_own(name).await?;
        }
        let key = Arc::new(self.key_for(name, &policy).await?);
        let marks = PendingMarks {
            enabled: marks.attributes.enabled.unwrap_or(true),
            preserve_order: marks.preserve_order,
            tags: marks.tags.unwrap_or_default(),
        };
        self.make(name, &policy, &says, &key, marks, seen).await
    }

    async fn make(
        &self,
        name: &ObjectName,
        policy: &CertificatePolicy,
        says: &CertificateSpec,
        key: &Arc<KeyMaterial>,
        marks: PendingMarks,
        seen: Option<Revision>,
    ) -> Result<CertificateOutcome, EngineError> {
        self.prepare_to_seal().await?;
        let request = self.request(says, key).await?;
        let issued = self.issue(policy, says, key, &request).await?;
        let id = VersionId::random(self.certificates.objects.random())?;
        let mut pending = Pending {
            name: name.clone(),
            id,
            policy: policy.clone(),
            request,
            status: PendingStatus::InProgress,
            key: None,
            marks,
        };
        match issued {
            Issued::Chain(chain) => {
                pending.status = PendingStatus::Completed;
                return self.finish(pending, key, chain, seen).await;
            }
            Issued::Later => pending.key = Some(pkcs8(key)),
            Issued::Refused(why) => pending.status = PendingStatus::Failed(why),
        }
        let batch = self.put_pending(Batch::builder(), &pending, seen)?;
        if self.certificates.objects.commit(batch).await?.is_none() {
            return Err(self.certificates.objects.busy(name));
        }
        Ok(pending.outcome())
    }

    /// Keeps a certificate that was issued, and its making.
    async fn finish(
        &self,
        pending: Pending,
        key: &KeyMaterial,
        chain: Vec<Der>,
        seen: Option<Revision>,
    ) -> Result<CertificateOutcome, EngineError> {
        let mut tries = self.certificates.objects.tries(&pending.name);
        let Pending { name, id, policy, marks, .. } = &pending;
        let finished = Finished { name, id: *id, policy, key, chain, marks };
        loop {
            let (batch, _) = self.keep(Batch::builder(), &finished).await?;
            let batch = self.put_pending(batch, &pending, seen)?;
            if self.certificates.objects.commit(batch).await?.is_some() {
                return Ok(pending.outcome());
            }
            // Another making that began meanwhile goes first.
            if self.free_for_making(&pending.name).await? != seen {
                return Err(self.certificates.objects.busy(&pending.name));
            }
            tries.again().await?;
        }
    }

    /// The key of the next version: the one there is if the policy keeps it, or else a new one. A key that could not
    /// leave the vault does not leave it with a version whose policy is another: that has a new one.
    pub(super) async fn key_for(
        &self,
        name: &ObjectName,
        policy: &CertificatePolicy,
    ) -> Result<KeyMaterial, EngineError> {
        if policy.key.reuse
            && self.may_keep_key(name, policy).await?
            && let Some(key) = self.keys.material_of(name).await?
            && key.spec() == policy.key.spec
        {
            return Ok(key);
        }
        self.keys.generate(policy.key.spec).await
    }

    async fn may_keep_key(&self, name: &ObjectName, policy: &CertificatePolicy) -> Result<bool, EngineError> {
        match self.certificates.get(name, None).await {
            Ok(latest) => Ok(!policy.key.exportable || self.record(&latest)?.exportable),
            Err(EngineError::NotFound { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn request(&self, says: &CertificateSpec, key: &Arc<KeyMaterial>) -> Result<Vec<u8>, EngineError> {
        let (says, key) = (says.clone(), Arc::clone(key));
        let request = blocking::run(move || certificate_request(&says, &pkcs8(&key))).await?;
        Ok(request.map_err(EngineError::Certificate)?.into_bytes())
    }

    /// Asks the issuer that the policy names.
    pub(super) async fn issue(
        &self,
        policy: &CertificatePolicy,
        says: &CertificateSpec,
        key: &Arc<KeyMaterial>,
        request: &[u8],
    ) -> Result<Issued, EngineError> {
        if policy.issuer.is_unknown() {
            return Ok(Issued::Later);
        }
        if policy.issuer.is_self() {
            let (says, key, now) = (says.clone(), Arc::clone(key), self.certificates.objects.now());
            let random = Arc::clone(&self.engine().random);
            let certificate = blocking::run(move || self_sign(&says, &pkcs8(&key), now, &*random)).await?;
            return Ok(Issued::Chain(vec![certificate.map_err(EngineError::Certificate)?]));
        }
        self.issue_by_provider(policy, says, key, request).await
    }

    async fn issue_by_provider(
        &self,
        policy: &CertificatePolicy,
        says: &CertificateSpec,
        key: &KeyMaterial,
        request: &[u8],
    ) -> Result<Issued, EngineError> {
        let (issuer, password) = self.issuer_of(&policy.issuer).await?;
        if !issuer.enabled {
            return Ok(Issued::Refused("the issuer is disabled".to_owned()));
        }
        let key = PublicKey::from_pkcs8(&pkcs8(key)).map_err(|error| EngineError::Certificate(error.into()))?;
        if issuer.provider.eq_ignore_ascii_case(BUILT_IN) {
            return Ok(match self.issue_built_in(says, &key).await? {
                Ok(chain) => Issued::Chain(chain),
                Err(error) => Issued::Refused(error.to_string()),
            });
        }
        let providers = &self.engine().providers;
        let Some(provider) = providers.iter().find(|provider| provider.name().eq_ignore_ascii_case(&issuer.provider))
        else {
            return Ok(Issued::Refused(format!("this gateway has no certificate provider {}", issuer.provider)));
        };
        let vault = self.certificates.vault.id;
        let order =
            CertificateOrder { vault, issuer: &issuer, password: password.as_ref(), spec: says, key: &key, request };
        match provider.issue(order).await {
            Ok(chain) if is_of(&chain, &key) => Ok(Issued::Chain(chain)),
            Ok(_) => Ok(Issued::Refused("the provider issued a certificate of another key".to_owned())),
            Err(ProviderError::Refused(why)) => Ok(Issued::Refused(why)),
            Err(error @ ProviderError::Unavailable(_)) => Err(EngineError::Provider(error)),
        }
    }
}

/// Whether the first certificate of a chain is that of a key.
fn is_of(chain: &[Der], key: &PublicKey) -> bool {
    let facts = chain.first().and_then(|leaf| parse_certificate(leaf.as_bytes()).ok());
    facts.is_some_and(|facts| facts.public_key == *key)
}
