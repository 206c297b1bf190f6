//! How long a certificate is valid.

use portcullis_model::UnixTime;
use time::{Date, Month, OffsetDateTime, UtcDateTime};

use super::der::{tag, tlv};
use super::error::MakeError;

/// How many calendar months a certificate is valid: 1 to 1200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ValidityMonths(u16);

/// The number of months is out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a certificate is valid for 1 to {} months", ValidityMonths::MAX)]
pub struct MonthsError;

impl ValidityMonths {
    /// The most months.
    pub const MAX: u16 = 1200;

    /// Checks a number of months.
    pub fn new(months: u32) -> Result<Self, MonthsError> {
        match u16::try_from(months) {
            Ok(months) if (1..=Self::MAX).contains(&months) => Ok(Self(months)),
            Ok(_) | Err(_) => Err(MonthsError),
        }
    }

    /// The number of months.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// From when until when, both seconds included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

impl Period {
    /// Begins ten minutes ago, as Azure has it, so that a clock that is a little behind does not refuse it.
    pub(super) fn starting(now: UnixTime, months: ValidityMonths) -> Result<Self, MakeError> {
        let not_before = date(now.plus(-600))?;
        let not_after = add_months(not_before, months.0).ok_or(MakeError::Time)?;
        Ok(Self { not_before, not_after })
    }

    /// The same, ending no later than a time.
    pub(super) fn ending_by(self, limit: UnixTime) -> Result<Self, MakeError> {
        let limit = date(limit)?;
        if limit <= self.not_before {
            return Err(MakeError::Time);
        }
        Ok(Self { not_after: self.not_after.min(limit), ..self })
    }

    pub(super) fn to_der(self) -> Vec<u8> {
        tlv(tag::SEQUENCE, &[&encode(self.not_before), &encode(self.not_after)])
    }
}

/// The number of months from a time to a later one, rounded, but at least one.
pub(super) fn months_between(from: UnixTime, until: UnixTime) -> u32 {
    let (Ok(from), Ok(until)) = (OffsetDateTime::from_unix_timestamp(from.0), date(until)) else { return 1 };
    let position = |date: OffsetDateTime| date.year() * 12 + i32::from(u8::from(date.month()));
    let days = i32::from(until.day()) - i32::from(from.day());
    let partial = if days >= 15 {
        1
    } else if days < -15 {
        -1
    } else {
        0
    };
    u32::try_from(position(until) - position(from) + partial).map_or(1, |months| months.max(1))
}

/// RFC 5280 section 4.1.2.5: years have four digits, and UTCTime begins in 1950.
fn date(time: UnixTime) -> Result<OffsetDateTime, MakeError> {
    match OffsetDateTime::from_unix_timestamp(time.0) {
        Ok(date) if (1950..=9999).contains(&date.year()) => Ok(date),
        Ok(_) | Err(_) => Err(MakeError::Time),
    }
}

/// The same day of a later month, or the last one if that month is shorter.
fn add_months(from: OffsetDateTime, months: u16) -> Option<OffsetDateTime> {
    let zero_based = i32::from(u8::from(from.month())) - 1 + i32::from(months);
    let month = Month::try_from(u8::try_from(zero_based % 12 + 1).ok()?).ok()?;
    let year = from.year() + zero_based / 12;
    let day = from.day().min(month.length(year));
    (year <= 9999).then_some(())?;
    Some(from.replace_date(Date::from_calendar_date(year, month, day).ok()?))
}

/// UTCTime through 2049 and GeneralizedTime after it.
fn encode(date: OffsetDateTime) -> Vec<u8> {
    let date = UtcDateTime::from(date);
    let rest = format!(
        "{:02}{:02}{:02}{:02}{:02}Z",
        u8::from(date.month()),
        date.day(),
        date.hour(),
        date.minute(),
        date.second()
    );
    if date.year() < 2050 {
        tlv(tag::UTC_TIME, &[format!("{:02}{rest}", date.year() % 100).as_bytes()])
    } else {
        tlv(tag::GENERALIZED_TIME, &[format!("{:04}{rest}", date.year()).as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn unix(date: OffsetDateTime) -> UnixTime {
        UnixTime(date.unix_timestamp())
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let cases = [
            (datetime!(2024-01-31 12:00 UTC), 1, datetime!(2024-02-29 12:00 UTC)),
            (datetime!(2023-01-31 12:00 UTC), 1, datetime!(2023-02-28 12:00 UTC)),
            (datetime!(2024-02-29 00:00 UTC), 12, datetime!(2025-02-28 00:00 UTC)),
            (datetime!(2024-12-15 23:59:59 UTC), 1, datetime!(2025-01-15 23:59:59 UTC)),
            (datetime!(2024-06-15 00:00 UTC), 1200, datetime!(2124-06-15 00:00 UTC)),
        ];
        for (from, months, until) in cases {
            assert_eq!(add_months(from, months), Some(until));
            assert_eq!(months_between(unix(from), unix(until)), u32::from(months));
        }
        assert_eq!(add_months(datetime!(9999-12-01 00:00 UTC), 1), None);
    }

    #[test]
    fn begins_ten_minutes_ago() {
        let now = datetime!(2024-03-31 00:05 UTC);
        let period = Period::starting(unix(now), ValidityMonths::new(11).unwrap()).unwrap();
        assert_eq!(period.not_before, datetime!(2024-03-30 23:55 UTC));
        assert_eq!(period.not_after, datetime!(2025-02-28 23:55 UTC));
        let limit = datetime!(2024-05-01 00:00 UTC);
        assert_eq!(period.ending_by(unix(limit)).unwrap().not_after, limit);
        assert!(period.ending_by(unix(period.not_before)).is_err());
    }

    #[test]
    fn refuses_times_that_a_certificate_cannot_tell() {
        let month = ValidityMonths::new(1).unwrap();
        for time in [UnixTime(i64::MAX), UnixTime(i64::MIN), UnixTime(253_402_300_799), UnixTime(-631_152_001)] {
            assert!(Period::starting(time, month).is_err(), "{time}");
        }
        assert!(ValidityMonths::new(0).is_err() && ValidityMonths::new(1201).is_err());
    }

    #[test]
    fn rounds_months() {
        let from = unix(datetime!(2024-01-01 00:00 UTC));
        assert_eq!(months_between(from, unix(datetime!(2024-12-31 23:59:59 UTC))), 12);
        assert_eq!(months_between(from, unix(datetime!(2024-04-01 00:00 UTC))), 3);
        assert_eq!(months_between(from, from), 1);
        assert_eq!(months_between(from, UnixTime(0)), 1);
    }

    #[test]
    fn changes_the_form_of_time_in_2050() {
        assert_eq!(encode(datetime!(2049-12-31 23:59:59 UTC))[2..], *b"491231235959Z");
        assert_eq!(encode(datetime!(2050-01-01 00:00:00 UTC))[2..], *b"20500101000000Z");
    }
}
