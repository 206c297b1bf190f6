//! Which places of an instrumented component evaluations came past.

use std::sync::atomic::{AtomicU64, Ordering};

/// Takes note of the places that evaluations come past, of a component that was instrumented to tell
/// ([`crate::HostSettings::marks`]). Production has none.
///
/// A component tells without importing anything and without a call that the component model could forbid: it has a table
/// that can never have an entry, and wants to grow it by one more than the place's number. Before an engine refuses
/// that, it asks the limiter of the store, and so the place is known whatever becomes of the evaluation. The guest sees
/// the same refusal in any case, and asks nothing that a trace would show.
#[derive(Debug)]
pub struct Marks {
    words: Vec<AtomicU64>,
}

impl Marks {
    /// Room for places of the numbers below `places`; none of them has been passed.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self { words: std::iter::repeat_with(AtomicU64::default).take(places.div_ceil(64)).collect() }
    }

    /// Whether an evaluation came past a place.
    #[must_use]
    pub fn passed(&self, place: usize) -> bool {
        self.words.get(place / 64).is_some_and(|word| word.load(Ordering::Relaxed) & bit(place) != 0)
    }

    fn pass(&self, place: usize) {
        if let Some(word) = self.words.get(place / 64) {
            word.fetch_or(bit(place), Ordering::Relaxed);
        }
    }

    /// Whether the growth of a table was a component telling of a place.
    pub(crate) fn told(&self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        match (current, maximum, desired.checked_sub(1)) {
            (0, Some(0), Some(place)) => {
                self.pass(place);
                true
            }
            _ => false,
        }
    }
}

const fn bit(place: usize) -> u64 {
    1 << (place % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_growth_of_the_table_that_cannot_grow_and_no_other() {
        let marks = Marks::new(70);
        assert!(!marks.told(0, 0, Some(0)), "the table is made");
        assert!(!marks.told(0, 70, None) && !marks.told(0, 70, Some(100)) && !marks.told(1, 70, Some(0)));
        assert!(!marks.passed(69));
        assert!(marks.told(0, 70, Some(0)) && marks.told(0, 1, Some(0)));
        let passed: Vec<usize> = (0..200).filter(|place| marks.passed(*place)).collect();
        assert_eq!(passed, [0, 69]);
        assert!(marks.told(0, 10_000, Some(0)), "a number beyond the room is not noted");
        assert!(!marks.passed(9_999));
    }
}
