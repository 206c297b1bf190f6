//! When.

use crate::Gateway;
use crate::bindings::imports::clock;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// A stretch of some days of the week, in a time zone without daylight saving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The days on which it begins; at least one.
    pub days: Vec<Weekday>,
    /// When it begins: minutes after midnight, less than 1440.
    pub begin: u16,
    /// When it ends, itself not included: at most 1440. Not later than `begin` means on the next day.
    pub end: u16,
    /// The minutes by which the zone's clocks are ahead of UTC: from -840 to 840.
    pub offset: i16,
}

/// Questions about time.
pub trait Clock {
    /// Whether the request came before this time, in seconds since 1970-01-01T00:00:00Z.
    fn before(&self, time: i64) -> bool;

    /// Whether the request came within a window that is open every week. One that makes no sense fails the evaluation.
    fn within(&self, window: &Window) -> bool;
}

impl Clock for Gateway {
    fn before(&self, time: i64) -> bool {
        clock::before(time)
    }

    fn within(&self, window: &Window) -> bool {
        let day = |day: &Weekday| match day {
            Weekday::Monday => clock::Weekdays::MONDAY,
            Weekday::Tuesday => clock::Weekdays::TUESDAY,
            Weekday::Wednesday => clock::Weekdays::WEDNESDAY,
            Weekday::Thursday => clock::Weekdays::THURSDAY,
            Weekday::Friday => clock::Weekdays::FRIDAY,
            Weekday::Saturday => clock::Weekdays::SATURDAY,
            Weekday::Sunday => clock::Weekdays::SUNDAY,
        };
        let Window { begin, end, offset, .. } = *window;
        let days = window.days.iter().map(day).fold(clock::Weekdays::empty(), |days, day| days | day);
        clock::within(clock::Window { days, begin, end, offset })
    }
}

impl std::fmt::Display for Window {
    /// As the gateway's traces show it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let open = names.iter().enumerate().filter(|(at, _)| self.days.iter().any(|day| *day as usize == *at));
        let days = open.map(|(_, name)| *name).collect::<Vec<_>>().join(",");
        let (sign, offset) = (if self.offset < 0 { '-' } else { '+' }, self.offset.unsigned_abs());
        let (begin, end) = (self.begin, self.end);
        write!(f, "{days} {:02}:{:02}-{:02}:{:02} ", begin / 60, begin % 60, end / 60, end % 60)?;
        write!(f, "{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}
