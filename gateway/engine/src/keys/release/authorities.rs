//! Who may vouch for environments.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use portcullis_crypto::jose::VerificationKey;

use super::issuer::Issuer;

/// The attestation authorities that the installation trusts. Which ones a key trusts is said by its release policy.
#[async_trait]
pub trait AttestationAuthorities: Send + Sync + fmt::Debug {
    /// The key of an authority; `None` if the authority is not trusted or has no such key.
    async fn key(&self, issuer: &Issuer, kid: &str) -> Result<Option<Arc<VerificationKey>>, AuthorityUnreachable>;
}

/// The keys of an authority are not known and cannot be fetched now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the attestation authority's keys cannot be fetched now")]
pub struct AuthorityUnreachable;
