//! Who issues certificates for issuers of a vault: the built-in authority, and others that are plugged in.

use std::fmt;

use async_trait::async_trait;
use portcullis_crypto::x509::{CertificateSpec, Der, PublicKey};
use portcullis_model::certificates::Issuer;
use portcullis_model::{SecretText, VaultId};

/// What a provider is asked to sign.
#[derive(Debug)]
pub struct CertificateOrder<'a> {
    /// The vault.
    pub vault: VaultId,
    /// The vault's issuer, with its account.
    pub issuer: &'a Issuer,
    /// The password of the account.
    pub password: Option<&'a SecretText>,
    /// What the certificate shall say.
    pub spec: &'a CertificateSpec,
    /// Whose key it shall be.
    pub key: &'a PublicKey,
    /// The request, signed by that key: PKCS #10 in DER.
    pub request: &'a [u8],
}

/// A provider does not issue.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It will not: what is asked for is against its rules. Said to the certificate's owner.
    #[error("{0}")]
    Refused(String),
    /// It cannot now; asking again may help.
    #[error("the provider cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Issues certificates.
#[async_trait]
pub trait CertificateProvider: fmt::Debug + Send + Sync {
    /// The name by which issuers choose it, compared without case.
    fn name(&self) -> &str;

    /// Issues a certificate. Gives it with those of its authorities, the leaf first.
    ///
    /// # Errors
    /// When it will not or cannot.
    async fn issue(&self, order: CertificateOrder<'_>) -> Result<Vec<Der>, ProviderError>;
}
