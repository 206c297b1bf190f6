//! Locations: names of places such as `westeurope`, which clients also write as `West Europe`.

use std::str::FromStr;

/// A location in its one spelling: lower case without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location(pub(super) String);

/// Says that a text is no location.
#[derive(Debug, thiserror::Error)]
#[error("a location has 1 to 64 letters, digits, hyphens and spaces")]
pub(super) struct LocationError;

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b' ');
        let name = text.replace(' ', "").to_ascii_lowercase();
        if (1..=64).contains(&name.len()) && text.len() <= 64 && text.bytes().all(fits) {
            Ok(Self(name))
        } else {
            Err(LocationError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_spellings_are_one() {
        for text in ["westeurope", "West Europe", "WESTEUROPE"] {
            assert_eq!(text.parse::<Location>().unwrap().0, "westeurope");
        }
        for text in ["", " ", "a/b", "a\u{e9}", &"a".repeat(65)] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }
}
