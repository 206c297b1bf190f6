//! Issuers whose tokens may stand for applications: Kubernetes, build services, other tenants.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_engine::{AuthorityUnreachable, Issuer};
use portcullis_identity::{Assertion, AssertionError, ForeignToken};
use portcullis_model::{Clock, TenantId, UnixTime};

use crate::attestation::{AuthorityError, PublishedKeys};
use crate::config::TrustedIssuerConfig;

/// The issuers that the configuration names.
#[derive(Debug)]
pub(crate) struct TrustedIssuers(HashMap<Issuer, TrustedIssuer>);

#[derive(Debug)]
struct TrustedIssuer {
    keys: PublishedKeys,
    /// The tenant whose vaults take its tokens directly, and whether it is believed whom they are of.
    direct: Option<(TenantId, bool)>,
}

/// Why a token of an issuer was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForeignTokenError {
    /// Nobody trusts the issuer.
    #[error("the issuer of the token is not trusted")]
    UnknownIssuer,
    /// The issuer has no such key.
    #[error("the issuer of the token has no such key")]
    UnknownKey,
    /// The issuer's keys cannot be fetched now.
    #[error("the keys of the token's issuer cannot be fetched now")]
    Unreachable,
    /// The token is not acceptable.
    #[error(transparent)]
    Token(#[from] AssertionError),
}

impl TrustedIssuers {
    /// Sets all up and reads their files. Nothing is fetched yet.
    pub(crate) fn open(issuers: Vec<TrustedIssuerConfig>, clock: &Arc<dyn Clock>) -> Result<Self, AuthorityError> {
        let open = |TrustedIssuerConfig { issuer, keys, direct, identifies_principals }| {
            let keys = PublishedKeys::open(&issuer, keys, clock)?;
            let direct = direct.map(|tenant| (tenant, identifies_principals));
            Ok((issuer, TrustedIssuer { keys, direct }))
        };
        issuers.into_iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// Reads the files anew and forgets what was fetched.
    pub(crate) fn reload(&self) -> Vec<AuthorityError> {
        self.0.iter().filter_map(|(issuer, known)| known.keys.reload(issuer)).collect()
    }

    /// The claims of a token that a trusted issuer signed.
    pub(crate) async fn verify(&self, token: Assertion<'_>, now: UnixTime) -> Result<ForeignToken, ForeignTokenError> {
        let issuer = self.find(&token).ok_or(ForeignTokenError::UnknownIssuer)?;
        let kid = token.kid().ok_or(ForeignTokenError::UnknownKey)?;
        match issuer.keys.key(kid).await {
            Ok(Some(key)) => Ok(token.verify_foreign(&key, now)?),
            Ok(None) => Err(ForeignTokenError::UnknownKey),
            Err(AuthorityUnreachable) => Err(ForeignTokenError::Unreachable),
        }
    }

    /// The tenant whose vaults take tokens of the issuer directly, and whether it is believed whom they are of.
    pub(crate) fn direct(&self, token: &Assertion<'_>) -> Option<(TenantId, bool)> {
        self.find(token)?.direct
    }

    fn find(&self, token: &Assertion<'_>) -> Option<&TrustedIssuer> {
        self.0.get(&token.issuer().parse().ok()?)
    }
}
