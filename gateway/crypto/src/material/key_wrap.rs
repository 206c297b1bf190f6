//! AES key wrap with a vault's key (RFC 3394), and with padding (RFC 5649); NIST SP 800-38F's KW and KWP.

use aes_kw::aes::{Aes128, Aes192, Aes256};
use aes_kw::cipher::consts::U16;
use aes_kw::cipher::{BlockCipherDecrypt, BlockCipherEncrypt};
use aes_kw::{AesKw, AesKwp, KeyInit};
use portcullis_model::OctSize;
use zeroize::Zeroizing;

use super::error::OperationError;
use super::oct::OctKey;

/// Which of the two.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// RFC 3394: at least two whole half blocks.
    Exact,
    /// RFC 5649: any length but zero.
    Padded,
}

pub(super) fn wrap(key: &OctKey, form: Form, value: &[u8]) -> Result<Vec<u8>, OperationError> {
    // The library would send a value of less than one half block through unencrypted.
    let fits = match form {
        Form::Exact => value.len() >= 2 * HALF_BLOCK && value.len().is_multiple_of(HALF_BLOCK),
        Form::Padded => !value.is_empty(),
    };
    if !fits {
        return Err(OperationError::ValueLength);
    }
    match key.size() {
        OctSize::Oct128 => wrap_with::<Aes128>(key.expose(), form, value),
        OctSize::Oct192 => wrap_with::<Aes192>(key.expose(), form, value),
        OctSize::Oct256 => wrap_with::<Aes256>(key.expose(), form, value),
    }
    .map_err(|_| OperationError::Library)
}

pub(super) fn unwrap(key: &OctKey, form: Form, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, OperationError> {
    let shortest = match form {
        Form::Exact => 3 * HALF_BLOCK,
        Form::Padded => 2 * HALF_BLOCK,
    };
    if wrapped.len() < shortest {
        return Err(OperationError::DecryptionFailed);
    }
    match key.size() {
        OctSize::Oct128 => unwrap_with::<Aes128>(key.expose(), form, wrapped),
        OctSize::Oct192 => unwrap_with::<Aes192>(key.expose(), form, wrapped),
        OctSize::Oct256 => unwrap_with::<Aes256>(key.expose(), form, wrapped),
    }
    .map_err(|_| OperationError::DecryptionFailed)
}

fn wrap_with<C>(key: &[u8], form: Form, value: &[u8]) -> Result<Vec<u8>, Failed>
where
    C: KeyInit + BlockCipherEncrypt<BlockSize = U16>,
{
    let mut wrapped = vec![0; value.len().next_multiple_of(HALF_BLOCK) + HALF_BLOCK];
    let result = match form {
        Form::Exact => AesKw::<C>::new_from_slice(key).map_err(|_| Failed)?.wrap_key(value, &mut wrapped),
        Form::Padded => AesKwp::<C>::new_from_slice(key).map_err(|_| Failed)?.wrap_key(value, &mut wrapped),
    };
    result.map_err(|_| Failed)?;
    Ok(wrapped)
}

fn unwrap_with<C>(key: &[u8], form: Form, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failed>
where
    C: KeyInit + BlockCipherDecrypt<BlockSize = U16>,
{
    let mut value = Zeroizing::new(vec![0; wrapped.len()]);
    let result = match form {
        Form::Exact => AesKw::<C>::new_from_slice(key).map_err(|_| Failed)?.unwrap_key(wrapped, &mut value),
        Form::Padded => AesKwp::<C>::new_from_slice(key).map_err(|_| Failed)?.unwrap_key(wrapped, &mut value),
    };
    let length = result.map_err(|_| Failed)?.len();
    value.truncate(length);
    Ok(value)
}

/// The library said no.
struct Failed;

const HALF_BLOCK: usize = 8;
