//! Keys as their numbers: the members of a JSON Web Key (RFC 7518 section 6), decoded from base64url.

use std::fmt;

use portcullis_model::Curve;
pub use portcullis_model::keys::PublicJwk;

use super::error::ImportError;

/// The members of a private or symmetric key that is imported. Numbers are unsigned and big-endian; leading zeros are
/// tolerated, and numbers on a curve may be shorter than the curve's.
pub enum PrivateJwk<'a> {
    /// An RSA key. `None` stands for a member that is absent.
    Rsa {
        /// The modulus.
        n: &'a [u8],
        /// The public exponent.
        e: &'a [u8],
        /// The private exponent.
        d: Option<&'a [u8]>,
        /// `d` modulo `p - 1`.
        dp: Option<&'a [u8]>,
        /// `d` modulo `q - 1`.
        dq: Option<&'a [u8]>,
        /// The inverse of `q` modulo `p`.
        qi: Option<&'a [u8]>,
        /// The first prime.
        p: Option<&'a [u8]>,
        /// The second prime.
        q: Option<&'a [u8]>,
    },
    /// A key on a curve.
    Ec {
        /// The curve.
        curve: Curve,
        /// The public point's first coordinate.
        x: &'a [u8],
        /// The public point's second coordinate.
        y: &'a [u8],
        /// The private number.
        d: &'a [u8],
    },
    /// A symmetric key.
    Oct {
        /// The key, every byte of which counts.
        k: &'a [u8],
    },
}

impl fmt::Debug for PrivateJwk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateJwk(..)")
    }
}

/// A number without its leading zeros.
pub(super) fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Writes a number into the end of a buffer of zeros.
pub(super) fn right_align(number: &[u8], buffer: &mut [u8]) -> Result<(), ImportError> {
    let number = without_leading_zeros(number);
    let start = buffer.len().checked_sub(number.len()).ok_or(ImportError::TooLong)?;
    buffer[start..].copy_from_slice(number);
    Ok(())
}
