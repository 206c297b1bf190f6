//! Gives a key to an environment that attests itself (secure key release).
//!
//! The order of checks: the key's state, the form of the token, whether the key's policy names its issuer, whether the
//! installation trusts that issuer and its key signed, the token's times, the policy's conditions, the environment's
//! own key. Nothing of the key's material is touched before all of them have passed.

mod authorities;
mod issuer;
mod policy;
mod signing_key;
mod token;

use std::sync::Arc;

use portcullis_model::keys::{KeyChoice, KeyOutcome, ReleaseSigner, Released};
use portcullis_model::{ReleaseWrapping, SecretText};

use super::Keys;
use crate::EngineError;
use crate::error::{KeyUnusable, NotReleased};
use crate::lifecycle::Version;
use token::{Attestation, Token};

pub use authorities::{AttestationAuthorities, AuthorityUnreachable};
pub use issuer::{Issuer, NotAnIssuer};
pub use policy::PolicyError;
pub use signing_key::ReleaseSigningKey;

pub(super) use policy::Policy;

/// What releases need: who may vouch for environments, and who signs the answers.
#[derive(Debug)]
pub struct Releases {
    /// Who may vouch for environments.
    pub authorities: Arc<dyn AttestationAuthorities>,
    /// Who signs the answers.
    pub signer: Arc<dyn ReleaseSigner>,
}

/// What a caller asks for, besides the key.
pub(super) struct Request {
    pub(super) target: SecretText,
    pub(super) nonce: Option<String>,
    pub(super) wrapping: ReleaseWrapping,
}

/// Whether a token would fulfil a policy and name a key to wrap to if its signature were good, for fuzzing.
#[cfg(feature = "test-util")]
pub(crate) fn would_release(policy: &[u8], token: &str) -> bool {
    let attestation = Token::parse(token).map(Token::unverified);
    let policy = Policy::parse(policy);
    let (Ok(attestation), Ok(policy)) = (attestation, policy) else { return false };
    attestation.demand(&policy).is_ok() && attestation.transport_key().is_ok()
}

impl Keys<'_> {
    pub(super) async fn release(&self, choice: &KeyChoice, request: Request) -> Result<KeyOutcome, EngineError> {
        let Request { target, nonce, wrapping } = request;
        let version = self.0.get(&choice.name, choice.version.as_ref()).await?;
        let policy = self.releasable(&version)?;
        let releases = self.0.objects.engine().releases.as_ref().ok_or(NotReleased::Unverified)?;
        let attestation = self.attestation(&target, &policy, releases).await?;
        attestation.demand(&policy)?;
        let (transport, wrapped_to) = attestation.transport_key()?;
        let key = self.ready(&version)?;
        let ciphertext = transport.wrap(wrapping, &key, self.0.objects.random())?;
        let signer = Arc::clone(&releases.signer);
        let key = self.bundle(&version)?;
        Ok(KeyOutcome::Released(Box::new(Released { key, ciphertext, wrapping, nonce, wrapped_to, signer })))
    }

    /// The policy of a version that can be released at all. Its nbf and exp do not matter (wire contract, section
    /// 10.3): what was encrypted in time must be readable later.
    fn releasable(&self, version: &Version) -> Result<Policy, EngineError> {
        if !version.meta.attributes.enabled {
            return Err(KeyUnusable::Disabled { operation: "release" }.into());
        }
        let policy = self.record(version)?.release_policy.filter(|_| version.meta.exportable);
        let policy = policy.ok_or(NotReleased::NotExportable)?;
        // One that was kept before its grammar was checked may not be readable: then nobody fulfils it.
        Policy::of(&policy).map_err(|error| {
            tracing::warn!(key = %version.name, %error, "a stored release policy cannot be read");
            NotReleased::NotFulfilled.into()
        })
    }

    /// Verifies a token by the key of its issuer, who must be named by the policy before anything is fetched for it.
    async fn attestation(
        &self,
        target: &SecretText,
        policy: &Policy,
        releases: &Releases,
    ) -> Result<Attestation, EngineError> {
        let token = Token::parse(target.expose())?;
        if !policy.names(token.issuer()) {
            return Err(NotReleased::Unverified.into());
        }
        let key = releases.authorities.key(token.issuer(), token.kid()).await.map_err(NotReleased::from)?;
        Ok(token.verify(&*key.ok_or(NotReleased::Unverified)?, self.0.objects.now())?)
    }
}
