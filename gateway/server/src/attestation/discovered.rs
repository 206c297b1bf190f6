//! Keys where an authority's discovery document says (OpenID Connect Discovery 1.0, section 4).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use portcullis_crypto::jose::{BadKeySet, KeySet, VerificationKey};
use portcullis_engine::{AuthorityUnreachable, Issuer};
use portcullis_fetch::{FetchError, HttpsClient, HttpsUrl};
use portcullis_model::{Clock, UnixTime};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::BadAuthority;

/// An authority that publishes its keys, and those that were last fetched from it.
#[derive(Debug)]
pub(super) struct Discovered {
    issuer: Issuer,
    document: HttpsUrl,
    client: HttpsClient,
    clock: Arc<dyn Clock>,
    fetched: ArcSwapOption<Fetched>,
    /// Whoever has it fetches; it holds when that was last tried.
    turn: Mutex<Option<UnixTime>>,
}

#[derive(Debug)]
struct Fetched {
    keys: KeySet,
    at: UnixTime,
}

/// What is read of a discovery document.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// Why no keys were fetched; for the log.
#[derive(Debug, thiserror::Error)]
enum NotDiscovered {
    #[error("the discovery document")]
    Document(#[source] FetchError),
    #[error("the discovery document is not one")]
    Form(#[source] serde_json::Error),
    #[error("the discovery document is of another issuer")]
    OtherIssuer,
    #[error("the keys are not at the issuer's own host and port over https")]
    OtherOrigin,
    #[error("the keys")]
    Keys(#[source] FetchError),
    #[error("the keys cannot be used")]
    BadKeys(#[from] BadKeySet),
}

impl Discovered {
    pub(super) fn new(issuer: &Issuer, roots: &Path, clock: Arc<dyn Clock>) -> Result<Self, BadAuthority> {
        let client = HttpsClient::new(&std::fs::read(roots)?, TIME, KeySet::MAX_BYTES)?;
        let document = format!("{issuer}/.well-known/openid-configuration").parse()?;
        let fetched = ArcSwapOption::empty();
        Ok(Self { issuer: issuer.clone(), document, client, clock, fetched, turn: Mutex::new(None) })
    }

    /// The key of a name. One that is not known is looked for at the authority, at most once a minute.
    pub(super) async fn key(&self, kid: &str) -> Result<Option<Arc<VerificationKey>>, AuthorityUnreachable> {
        if let Some(key) = self.fresh().and_then(|fetched| fetched.keys.find(kid)) {
            return Ok(Some(key));
        }
        // Held while the authority is asked, and for as long as that may take: who comes meanwhile waits for the
        // answer instead of asking as well.
        let mut tried = self.turn.lock().await;
        if let Some(key) = self.fresh().and_then(|fetched| fetched.keys.find(kid)) {
            return Ok(Some(key));
        }
        let now = self.clock.now();
        if tried.is_none_or(|tried| tried.plus(PAUSE_SECONDS) <= now) {
            *tried = Some(now);
            self.refresh(now).await;
        }
        match self.fresh() {
            Some(fetched) => Ok(fetched.keys.find(kid)),
            None => Err(AuthorityUnreachable),
        }
    }

    /// Drops what was fetched: the next token that needs a key fetches anew.
    pub(super) fn forget(&self) {
        self.fetched.store(None);
    }

    fn fresh(&self) -> Option<Arc<Fetched>> {
        let now = self.clock.now();
        self.fetched.load_full().filter(|fetched| now < fetched.at.plus(FRESH_SECONDS))
    }

    async fn refresh(&self, at: UnixTime) {
        match self.fetch().await {
            Ok(keys) => self.fetched.store(Some(Arc::new(Fetched { keys, at }))),
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, issuer = %self.issuer, "the keys of an authority were not fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, NotDiscovered> {
        let document = self.client.get(&self.document).await.map_err(NotDiscovered::Document)?;
        let document: Document = serde_json::from_slice(&document).map_err(NotDiscovered::Form)?;
        if document.issuer.parse().ok().as_ref() != Some(&self.issuer) {
            return Err(NotDiscovered::OtherIssuer);
        }
        // An authority that was taken over shall not send the gateway to other hosts.
        let keys = document.jwks_uri.parse().ok().filter(|keys: &HttpsUrl| keys.has_origin_of(&self.document));
        let keys = self.client.get(&keys.ok_or(NotDiscovered::OtherOrigin)?).await.map_err(NotDiscovered::Keys)?;
        Ok(KeySet::parse(&keys)?)
    }
}

/// How long keys are good: a key that its authority withdrew is refused after this.
const FRESH_SECONDS: i64 = 60 * 60;
/// How often an authority is asked at most.
const PAUSE_SECONDS: i64 = 60;
/// What each of the two documents may take.
const TIME: Duration = Duration::from_secs(10);
