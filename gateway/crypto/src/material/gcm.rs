//! AES-GCM with a vault's key (NIST SP 800-38D).

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use portcullis_model::OctSize;
use zeroize::Zeroizing;

use super::error::{OperationError, Parameter};
use super::message::{Ciphertext, Encrypted, Plaintext, fixed, needed, unwanted};
use super::oct::OctKey;
use crate::random::{Random, array};

/// Encrypts under a vector made here: a vector that a caller chooses twice gives the authentication key away. One key
/// should not encrypt more than 2^32 values (NIST SP 800-38D section 8.3), which rotation sees to.
pub(super) fn encrypt(
    key: &OctKey,
    plaintext: &Plaintext<'_>,
    random: &dyn Random,
) -> Result<Encrypted, OperationError> {
    unwanted(plaintext.iv, Parameter::Iv)?;
    let iv: [u8; IV] = array(random)?;
    let mut value = Zeroizing::new(plaintext.value.to_vec());
    let aad = Aad::from(plaintext.aad.unwrap_or_default());
    let tag = ready(key)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), aad, &mut value)
        .map_err(|_| OperationError::Library)?;
    Ok(Encrypted {
        value: std::mem::take(&mut *value),
        iv: Some(iv.to_vec()),
        tag: Some(tag.as_ref().to_vec()),
        aad: plaintext.aad.map(<[u8]>::to_vec),
    })
}

pub(super) fn decrypt(key: &OctKey, ciphertext: &Ciphertext<'_>) -> Result<Zeroizing<Vec<u8>>, OperationError> {
    let nonce = Nonce::from(fixed::<IV>(ciphertext.iv, Parameter::Iv)?);
    let tag = needed(ciphertext.tag, Parameter::Tag)?;
    if tag.len() != TAG {
        // A shorter tag is a shorter proof: never accepted.
        return Err(OperationError::DecryptionFailed);
    }
    let aad = Aad::from(ciphertext.aad.unwrap_or_default());
    let mut value = Zeroizing::new(vec![0; ciphertext.value.len()]);
    ready(key)?
        .open_separate_gather(nonce, aad, ciphertext.value, tag, &mut value)
        .map_err(|_| OperationError::DecryptionFailed)?;
    Ok(value)
}

fn ready(key: &OctKey) -> Result<LessSafeKey, OperationError> {
    let algorithm = match key.size() {
        OctSize::Oct128 => &AES_128_GCM,
        OctSize::Oct192 => &AES_192_GCM,
        OctSize::Oct256 => &AES_256_GCM,
    };
    UnboundKey::new(algorithm, key.expose()).map(LessSafeKey::new).map_err(|_| OperationError::Library)
}

const IV: usize = 12;
const TAG: usize = 16;
