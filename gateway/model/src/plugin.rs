//! What names a plugin and its component.

use std::fmt::{self, Write as _};
use std::str::FromStr;

/// Says what is wrong with what names a plugin or a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PluginNameError {
    /// Not 1 to 64 lower-case letters, digits and hyphens.
    #[error("a plugin name has 1 to 64 lower-case letters, digits and hyphens")]
    Name,
    /// Not 64 hexadecimal digits.
    #[error("a component is named by the SHA-256 digest of its bytes: 64 hexadecimal digits")]
    Digest,
}

/// The name of a plugin: 1 to 64 lower-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PluginName(Box<str>);

/// The SHA-256 digest of a component's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ComponentDigest([u8; 32]);

impl PluginName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PluginName {
    type Err = PluginNameError;

    fn from_str(text: &str) -> Result<Self, PluginNameError> {
        let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if letters && (1..=64).contains(&text.len()) { Ok(Self(text.into())) } else { Err(PluginNameError::Name) }
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PluginName {
    type Error = PluginNameError;

    fn try_from(text: String) -> Result<Self, PluginNameError> {
        text.parse()
    }
}

impl From<PluginName> for String {
    fn from(name: PluginName) -> Self {
        name.0.into()
    }
}

impl ComponentDigest {
    /// Takes a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for ComponentDigest {
    type Err = PluginNameError;

    /// Takes 64 hexadecimal digits, after `sha256:` or without it.
    fn from_str(text: &str) -> Result<Self, PluginNameError> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(PluginNameError::Digest);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| PluginNameError::Digest)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| PluginNameError::Digest)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for ComponentDigest {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ComponentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ComponentDigest({self})")
    }
}

impl TryFrom<String> for ComponentDigest {
    type Error = PluginNameError;

    fn try_from(text: String) -> Result<Self, PluginNameError> {
        text.parse()
    }
}

impl From<ComponentDigest> for String {
    fn from(digest: ComponentDigest) -> Self {
        let mut text = Self::with_capacity(64);
        // Writing to a String cannot fail.
        let _ = write!(text, "{digest}");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_words() {
        for good in ["a", "business-hours", "0", &"a".repeat(64)] {
            assert_eq!(good.parse::<PluginName>().unwrap().as_str(), good);
        }
        for bad in ["", "A", "a b", "a/b", "a_b", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<PluginName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn digests_are_64_digits_in_either_case() {
        let digits = "0123456789abcdef".repeat(4);
        let digest: ComponentDigest = digits.parse().unwrap();
        assert_eq!(digest.to_string(), digits);
        assert_eq!(digits.to_uppercase().parse(), Ok(digest));
        assert_eq!(format!("sha256:{digits}").parse(), Ok(digest));
        for bad in ["", &digits[1..], &format!("{digits}0"), &format!("+{}", &digits[1..]), &"ä".repeat(32)] {
            assert!(bad.parse::<ComponentDigest>().is_err(), "{bad}");
        }
    }
}
