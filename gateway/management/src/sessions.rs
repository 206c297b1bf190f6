//! Sessions of people who signed in: what their refresh tokens stand for.
//!
//! They are no part of the control state, which a sign-in does not change. Of a refresh token only a digest is kept.
//! Each use replaces the token; whoever shows one that was replaced ends the session, since one of the two who have
//! used it stole it.

use std::fmt;
use std::sync::Arc;

use portcullis_crypto::jose::base64url;
use portcullis_crypto::{Random, Sealer, sha256};
use portcullis_model::{ApplicationId, PrincipalId, SecretText, TenantId, UnixTime};
use portcullis_store::{Batch, BatchError, MAX_SCAN, Store, StoreError};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::ManagementError;
use crate::record::Codec;

/// Keeps sessions.
pub struct Sessions {
    store: Arc<dyn Store>,
    codec: Codec,
    random: Arc<dyn Random>,
}

/// A session: that a person signed in to an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The person.
    pub user: PrincipalId,
    /// Their tenant.
    pub tenant: TenantId,
    /// The client application.
    pub application: ApplicationId,
    /// How they showed who they are.
    pub methods: Vec<Box<str>>,
    /// The authentication contexts that were satisfied.
    pub contexts: Vec<Box<str>>,
    /// When they signed in.
    pub time: UnixTime,
    /// From when on it is over.
    pub ends: UnixTime,
}

/// A session with its id, and the refresh token that stands for it from now on.
#[derive(Debug)]
pub struct OpenSession {
    /// The session.
    pub session: Session,
    /// Its id, in hexadecimal digits: it is no secret.
    pub id: Box<str>,
    /// The refresh token.
    pub refresh_token: SecretText,
}

/// Why a refresh token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// It is none, or its session is over.
    #[error("the refresh token is unknown or its session is over")]
    Unknown,
    /// Its session has ended.
    #[error("the session of the refresh token has ended")]
    Ended,
    /// It was given to another application.
    #[error("the refresh token was given to another application")]
    OtherApplication,
    /// It was used before: its session is over now.
    #[error("the refresh token was used before")]
    Reused {
        /// The session's tenant.
        tenant: TenantId,
        /// The session's id.
        session: Box<str>,
    },
    /// It could not be looked up or replaced.
    #[error(transparent)]
    Failed(#[from] ManagementError),
}

#[derive(Serialize, Deserialize)]
struct Stored {
    session: Session,
    /// The SHA-256 of the token's secret, in hexadecimal digits.
    secret: String,
}

impl Sessions {
    /// Keeps sessions in a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, sealer: Sealer, random: Arc<dyn Random>) -> Self {
        Self { store, codec: Codec::new(sealer), random }
    }

    /// Begins a session. A person has at most [`MOST_SESSIONS`]; the one that ends first makes room.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(&self, session: Session, now: UnixTime) -> Result<OpenSession, ManagementError> {
        let mut id = [0; 16];
        self.random.fill(&mut id).map_err(|_| ManagementError::Seal)?;
        let key = key(session.user, &id);
        let (secret, value) = self.seal(&key, &session)?;
        let mut batch = Batch::builder().absent(key.clone()).put(key, value);
        for over in self.over(session.user, now).await? {
            batch = batch.delete(over);
        }
        self.store.commit(batch.build().map_err(|error: BatchError| StoreError::from(error))?).await?;
        Ok(open(session, &id, &secret))
    }

    /// Takes a refresh token and gives the next one.
    ///
    /// # Errors
    /// As [`SessionError`] says.
    pub async fn turn(
        &self,
        token: &SecretText,
        application: ApplicationId,
        now: UnixTime,
    ) -> Result<OpenSession, SessionError> {
        let (user, id, secret) = parse(token).ok_or(SessionError::Unknown)?;
        let key = key(user, &id);
        let record = self.store.get(&key).await.map_err(ManagementError::from)?.ok_or(SessionError::Unknown)?;
        let stored = self.read(&key, &record.bytes)?;
        let known = hex::decode(&stored.secret).unwrap_or_default();
        if !bool::from(sha256(&*secret).ct_eq(known.as_slice())) {
            self.end(user, &id).await?;
            return Err(SessionError::Reused { tenant: stored.session.tenant, session: hex::encode(id).into() });
        }
        if stored.session.application != application {
            return Err(SessionError::OtherApplication);
        }
        if now >= stored.session.ends {
            self.end(user, &id).await?;
            return Err(SessionError::Ended);
        }
        let (next, value) = self.seal(&key, &stored.session)?;
        let batch = Batch::builder().unchanged(key.clone(), record.revision).put(key, value).build();
        match self.store.commit(batch.map_err(|error| ManagementError::from(StoreError::from(error)))?).await {
            Ok(_) => Ok(open(stored.session, &id, &next)),
            // Somebody else used it at the same moment.
            Err(StoreError::Conflict { .. }) => {
                self.end(user, &id).await?;
                Err(SessionError::Reused { tenant: stored.session.tenant, session: hex::encode(id).into() })
            }
            Err(error) => Err(ManagementError::from(error).into()),
        }
    }

    async fn end(&self, user: PrincipalId, id: &[u8; 16]) -> Result<(), ManagementError> {
        let batch = Batch::builder().delete(key(user, id)).build();
        self.store.commit(batch.map_err(|error: BatchError| StoreError::from(error))?).await?;
        Ok(())
    }

    /// Which sessions of a person make room for one more: all that are over, and those that end first.
    async fn over(&self, user: PrincipalId, now: UnixTime) -> Result<Vec<Vec<u8>>, ManagementError> {
        let prefix = [PREFIX, user.as_bytes()].concat();
        let mut known = Vec::new();
        for entry in self.store.scan(&prefix, None, MAX_SCAN).await? {
            let ends = self.read(&entry.key, &entry.record.bytes).map_or(UnixTime(0), |stored| stored.session.ends);
            known.push((ends, entry.key));
        }
        known.sort_unstable();
        let alive = known.iter().filter(|(ends, _)| now < *ends).count();
        let surplus = known.len() - alive + (alive + 1).saturating_sub(MOST_SESSIONS);
        Ok(known.into_iter().take(surplus).map(|(_, key)| key).collect())
    }

    fn seal(&self, key: &[u8], session: &Session) -> Result<(Zeroizing<[u8; 32]>, Vec<u8>), ManagementError> {
        let mut secret = Zeroizing::new([0; 32]);
        self.random.fill(&mut *secret).map_err(|_| ManagementError::Seal)?;
        let stored = Stored { session: session.clone(), secret: hex::encode(sha256(&*secret)) };
        let plain = serde_json::to_vec(&stored).map_err(|_| ManagementError::Seal)?;
        Ok((secret, self.codec.seal(key, &plain)?))
    }

    fn read(&self, key: &[u8], sealed: &[u8]) -> Result<Stored, ManagementError> {
        let plain = self.codec.open(key, sealed)?;
        serde_json::from_slice(&plain).map_err(|_| crate::record::unreadable(key, "its content is malformed"))
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

fn key(user: PrincipalId, id: &[u8; 16]) -> Vec<u8> {
    [PREFIX, user.as_bytes(), b"/", id].concat()
}

fn open(session: Session, id: &[u8; 16], secret: &[u8; 32]) -> OpenSession {
    let bytes = Zeroizing::new([session.user.as_bytes().as_slice(), id, secret].concat());
    OpenSession { session, id: hex::encode(id).into(), refresh_token: SecretText::new(base64url::encode(&bytes)) }
}

/// The parts of a refresh token: whose it is, of which session, and its secret.
fn parse(token: &SecretText) -> Option<(PrincipalId, [u8; 16], Zeroizing<[u8; 32]>)> {
    let text = token.expose();
    if text.len() > 128 {
        return None;
    }
    let bytes = Zeroizing::new(base64url::decode(text)?);
    let (user, rest) = bytes.split_first_chunk::<16>()?;
    let (id, secret) = rest.split_first_chunk::<16>()?;
    Some((PrincipalId::from_bytes(*user), *id, Zeroizing::new(secret.try_into().ok()?)))
}

/// All sessions stand under this prefix.
const PREFIX: &[u8] = b"n/";
/// How many sessions a person may have at once.
pub const MOST_SESSIONS: usize = 50;

#[cfg(test)]
mod tests {
    use portcullis_crypto::{DataKey, SystemRandom};
    use portcullis_store::MemoryStore;

    use super::*;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn sessions() -> Sessions {
        let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
        let sealer = Sealer::new(&DataKey::generate(&*random).unwrap(), Arc::clone(&random));
        Sessions::new(Arc::new(MemoryStore::new()), sealer, random)
    }

    fn session() -> Session {
        Session {
            user: PrincipalId::from_bytes([1; 16]),
            tenant: TenantId::from_bytes([2; 16]),
            application: ApplicationId::from_bytes([3; 16]),
            methods: vec!["pwd".into()],
            contexts: vec![],
            time: NOW,
            ends: NOW.plus(100),
        }
    }

    #[tokio::test]
    async fn each_use_replaces_the_token_and_a_second_use_ends_the_session() {
        let (sessions, application) = (sessions(), session().application);
        let first = sessions.begin(session(), NOW).await.unwrap();
        let second = sessions.turn(&first.refresh_token, application, NOW).await.unwrap();
        assert_eq!((&second.session, &second.id), (&session(), &first.id));
        assert_ne!(second.refresh_token.expose(), first.refresh_token.expose());
        let reused = sessions.turn(&first.refresh_token, application, NOW).await.unwrap_err();
        assert!(matches!(reused, SessionError::Reused { session, .. } if session == first.id));
        let gone = sessions.turn(&second.refresh_token, application, NOW).await.unwrap_err();
        assert!(matches!(gone, SessionError::Unknown), "the thief and the owner are both out");
    }

    #[tokio::test]
    async fn is_for_one_application_and_for_a_time() {
        let (sessions, application) = (sessions(), session().application);
        let open = sessions.begin(session(), NOW).await.unwrap();
        let other = sessions.turn(&open.refresh_token, ApplicationId::from_bytes([9; 16]), NOW).await;
        assert!(matches!(other, Err(SessionError::OtherApplication)));
        let late = sessions.turn(&open.refresh_token, application, NOW.plus(100)).await;
        assert!(matches!(late, Err(SessionError::Ended)));
        for text in ["", "AAAA", "not a token", &"A".repeat(86), &"A".repeat(1000)] {
            let unknown = sessions.turn(&SecretText::new(text.to_owned()), application, NOW).await;
            assert!(matches!(unknown, Err(SessionError::Unknown)), "{text}");
        }
    }

    #[tokio::test]
    async fn a_person_has_so_many_sessions_and_no_more() {
        let sessions = sessions();
        let first = sessions.begin(Session { ends: NOW.plus(50), ..session() }, NOW).await.unwrap();
        for _ in 0..MOST_SESSIONS {
            sessions.begin(session(), NOW).await.unwrap();
        }
        let gone = sessions.turn(&first.refresh_token, session().application, NOW).await;
        assert!(matches!(gone, Err(SessionError::Unknown)));
        let prefix = [PREFIX, session().user.as_bytes()].concat();
        assert_eq!(sessions.store.scan(&prefix, None, MAX_SCAN).await.unwrap().len(), MOST_SESSIONS);
    }
}
