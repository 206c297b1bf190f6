//! `[tokens]`: access tokens.

use std::time::Duration;

use super::super::TokenConfig;
use super::super::reader::{Noted, Reader, Value};

/// Reads `[tokens]`.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<TokenConfig, Noted> {
    let mut tokens = TokenConfig {
        lifetime: Duration::from_secs(3_600),
        cache: 10_000,
        requests: 256,
        assertions_once: false,
        session: DAY,
    };
    reader.set("assertions_once", &mut tokens.assertions_once, Value::flag);
    reader.set("session", &mut tokens.session, |value| value.duration(Duration::from_secs(60), 30 * DAY));
    let (least, most) = (Duration::from_secs(60), Duration::from_secs(24 * 3_600));
    reader.set("lifetime", &mut tokens.lifetime, |value| value.duration(least, most));
    reader.set("cache", &mut tokens.cache, |value| value.integer(0, 1_000_000));
    reader.set("requests", &mut tokens.requests, |value| value.integer(4, 100_000));
    Ok(tokens)
}

const DAY: Duration = Duration::from_secs(24 * 3_600);
