//! HMAC with a vault's key: HS256, HS384, HS512 (RFC 7518 section 3.2).

use aws_lc_rs::hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512, Key};
use portcullis_model::SignatureAlgorithm;

use super::error::OperationError;
use super::oct::OctKey;

/// The tag of a value of any length. The reference does not say whether the value is the message or its digest.
pub(super) fn sign(key: &OctKey, algorithm: SignatureAlgorithm, value: &[u8]) -> Result<Vec<u8>, OperationError> {
    let key = ready(key, algorithm)?;
    Ok(hmac::sign(&key, value).as_ref().to_vec())
}

/// Whether a tag is the value's, in a time that tells nothing of the right one.
pub(super) fn verify(
    key: &OctKey,
    algorithm: SignatureAlgorithm,
    value: &[u8],
    tag: &[u8],
) -> Result<bool, OperationError> {
    let key = ready(key, algorithm)?;
    Ok(hmac::verify(&key, value, tag).is_ok())
}

/// aws-lc-rs's HMAC wipes its key when dropped, which ring's does not.
fn ready(key: &OctKey, algorithm: SignatureAlgorithm) -> Result<Key, OperationError> {
    use SignatureAlgorithm as Alg;
    let hash = match algorithm {
        Alg::Hs256 => HMAC_SHA256,
        Alg::Hs384 => HMAC_SHA384,
        Alg::Hs512 => HMAC_SHA512,
        Alg::Rs256 | Alg::Rs384 | Alg::Rs512 | Alg::Ps256 | Alg::Ps384 | Alg::Ps512 | Alg::RsNull => {
            return Err(OperationError::WrongAlgorithm);
        }
        Alg::Es256 | Alg::Es256k | Alg::Es384 | Alg::Es512 => return Err(OperationError::WrongAlgorithm),
    };
    Ok(Key::new(hash, key.expose()))
}
