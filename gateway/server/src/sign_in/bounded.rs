//! Things that are kept for a while, by keys that are digests of secrets.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use portcullis_crypto::sha256;
use portcullis_model::UnixTime;

/// A table with a bound of all and of those that one address began. Keys are kept as digests, so that looking one up
/// tells nothing of others.
#[derive(Debug)]
pub(super) struct Bounded<T> {
    entries: Mutex<HashMap<[u8; 32], Entry<T>>>,
    most: usize,
    of_one: usize,
}

#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) value: T,
    pub(super) ends: UnixTime,
    from: IpAddr,
}

/// There is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl<T> Bounded<T> {
    pub(super) fn new(most: usize, of_one: usize) -> Self {
        Self { entries: Mutex::default(), most, of_one }
    }

    /// Keeps a value until a time.
    pub(super) fn insert(
        &self,
        key: &str,
        value: T,
        from: IpAddr,
        (now, ends): (UnixTime, UnixTime),
    ) -> Result<(), NoRoom> {
        let mut entries = self.lock();
        if entries.len() >= self.most || entries.values().filter(|entry| entry.from == from).count() >= self.of_one {
            entries.retain(|_, entry| now < entry.ends);
            let of_one = entries.values().filter(|entry| entry.from == from).count();
            if entries.len() >= self.most || of_one >= self.of_one {
                return Err(NoRoom);
            }
        }
        entries.insert(sha256(key.as_bytes()), Entry { value, ends, from });
        Ok(())
    }

    /// Looks at a value that has not ended, and may change it.
    pub(super) fn with<R>(&self, key: &str, now: UnixTime, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut entries = self.lock();
        let entry = entries.get_mut(&sha256(key.as_bytes())).filter(|entry| now < entry.ends)?;
        Some(look(&mut entry.value))
    }

    /// Takes a value out.
    pub(super) fn take(&self, key: &str, now: UnixTime) -> Option<T> {
        let entry = self.lock().remove(&sha256(key.as_bytes()))?;
        (now < entry.ends).then_some(entry.value)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Entry<T>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    #[test]
    fn has_a_bound_for_all_and_for_one_and_forgets_what_has_ended() {
        let table = Bounded::new(3, 2);
        let (a, b) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let times = (NOW, NOW.plus(10));
        assert_eq!(table.insert("1", 1, a, times), Ok(()));
        assert_eq!(table.insert("2", 2, a, times), Ok(()));
        assert_eq!(table.insert("3", 3, a, times), Err(NoRoom), "of one");
        assert_eq!(table.insert("3", 3, b, times), Ok(()));
        assert_eq!(table.insert("4", 4, b, times), Err(NoRoom), "of all");
        assert_eq!(table.with("1", NOW.plus(10), |value| *value), None, "it has ended");
        assert_eq!(table.with("1", NOW, |value| *value), Some(1));
        assert_eq!((table.take("1", NOW), table.take("1", NOW)), (Some(1), None));
        assert_eq!(table.insert("5", 5, a, (NOW.plus(10), NOW.plus(20))), Ok(()));
    }
}
