//! Times as conditions write them: `2026-11-24T15:00:00Z`, with up to seven digits after the second.

use time::Date;

/// A moment, in whole seconds since 1970-01-01T00:00:00Z and whether something comes on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant {
    pub(crate) second: i64,
    fraction: bool,
}

impl Instant {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('Z')?;
        let (text, fraction) = match text.split_once('.') {
            None => (text, false),
            Some((text, digits)) => {
                let fits = (1..=7).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
                (fits.then_some(text)?, digits.bytes().any(|byte| byte != b'0'))
            }
        };
        let shape = text.len() == 19
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                10 => byte == b'T',
                13 | 16 => byte == b':',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return None;
        }
        let part = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
        let date = Date::from_calendar_date(text.get(0..4)?.parse().ok()?, part(5, 7)?.try_into().ok()?, part(8, 10)?);
        let moment = date.ok()?.with_hms(part(11, 13)?, part(14, 16)?, part(17, 19)?).ok()?;
        Some(Self { second: moment.assume_utc().unix_timestamp(), fraction })
    }

    /// The first whole second that is not before this moment.
    pub(crate) const fn ceiling(self) -> i64 {
        if self.fraction { self.second.saturating_add(1) } else { self.second }
    }

    pub(crate) const fn is_whole(self) -> bool {
        !self.fraction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_of_the_calendar() {
        for (text, second, whole) in [
            ("1970-01-01T00:00:00Z", 0, true),
            ("2000-02-29T23:59:59.0000000Z", 951_868_799, true),
            ("2026-11-24T15:00:00.5Z", 1_795_532_400, false),
            ("1969-12-31T23:59:59Z", -1, true),
        ] {
            let instant = Instant::parse(text).unwrap();
            assert_eq!((instant.second, instant.is_whole()), (second, whole), "{text}");
        }
        for text in [
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.12345678Z",
            "2026-1-01T00:00:00Z",
            "",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
