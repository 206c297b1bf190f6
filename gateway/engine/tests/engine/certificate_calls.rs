//! Calls about certificates, and what comes of them.

use portcullis_crypto::SystemRandom;
use portcullis_crypto::material::KeyMaterial;
use portcullis_crypto::x509::{
    CertificateSpec, DistinguishedName, IssuingAuthority, KeyUsage, PublicKey, Role, SubjectNames, ValidityMonths,
    self_sign,
};
use portcullis_engine::EngineError;
use portcullis_model::certificates::{
    CertificateBundle, CertificateCall, CertificateChoice, CertificateMarks, CertificateOutcome, IssuerChanges,
    PendingCertificate,
};
use portcullis_model::{
    AttributeChanges, Clock as _, Curve, IssuerChoice, KeySpec, LifetimeAction, LifetimeTrigger, ObjectVersion, Page,
    PolicyChanges, SecretText,
};

use crate::harness::{Vault, World, permit};
use crate::key_calls::name;

pub(crate) fn policy(issuer: &str) -> Box<PolicyChanges> {
    Box::new(PolicyChanges {
        spec: Some(KeySpec::Ec(Curve::P256)),
        subject: Some("CN=engine.example".to_owned()),
        issuer: Some(IssuerChoice::named(issuer)),
        ..PolicyChanges::default()
    })
}

/// A policy that renews when half of the lifetime is over.
pub(crate) fn renewing() -> Box<PolicyChanges> {
    let actions = Some(vec![(LifetimeTrigger::Percentage(50), LifetimeAction::AutoRenew)]);
    Box::new(PolicyChanges { actions, ..*policy("Self") })
}

pub(crate) fn create_as(text: &str, policy: Box<PolicyChanges>) -> CertificateCall {
    CertificateCall::Create { name: name(text), policy, marks: CertificateMarks::default() }
}

pub(crate) fn create(text: &str) -> CertificateCall {
    create_as(text, policy("Self"))
}

pub(crate) fn get(text: &str) -> CertificateCall {
    CertificateCall::Get(CertificateChoice { name: name(text), version: None })
}

pub(crate) fn delete(text: &str) -> CertificateCall {
    CertificateCall::Delete { name: name(text) }
}

pub(crate) fn recover(text: &str) -> CertificateCall {
    CertificateCall::Recover { name: name(text) }
}

pub(crate) fn purge(text: &str) -> CertificateCall {
    CertificateCall::Purge { name: name(text) }
}

pub(crate) fn pending(text: &str) -> CertificateCall {
    CertificateCall::PendingGet { name: name(text), id: None }
}

/// Enables or disables the latest version, or a named one.
pub(crate) fn enable(text: &str, version: Option<&ObjectVersion>, enabled: bool) -> CertificateCall {
    let attributes = AttributeChanges { enabled: Some(enabled), ..AttributeChanges::default() };
    CertificateCall::Update {
        certificate: CertificateChoice { name: name(text), version: version.cloned() },
        policy: None,
        marks: CertificateMarks { attributes, ..CertificateMarks::default() },
    }
}

pub(crate) fn merge(text: &str, files: Vec<Vec<u8>>) -> CertificateCall {
    CertificateCall::Merge { name: name(text), files, marks: CertificateMarks::default() }
}

pub(crate) fn issuer(text: &str, provider: &str, password: &str) -> CertificateCall {
    let issuer = IssuerChanges {
        provider: Some(provider.to_owned()),
        password: Some(SecretText::new(password.to_owned())),
        ..IssuerChanges::default()
    };
    CertificateCall::IssuerSet { name: name(text), issuer: Box::new(issuer) }
}

pub(crate) fn told(outcome: Result<CertificateOutcome, EngineError>) -> CertificateBundle {
    match outcome {
        Ok(CertificateOutcome::Bundle(bundle)) => *bundle,
        other => panic!("expected a bundle, found {other:?}"),
    }
}

pub(crate) fn begun(outcome: Result<CertificateOutcome, EngineError>) -> PendingCertificate {
    match outcome {
        Ok(CertificateOutcome::Pending(pending)) => *pending,
        other => panic!("expected a making, found {other:?}"),
    }
}

impl World {
    pub(crate) async fn certificate_call_in(
        &self,
        vault: &Vault,
        call: CertificateCall,
    ) -> Result<CertificateOutcome, EngineError> {
        self.engine.execute_certificate(permit(vault, call)).await
    }

    pub(crate) async fn certificate_call(&self, call: CertificateCall) -> Result<CertificateOutcome, EngineError> {
        self.certificate_call_in(&self.vault, call).await
    }

    /// Makes a version of a certificate that is signed with its own key; gives its id.
    pub(crate) async fn make_certificate(&self, text: &str) -> ObjectVersion {
        begun(self.certificate_call(create(text)).await).id
    }

    pub(crate) async fn certificate(&self, text: &str) -> Result<CertificateBundle, EngineError> {
        self.certificate_call(get(text)).await.map(|outcome| told(Ok(outcome)))
    }

    /// The versions of a certificate, at most 25.
    pub(crate) async fn certificate_versions(&self, text: &str) -> Vec<ObjectVersion> {
        let page = Page { limit: 25, after: None };
        match self.certificate_call(CertificateCall::ListVersions { name: name(text), page }).await {
            Ok(CertificateOutcome::Versions(listed)) => listed.items.into_iter().map(|item| item.version).collect(),
            other => panic!("expected versions, found {other:?}"),
        }
    }

    pub(crate) async fn certificate_backup(&self, text: &str) -> Vec<u8> {
        match self.certificate_call(CertificateCall::Backup { name: name(text) }).await {
            Ok(CertificateOutcome::Backup(blob)) => blob,
            other => panic!("expected a backup, found {other:?}"),
        }
    }

    /// Signs what a making asks for, as an authority outside would; gives the chain, the leaf first.
    pub(crate) fn sign_outside(&self, pending: &PendingCertificate) -> Vec<Vec<u8>> {
        let (random, now) = (SystemRandom::new(), self.clock.now());
        let spec = |subject: &str| {
            let subject: DistinguishedName = subject.parse().unwrap();
            CertificateSpec::new(subject, SubjectNames::default(), ValidityMonths::new(12).unwrap()).unwrap()
        };
        let key = KeyMaterial::generate(KeySpec::Ec(Curve::P256), &random).unwrap().to_pkcs8().unwrap();
        let usage = [KeyUsage::KeyCertSign].into_iter().collect();
        let root = spec("CN=Outside").with_usage(Role::Authority, usage).unwrap();
        let root = self_sign(&root, &key, now, &random).unwrap();
        let authority = IssuingAuthority::new(vec![root], &key).unwrap();
        let public = PublicKey::from_spki(public_key_of(&pending.request)).unwrap();
        let chain = authority.issue(&spec("CN=engine.example"), &public, now, &random).unwrap();
        chain.into_iter().map(portcullis_crypto::x509::Der::into_bytes).collect()
    }
}

/// The third member of the first member of a PKCS #10 request (RFC 2986 section 4).
fn public_key_of(request: &[u8]) -> &[u8] {
    let header_and_length = |der: &[u8]| {
        let short = usize::from(der[1]);
        if short < 0x80 {
            return (2, short);
        }
        let bytes = short & 0x7f;
        (2 + bytes, der[2..2 + bytes].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
    };
    let mut at = header_and_length(request).0;
    at += header_and_length(&request[at..]).0;
    for _ in ["version", "subject"] {
        let (header, length) = header_and_length(&request[at..]);
        at += header + length;
    }
    let (header, length) = header_and_length(&request[at..]);
    &request[at..at + header + length]
}
