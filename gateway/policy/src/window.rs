//! A window that is open every week.

use std::fmt;

use portcullis_model::UnixTime;

use crate::ParseQuestionError;

/// A stretch of some days of the week, in a time zone without daylight saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WeeklyWindow {
    /// Monday's bit is the lowest.
    days: u8,
    begin: u16,
    end: u16,
    offset: i16,
}

const DAY: i64 = 24 * 60;

impl WeeklyWindow {
    /// Takes days (Monday's bit is the lowest), begin and end in minutes after midnight, and the minutes by which the
    /// zone's clocks are ahead of UTC. An end that is not later than the begin is on the next day.
    ///
    /// # Errors
    /// When there is no day, or a number is out of its range.
    pub const fn new(days: u8, begin: u16, end: u16, offset: i16) -> Result<Self, ParseQuestionError> {
        let sensible = days != 0 && days < 128 && begin < 1440 && end <= 1440 && offset >= -840 && offset <= 840;
        if sensible { Ok(Self { days, begin, end, offset }) } else { Err(ParseQuestionError::Window) }
    }

    /// Whether it is open at a time.
    #[must_use]
    pub fn contains(self, time: UnixTime) -> bool {
        let minutes = time.0.div_euclid(60).saturating_add(i64::from(self.offset));
        let (day, minute) = (minutes.div_euclid(DAY), minutes.rem_euclid(DAY));
        // 1970-01-01 was a Thursday.
        let begins = |day: i64| self.days & (1 << (day + 3).rem_euclid(7)) != 0;
        let (begin, end) = (i64::from(self.begin), i64::from(self.end));
        if begin < end {
            begins(day) && (begin..end).contains(&minute)
        } else {
            (begins(day) && minute >= begin) || (begins(day - 1) && minute < end)
        }
    }
}

impl fmt::Display for WeeklyWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let open = days.iter().enumerate().filter(|(at, _)| self.days & (1 << at) != 0).map(|(_, day)| *day);
        let (sign, offset) = (if self.offset < 0 { '-' } else { '+' }, self.offset.unsigned_abs());
        write!(
            f,
            "{} {:02}:{:02}-{:02}:{:02} {sign}{:02}:{:02}",
            open.collect::<Vec<_>>().join(","),
            self.begin / 60,
            self.begin % 60,
            self.end / 60,
            self.end % 60,
            offset / 60,
            offset % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 is a Monday; its midnight in UTC.
    const MONDAY: i64 = 1_795_392_000;

    #[test]
    fn is_open_on_its_days_between_its_minutes() {
        let office = WeeklyWindow::new(0b1_1111, 9 * 60, 17 * 60, 60).unwrap();
        let night = WeeklyWindow::new(0b100_0000, 22 * 60, 6 * 60, 0).unwrap();
        let whole = WeeklyWindow::new(0b1, 0, 1440, 0).unwrap();
        let around = WeeklyWindow::new(0b1, 600, 600, 0).unwrap();
        let at = |days: i64, hours: i64, minutes: i64| UnixTime(MONDAY + days * 86_400 + hours * 3600 + minutes * 60);
        for (window, time, open) in [
            (office, at(0, 8, 0), true),
            (office, UnixTime(at(0, 8, 0).0 - 1), false),
            (office, at(0, 16, 0), false),
            (office, at(0, 15, 59), true),
            (office, at(5, 10, 0), false),
            (night, at(6, 23, 0), true),
            (night, at(7, 5, 59), true),
            (night, at(7, 6, 0), false),
            (night, at(6, 5, 0), false),
            (whole, at(0, 0, 0), true),
            (whole, at(0, 23, 59), true),
            (whole, at(1, 0, 0), false),
            (around, at(0, 10, 0), true),
            (around, at(1, 9, 59), true),
            (around, at(1, 10, 0), false),
        ] {
            assert_eq!(window.contains(time), open, "{window} {time}");
        }
        assert!(!office.contains(UnixTime(i64::MIN)) || !office.contains(UnixTime(i64::MAX)), "no overflow");
        assert_eq!(office.to_string(), "mon,tue,wed,thu,fri 09:00-17:00 +01:00");
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        for (days, begin, end, offset) in
            [(0, 0, 1, 0), (128, 0, 1, 0), (1, 1440, 1, 0), (1, 0, 1441, 0), (1, 0, 1, 841)]
        {
            assert_eq!(WeeklyWindow::new(days, begin, end, offset), Err(ParseQuestionError::Window));
        }
    }
}
