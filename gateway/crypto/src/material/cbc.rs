//! AES-CBC with a vault's key (NIST SP 800-38A section 6.2), with and without padding. Nothing is authenticated.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use portcullis_model::OctSize;
use subtle::{ConstantTimeEq, ConstantTimeGreater};
use zeroize::Zeroizing;

use super::error::{OperationError, Parameter};
use super::message::{Ciphertext, Encrypted, Plaintext, fixed, unwanted};
use super::oct::OctKey;

/// How a value becomes whole blocks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Padding {
    /// It is whole blocks already.
    None,
    /// By PKCS #7 (RFC 5652 section 6.3).
    Pkcs7,
}

pub(super) fn encrypt(key: &OctKey, padding: Padding, plaintext: &Plaintext<'_>) -> Result<Encrypted, OperationError> {
    unwanted(plaintext.aad, Parameter::Aad)?;
    let iv = fixed::<BLOCK>(plaintext.iv, Parameter::Iv)?;
    let mut value = padded(padding, plaintext.value)?;
    EncryptingKey::cbc(ready(key)?)
        .and_then(|key| key.less_safe_encrypt(&mut value, EncryptionContext::Iv128(FixedLength::from(iv))))
        .map_err(|_| OperationError::Library)?;
    Ok(Encrypted { value: std::mem::take(&mut *value), iv: Some(iv.to_vec()), tag: None, aad: None })
}

pub(super) fn decrypt(
    key: &OctKey,
    padding: Padding,
    ciphertext: &Ciphertext<'_>,
) -> Result<Zeroizing<Vec<u8>>, OperationError> {
    unwanted(ciphertext.aad, Parameter::Aad)?;
    unwanted(ciphertext.tag, Parameter::Tag)?;
    let iv = fixed::<BLOCK>(ciphertext.iv, Parameter::Iv)?;
    let mut value = Zeroizing::new(ciphertext.value.to_vec());
    DecryptingKey::cbc(ready(key)?)
        .map_err(|_| OperationError::Library)?
        .decrypt(&mut value, DecryptionContext::Iv128(FixedLength::from(iv)))
        .map_err(|_| OperationError::DecryptionFailed)?;
    let length = match padding {
        Padding::None => value.len(),
        Padding::Pkcs7 => unpadded_length(&value)?,
    };
    value.truncate(length);
    Ok(value)
}

fn padded(padding: Padding, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, OperationError> {
    // Room for the padding from the start: a vector that grows leaves its old bytes behind.
    let mut padded = Zeroizing::new(Vec::with_capacity(value.len() + BLOCK));
    padded.extend_from_slice(value);
    match padding {
        Padding::None if value.len().is_multiple_of(BLOCK) => {}
        Padding::None => return Err(OperationError::ValueLength),
        Padding::Pkcs7 => {
            let missing = BLOCK - value.len() % BLOCK;
            let byte = u8::try_from(missing).map_err(|_| OperationError::Library)?;
            padded.resize(value.len() + missing, byte);
        }
    }
    Ok(padded)
}

/// The length without the padding. Looks at all sixteen last bytes alike, so that the time says only whether the
/// padding was good, as the answer does; the library's own check stops at the first byte that is wrong.
fn unpadded_length(value: &[u8]) -> Result<usize, OperationError> {
    let last: &[u8; BLOCK] = value.last_chunk().ok_or(OperationError::DecryptionFailed)?;
    let padding = last[BLOCK - 1];
    let mut good = padding.ct_gt(&0) & !padding.ct_gt(&16);
    for (distance, byte) in (0..16_u8).zip(last.iter().rev()) {
        good &= !padding.ct_gt(&distance) | byte.ct_eq(&padding);
    }
    if bool::from(good) { Ok(value.len() - usize::from(padding)) } else { Err(OperationError::DecryptionFailed) }
}

fn ready(key: &OctKey) -> Result<UnboundCipherKey, OperationError> {
    let algorithm = match key.size() {
        OctSize::Oct128 => &AES_128,
        OctSize::Oct192 => &AES_192,
        OctSize::Oct256 => &AES_256,
    };
    UnboundCipherKey::new(algorithm, key.expose()).map_err(|_| OperationError::Library)
}

const BLOCK: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_every_good_padding_off() {
        for length in 0..=48_usize {
            let value = vec![0xa5; length];
            let padded = padded(Padding::Pkcs7, &value).unwrap();
            assert!(padded.len().is_multiple_of(BLOCK) && padded.len() > length);
            assert_eq!(unpadded_length(&padded), Ok(length));
        }
    }

    #[test]
    fn refuses_every_other_last_block() {
        let failed = Err(OperationError::DecryptionFailed);
        assert_eq!(unpadded_length(&[]), failed);
        assert_eq!(unpadded_length(&[1; 15]), failed);
        for last in [0].into_iter().chain(17..=255) {
            assert_eq!(unpadded_length(&[last; BLOCK]), failed, "{last}");
        }
        for padding in 2..=16_u8 {
            for wrong in 1..usize::from(padding) {
                let mut block = [padding; BLOCK];
                block[BLOCK - 1 - wrong] ^= 0x80;
                assert_eq!(unpadded_length(&block), failed, "{padding} {wrong}");
            }
        }
    }
}
