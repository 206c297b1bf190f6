//! Message authentication.

use std::fmt;

use ring::hmac;

/// Authenticates messages with HMAC-SHA256 (RFC 2104).
///
/// ```compile_fail
/// let mac = portcullis_crypto::Mac::new(&[7; 32]);
/// let copy = mac.clone();
/// ```
pub struct Mac(hmac::Key);

impl Mac {
    /// Takes a key, best one derived for this purpose alone.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// Takes a secret of any length that others have too, such as one in a file; a long one is hashed, as RFC 2104 has it.
    #[must_use]
    pub fn with_secret(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The tag of a message.
    #[must_use]
    pub fn tag(&self, message: &[u8]) -> [u8; 32] {
        tag(&self.0, message)
    }

    /// Whether a tag is that of a message, in a time that tells nothing of the tag.
    #[must_use]
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(..)")
    }
}

/// The HMAC-SHA256 of a message as an array.
pub(crate) fn tag(key: &hmac::Key, message: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(key, message).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 section 4.3 (its key, padded with zeros to 32 bytes, is the same HMAC key).
    #[test]
    fn gives_the_published_tag() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let hex: String =
            Mac::new(&key).tag(b"what do ya want for nothing?").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(
            Mac::with_secret(b"Jefe")
                .verify(b"what do ya want for nothing?", &Mac::new(&key).tag(b"what do ya want for nothing?"))
        );
    }

    #[test]
    fn verifies_only_its_own_tags() {
        let mac = Mac::new(&[1; 32]);
        let tag = mac.tag(b"message");
        assert!(mac.verify(b"message", &tag));
        assert!(!mac.verify(b"massage", &tag));
        assert!(!Mac::new(&[2; 32]).verify(b"message", &tag));
        for length in 0..tag.len() {
            assert!(!mac.verify(b"message", &tag[..length]));
        }
        for bit in 0..tag.len() * 8 {
            let mut flipped = tag;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!mac.verify(b"message", &flipped));
        }
    }
}
