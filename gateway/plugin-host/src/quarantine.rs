//! A plugin that runs into its time limit again and again is not asked for a while.
//!
//! Each such evaluation holds a thread for the whole limit, and other vaults' requests wait for it. What is remembered
//! is still answered: that costs no time. Only the time limit counts: a caller who finds out what makes a plugin trap
//! would otherwise have it shut for everybody.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use portcullis_model::PrincipalId;

/// Timeouts in a row after which a caller's requests are not evaluated.
const OF_ONE: u32 = 3;
/// Timeouts in a row, each of another caller than the one before, after which nobody's are.
const OF_ALL: u32 = 8;
/// The first quarantine; each further one is twice as long.
const FIRST: Duration = Duration::from_secs(30);
/// The longest.
const LONGEST: Duration = Duration::from_secs(600);
/// The callers that are watched at a time. Without room for one, his timeouts count for all.
const CALLERS: usize = 1024;

/// The timeouts of one plugin.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    /// Whether there was a timeout that nothing has made up for. Most plugins never have one.
    watched: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    all: Streak,
    last: Option<PrincipalId>,
    callers: HashMap<PrincipalId, Streak>,
}

#[derive(Debug, Default)]
struct Streak {
    timeouts: u32,
    until: Option<Instant>,
    length: Duration,
}

impl Streak {
    /// Whether an evaluation may run. When the time is over, one may, and shows whether the next do.
    fn admits(&mut self, now: Instant) -> bool {
        match self.until {
            Some(until) if now < until => false,
            Some(_) => {
                self.until = Some(now + self.length);
                true
            }
            None => true,
        }
    }

    fn timed_out(&mut self, now: Instant, bound: u32) -> Option<Duration> {
        self.timeouts = self.timeouts.saturating_add(1);
        if self.timeouts < bound {
            return None;
        }
        self.length = if self.length.is_zero() { FIRST } else { (self.length * 2).min(LONGEST) };
        self.until = Some(now + self.length);
        Some(self.length)
    }
}

impl Quarantine {
    /// Whether the plugin may be asked for a caller.
    pub(crate) fn admits(&self, caller: PrincipalId, now: impl FnOnce() -> Instant) -> bool {
        if !self.watched.load(Ordering::Relaxed) {
            return true;
        }
        let Ok(mut state) = self.state.lock() else { return true };
        let now = now();
        state.all.admits(now) && state.callers.get_mut(&caller).is_none_or(|streak| streak.admits(now))
    }

    /// Notes that an evaluation ended within its time.
    pub(crate) fn ended(&self, caller: PrincipalId) {
        if !self.watched.load(Ordering::Relaxed) {
            return;
        }
        let Ok(mut state) = self.state.lock() else { return };
        state.all = Streak::default();
        state.last = None;
        state.callers.remove(&caller);
        self.watched.store(!state.callers.is_empty(), Ordering::Relaxed);
    }

    /// Notes that one ran into its time limit, and says for how long nobody, or this caller, is admitted.
    pub(crate) fn timed_out(&self, caller: PrincipalId, now: Instant) -> Option<Duration> {
        let mut state = self.state.lock().ok()?;
        self.watched.store(true, Ordering::Relaxed);
        // One caller alone cannot have the plugin shut for the others: his next timeout counts for himself.
        let counts = state.last.replace(caller) != Some(caller) || state.all.until.is_some();
        let all = if counts { state.all.timed_out(now, OF_ALL) } else { None };
        let room = state.callers.len() < CALLERS || state.callers.contains_key(&caller);
        let one = if room { state.callers.entry(caller).or_default().timed_out(now, OF_ONE) } else { None };
        all.or(one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(id: u8) -> PrincipalId {
        PrincipalId::from_bytes([id; 16])
    }

    fn admits(quarantine: &Quarantine, id: u8, now: Instant) -> bool {
        quarantine.admits(caller(id), || now)
    }

    #[test]
    fn one_caller_is_shut_out_alone() {
        let (quarantine, now) = (Quarantine::default(), Instant::now());
        for _ in 0..OF_ONE {
            assert!(admits(&quarantine, 1, now));
            quarantine.timed_out(caller(1), now);
        }
        assert!(!admits(&quarantine, 1, now) && admits(&quarantine, 2, now));
        for _ in 0..100 {
            quarantine.timed_out(caller(1), now);
        }
        quarantine.timed_out(caller(2), now);
        assert!(admits(&quarantine, 3, now), "however often");
    }

    #[test]
    fn a_plugin_that_always_burns_its_time_is_shut_for_all_and_tried_again() {
        let (quarantine, now) = (Quarantine::default(), Instant::now());
        for at in 0..8 {
            assert!(admits(&quarantine, at, now), "{at}");
            quarantine.timed_out(caller(at), now);
        }
        assert!(!admits(&quarantine, 99, now));
        let later = now + FIRST;
        assert!(admits(&quarantine, 99, later), "one may try");
        assert!(!admits(&quarantine, 98, later), "and only one");
        assert_eq!(quarantine.timed_out(caller(99), later), Some(FIRST * 2));
        assert!(!admits(&quarantine, 98, later + FIRST));
        assert!(admits(&quarantine, 98, later + FIRST * 2));
        quarantine.ended(caller(98));
        assert!(admits(&quarantine, 97, later + FIRST * 2), "it ended in time, and is asked again");
    }
}
