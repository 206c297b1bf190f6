//! The assertions that were used.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use portcullis_model::UnixTime;

use super::{AssertionError, AssertionId};

/// Remembers the assertions that were used, until they end.
///
/// Microsoft's libraries make one assertion and show it with each request for nine minutes, whatever the requests are
/// for. So the very same assertion is accepted again from the address that showed it first; from another one it was
/// taken from somebody. An installation whose clients make a new one each time can have each accepted once.
#[derive(Debug)]
pub struct AssertionReplays {
    used: Mutex<HashMap<[u8; 32], Used>>,
    most: usize,
    once: bool,
}

#[derive(Debug)]
struct Used {
    digest: [u8; 32],
    from: IpAddr,
    ends: UnixTime,
}

impl AssertionReplays {
    /// Remembers so many; with `once`, none is accepted twice.
    #[must_use]
    pub fn new(most: usize, once: bool) -> Self {
        Self { used: Mutex::default(), most, once }
    }

    /// Notes that an assertion was used, whose signature was verified: strangers can fill nothing. `None` when there
    /// is no room: then it cannot be accepted, since a replay of it would not be noticed.
    pub fn use_up(&self, id: &AssertionId, from: IpAddr, now: UnixTime) -> Option<Result<(), AssertionError>> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = used.get(&id.id).filter(|before| now < before.ends) {
            let again = !self.once && before.from == from && before.digest == id.digest;
            return Some(if again { Ok(()) } else { Err(AssertionError::Replayed) });
        }
        if used.len() >= self.most {
            used.retain(|_, used| now < used.ends);
            if used.len() >= self.most {
                return None;
            }
        }
        used.insert(id.id, Used { digest: id.digest, from, ends: id.ends });
        Some(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn id(id: u8, digest: u8) -> AssertionId {
        AssertionId { id: [id; 32], digest: [digest; 32], ends: NOW.plus(10) }
    }

    #[test]
    fn is_accepted_again_from_where_it_came_first_and_from_nowhere_else() {
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let replays = AssertionReplays::new(10, false);
        assert_eq!(replays.use_up(&id(1, 1), here, NOW), Some(Ok(())));
        assert_eq!(replays.use_up(&id(1, 1), here, NOW), Some(Ok(())));
        assert_eq!(replays.use_up(&id(1, 1), there, NOW), Some(Err(AssertionError::Replayed)));
        assert_eq!(replays.use_up(&id(1, 2), here, NOW), Some(Err(AssertionError::Replayed)), "another of the same id");
        assert_eq!(replays.use_up(&id(1, 1), there, NOW.plus(10)), Some(Ok(())), "it has ended anyway");
        let once = AssertionReplays::new(10, true);
        assert_eq!(once.use_up(&id(1, 1), here, NOW), Some(Ok(())));
        assert_eq!(once.use_up(&id(1, 1), here, NOW), Some(Err(AssertionError::Replayed)));
    }

    #[test]
    fn has_a_bound_and_forgets_what_has_ended() {
        let here = IpAddr::from([192, 0, 2, 1]);
        let replays = AssertionReplays::new(2, false);
        assert_eq!(replays.use_up(&id(1, 1), here, NOW), Some(Ok(())));
        assert_eq!(replays.use_up(&id(2, 1), here, NOW), Some(Ok(())));
        assert_eq!(replays.use_up(&id(3, 1), here, NOW), None);
        let later = AssertionId { ends: NOW.plus(30), ..id(3, 1) };
        assert_eq!(replays.use_up(&later, here, NOW.plus(10)), Some(Ok(())));
    }
}
