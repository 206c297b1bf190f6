//! Makes a key, or takes one in.

use std::sync::Arc;

use portcullis_crypto::material::KeyMaterial;
use portcullis_model::keys::{KeyOutcome, KeyProperties, PrivateBytes, PrivateJwk, PrivateRsa};
use portcullis_model::{
    Attributes, KeyOperation, KeyOperations, KeySpec, KeyType, ObjectName, ReleasePolicy, UnixTime,
};

use super::record::{self, KeyRecord};
use super::release::Policy;
use super::{KeyWhole, Keys, blocking};
use crate::EngineError;
use crate::error::BadKey;
use crate::lifecycle::{NewVersion, Through, Version};
use crate::record::{Hand, Meta};

impl Keys<'_> {
    pub(super) async fn create(
        &self,
        name: &ObjectName,
        spec: KeySpec,
        properties: KeyProperties,
    ) -> Result<KeyOutcome, EngineError> {
        let operations = check(spec.key_type(), &properties)?;
        // Before the work of making a key that could not be kept.
        self.0.refuse_deleted(name).await?;
        let key = self.generate(spec).await?;
        self.add(name, &key, operations, properties).await
    }

    pub(super) async fn import(
        &self,
        name: &ObjectName,
        key: PrivateJwk,
        properties: KeyProperties,
    ) -> Result<KeyOutcome, EngineError> {
        let key = blocking::run(move || KeyMaterial::import(&material(&key))).await?.map_err(BadKey::from)?;
        let operations = check(key.spec().key_type(), &properties)?;
        self.add(name, &key, operations, properties).await
    }

    pub(crate) async fn generate(&self, spec: KeySpec) -> Result<KeyMaterial, EngineError> {
        let random = Arc::clone(&self.0.objects.engine().random);
        Ok(blocking::run(move || KeyMaterial::generate(spec, &*random)).await??)
    }

    async fn add(
        &self,
        name: &ObjectName,
        key: &KeyMaterial,
        operations: KeyOperations,
        properties: KeyProperties,
    ) -> Result<KeyOutcome, EngineError> {
        let KeyProperties { attributes, exportable, release_policy, tags, .. } = properties;
        let attributes = attributes.apply(Attributes::default());
        let make = |_: Option<&Version>| {
            let now = self.0.objects.now();
            let meta = Meta {
                hand: Hand::Own,
                exportable,
                attributes,
                created: now,
                updated: now,
                content_type: None,
                tags: tags.clone(),
            };
            Ok(new_version(meta, key, operations, release_policy.clone()))
        };
        self.told(&self.0.add_version(name, Through::Itself, make).await?)
    }
}

pub(crate) fn new_version(
    meta: Meta,
    key: &KeyMaterial,
    operations: KeyOperations,
    release_policy: Option<ReleasePolicy>,
) -> NewVersion {
    NewVersion { meta, value: KeyRecord::encode_new(key, operations, release_policy), whole: None }
}

fn material(key: &PrivateJwk) -> portcullis_crypto::material::PrivateJwk<'_> {
    use portcullis_crypto::material::PrivateJwk as Material;
    match key {
        PrivateJwk::Rsa(key) => {
            let PrivateRsa { n, e, d, p, q, dp, dq, qi } = &**key;
            let [d, p, q, dp, dq, qi] = [d, p, q, dp, dq, qi].map(|number| number.as_ref().map(PrivateBytes::expose));
            Material::Rsa { n, e, d, dp, dq, qi, p, q }
        }
        PrivateJwk::Ec { curve, x, y, d } => Material::Ec { curve: *curve, x, y, d: d.expose() },
        PrivateJwk::Oct { k } => Material::Oct { k: k.expose() },
    }
}

/// What a new version is for, and whether its properties go together.
fn check(key_type: KeyType, properties: &KeyProperties) -> Result<KeyOperations, BadKey> {
    match (properties.exportable, &properties.release_policy) {
        (true, None) => return Err(BadKey::ExportableWithoutPolicy),
        (false, Some(_)) => return Err(BadKey::PolicyWithoutExportable),
        (true, Some(policy)) => drop(Policy::of(policy)?),
        (false, None) => {}
    }
    let operations = properties.operations.unwrap_or_else(|| KeyOperations::defaults(key_type));
    check_operations(key_type, operations)?;
    Ok(operations)
}

pub(super) fn check_operations(key_type: KeyType, operations: KeyOperations) -> Result<(), BadKey> {
    if operations.contains(KeyOperation::Import) && operations != KeyOperations::of(&[KeyOperation::Import]) {
        return Err(BadKey::ImportNotAlone);
    }
    if !record::fit(operations, key_type) {
        return Err(BadKey::OperationsOfOtherType);
    }
    Ok(())
}

/// The expiry of a version made now under a key's rotation policy.
pub(super) fn expiry(whole: &KeyWhole, now: UnixTime) -> Option<UnixTime> {
    whole.policy.as_ref().and_then(|policy| policy.expiry).map(|period| period.after(now))
}
