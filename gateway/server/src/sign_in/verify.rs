//! Whether a person has shown what they must.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_crypto::{PasswordHash, Random, RandomError, TotpKey, TotpStep};
use portcullis_identity::{Account, Directory};
use portcullis_model::{PrincipalId, SecretText, TenantId, UnixTime};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Verifies passwords and one-time codes.
#[derive(Debug)]
pub(crate) struct Verifier {
    /// The hash of a password that nobody has: a name that does not exist costs as much as one that does.
    nobody: PasswordHash,
    /// How many passwords are hashed at once; each takes a core and memory.
    hashing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// The last step whose code each user has shown: a code is good once.
    shown: Mutex<HashMap<PrincipalId, TotpStep>>,
    /// Codes of this step and before may have been shown before this start.
    started: TotpStep,
}

/// Why somebody is not who they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotVerified {
    /// The name or the password is wrong.
    Wrong,
    /// The user is disabled.
    Disabled,
    /// Too many passwords are being verified.
    Busy,
}

impl Verifier {
    pub(super) fn new(random: &dyn Random, now: UnixTime) -> Result<Self, RandomError> {
        let mut password = [0; 32];
        random.fill(&mut password)?;
        Ok(Self {
            nobody: PasswordHash::new(&password, random)?,
            hashing: Arc::new(Semaphore::new(2)),
            waiting: Arc::new(Semaphore::new(64)),
            shown: Mutex::default(),
            started: TotpStep::at(now),
        })
    }

    /// The user of a name and a password. Whether they are disabled is told only to who knows the password.
    pub(crate) async fn password(
        &self,
        name: &str,
        password: &SecretText,
        tenant: Option<TenantId>,
        directory: &Directory,
    ) -> Result<Arc<Account>, NotVerified> {
        let _waiting = self.waiting.try_acquire().map_err(|_| NotVerified::Busy)?;
        let account = directory.account_named(name).cloned();
        let account = account.filter(|account| {
            directory.principal(account.user).is_some_and(|user| tenant.is_none_or(|tenant| tenant == user.tenant))
        });
        let hash = account.as_ref().and_then(|account| account.password.clone());
        let (known, hash) = (hash.is_some(), hash.unwrap_or_else(|| self.nobody.clone()));
        let password = Zeroizing::new(password.expose().as_bytes().to_vec());
        let _hashing = self.hashing.acquire().await.map_err(|_| NotVerified::Busy)?;
        let verify = move || password.len() <= PasswordHash::MAX_BYTES && hash.verify(&password);
        let fits = tokio::task::spawn_blocking(verify).await.unwrap_or(false);
        let account = account.filter(|_| black_box(fits & known)).ok_or(NotVerified::Wrong)?;
        let enabled = directory.principal(account.user).is_some_and(|user| user.enabled);
        if enabled { Ok(account) } else { Err(NotVerified::Disabled) }
    }

    /// Whether a user's authenticator app shows a code that was not shown to us before.
    pub(crate) fn one_time_code(&self, user: PrincipalId, key: &TotpKey, code: &str, now: UnixTime) -> bool {
        let Some(step) = key.step_of(code, now) else { return false };
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let last = shown.get(&user).copied().unwrap_or(self.started);
        if step <= last {
            return false;
        }
        shown.insert(user, step);
        true
    }
}

#[cfg(test)]
mod tests {
    use portcullis_crypto::SystemRandom;

    use super::*;

    #[test]
    fn a_code_is_good_once_and_not_if_it_may_have_been_shown_before_the_start() {
        let random = SystemRandom::new();
        let now = UnixTime(1_800_000_000);
        let verifier = Verifier::new(&random, now).unwrap();
        let (user, key) = (PrincipalId::from_bytes([1; 16]), TotpKey::generate(&random).unwrap());
        let code = |time| {
            (0..1_000_000)
                .map(|code| format!("{code:06}"))
                .find(|code| key.step_of(code, time) == Some(TotpStep::at(time)))
        };
        let first = code(now).unwrap();
        assert!(!verifier.one_time_code(user, &key, &first, now), "of the start's own step");
        let (later, next) = (now.plus(60), code(now.plus(60)).unwrap());
        assert!(verifier.one_time_code(user, &key, &next, later));
        assert!(!verifier.one_time_code(user, &key, &next, later), "shown before");
        assert!(!verifier.one_time_code(user, &key, &code(now.plus(30)).unwrap(), later), "of an earlier step");
        assert!(!verifier.one_time_code(user, &key, "000", later));
    }
}
