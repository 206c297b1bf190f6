//! Passwords.

use zeroize::Zeroizing;

use super::Pkcs12Error;

/// A password in the two encodings that key derivations take.
pub(super) struct Password {
    utf8: Zeroizing<Vec<u8>>,
    wide: Zeroizing<Vec<u8>>,
}

impl Password {
    /// The encodings to try. An absent password is an empty one, which some write as a terminator and some as nothing
    /// (the difference between `""` and `NULL` in OpenSSL and Windows).
    pub(super) fn forms(text: &str) -> Result<Vec<Self>, Pkcs12Error> {
        if text.len() > LONGEST {
            return Err(Pkcs12Error::TooLong);
        }
        let terminated = Self::terminated(text);
        if text.is_empty() { Ok(vec![terminated, Self::absent()]) } else { Ok(vec![terminated]) }
    }

    /// A BMPString with a terminator (RFC 7292 appendix B.1).
    pub(super) fn terminated(text: &str) -> Self {
        let mut wide = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
        wide.extend(text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes));
        Self { utf8: Zeroizing::new(text.as_bytes().to_vec()), wide }
    }

    /// For the derivations of PKCS #5.
    pub(super) fn utf8(&self) -> &[u8] {
        &self.utf8
    }

    /// For the derivation of PKCS #12.
    pub(super) fn wide(&self) -> &[u8] {
        &self.wide
    }

    fn absent() -> Self {
        Self { utf8: Zeroizing::default(), wide: Zeroizing::default() }
    }
}

const LONGEST: usize = 1024;
