//! One-time codes from a shared key and the time (RFC 6238), as authenticator apps show them.

use std::fmt;

use portcullis_model::UnixTime;
use ring::hmac;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::random::{Random, RandomError};

/// The key that a person's authenticator app shares with us: codes of six digits, a new one each thirty seconds.
#[derive(Clone)]
pub struct TotpKey(Zeroizing<Vec<u8>>);

/// A span of thirty seconds in which one code is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TotpStep(u64);

impl TotpKey {
    /// Makes a new key of 160 bits, as RFC 4226 section 4 recommends.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut key = Zeroizing::new(vec![0; 20]);
        random.fill(&mut key)?;
        Ok(Self(key))
    }

    /// Reads the form that apps take: base32 (RFC 4648) of 16 to 64 bytes, without case, padding and spaces.
    pub fn from_base32(text: &str) -> Result<Self, MalformedTotpKey> {
        let mut key = Zeroizing::new(Vec::with_capacity(64));
        let (mut bits, mut held) = (0_u32, 0_u32);
        for letter in text.bytes().filter(|byte| !matches!(byte, b' ' | b'=')) {
            let value = ALPHABET.iter().position(|known| *known == letter.to_ascii_uppercase());
            held = held << 5 | value.and_then(|value| u32::try_from(value).ok()).ok_or(MalformedTotpKey)?;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                key.push(u8::try_from(held >> bits & 0xff).unwrap_or_default());
                held &= (1 << bits) - 1;
            }
        }
        if (16..=64).contains(&key.len()) { Ok(Self(key)) } else { Err(MalformedTotpKey) }
    }

    /// The form that apps take.
    #[must_use]
    pub fn to_base32(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len().div_ceil(5) * 8));
        for chunk in self.0.chunks(5) {
            let mut bytes = Zeroizing::new([0_u8; 8]);
            bytes[3..3 + chunk.len()].copy_from_slice(chunk);
            let held = u64::from_be_bytes(*bytes);
            for at in 0..(chunk.len() * 8).div_ceil(5) {
                let value = held >> (35 - 5 * at) & 31;
                text.push(char::from(ALPHABET[usize::try_from(value).unwrap_or_default()]));
            }
        }
        text
    }

    /// The step whose code this is, if it is that of the present step or of one beside it: clocks of phones differ,
    /// and people are slow. All three are compared, whichever fits.
    #[must_use]
    pub fn step_of(&self, code: &str, now: UnixTime) -> Option<TotpStep> {
        let present = TotpStep::at(now);
        let mut found = None;
        for step in [present.0.saturating_sub(1), present.0, present.0 + 1] {
            let shown = Zeroizing::new(format!("{:06}", self.code(TotpStep(step))));
            if bool::from(shown.as_bytes().ct_eq(code.as_bytes())) {
                found = Some(TotpStep(step));
            }
        }
        found
    }

    /// RFC 4226, section 5.3.
    fn code(&self, TotpStep(step): TotpStep) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 0x0f);
        let word = u32::from_be_bytes([tag[at] & 0x7f, tag[at + 1], tag[at + 2], tag[at + 3]]);
        word % 1_000_000
    }

    /// The code of a time, as an app shows it.
    #[cfg(any(test, feature = "test-util"))]
    #[must_use]
    pub fn code_at(&self, time: UnixTime) -> String {
        format!("{:06}", self.code(TotpStep::at(time)))
    }
}

impl TotpStep {
    /// The step of a time.
    #[must_use]
    pub fn at(time: UnixTime) -> Self {
        Self(u64::try_from(time.0).unwrap_or(0) / 30)
    }
}

impl PartialEq for TotpKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TotpKey {}

impl fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpKey(..)")
    }
}

/// The text is not a key in base32 of 16 to 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key in base32 of 16 to 64 bytes")]
pub struct MalformedTotpKey;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn gives_the_published_codes() {
        let key = TotpKey(Zeroizing::new(b"12345678901234567890".to_vec()));
        for (time, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (2_000_000_000, "279037")]
        {
            assert_eq!(key.code_at(UnixTime(time)), code);
        }
        assert_eq!(key.to_base32().as_str(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_is_good_for_its_step_and_those_beside_it() {
        let key = TotpKey::generate(&SeededRandom::new(1)).unwrap();
        let (now, step) = (UnixTime(1_800_000_000), TotpStep::at(UnixTime(1_800_000_000)));
        let code = key.code_at(now);
        for late in [-30, 0, 29, 30] {
            assert_eq!(key.step_of(&code, now.plus(late)), Some(step), "{late}");
        }
        for late in [-60, 60, 3600] {
            assert_eq!(key.step_of(&code, now.plus(late)), None, "{late}");
        }
        assert_eq!(key.step_of("", now), None);
        assert_eq!(key.step_of(&format!("{code} "), now), None);
    }

    #[test]
    fn base32_goes_both_ways() {
        for length in 16..=64 {
            let key = TotpKey(Zeroizing::new((0..length).collect()));
            assert_eq!(TotpKey::from_base32(&key.to_base32()), Ok(key.clone()), "{length}");
            assert_eq!(TotpKey::from_base32(&key.to_base32().to_lowercase()), Ok(key));
        }
        for text in ["", "AAAA", "0189 not base32 at all, is it", "GEZDGNBVGY3TQOJQGEZDGNBV1"] {
            assert_eq!(TotpKey::from_base32(text), Err(MalformedTotpKey), "{text}");
        }
    }
}
