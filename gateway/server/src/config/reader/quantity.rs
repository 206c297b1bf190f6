//! Durations and sizes as people write them.

use std::time::Duration;

/// A duration: an integer with `ms`, `s`, `m` or `h`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (amount, unit) = split(text)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    amount.checked_mul(milliseconds).map(Duration::from_millis)
}

/// A number of bytes: an integer with `KiB`, `MiB` or `GiB`.
pub(super) fn size(text: &str) -> Option<u64> {
    let (amount, unit) = split(text)?;
    amount.checked_mul(UNITS.iter().find(|(name, _)| *name == unit)?.1)
}

/// A duration in the largest unit that leaves no fraction.
pub(super) fn show_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    for (unit, length) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if milliseconds >= length && milliseconds.is_multiple_of(length) {
            return format!("{}{unit}", milliseconds / length);
        }
    }
    format!("{milliseconds}ms")
}

/// A size in the largest unit that leaves no fraction.
pub(super) fn show_size(bytes: u64) -> String {
    let unit = UNITS.iter().find(|(_, length)| bytes >= *length && bytes.is_multiple_of(*length));
    unit.map_or_else(|| bytes.to_string(), |(name, length)| format!("{}{name}", bytes / length))
}

/// Amount and unit. No sign, no fraction, no space: one way to write each.
fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (amount, unit) = text.split_at_checked(digits)?;
    Some((amount.parse().ok()?, unit))
}

const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        for (text, milliseconds) in [("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("1h", 3_600_000)] {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(duration(text), Some(expected), "{text}");
            assert_eq!(show_duration(expected), text);
        }
        assert_eq!(show_duration(Duration::from_secs(90)), "90s");
        for text in ["", "10", "s", "-1s", "+1s", "1.5s", "1 s", "1d", "1S", "99999999999999999h", "١s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes) in [("64KiB", 65_536), ("16MiB", 16 << 20), ("1GiB", 1 << 30)] {
            assert_eq!(size(text), Some(bytes), "{text}");
            assert_eq!(show_size(bytes), text);
        }
        assert_eq!(show_size(1_025), "1025");
        for text in ["", "64", "64K", "64kb", "64 KiB", "-1KiB", "99999999999999999GiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
