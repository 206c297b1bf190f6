//! How often plugins saw something.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use portcullis_model::{PrincipalId, UnixTime};
use portcullis_policy::{Mode, Rate};

/// The keys under which one caller may be counted at a time, per installation.
const PER_CALLER: usize = 256;
/// The keys of all callers together, per installation.
const TOGETHER: usize = 65_536;
/// How finely a sliding window is divided.
const PARTS: u32 = 8;
/// The parts that are kept: one more, since the oldest is only partly within the window.
const KEPT: usize = 9;

/// The counters of all plugins of a process.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    spaces: Mutex<HashMap<(Arc<str>, bool), Space>>,
}

/// Who counts, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count<'a> {
    /// The installation's key: two installations of one plugin count apart.
    pub(crate) plugin: &'a Arc<str>,
    pub(crate) mode: Mode,
    pub(crate) caller: PrincipalId,
    pub(crate) time: UnixTime,
    /// Only look.
    pub(crate) looks_only: bool,
}

/// Whether a window slides or is a fixed period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Sliding,
    Fixed,
}

/// The counters of one plugin in one mode.
#[derive(Debug, Default)]
struct Space {
    counters: HashMap<Key, Counter>,
    owned: HashMap<PrincipalId, Vec<Key>>,
    swept: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    name: Arc<str>,
    seconds: u32,
    kind: Kind,
}

#[derive(Debug)]
struct Counter {
    /// The part that is being counted in.
    part: i64,
    /// The counts of this part and those before it.
    counts: [u32; KEPT],
}

impl Counters {
    /// Forgets what was counted for installations that are no more.
    pub(crate) fn retain(&self, stays: impl Fn(&str) -> bool) {
        if let Ok(mut spaces) = self.spaces.lock() {
            spaces.retain(|(key, _), _| stays(key));
        }
    }

    /// Counts, unless the limit is reached or there is no room, and says whether it was not.
    pub(crate) fn count(&self, count: Count<'_>, kind: Kind, rate: &Rate) -> bool {
        let Ok(mut spaces) = self.spaces.lock() else { return false };
        let space = spaces.entry((Arc::clone(count.plugin), count.mode == Mode::ReportOnly)).or_default();
        space.count(count, kind, rate)
    }
}

impl Space {
    fn count(&mut self, count: Count<'_>, kind: Kind, rate: &Rate) -> bool {
        let key = Key { name: rate.key.as_str().into(), seconds: rate.seconds, kind };
        if let Some(counter) = self.counters.get_mut(&key) {
            return counter.count(&key, count, rate.limit);
        }
        if rate.limit == 0 {
            return false;
        }
        if count.looks_only {
            return true;
        }
        if !self.has_room(count.caller, count.time) {
            return false;
        }
        let mut counter = Counter { part: key.part(count.time), counts: [0; KEPT] };
        let within = counter.count(&key, count, rate.limit);
        self.owned.entry(count.caller).or_default().push(key.clone());
        self.counters.insert(key, counter);
        within
    }

    /// Room is made by forgetting what is over, never what still counts: who varies names would otherwise lose his own
    /// count, or somebody else's.
    fn has_room(&mut self, caller: PrincipalId, now: UnixTime) -> bool {
        if self.owned.get(&caller).is_some_and(|keys| keys.len() >= PER_CALLER) {
            self.forget(caller, now);
        }
        // Looking at all of them is dear, so it is done once a second at most.
        if self.counters.len() >= TOGETHER && self.swept != now.0 {
            self.swept = now.0;
            let callers: Vec<PrincipalId> = self.owned.keys().copied().collect();
            callers.into_iter().for_each(|caller| self.forget(caller, now));
        }
        self.counters.len() < TOGETHER && self.owned.get(&caller).is_none_or(|keys| keys.len() < PER_CALLER)
    }

    fn forget(&mut self, caller: PrincipalId, now: UnixTime) {
        let Some(keys) = self.owned.get_mut(&caller) else { return };
        let counters = &mut self.counters;
        keys.retain(|key| {
            let over = counters.get(key).is_none_or(|counter| counter.is_over(key, now));
            if over {
                counters.remove(key);
            }
            !over
        });
        if keys.is_empty() {
            self.owned.remove(&caller);
        }
    }
}

impl Key {
    /// The seconds of a part.
    fn width(&self) -> i64 {
        i64::from(match self.kind {
            Kind::Sliding => self.seconds.div_ceil(PARTS),
            Kind::Fixed => self.seconds,
        })
    }

    /// The parts that count.
    fn parts(&self) -> usize {
        match self.kind {
            Kind::Sliding => {
                let whole = self.seconds.div_ceil(self.seconds.div_ceil(PARTS));
                usize::try_from(whole).unwrap_or(KEPT).saturating_add(1).min(KEPT)
            }
            Kind::Fixed => 1,
        }
    }

    fn part(&self, time: UnixTime) -> i64 {
        time.0.div_euclid(self.width())
    }
}

impl Counter {
    fn count(&mut self, key: &Key, count: Count<'_>, limit: u32) -> bool {
        self.advance(key.part(count.time));
        let counted = self.counts.iter().take(key.parts()).fold(0_u32, |sum, part| sum.saturating_add(*part));
        let within = counted < limit;
        if within
            && !count.looks_only
            && let Some(now) = self.counts.first_mut()
        {
            *now = now.saturating_add(1);
        }
        within
    }

    /// Time that runs backwards stands still.
    fn advance(&mut self, part: i64) {
        let passed = usize::try_from(part.saturating_sub(self.part)).unwrap_or(0).min(KEPT);
        self.counts.rotate_right(passed);
        self.counts.iter_mut().take(passed).for_each(|count| *count = 0);
        self.part = self.part.max(part);
    }

    fn is_over(&self, key: &Key, now: UnixTime) -> bool {
        let parts = i64::try_from(key.parts()).unwrap_or(i64::MAX);
        key.part(now).saturating_sub(self.part) >= parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin() -> Arc<str> {
        "plugin".into()
    }

    fn ask(counters: &Counters, caller: u8, time: i64, kind: Kind, key: &str, limit: u32, seconds: u32) -> bool {
        let plugin = plugin();
        let caller = PrincipalId::from_bytes([caller; 16]);
        let count = Count { plugin: &plugin, mode: Mode::Enforce, caller, time: UnixTime(time), looks_only: false };
        counters.count(count, kind, &Rate { key: key.to_owned(), limit, seconds })
    }

    #[test]
    fn a_window_slides() {
        let counters = Counters::default();
        let at = |time| ask(&counters, 1, time, Kind::Sliding, "k", 3, 60);
        assert!(at(0) && at(10) && at(20) && !at(30) && !at(59), "three in a minute");
        // The first is out of the window at 60, and certainly when its part is.
        assert!(!at(60) && at(72), "and again when the first are past");
        assert!(at(1000) && at(1000) && at(1000) && !at(1000));
        assert!(!at(900), "a clock that runs backwards gains nothing");
    }

    /// Never more than the limit in any window, whatever its length.
    #[test]
    fn no_window_holds_more_than_the_limit() {
        for seconds in [1, 2, 7, 8, 9, 10, 59, 60, 61, 100] {
            let counters = Counters::default();
            let allowed: Vec<i64> =
                (0..2000).filter(|time| ask(&counters, 1, *time, Kind::Sliding, "k", 5, seconds)).collect();
            for (at, begin) in allowed.iter().enumerate() {
                let within = allowed[at..].iter().take_while(|time| **time < begin + i64::from(seconds)).count();
                assert!(within <= 5, "{seconds}: {within} from {begin}");
            }
            assert!(allowed.len() >= 2000 / (2 * usize::try_from(seconds).unwrap() + 2), "{seconds}: and not too few");
        }
    }

    #[test]
    fn a_quota_begins_anew_with_its_period() {
        let counters = Counters::default();
        let at = |time| ask(&counters, 1, time, Kind::Fixed, "k", 2, 86_400);
        assert!(at(86_399) && at(86_399) && !at(86_399));
        assert!(at(86_400) && at(100_000) && !at(172_799) && at(172_800));
    }

    #[test]
    fn looking_counts_nothing_and_reports_count_apart() {
        let counters = Counters::default();
        let plugin = plugin();
        let caller = PrincipalId::from_bytes([1; 16]);
        let rate = Rate { key: "k".to_owned(), limit: 1, seconds: 60 };
        let count = |mode, looks_only| {
            counters.count(Count { plugin: &plugin, mode, caller, time: UnixTime(5), looks_only }, Kind::Sliding, &rate)
        };
        assert!(count(Mode::Enforce, true) && count(Mode::Enforce, true));
        assert!(count(Mode::Enforce, false) && !count(Mode::Enforce, false) && !count(Mode::Enforce, true));
        assert!(count(Mode::ReportOnly, false) && !count(Mode::ReportOnly, false), "counters of its own");
    }

    /// A caller who varies names neither loses his own counts nor takes room from others.
    #[test]
    fn one_caller_cannot_fill_it() {
        let counters = Counters::default();
        let key = |at: usize| format!("k{at}");
        for at in 0..PER_CALLER {
            assert!(ask(&counters, 1, 0, Kind::Sliding, &key(at), 1, 60));
        }
        assert!(!ask(&counters, 1, 0, Kind::Sliding, "one more", 1, 60));
        assert!(!ask(&counters, 1, 0, Kind::Sliding, &key(0), 1, 60), "what was counted still is");
        assert!(ask(&counters, 2, 0, Kind::Sliding, "another's", 1, 60));
        assert!(ask(&counters, 1, 200, Kind::Sliding, "one more", 1, 60), "what is over makes room");
    }
}
