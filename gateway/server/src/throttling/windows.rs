//! A window for each of many, in bounded memory.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};

use portcullis_model::UnixTime;

use super::window::Window;

/// Windows by key. A lock is held for some tens of nanoseconds, and for one in [`SHARDS`] of the keys; nothing is
/// allocated for a key that is known.
#[derive(Debug)]
pub(super) struct Windows<K> {
    shards: [Mutex<HashMap<K, Window>>; SHARDS],
    /// Chooses the shard. Keyed, so that nobody can choose keys of one shard.
    chooser: RandomState,
    /// How many windows a shard may have.
    most: usize,
}

impl<K: Hash + Eq + Copy> Windows<K> {
    /// Windows for so many keys at least, and for few more.
    pub(super) fn new(keys: usize) -> Self {
        Self { shards: Default::default(), chooser: RandomState::new(), most: keys.div_ceil(SHARDS).max(1) }
    }

    /// Counts a cost if there is room for it; if not, says in how many seconds there is.
    pub(super) fn take(&self, key: K, cost: u64, budget: u64, now: UnixTime) -> Result<(), u32> {
        let mut shard = self.shard(&key);
        if let Some(window) = shard.get_mut(&key) {
            return window.take(cost, budget, now);
        }
        if shard.len() >= self.most {
            make_room(&mut shard, now);
        }
        shard.entry(key).or_insert_with(|| Window::beginning_at(now)).take(cost, budget, now)
    }

    /// Whether there is room for a cost; if not, in how many seconds.
    pub(super) fn room(&self, key: K, cost: u64, budget: u64, now: UnixTime) -> Result<(), u32> {
        self.shard(&key).get_mut(&key).map_or(Ok(()), |window| window.room(cost, budget, now))
    }

    /// Takes back what was counted at a time, if it still counts.
    pub(super) fn give_back(&self, key: K, cost: u64, counted: UnixTime) {
        if let Some(window) = self.shard(&key).get_mut(&key) {
            window.give_back(cost, counted);
        }
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, HashMap<K, Window>> {
        let hash = self.chooser.hash_one(key);
        let shards = u64::try_from(SHARDS).unwrap_or(u64::MAX);
        let chosen = usize::try_from(hash % shards).unwrap_or_default();
        self.shards[chosen].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the windows in which nothing counts any more, which changes nothing. If that is not enough, those that count
/// least: whoever is refused has a full one, which is among the last to go. Some at once, so that a flood of new keys
/// does not look through all for each.
fn make_room<K: Hash + Eq + Copy>(shard: &mut HashMap<K, Window>, now: UnixTime) {
    let some = shard.len().div_ceil(8);
    let enough = shard.len() - some;
    shard.retain(|_, window| !window.is_idle(now));
    let mut surplus = shard.len().saturating_sub(enough);
    if surplus == 0 {
        return;
    }
    let mut sums: Vec<u64> = shard.values().map(Window::sum).collect();
    let (_, &mut least, _) = sums.select_nth_unstable(surplus - 1);
    shard.retain(|_, window| {
        let forgotten = surplus > 0 && window.sum() <= least;
        surplus -= usize::from(forgotten);
        !forgotten
    });
}

const SHARDS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_700_000_000);

    impl<K> Windows<K> {
        fn len(&self) -> usize {
            self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
        }
    }

    #[test]
    fn each_key_has_a_window_of_its_own() {
        let windows = Windows::new(100);
        assert_eq!(windows.take("a", 10, 10, NOW), Ok(()));
        assert_eq!(windows.take("a", 1, 10, NOW), Err(10));
        assert_eq!(windows.room("a", 1, 10, NOW.plus(2)), Err(8));
        assert_eq!(windows.take("b", 1, 10, NOW), Ok(()));
        windows.give_back("a", 10, NOW);
        assert_eq!(windows.take("a", 10, 10, NOW), Ok(()));
    }

    #[test]
    fn looking_makes_no_window() {
        let windows = Windows::new(100);
        assert_eq!(windows.room(7, 1, 10, NOW), Ok(()));
        windows.give_back(7, 1, NOW);
        assert_eq!(windows.len(), 0);
    }

    #[test]
    fn a_flood_of_keys_neither_takes_memory_nor_sets_a_refused_one_free() {
        let windows = Windows::new(160);
        windows.take(0, 10, 10, NOW).unwrap();
        for key in 1..50_000 {
            windows.take(key, 1, 10, NOW).unwrap();
        }
        assert!(windows.len() <= 160, "{}", windows.len());
        assert_eq!(windows.take(0, 1, 10, NOW), Err(10));
    }

    #[test]
    fn idle_windows_go_first() {
        let windows = Windows::new(160);
        for key in 0..10_000 {
            windows.take(key, 10, 10, NOW).unwrap();
        }
        for key in 10_000..10_010 {
            windows.take(key, 1, 10, NOW.plus(10)).unwrap();
        }
        for key in 20_000..20_001 {
            windows.take(key, 1, 10, NOW.plus(10)).unwrap();
        }
        for key in 10_000..10_010 {
            assert_eq!(windows.room(key, 10, 10, NOW.plus(10)), Err(10), "it was not forgotten: {key}");
        }
    }
}
