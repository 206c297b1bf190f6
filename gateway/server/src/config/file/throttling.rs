//! `[throttling]`: how many requests there is room for.

use super::super::ThrottlingConfig;
use super::super::reader::{Noted, Reader, Value};

/// Reads `[throttling]`; nothing when it is switched off.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<ThrottlingConfig>, Noted> {
    let mut enabled = true;
    reader.set("enabled", &mut enabled, Value::flag);
    let mut config = ThrottlingConfig::default();
    // First, since it says how small the limits may be.
    reader.set("caller_percent", &mut config.caller_percent, |value| value.integer(1, 10_000));
    let least = 100_u32.div_ceil(config.caller_percent);
    let mut limit = |key, target: &mut u32| {
        reader.set(key, target, |value| value.integer(1, 1_000_000));
        if *target < least {
            let message = format!(
                "{target} is too few: of these, {} % are less than one request of a caller; choose {least} at least, or \
                 raise `caller_percent`",
                config.caller_percent
            );
            return Err(reader.wrong(Some(key), message));
        }
        Ok(())
    };
    let limits = [
        limit("key_creation", &mut config.key_creation),
        limit("rsa_2048", &mut config.rsa_2048),
        limit("rsa_3072", &mut config.rsa_3072),
        limit("rsa_4096", &mut config.rsa_4096),
        limit("ec", &mut config.ec),
        limit("secret_creation", &mut config.secret_creation),
        limit("other", &mut config.other),
    ];
    reader.set("bad_tokens", &mut config.bad_tokens, |value| value.integer(1, 1_000_000));
    reader.set("remembered", &mut config.remembered, |value| value.integer(1_024, 1_000_000));
    limits.into_iter().collect::<Result<(), Noted>>()?;
    Ok(enabled.then_some(config))
}
