//! The cryptographic operations.

use std::sync::Arc;

use portcullis_crypto::material::{Ciphertext, Encrypted, KeyMaterial, OperationError, Plaintext};
use portcullis_model::keys::{CipherInput, KeyChoice, KeyOutcome, KeyResult, PlainInput, PrivateBytes};
use portcullis_model::{
    Curve, EncryptionAlgorithm, KeyOperation, KeySpec, ObjectName, SignatureAlgorithm, WrapAlgorithm,
};
use zeroize::Zeroizing;

use super::{Keys, blocking};
use crate::EngineError;
use crate::error::KeyUnusable;
use crate::lifecycle::Version;
use crate::objects::corrupt;

/// A version of a key that may be used as asked, with its material.
struct Usable {
    version: Version,
    key: Arc<KeyMaterial>,
}

impl Keys<'_> {
    pub(super) async fn encrypt(
        &self,
        key: &KeyChoice,
        algorithm: EncryptionAlgorithm,
        input: &PlainInput,
    ) -> Result<KeyOutcome, EngineError> {
        let Usable { version, key } = self.usable(key, KeyOperation::Encrypt).await?;
        let plain = Plaintext { value: input.value.expose(), iv: input.iv.as_deref(), aad: input.aad.as_deref() };
        let Encrypted { value, iv, tag, aad } = key.encrypt(algorithm, &plain, self.0.objects.random())?;
        Ok(result(version, Zeroizing::new(value), iv, tag, aad))
    }

    pub(super) async fn decrypt(
        &self,
        key: &KeyChoice,
        algorithm: EncryptionAlgorithm,
        input: CipherInput,
    ) -> Result<KeyOutcome, EngineError> {
        let Usable { version, key } = self.usable(key, KeyOperation::Decrypt).await?;
        let decrypt = move |key: &KeyMaterial| {
            let CipherInput { value, iv, tag, aad } = &input;
            let cipher = Ciphertext { value, iv: iv.as_deref(), tag: tag.as_deref(), aad: aad.as_deref() };
            key.decrypt(algorithm, &cipher)
        };
        Ok(plain(version, private(key, decrypt).await?))
    }

    pub(super) async fn wrap(
        &self,
        key: &KeyChoice,
        algorithm: WrapAlgorithm,
        value: &PrivateBytes,
    ) -> Result<KeyOutcome, EngineError> {
        let Usable { version, key } = self.usable(key, KeyOperation::WrapKey).await?;
        Ok(plain(version, Zeroizing::new(key.wrap(algorithm, value.expose())?)))
    }

    pub(super) async fn unwrap(
        &self,
        key: &KeyChoice,
        algorithm: WrapAlgorithm,
        value: Vec<u8>,
    ) -> Result<KeyOutcome, EngineError> {
        let Usable { version, key } = self.usable(key, KeyOperation::UnwrapKey).await?;
        Ok(plain(version, private(key, move |key| key.unwrap(algorithm, &value)).await?))
    }

    pub(super) async fn sign(
        &self,
        key: &KeyChoice,
        algorithm: SignatureAlgorithm,
        digest: Vec<u8>,
    ) -> Result<KeyOutcome, EngineError> {
        let Usable { version, key } = self.usable(key, KeyOperation::Sign).await?;
        let signature = private(key, move |key| key.sign(algorithm, &digest).map(Zeroizing::new)).await?;
        Ok(plain(version, signature))
    }

    pub(super) async fn verify(
        &self,
        key: &KeyChoice,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<KeyOutcome, EngineError> {
        let Usable { version, key } = self.usable(key, KeyOperation::Verify).await?;
        let valid = key.verify(algorithm, digest, signature)?;
        Ok(KeyOutcome::Verified { name: version.name, version: version.id.into(), valid })
    }

    async fn usable(&self, choice: &KeyChoice, operation: KeyOperation) -> Result<Usable, EngineError> {
        let version = self.0.get(&choice.name, choice.version.as_ref()).await?;
        self.check_use(&version, operation)?;
        let key = self.ready(&version)?;
        Ok(Usable { version, key })
    }

    /// The material of a version. Whether it may be used is for the caller to have asked.
    pub(super) fn ready(&self, version: &Version) -> Result<Arc<KeyMaterial>, EngineError> {
        let place = (self.0.vault.id, version.generation, version.id);
        let ready = &self.0.objects.engine().ready;
        if let Some(key) = ready.get(&place) {
            self.1.count(key.spec())?;
            return Ok(key);
        }
        let key = || self.0.objects.version_key(version.generation, version.id);
        let key = Arc::new(self.record(version)?.material().map_err(|error| corrupt(&key(), error))?);
        ready.keep(place, Arc::clone(&key));
        self.1.count(key.spec())?;
        Ok(key)
    }

    /// The key of the current version, ready for use, if there is one; for the certificate that it belongs to.
    pub(crate) async fn material_of(&self, name: &ObjectName) -> Result<Option<KeyMaterial>, EngineError> {
        match self.0.get(name, None).await {
            Ok(version) => {
                let key = || self.0.objects.version_key(version.generation, version.id);
                self.record(&version)?.material().map(Some).map_err(|error| corrupt(&key(), error))
            }
            Err(EngineError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The rules of the wire contract, section 10.3. What reads or checks what was made in time works at any time.
    pub(super) fn check_use(&self, version: &Version, operation: KeyOperation) -> Result<(), EngineError> {
        let (attributes, now, name) = (&version.meta.attributes, self.0.objects.now(), operation.as_str());
        if !attributes.enabled {
            return Err(KeyUnusable::Disabled { operation: name }.into());
        }
        if !self.record(version)?.operations.contains(operation) {
            return Err(KeyUnusable::OperationNotPermitted { operation: name }.into());
        }
        let makes = matches!(operation, KeyOperation::Encrypt | KeyOperation::WrapKey | KeyOperation::Sign);
        let early = attributes.nbf.is_some_and(|nbf| now < nbf);
        let late = attributes.exp.is_some_and(|exp| now >= exp);
        if makes && (early || late) {
            return Err(KeyUnusable::NotYetValidOrExpired { operation: name }.into());
        }
        Ok(())
    }
}

/// Does what needs the private side: with RSA and the larger curves it takes a fifth of a millisecond and more.
async fn private<T: Send + 'static>(
    key: Arc<KeyMaterial>,
    work: impl FnOnce(&KeyMaterial) -> Result<T, OperationError> + Send + 'static,
) -> Result<T, EngineError> {
    match key.spec() {
        KeySpec::Ec(Curve::P256) | KeySpec::Oct(_) => Ok(work(&key)?),
        KeySpec::Rsa(_) | KeySpec::Ec(Curve::P384 | Curve::P521 | Curve::P256K) => {
            Ok(blocking::run(move || work(&key)).await??)
        }
    }
}

fn plain(version: Version, value: Zeroizing<Vec<u8>>) -> KeyOutcome {
    result(version, value, None, None, None)
}

fn result(
    version: Version,
    value: Zeroizing<Vec<u8>>,
    iv: Option<Vec<u8>>,
    tag: Option<Vec<u8>>,
    aad: Option<Vec<u8>>,
) -> KeyOutcome {
    let Version { name, id, .. } = version;
    KeyOutcome::Result(KeyResult { name, version: id.into(), value: PrivateBytes::new(value), iv, tag, aad })
}
