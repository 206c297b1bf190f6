//! Block ciphers in CBC mode with the padding of PKCS #7.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit, KeyIvInit};
use des::TdesEde3;
use rc2::Rc2;
use zeroize::Zeroizing;

/// A block cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    /// Three-key DES. Old, but Windows still writes it.
    TripleDes,
    /// RC2 with an effective key of 128 bits.
    Rc2Wide,
    /// RC2 with an effective key of 40 bits, which protects nothing; tools used it for certificates.
    Rc2Narrow,
}

/// Key, initialisation vector or text do not fit, or the padding shows that the key is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CipherFailed;

impl Cipher {
    /// The bytes of a key.
    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::Aes128 | Self::Rc2Wide => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Rc2Narrow => 5,
        }
    }

    /// The bytes of an initialisation vector.
    pub(super) const fn block_length(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes | Self::Rc2Wide | Self::Rc2Narrow => 8,
        }
    }

    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], text: &[u8]) -> Result<Zeroizing<Vec<u8>>, CipherFailed> {
        match self {
            Self::Aes128 => aes(&AES_128, key, iv, text),
            Self::Aes192 => aes(&AES_192, key, iv, text),
            Self::Aes256 => aes(&AES_256, key, iv, text),
            Self::TripleDes => legacy::<TdesEde3>(key, iv, text),
            // The length of the key is also its effective length.
            Self::Rc2Wide | Self::Rc2Narrow => legacy::<Rc2>(key, iv, text),
        }
    }
}

/// Encrypts with three-key DES.
pub(super) fn encrypt_triple_des(key: &[u8], iv: &[u8], text: &[u8]) -> Result<Zeroizing<Vec<u8>>, CipherFailed> {
    let cipher = cbc::Encryptor::<TdesEde3>::new_from_slices(key, iv).map_err(|_| CipherFailed)?;
    let mut buffer = Zeroizing::new(vec![0; text.len() + Cipher::TripleDes.block_length()]);
    let length = cipher.encrypt_padded_b2b::<Pkcs7>(text, &mut buffer).map_err(|_| CipherFailed)?.len();
    buffer.truncate(length);
    Ok(buffer)
}

fn aes(algorithm: &'static Algorithm, key: &[u8], iv: &[u8], text: &[u8]) -> Result<Zeroizing<Vec<u8>>, CipherFailed> {
    let key = UnboundCipherKey::new(algorithm, key).map_err(|_| CipherFailed)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).map_err(|_| CipherFailed)?;
    let iv = <[u8; 16]>::try_from(iv).map_err(|_| CipherFailed)?;
    let mut buffer = Zeroizing::new(text.to_vec());
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let length = key.decrypt(&mut buffer, context).map_err(|_| CipherFailed)?.len();
    buffer.truncate(length);
    Ok(buffer)
}

fn legacy<C>(key: &[u8], iv: &[u8], text: &[u8]) -> Result<Zeroizing<Vec<u8>>, CipherFailed>
where
    C: BlockCipherDecrypt + KeyInit,
{
    let cipher = C::new_from_slice(key).map_err(|_| CipherFailed)?;
    let decryptor = cbc::Decryptor::<C>::inner_iv_slice_init(cipher, iv).map_err(|_| CipherFailed)?;
    let mut buffer = Zeroizing::new(text.to_vec());
    let length = decryptor.decrypt_padded::<Pkcs7>(&mut buffer).map_err(|_| CipherFailed)?.len();
    buffer.truncate(length);
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Cipher; 6] =
        [Cipher::Aes128, Cipher::Aes192, Cipher::Aes256, Cipher::TripleDes, Cipher::Rc2Wide, Cipher::Rc2Narrow];

    #[test]
    fn refuses_what_does_not_fit() {
        for cipher in ALL {
            let (key, iv) = (vec![1; cipher.key_length()], vec![2; cipher.block_length()]);
            for length in [0, 1, 7, 9, 15, 17] {
                assert!(cipher.decrypt(&key, &iv, &vec![3; length]).is_err(), "{cipher:?} {length}");
            }
            assert!(cipher.decrypt(&key, &iv[1..], &[3; 16]).is_err(), "{cipher:?}");
            assert!(cipher.decrypt(&[], &iv, &[3; 16]).is_err(), "{cipher:?}");
        }
    }

    #[test]
    fn decrypts_what_it_encrypted() {
        let (key, iv) = ([7; 24], [9; 8]);
        for length in 0..20 {
            let text = vec![5; length];
            let encrypted = encrypt_triple_des(&key, &iv, &text).unwrap();
            assert_eq!(*Cipher::TripleDes.decrypt(&key, &iv, &encrypted).unwrap(), text);
        }
    }
}
