//! Calls about keys, and what comes of them.

use portcullis_engine::{EngineError, Notice};
use portcullis_model::keys::{KeyBundle, KeyCall, KeyChoice, KeyOutcome, KeyProperties, PublicJwk};
use portcullis_model::{
    AttributeChanges, Clock as _, Curve, KeySpec, ObjectName, ObjectVersion, Page, Period, RotationPolicy,
    RotationTrigger, SignatureAlgorithm, UnixTime,
};

use crate::harness::World;

/// The fastest kind of key to make.
pub(crate) const SPEC: KeySpec = KeySpec::Ec(Curve::P256);

pub(crate) fn name(text: &str) -> ObjectName {
    text.parse().unwrap()
}

pub(crate) fn latest(text: &str) -> KeyChoice {
    KeyChoice { name: name(text), version: None }
}

pub(crate) fn create(text: &str) -> KeyCall {
    KeyCall::Create { name: name(text), spec: SPEC, properties: KeyProperties::default() }
}

pub(crate) fn create_expiring(text: &str, exp: UnixTime) -> KeyCall {
    let attributes = AttributeChanges { exp: Some(exp), ..AttributeChanges::default() };
    KeyCall::Create { name: name(text), spec: SPEC, properties: KeyProperties { attributes, ..Default::default() } }
}

pub(crate) fn sign(key: KeyChoice) -> KeyCall {
    KeyCall::Sign { key, algorithm: SignatureAlgorithm::Es256, digest: vec![7; 32] }
}

/// A policy that makes a version every so many days.
pub(crate) fn rotate_after(text: &str, days: u16) -> KeyCall {
    let rotate = Some(RotationTrigger::AfterCreate(Period::days(days)));
    KeyCall::RotationPolicySet { name: name(text), policy: RotationPolicy { rotate, ..RotationPolicy::default() } }
}

pub(crate) fn told(outcome: Result<KeyOutcome, EngineError>) -> KeyBundle {
    match outcome {
        Ok(KeyOutcome::Bundle(bundle)) => *bundle,
        other => panic!("expected a bundle, found {other:?}"),
    }
}

/// What says which key a bundle is about.
pub(crate) fn public(bundle: &KeyBundle) -> &PublicJwk {
    &bundle.key
}

impl World {
    pub(crate) async fn make_key(&self, text: &str) -> KeyBundle {
        told(self.key_call(create(text)).await)
    }

    pub(crate) async fn key(&self, text: &str) -> Result<KeyBundle, EngineError> {
        self.key_call(KeyCall::Get(latest(text))).await.map(|outcome| told(Ok(outcome)))
    }

    /// Signs with a version and has the signature verified by it.
    pub(crate) async fn works(&self, key: &KeyChoice) -> Result<ObjectVersion, EngineError> {
        let KeyOutcome::Result(signed) = self.key_call(sign(key.clone())).await? else { panic!("another outcome") };
        let verify = KeyCall::Verify {
            key: key.clone(),
            algorithm: SignatureAlgorithm::Es256,
            digest: vec![7; 32],
            signature: signed.value.expose().to_vec(),
        };
        match self.key_call(verify).await? {
            KeyOutcome::Verified { version, valid: true, .. } if version == signed.version => Ok(version),
            other => panic!("expected a genuine signature, found {other:?}"),
        }
    }

    /// The versions of a key, at most 25.
    pub(crate) async fn key_versions(&self, text: &str) -> Vec<ObjectVersion> {
        let page = Page { limit: 25, after: None };
        match self.key_call(KeyCall::ListVersions { name: name(text), page }).await {
            Ok(KeyOutcome::Versions(listed)) => listed.items.into_iter().map(|item| item.version).collect(),
            other => panic!("expected versions, found {other:?}"),
        }
    }

    pub(crate) async fn key_backup(&self, text: &str) -> Vec<u8> {
        match self.key_call(KeyCall::Backup { name: name(text) }).await {
            Ok(KeyOutcome::Backup(blob)) => blob,
            other => panic!("expected a backup, found {other:?}"),
        }
    }

    /// Does what is due for objects now, and gives what was told before it ended or failed.
    pub(crate) async fn attend_due(&self) -> (Vec<(String, Notice)>, Result<bool, EngineError>) {
        let mut said = Vec::new();
        let vault = |id| (id == self.vault.id).then(|| self.vault.facts());
        let done = self
            .engine
            .attend_due(self.clock.now(), vault, |attended| said.push((attended.name.to_string(), attended.notice)))
            .await;
        (said, done)
    }
}
