//! A tenant with one application, an issuer and an authenticator on one clock.

use std::sync::Arc;

use biscuit_auth::builder::{Algorithm, BlockBuilder};
use biscuit_auth::{Biscuit, KeyPair, PrivateKey, UnverifiedBiscuit};
use portcullis_crypto::{SecretHash, SeededRandom};
use portcullis_identity::{
    Audience, Audiences, AuthenticateError, Authenticator, Caller, ClientCredentials, ClientSecret, Directory,
    Expected, IssueError, IssuedToken, Principal, PrincipalKind, TokenIssuer, TokenLifetime, TokenLimits,
};
use portcullis_model::{ApplicationId, ManualClock, PrincipalId, SecretText, TenantId, UnixTime};
use zeroize::Zeroizing;

pub(crate) const NOW: UnixTime = UnixTime(1_800_000_000);
pub(crate) const TENANT: TenantId = TenantId::from_bytes([1; 16]);
pub(crate) const OTHER_TENANT: TenantId = TenantId::from_bytes([2; 16]);
pub(crate) const APPLICATION: ApplicationId = ApplicationId::from_bytes([3; 16]);
pub(crate) const PRINCIPAL: PrincipalId = PrincipalId::from_bytes([4; 16]);
pub(crate) const SECRET: &str = "canary-of-a-secret";
pub(crate) const VAULT: &str = "https://vault.portcullis.test";
pub(crate) const MANAGEMENT: &str = "https://management.portcullis.test";
pub(crate) const SEED: [u8; 32] = [7; 32];

pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) audiences: Audiences,
    pub(crate) issuer: TokenIssuer,
    pub(crate) authenticator: Authenticator,
    pub(crate) directory: Directory,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_limits(TokenLimits::default())
    }

    pub(crate) fn with_limits(limits: TokenLimits) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let audiences = Audiences::new(VAULT, MANAGEMENT, "https://graph.example").unwrap();
        let issuer = TokenIssuer::new(
            Zeroizing::new(SEED),
            clock.clone(),
            Arc::new(SeededRandom::new(1)),
            TokenLifetime::default(),
        )
        .unwrap();
        let authenticator = Authenticator::new(issuer.verifying_key(), audiences.clone(), clock.clone(), limits);
        Self { clock, audiences, issuer, authenticator, directory: directory([principal()]) }
    }

    pub(crate) fn issue_with(
        &self,
        change: impl FnOnce(&mut ClientCredentials<'_>),
    ) -> Result<IssuedToken, IssueError> {
        let secret = SecretText::new(SECRET.to_owned());
        let mut request = ClientCredentials {
            tenant: TENANT,
            client_id: APPLICATION,
            client_secret: &secret,
            audience: VAULT,
            continuous_access: false,
        };
        change(&mut request);
        self.issuer.issue(&request, &self.directory, &self.audiences)
    }

    pub(crate) fn issue_with_secret(&self, secret: &str) -> Result<IssuedToken, IssueError> {
        let request = ClientCredentials {
            tenant: TENANT,
            client_id: APPLICATION,
            client_secret: &SecretText::new(secret.to_owned()),
            audience: VAULT,
            continuous_access: false,
        };
        self.issuer.issue(&request, &self.directory, &self.audiences)
    }

    /// A token for the vault audience.
    pub(crate) fn token(&self) -> String {
        self.issue_with(|_| ()).unwrap().access_token.expose().to_owned()
    }

    pub(crate) fn authenticate(&self, token: &str) -> Result<Caller, AuthenticateError> {
        self.authenticator.authenticate(token, AT_VAULT, &self.directory)
    }
}

pub(crate) const AT_VAULT: Expected = Expected { audience: Audience::Vault, tenant: Some(TENANT) };

pub(crate) fn principal() -> Principal {
    Principal {
        id: PRINCIPAL,
        tenant: TENANT,
        kind: PrincipalKind::ServicePrincipal,
        application: Some(APPLICATION),
        display_name: "build agent".to_owned(),
        enabled: true,
        groups: vec![],
        secrets: vec![secret(SECRET, None)],
    }
}

pub(crate) fn secret(text: &str, expires: Option<UnixTime>) -> ClientSecret {
    ClientSecret {
        id: "a".to_owned(),
        name: None,
        hash: SecretHash::new(text.as_bytes(), &SeededRandom::new(2)).unwrap(),
        expires,
    }
}

pub(crate) fn directory(principals: impl IntoIterator<Item = Principal>) -> Directory {
    Directory::new([TENANT, OTHER_TENANT], principals).unwrap()
}

/// The key pair of the issuer, for tokens that the issuer would never make.
pub(crate) fn root() -> KeyPair {
    KeyPair::from(&PrivateKey::from_bytes(&SEED, Algorithm::Ed25519).unwrap())
}

/// The authority block of an ordinary token, as source.
pub(crate) fn authority() -> String {
    format!(
        r#"portcullis_token(1); tenant("{TENANT}"); principal("{PRINCIPAL}"); application("{APPLICATION}");
        idtyp("app"); audience("{VAULT}"); issued_at(2027-01-15T08:00:00Z); expires(2027-01-15T09:00:00Z);
        token_id("00"); check if time($t), $t < 2027-01-15T09:00:00Z;"#
    )
}

/// Signs an authority block with the issuer's key.
pub(crate) fn sign(source: &str) -> String {
    sign_with(source, &root())
}

pub(crate) fn sign_with(source: &str, key: &KeyPair) -> String {
    Biscuit::builder().code(source).unwrap().build(key).unwrap().to_base64().unwrap()
}

/// Appends a block as anybody can who holds a token.
pub(crate) fn append(token: &str, source: &str) -> String {
    append_block(token, BlockBuilder::new().code(source).unwrap())
}

pub(crate) fn append_block(token: &str, block: BlockBuilder) -> String {
    UnverifiedBiscuit::from_base64(token).unwrap().append(block).unwrap().to_base64().unwrap()
}
