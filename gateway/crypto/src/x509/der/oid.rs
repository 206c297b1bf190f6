//! Object identifiers.

use std::fmt;
use std::str::FromStr;

/// An object identifier, such as `1.3.6.1.5.5.7.3.1`. At most 64 bytes when encoded.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(Vec<u8>);

/// The text or the bytes are not an object identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an object identifier of dotted decimal numbers")]
pub struct MalformedOid;

impl Oid {
    /// The content bytes of its DER.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(in crate::x509) fn from_der(content: &[u8]) -> Result<Self, MalformedOid> {
        arcs(content).map(|_| Self(content.to_vec()))
    }
}

impl FromStr for Oid {
    type Err = MalformedOid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_TEXT {
            return Err(MalformedOid);
        }
        let arcs = text.split('.').map(arc).collect::<Result<Vec<u128>, _>>()?;
        let [first, second, rest @ ..] = arcs.as_slice() else { return Err(MalformedOid) };
        if *first > 2 || (*first < 2 && *second > 39) {
            return Err(MalformedOid);
        }
        let joined = second.checked_add(first * 40).ok_or(MalformedOid)?;
        let bytes: Vec<u8> = std::iter::once(&joined).chain(rest).flat_map(|arc| base128(*arc)).collect();
        if bytes.len() > MAX_BYTES { Err(MalformedOid) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // INVARIANT: both constructors have checked the bytes.
        let arcs = arcs(&self.0).map_err(|_| fmt::Error)?;
        let (joined, rest) = arcs.split_first().ok_or(fmt::Error)?;
        let first = (joined / 40).min(2);
        write!(f, "{first}.{}", joined - first * 40)?;
        rest.iter().try_for_each(|arc| write!(f, ".{arc}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

fn arc(text: &str) -> Result<u128, MalformedOid> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().map_err(|_| MalformedOid) } else { Err(MalformedOid) }
}

fn arcs(content: &[u8]) -> Result<Vec<u128>, MalformedOid> {
    if content.is_empty() || content.len() > MAX_BYTES {
        return Err(MalformedOid);
    }
    content.split_inclusive(|byte| byte & 0x80 == 0).map(number).collect()
}

fn number(digits: &[u8]) -> Result<u128, MalformedOid> {
    let whole = digits.last().is_some_and(|byte| byte & 0x80 == 0) && digits.first() != Some(&0x80);
    let append = |number: u128, digit: &u8| {
        (number.leading_zeros() >= 7).then(|| number << 7 | u128::from(digit & 0x7f)).ok_or(MalformedOid)
    };
    if whole { digits.iter().try_fold(0, append) } else { Err(MalformedOid) }
}

fn base128(number: u128) -> Vec<u8> {
    let digit = |place: u32| u8::try_from(number >> (7 * place) & 0x7f).unwrap_or(0);
    let places = (128 - number.leading_zeros()).div_ceil(7).max(1);
    (0..places).rev().map(|place| if place == 0 { digit(place) } else { digit(place) | 0x80 }).collect()
}

const MAX_TEXT: usize = 128;
const MAX_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let largest = format!("2.25.{}", u128::MAX);
        for text in ["1.3.6.1.5.5.7.3.1", "2.5.29.37", "0.9.2342.19200300.100.1.25", "2.999.1", "1.0", &largest] {
            let oid: Oid = text.parse().unwrap();
            assert_eq!(oid.to_string(), text);
            assert_eq!(Oid::from_der(oid.as_bytes()).unwrap(), oid);
        }
    }

    #[test]
    fn refuses_what_is_not_one() {
        let long = "1.2".to_owned() + &".1".repeat(100);
        for text in ["", "1", "1.", ".1", "3.1", "1.40", "1.2.a", "1.2.-3", "1.2.03", "1..2", "1.2 ", "+1.2", &long] {
            assert!(text.parse::<Oid>().is_err(), "{text:?}");
        }
        assert!("2.340282366920938463463374607431768211455".parse::<Oid>().is_err());
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..70)) {
            if let Ok(oid) = Oid::from_der(&bytes) {
                let _ = oid.to_string();
            }
        }
    }
}
