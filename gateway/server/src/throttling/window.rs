//! What was counted in the last seconds.

use portcullis_model::UnixTime;

/// The seconds that count together, as in the reference (wire contract, section 17).
pub(super) const SECONDS: i64 = 10;
const SLOTS: usize = 10;

/// What was counted in the present second and in the nine before it. Every ten seconds in a row are within the budget,
/// however the requests are spread over them.
#[derive(Debug)]
pub(super) struct Window {
    /// The second that counts now.
    newest: i64,
    /// The sum of the slots.
    sum: u64,
    /// What each second counted, at its remainder by ten.
    slots: [u64; SLOTS],
}

impl Window {
    pub(super) const fn beginning_at(now: UnixTime) -> Self {
        Self { newest: now.0, sum: 0, slots: [0; SLOTS] }
    }

    /// Counts a cost if there is room for it; if not, says in how many seconds there is.
    pub(super) fn take(&mut self, cost: u64, budget: u64, now: UnixTime) -> Result<(), u32> {
        self.room(cost, budget, now)?;
        let slot = slot(self.newest);
        self.slots[slot] = self.slots[slot].saturating_add(cost);
        self.sum = self.sum.saturating_add(cost);
        Ok(())
    }

    /// Whether there is room for a cost; if not, in how many seconds.
    pub(super) fn room(&mut self, cost: u64, budget: u64, now: UnixTime) -> Result<(), u32> {
        self.turn(now);
        let mut over = self.sum.saturating_add(cost).saturating_sub(budget);
        if over == 0 {
            return Ok(());
        }
        // From the oldest second on: the one after the newest takes its slot next.
        for seconds in 1..=SECONDS {
            over = over.saturating_sub(self.slots[slot(self.newest + seconds)]);
            if over == 0 {
                // The newest second may be ahead of a clock that was put back.
                return Err(u32::try_from(self.newest + seconds - now.0).unwrap_or(1));
            }
        }
        // The cost is greater than the budget; the configuration has no such.
        Err(u32::try_from(SECONDS).unwrap_or(1))
    }

    /// Takes back what was counted at a time, if it still counts.
    pub(super) fn give_back(&mut self, cost: u64, counted: UnixTime) {
        if (self.newest - SECONDS + 1..=self.newest).contains(&counted.0) {
            let slot = &mut self.slots[slot(counted.0)];
            let cost = cost.min(*slot);
            *slot -= cost;
            self.sum -= cost;
        }
    }

    /// Whether nothing counts any more: whoever forgets such a window loses nothing.
    pub(super) fn is_idle(&mut self, now: UnixTime) -> bool {
        self.turn(now);
        self.sum == 0
    }

    /// What counts.
    pub(super) const fn sum(&self) -> u64 {
        self.sum
    }

    /// Forgets what is older than ten seconds.
    fn turn(&mut self, now: UnixTime) {
        let passed = now.0.saturating_sub(self.newest);
        if passed.unsigned_abs() >= SECONDS.unsigned_abs() {
            // Also when the clock was put back: else the window would stand still until it has caught up.
            *self = Self::beginning_at(now);
            return;
        }
        for _ in 0..passed {
            self.newest += 1;
            self.sum -= std::mem::take(&mut self.slots[slot(self.newest)]);
        }
    }
}

/// Where a second has its count. In bounds: a remainder by [`SLOTS`].
fn slot(second: i64) -> usize {
    usize::try_from(second.rem_euclid(SECONDS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T: i64 = 1_700_000_003;

    #[test]
    fn a_second_counts_for_ten_and_no_longer() {
        let mut window = Window::beginning_at(UnixTime(T));
        assert_eq!(window.take(7, 10, UnixTime(T)), Ok(()));
        assert_eq!(window.take(3, 10, UnixTime(T + 4)), Ok(()));
        assert_eq!(window.take(1, 10, UnixTime(T + 4)), Err(6), "until the first second is over");
        assert_eq!(window.take(8, 10, UnixTime(T + 9)), Err(5), "that one is not enough");
        assert_eq!(window.take(7, 10, UnixTime(T + 10)), Ok(()));
        assert_eq!(window.take(1, 10, UnixTime(T + 13)), Err(1));
        assert_eq!(window.take(3, 10, UnixTime(T + 14)), Ok(()));
    }

    #[test]
    fn what_is_given_back_does_not_count() {
        let mut window = Window::beginning_at(UnixTime(T));
        window.take(10, 10, UnixTime(T)).unwrap();
        window.give_back(4, UnixTime(T));
        assert_eq!(window.take(4, 10, UnixTime(T + 1)), Ok(()));
        window.give_back(99, UnixTime(T + 1));
        assert_eq!(window.sum(), 6, "no more than was counted in that second");
        assert!(window.is_idle(UnixTime(T + 10)));
        window.give_back(6, UnixTime(T));
        assert_eq!(window.sum(), 0);
    }

    #[test]
    fn a_clock_that_is_put_back_does_not_lock_anybody_out() {
        let mut window = Window::beginning_at(UnixTime(T));
        window.take(10, 10, UnixTime(T)).unwrap();
        assert_eq!(window.take(1, 10, UnixTime(T - 3)), Err(13), "a little: it still counts");
        assert_eq!(window.take(1, 10, UnixTime(T - 3_600)), Ok(()));
        assert_eq!(window.take(1, 10, UnixTime(i64::MIN)), Ok(()));
        assert_eq!(window.take(1, 10, UnixTime(i64::MAX - 20)), Ok(()));
    }

    proptest! {
        /// Any ten seconds in a row are within the budget, and whoever waits as told finds room.
        #[test]
        fn every_ten_seconds_are_within_the_budget(steps in prop::collection::vec((0_i64..4, 1_u64..40), 1..200)) {
            let (mut window, mut now, budget) = (Window::beginning_at(UnixTime(T)), T, 100);
            let mut taken: Vec<(i64, u64)> = Vec::new();
            for (passed, cost) in steps {
                now += passed;
                match window.take(cost, budget, UnixTime(now)) {
                    Ok(()) => taken.push((now, cost)),
                    Err(seconds) => {
                        prop_assert!((1..=10).contains(&seconds));
                        let then = UnixTime(now + i64::from(seconds));
                        let counted = |from: i64| taken.iter().filter(|(at, _)| *at >= from).map(|(_, cost)| cost).sum::<u64>();
                        prop_assert!(counted(then.0 - 9) + cost <= budget, "there is room then");
                        prop_assert!(counted(then.0 - 10) + cost > budget, "and not before");
                    }
                }
                let counted: u64 = taken.iter().filter(|(at, _)| *at > now - 10).map(|(_, cost)| cost).sum();
                prop_assert!(counted <= budget);
                prop_assert_eq!(counted, window.sum());
            }
        }
    }
}
