//! Moments as text.

use std::time::Duration;

use time::OffsetDateTime;

/// Appends a moment as `2026-01-05T01:32:01.2691226Z`. What lies beyond the year 9999 is written as its last second.
pub(crate) fn push(out: &mut Vec<u8>, unix: Duration) {
    let seconds = i64::try_from(unix.as_secs()).unwrap_or(i64::MAX).min(LAST_SECOND);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    digits(out, u32::try_from(moment.year()).unwrap_or(0), 4);
    for (separator, value) in [
        (b'-', u8::from(moment.month())),
        (b'-', moment.day()),
        (b'T', moment.hour()),
        (b':', moment.minute()),
        (b':', moment.second()),
    ] {
        out.push(separator);
        digits(out, u32::from(value), 2);
    }
    out.push(b'.');
    digits(out, unix.subsec_nanos() / 100, 7);
    out.push(b'Z');
}

fn digits(out: &mut Vec<u8>, value: u32, count: u32) {
    for place in (0..count).rev() {
        let digit = value / 10_u32.pow(place) % 10;
        out.push(b'0' + u8::try_from(digit).expect("a remainder of ten is below ten"));
    }
}

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_seven_digits_of_a_second() {
        for (unix, expected) in [
            (Duration::ZERO, "1970-01-01T00:00:00.0000000Z"),
            (Duration::new(1_767_576_721, 269_122_699), "2026-01-05T01:32:01.2691226Z"),
            (Duration::new(1_709_164_800, 99), "2024-02-29T00:00:00.0000000Z"),
            (Duration::from_secs(u64::MAX), "9999-12-31T23:59:59.0000000Z"),
        ] {
            let mut out = Vec::new();
            push(&mut out, unix);
            assert_eq!(String::from_utf8(out).expect("ascii"), expected);
        }
    }
}
