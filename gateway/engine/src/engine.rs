//! The data plane.

use std::sync::Arc;

use portcullis_crypto::Random;
use portcullis_model::Clock;
use portcullis_model::certificates::{CertificateCall, CertificateOutcome};
use portcullis_model::keys::{KeyCall, KeyOutcome};
use portcullis_model::secrets::{SecretCall, SecretOutcome};
use portcullis_policy::{Grant, Permitted, VaultFacts};
use portcullis_store::Store;

use crate::certificates::{CertificateProvider, Certificates};
use crate::keys::{KeyMeter, Keys, ReadyKeys, Releases, Unmetered};
use crate::secrets::Secrets;
use crate::{EngineError, VaultKeys};

/// The data plane: carries out what policy has permitted, in the vault for which it was permitted.
#[derive(Debug)]
pub struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Arc<VaultKeys>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) ready: ReadyKeys,
    pub(crate) providers: Vec<Arc<dyn CertificateProvider>>,
    pub(crate) releases: Option<Releases>,
}

impl Engine {
    /// An engine over a store. Any number of them, in any number of processes, may share a store. It releases no keys:
    /// see [`Self::releasing`].
    #[must_use]
    pub fn new(store: Arc<dyn Store>, keys: Arc<VaultKeys>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let ready = ReadyKeys::new(ReadyKeys::DEFAULT_REMEMBERED);
        Self { store, keys, clock, random, ready, providers: Vec::new(), releases: None }
    }

    /// Plugs in providers of certificates, beside the built-in one.
    #[must_use]
    pub fn with_providers(self, providers: Vec<Arc<dyn CertificateProvider>>) -> Self {
        Self { providers, ..self }
    }

    /// The engine with what it needs to release keys.
    #[must_use]
    pub fn releasing(self, releases: Releases) -> Self {
        Self { releases: Some(releases), ..self }
    }

    /// Carries out a permitted call.
    ///
    /// If the future is dropped, or the store fails, the call was carried out wholly or not at all. Needs a tokio
    /// runtime with time.
    pub async fn execute(&self, permitted: Permitted<SecretCall>) -> Result<SecretOutcome, EngineError> {
        let (call, grant) = permitted.into_parts();
        Secrets::of(self, vault_of(&grant)?).execute(call).await
    }

    /// Carries out a permitted call about keys, under the same promises. Work that takes the processor long, such as
    /// the generation of RSA keys, runs on the runtime's threads for blocking work.
    pub async fn execute_key(&self, permitted: Permitted<KeyCall>) -> Result<KeyOutcome, EngineError> {
        self.execute_key_metered(permitted, &Unmetered).await
    }

    /// The same, with somebody who is told which key is about to be used and may refuse.
    pub async fn execute_key_metered(
        &self,
        permitted: Permitted<KeyCall>,
        meter: &dyn KeyMeter,
    ) -> Result<KeyOutcome, EngineError> {
        let (call, grant) = permitted.into_parts();
        Keys::metered(self, vault_of(&grant)?, meter).execute(call).await
    }

    /// Carries out a permitted call about certificates, under the same promises.
    pub async fn execute_certificate(
        &self,
        permitted: Permitted<CertificateCall>,
    ) -> Result<CertificateOutcome, EngineError> {
        let (call, grant) = permitted.into_parts();
        Certificates::of(self, vault_of(&grant)?).execute(call).await
    }
}

/// A call of the data plane is permitted for a vault; were it for none, it is not carried out.
fn vault_of(grant: &Grant) -> Result<&Arc<VaultFacts>, EngineError> {
    grant.vault().ok_or(EngineError::NoVault)
}
