//! Wrong passwords and codes: after some, whoever shows them waits, longer each time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use portcullis_crypto::sha256;
use portcullis_model::{PrincipalId, UnixTime};

/// Counts wrong attempts: of a name from an address, of a name from anywhere, and of an address for any name.
///
/// A name that nobody has is counted like any other, so that the wait does not tell which names exist. Whoever wants to
/// lock somebody out must use many addresses, and then the owner waits a minute, no longer.
#[derive(Debug)]
pub(crate) struct Attempts(Mutex<HashMap<[u8; 32], Failures>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: UnixTime,
    until: UnixTime,
}

/// How many seconds to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u32);

/// Free attempts, and the longest wait in seconds.
struct Rule {
    free: u32,
    longest: i64,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Whether a password may be tried now. It counts as wrong from now on, until [`Attempts::succeeded`] says
    /// otherwise: many at once are no way around.
    pub(crate) fn begin(&self, name: &str, from: IpAddr, now: UnixTime) -> Result<(), Wait> {
        self.count(&keys(name, from), now)
    }

    /// Whether a one-time code may be tried now for a user. Only a right code takes it back: whoever knows the password
    /// alone would guess codes for ever.
    pub(crate) fn begin_code(&self, user: PrincipalId, now: UnixTime) -> Result<(), Wait> {
        self.count(&[code_key(user)], now)
    }

    /// Whether a device's code may be tried now. Nothing takes it back: whoever has a device of their own would guess
    /// those of others for ever.
    pub(crate) fn begin_device(&self, from: IpAddr, now: UnixTime) -> Result<(), Wait> {
        let key = sha256(format!("device\n{from}").as_bytes());
        self.count(&[(key, Rule { free: 20, longest: 300 })], now)
    }

    fn count(&self, keys: &[([u8; 32], Rule)], now: UnixTime) -> Result<(), Wait> {
        let mut table = self.lock();
        let waits = keys.iter().filter_map(|(key, _)| table.get(key)).map(|failures| failures.until.0 - now.0);
        if let Some(wait) = waits.max().filter(|wait| *wait > 0) {
            return Err(Wait(u32::try_from(wait).unwrap_or(u32::MAX)));
        }
        if table.len() > MOST {
            table.retain(|_, failures| now < failures.last.plus(FORGET_SECONDS));
            if table.len() > MOST {
                return Err(Wait(60));
            }
        }
        for (key, rule) in keys {
            let failures = table.entry(*key).or_insert(Failures { count: 0, last: now, until: now });
            if now >= failures.last.plus(FORGET_SECONDS) {
                failures.count = 0;
            }
            failures.count += 1;
            failures.last = now;
            let beyond = failures.count.saturating_sub(rule.free);
            let wait = if beyond == 0 { 0 } else { (5_i64 << beyond.min(16)).min(rule.longest) };
            failures.until = now.plus(wait);
        }
        Ok(())
    }

    /// Takes back that passwords of a name counted as wrong. Of the address only this one is taken back: whoever has
    /// an account would guess those of others for ever.
    pub(crate) fn succeeded(&self, name: &str, from: IpAddr) {
        let mut table = self.lock();
        let [pair, name, (address, _)] = keys(name, from);
        table.remove(&pair.0);
        table.remove(&name.0);
        if let Some(failures) = table.get_mut(&address) {
            failures.count = failures.count.saturating_sub(1);
            failures.until = failures.last;
        }
    }

    /// Takes back that codes of a user counted as wrong.
    pub(crate) fn code_succeeded(&self, user: PrincipalId) {
        self.lock().remove(&code_key(user).0);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keys(name: &str, from: IpAddr) -> [([u8; 32], Rule); 3] {
    let name = name.to_ascii_lowercase();
    [
        (sha256(format!("pair\n{from}\n{name}").as_bytes()), Rule { free: 5, longest: 900 }),
        (sha256(format!("name\n{name}").as_bytes()), Rule { free: 30, longest: 60 }),
        (sha256(format!("address\n{from}").as_bytes()), Rule { free: 30, longest: 300 }),
    ]
}

fn code_key(user: PrincipalId) -> ([u8; 32], Rule) {
    (sha256(format!("code\n{user}").as_bytes()), Rule { free: 8, longest: 900 })
}

const FORGET_SECONDS: i64 = 3600;
const MOST: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    #[test]
    fn waits_grow_and_end_with_success() {
        let (attempts, here) = (Attempts::new(), IpAddr::from([192, 0, 2, 1]));
        for _ in 0..5 {
            assert_eq!(attempts.begin("ada@x", here, NOW), Ok(()));
        }
        assert_eq!(attempts.begin("ada@x", here, NOW), Ok(()), "the sixth makes the wait");
        assert_eq!(attempts.begin("Ada@X", here, NOW), Err(Wait(10)));
        assert_eq!(attempts.begin("ada@x", here, NOW.plus(10)), Ok(()));
        assert_eq!(attempts.begin("ada@x", here, NOW.plus(10)), Err(Wait(20)));
        assert_eq!(
            attempts.begin("ada@x", IpAddr::from([192, 0, 2, 9]), NOW.plus(10)),
            Ok(()),
            "others are not kept out"
        );
        attempts.succeeded("ada@x", here);
        assert_eq!(attempts.begin("ada@x", here, NOW.plus(11)), Ok(()));
    }

    #[test]
    fn a_known_password_or_a_device_of_ones_own_is_no_way_to_guess_on() {
        let (attempts, here) = (Attempts::new(), IpAddr::from([192, 0, 2, 1]));
        let user = PrincipalId::from_bytes([1; 16]);
        let guesses = (0..20).filter(|_| {
            let guessed = attempts.begin_code(user, NOW).is_ok();
            if attempts.begin("ada@x", here, NOW).is_ok() {
                attempts.succeeded("ada@x", here);
            }
            guessed
        });
        assert_eq!(guesses.count(), 9);
        assert_eq!((0..50).filter(|_| attempts.begin_device(here, NOW).is_ok()).count(), 21);
        attempts.code_succeeded(user);
        assert_eq!(attempts.begin_code(user, NOW), Ok(()));
    }

    #[test]
    fn many_addresses_and_many_names_wait_too() {
        let attempts = Attempts::new();
        let mut waited = false;
        for at in 0..40 {
            waited |= attempts.begin("ada@x", IpAddr::from([192, 0, 2, at]), NOW).is_err();
        }
        assert!(waited, "one name from many addresses");
        let here = IpAddr::from([198, 51, 100, 1]);
        let waited = (0..40).any(|at| attempts.begin(&format!("user{at}@x"), here, NOW).is_err());
        assert!(waited, "many names from one address");
    }
}
