//! Narrowing a token, offline and without any key.

use biscuit_auth::builder::{BlockBuilder, Check, CheckKind, Predicate, Rule, Term};
use biscuit_auth::{UnverifiedBiscuit, error};
use ipnet::IpNet;
use portcullis_crypto::{Random, RandomError};
use portcullis_model::{ObjectKind, ObjectName, Operation, UnixTime, VaultName};
use zeroize::Zeroizing;

use crate::TokenLimits;
use crate::keys::key_pair;
use crate::token::claims::before;
use crate::token::complexity::SOURCE_IN;

/// What a narrower token may still do. An empty list does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restrictions {
    /// Only these operations.
    pub operations: Vec<Operation>,
    /// Only these vaults.
    pub vaults: Vec<VaultName>,
    /// Only these objects. Operations that name no object, such as lists, are refused then.
    pub objects: Vec<(ObjectKind, ObjectName)>,
    /// Only from these networks.
    pub sources: Vec<IpNet>,
    /// Only before this time.
    pub expires: Option<UnixTime>,
}

/// Appends restrictions to a token. The result can do what the token can and the restrictions allow.
///
/// The token's signature is not verified: that takes the issuer's key, and a token that is not valid stays so.
pub fn attenuate(token: &str, restrictions: &Restrictions, random: &dyn Random) -> Result<String, AttenuateError> {
    let block = restrictions.block()?;
    let limits = TokenLimits::default();
    if token.len() > limits.token_bytes {
        return Err(AttenuateError::TooLarge);
    }
    let token = UnverifiedBiscuit::from_base64(token).map_err(AttenuateError::Malformed)?;
    if token.block_count() >= limits.token_blocks {
        return Err(AttenuateError::TooManyBlocks);
    }
    let text = append(&token, block, random)?;
    if text.len() > limits.token_bytes { Err(AttenuateError::TooLarge) } else { Ok(text) }
}

/// The revocation ids of a token's blocks, the first one's first. Whoever revokes an id ends the token and all that were
/// made from it by narrowing that block. Nothing is verified.
pub fn revocation_ids(token: &str) -> Result<Vec<Vec<u8>>, AttenuateError> {
    if token.len() > TokenLimits::default().token_bytes {
        return Err(AttenuateError::TooLarge);
    }
    let token = UnverifiedBiscuit::from_base64(token).map_err(AttenuateError::Malformed)?;
    Ok(token.revocation_identifiers())
}

/// As [`attenuate`], but without its bounds: what a holder can make who does not keep to them.
#[cfg(any(test, feature = "test-util"))]
pub fn attenuate_beyond_bounds(
    token: &str,
    restrictions: &Restrictions,
    random: &dyn Random,
) -> Result<String, AttenuateError> {
    let token = UnverifiedBiscuit::from_base64(token).map_err(AttenuateError::Malformed)?;
    append(&token, restrictions.block()?, random)
}

fn append(token: &UnverifiedBiscuit, block: BlockBuilder, random: &dyn Random) -> Result<String, AttenuateError> {
    let mut seed = Zeroizing::new([0; 32]);
    random.fill(&mut *seed)?;
    let narrower = token.append_with_keypair(&key_pair(&seed), block).map_err(|error| match error {
        error::Token::AppendOnSealed | error::Token::AlreadySealed => AttenuateError::Sealed,
        other => AttenuateError::Malformed(other),
    })?;
    narrower.to_base64().map_err(AttenuateError::Malformed)
}

impl Restrictions {
    /// The block that holds the restrictions as checks.
    pub(crate) fn block(&self) -> Result<BlockBuilder, AttenuateError> {
        let text = |text: &str| Term::Str(text.to_owned());
        let mut checks = Vec::new();
        checks.extend(any_of("operation", self.operations.iter().map(|operation| vec![text(operation.row().name)])));
        checks.extend(any_of("vault", self.vaults.iter().map(|vault| vec![text(vault.as_str())])));
        let objects = self.objects.iter().map(|(kind, name)| vec![text(kind.collection()), text(name.folded())]);
        checks.extend(any_of("object", objects));
        checks.extend(any_of(SOURCE_IN, self.sources.iter().map(|network| vec![text(&spelling(network))])));
        checks.extend(self.expires.map(before));
        if checks.is_empty() {
            return Err(AttenuateError::NoRestriction);
        }
        checks.into_iter().try_fold(BlockBuilder::new(), BlockBuilder::check).map_err(AttenuateError::Malformed)
    }
}

/// The check `check if name(..) or name(..) ..`; none if there is nothing to choose from.
fn any_of(name: &str, choices: impl Iterator<Item = Vec<Term>>) -> Option<Check> {
    let queries: Vec<Rule> = choices
        .map(|terms| {
            let body = vec![Predicate::new(name.to_owned(), terms)];
            Rule::new(Predicate::new("query".to_owned(), vec![]), body, vec![], vec![])
        })
        .collect();
    (!queries.is_empty()).then_some(Check { queries, kind: CheckKind::One })
}

/// The canonical text of a network, the only one that matches. A network of IPv4-mapped addresses is one of IPv4.
fn spelling(network: &IpNet) -> String {
    let network = network.trunc();
    let mapped = match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => {
            v6.addr().to_ipv4_mapped().and_then(|address| IpNet::new(address.into(), v6.prefix_len() - 96).ok())
        }
        IpNet::V4(_) | IpNet::V6(_) => None,
    };
    mapped.unwrap_or(network).to_string()
}

/// Says why a token was not narrowed.
#[derive(Debug, thiserror::Error)]
pub enum AttenuateError {
    /// Nothing is restricted: the result would look narrower and be the same.
    #[error("no restriction is given")]
    NoRestriction,
    /// It is not a token.
    #[error("the token is malformed")]
    Malformed(#[source] error::Token),
    /// It was sealed by a holder: nothing can be appended.
    #[error("the token is sealed")]
    Sealed,
    /// It has as many blocks as a token may have.
    #[error("the token has as many blocks as it may have")]
    TooManyBlocks,
    /// It is, or would become, longer than a token may be.
    #[error("the token would be too large")]
    TooLarge,
    /// There is no randomness for the key of the next block.
    #[error("no random bytes for the key of the next block")]
    Random(#[from] RandomError),
}
