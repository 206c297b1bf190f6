//! Spans of the calendar, as ISO 8601 writes them.

use std::fmt;
use std::str::FromStr;

use time::{Date, Duration, OffsetDateTime};

use crate::UnixTime;

/// A span of years, months, weeks and days, such as `P2Y`, `P18M` or `P90D` (ISO 8601, section 5.5.2.2). Kept and
/// written as it was given: clients compare what they read with what they wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    years: u16,
    months: u16,
    weeks: u16,
    days: u16,
}

/// Says that a text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a period of ISO 8601 in years, months, weeks and days, such as `P90D` or `P1Y6M`, of at most 100 years")]
pub struct PeriodError;

impl Period {
    /// So many days.
    #[must_use]
    pub const fn days(days: u16) -> Self {
        Self { years: 0, months: 0, weeks: 0, days }
    }

    /// So many months.
    #[must_use]
    pub const fn months(months: u16) -> Self {
        Self { years: 0, months, weeks: 0, days: 0 }
    }

    /// The time that is this span after a time. Months are the calendar's; a day that the month does not have is its
    /// last.
    #[must_use]
    pub fn after(self, time: UnixTime) -> UnixTime {
        self.shift(time, 1)
    }

    /// The time that is this span before a time.
    #[must_use]
    pub fn before(self, time: UnixTime) -> UnixTime {
        self.shift(time, -1)
    }

    fn shift(self, from: UnixTime, sign: i32) -> UnixTime {
        let shifted = || {
            let start = OffsetDateTime::from_unix_timestamp(from.0).ok()?;
            let months = i32::from(self.years) * 12 + i32::from(self.months);
            let date = add_months(start.date(), months * sign)?;
            let moved = start.replace_date(date).checked_add(Duration::days(self.all_days() * i64::from(sign)))?;
            Some(UnixTime(moved.unix_timestamp()))
        };
        // Beyond the years 0 to 9999 of the calendar: farther than any time that a record holds.
        shifted().unwrap_or(UnixTime(if sign > 0 { i64::MAX } else { 0 }))
    }

    /// Its weeks and days, in days.
    fn all_days(self) -> i64 {
        i64::from(self.weeks) * 7 + i64::from(self.days)
    }

    fn is_zero(self) -> bool {
        self.years == 0 && self.months == 0 && self.all_days() == 0
    }
}

fn add_months(date: Date, months: i32) -> Option<Date> {
    let total = date.year().checked_mul(12)?.checked_add(i32::from(u8::from(date.month())) - 1)?.checked_add(months)?;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
    let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
    let day = date.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).ok()
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let mut rest = text.strip_prefix('P').ok_or(PeriodError)?;
        let mut period = Self::days(0);
        let mut last = 0;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            if !(1..=5).contains(&digits) {
                return Err(PeriodError);
            }
            let number: u16 = number.parse().map_err(|_| PeriodError)?;
            let mut units = tail.chars();
            let place = match units.next() {
                Some('Y') => (period.years = number, 1).1,
                Some('M') => (period.months = number, 2).1,
                Some('W') => (period.weeks = number, 3).1,
                Some('D') => (period.days = number, 4).1,
                _ => return Err(PeriodError),
            };
            if place <= last {
                return Err(PeriodError);
            }
            last = place;
            rest = units.as_str();
        }
        let bounded = period.years <= 100 && period.months <= 1200 && period.all_days() <= 36_525;
        if bounded && !period.is_zero() { Ok(period) } else { Err(PeriodError) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        for (number, unit) in [(self.years, 'Y'), (self.months, 'M'), (self.weeks, 'W'), (self.days, 'D')] {
            if number > 0 {
                write!(f, "{number}{unit}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["P2Y", "P18M", "P90D", "P1Y6M", "P1Y2M3D", "P36525D", "P10W", "P1W3D"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_period() {
        for text in [
            "", "P", "1D", "P0D", "P-1D", "P1", "PD", "P1D1Y", "P1Y1Y", "PT1H", "P1DT1H", "p1d", "P1.5D", "P99999D",
            "P101Y", "P 1D", "P1H", "P0W", "P5218W", "P1D1W",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn months_are_the_calendars() {
        // 2024-01-31T12:00:00Z
        let start = UnixTime(1_706_702_400);
        let day = |text: &str| text.parse::<Period>().unwrap().after(start).0;
        assert_eq!(day("P1M"), 1_709_208_000, "2024-02-29");
        assert_eq!(day("P1Y"), start.0 + 366 * 86_400);
        assert_eq!(day("P1D"), start.0 + 86_400);
        assert_eq!(day("P2W1D"), start.0 + 15 * 86_400);
        assert_eq!("P1M".parse::<Period>().unwrap().before(UnixTime(1_709_208_000)).0, 1_706_529_600, "2024-01-29");
    }

    proptest! {
        #[test]
        fn no_text_and_no_time_panics(text in "\\PC{0,12}", time: i64, days: u16, months: u16) {
            let _ = text.parse::<Period>();
            let period = Period { years: 0, months, weeks: days, days };
            let _ = (period.after(UnixTime(time)), period.before(UnixTime(time)));
        }
    }
}
