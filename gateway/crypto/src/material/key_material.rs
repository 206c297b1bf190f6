//! A vault's key, ready for use.

use std::fmt;

use portcullis_model::{Curve, EncryptionAlgorithm, KeySpec, SignatureAlgorithm, WrapAlgorithm};
use x509_parser::der_parser::asn1_rs::{Any, FromDer};
use zeroize::Zeroizing;

use super::ec::EcKey;
use super::error::{ImportError, KeyError, OperationError, Parameter};
use super::jwk::{PrivateJwk, PublicJwk};
use super::message::{Ciphertext, Encrypted, Plaintext, unwanted};
use super::oct::OctKey;
use super::rsa::{self, PrivateNumbers, RsaKey};
use super::{cbc, gcm, hmac, key_wrap};
use crate::random::Random;

/// A private or symmetric key, parsed and checked, kept for many operations. It shows nothing of itself, cannot be
/// copied, and is wiped when dropped.
///
/// Every operation is a computation that blocks: a signature with RSA takes from half a millisecond to several, the
/// making of an RSA key up to seconds.
///
/// ```compile_fail
/// fn copy(key: &portcullis_crypto::material::KeyMaterial) -> portcullis_crypto::material::KeyMaterial {
///     key.clone()
/// }
/// ```
pub struct KeyMaterial(Kind);

enum Kind {
    Rsa(RsaKey),
    Ec(EcKey),
    Oct(OctKey),
}

impl KeyMaterial {
    /// Makes a new key. The numbers of RSA and EC come from aws-lc's own generator, which the operating system seeds;
    /// `random` gives symmetric keys.
    pub fn generate(spec: KeySpec, random: &dyn Random) -> Result<Self, KeyError> {
        Ok(Self(match spec {
            KeySpec::Rsa(size) => Kind::Rsa(RsaKey::generate(size)?),
            KeySpec::Ec(curve) => Kind::Ec(EcKey::generate(curve)?),
            KeySpec::Oct(size) => Kind::Oct(OctKey::generate(size, random)?),
        }))
    }

    /// Takes a key from the members of a JSON Web Key, and checks that they belong together. That the primes of an RSA
    /// key are prime is not checked.
    pub fn import(jwk: &PrivateJwk<'_>) -> Result<Self, ImportError> {
        match *jwk {
            PrivateJwk::Rsa { n, e, d, dp, dq, qi, p, q } => {
                let (Some(d), Some(dp), Some(dq), Some(qi), Some(p), Some(q)) = (d, dp, dq, qi, p, q) else {
                    return Err(ImportError::IncompleteRsa);
                };
                RsaKey::from_numbers(n, e, &PrivateNumbers { d, dp, dq, qi, p, q }).map(Kind::Rsa)
            }
            PrivateJwk::Ec { curve, x, y, d } => EcKey::from_numbers(curve, x, y, d).map(Kind::Ec),
            PrivateJwk::Oct { k } => OctKey::from_bytes(k).map(Kind::Oct),
        }
        .map(Self)
    }

    /// Takes an RSA or EC key out of a PKCS #8 document (RFC 5208), and checks it.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, ImportError> {
        one_der_value(der)?;
        match RsaKey::from_pkcs8(der) {
            Ok(key) => return Ok(Self(Kind::Rsa(key))),
            Err(ImportError::Malformed) => {}
            Err(error) => return Err(error),
        }
        let on_curve = |curve: &Curve| EcKey::from_pkcs8(*curve, der).ok();
        Curve::ALL.iter().find_map(on_curve).map(|key| Self(Kind::Ec(key))).ok_or(ImportError::Malformed)
    }

    /// The key as a PKCS #8 document; `None` for a symmetric key.
    #[must_use]
    pub fn to_pkcs8(&self) -> Option<Zeroizing<Vec<u8>>> {
        match &self.0 {
            Kind::Rsa(key) => Some(key.to_pkcs8()),
            Kind::Ec(key) => Some(key.to_pkcs8()),
            Kind::Oct(_) => None,
        }
    }

    /// Reads what [`KeyMaterial::to_stored`] wrote for a key of the same spec.
    pub fn from_stored(spec: KeySpec, stored: &[u8]) -> Result<Self, ImportError> {
        let key = Self(match spec {
            KeySpec::Rsa(_) => Kind::Rsa(RsaKey::from_pkcs8(one_der_value(stored)?)?),
            KeySpec::Ec(curve) => Kind::Ec(EcKey::from_pkcs8(curve, one_der_value(stored)?)?),
            KeySpec::Oct(_) => Kind::Oct(OctKey::from_bytes(stored)?),
        });
        if key.spec() == spec { Ok(key) } else { Err(ImportError::OtherSpec) }
    }

    /// The key as it is kept, to be sealed: PKCS #8 for RSA and EC, the bare bytes of a symmetric key.
    #[must_use]
    pub fn to_stored(&self) -> Zeroizing<Vec<u8>> {
        match &self.0 {
            Kind::Rsa(key) => key.to_pkcs8(),
            Kind::Ec(key) => key.to_pkcs8(),
            Kind::Oct(key) => Zeroizing::new(key.expose().to_vec()),
        }
    }

    /// What kind of key it is.
    #[must_use]
    pub const fn spec(&self) -> KeySpec {
        match &self.0 {
            Kind::Rsa(key) => KeySpec::Rsa(key.size()),
            Kind::Ec(key) => KeySpec::Ec(key.curve()),
            Kind::Oct(key) => KeySpec::Oct(key.size()),
        }
    }

    /// What the world may know of it.
    #[must_use]
    pub fn public(&self) -> PublicJwk {
        match &self.0 {
            Kind::Rsa(key) => key.public(),
            Kind::Ec(key) => key.public(),
            Kind::Oct(_) => PublicJwk::Oct,
        }
    }

    /// The public key as a certificate holds it, a DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7); `None` for a
    /// symmetric key.
    #[must_use]
    pub fn public_key_info(&self) -> Option<Vec<u8>> {
        match &self.0 {
            Kind::Rsa(key) => Some(key.public_key_info()),
            Kind::Ec(key) => Some(key.public_key_info()),
            Kind::Oct(_) => None,
        }
    }

    /// Signs a digest, which must be as long as the algorithm's hash; HS* authenticate a value of any length.
    pub fn sign(&self, algorithm: SignatureAlgorithm, digest: &[u8]) -> Result<Vec<u8>, OperationError> {
        permit(algorithm.fits(&self.spec()))?;
        match &self.0 {
            Kind::Rsa(key) => key.sign(algorithm, digest),
            Kind::Ec(key) => key.sign(digest),
            Kind::Oct(key) => hmac::sign(key, algorithm, digest),
        }
    }

    /// Whether a signature is one of the digest under this key. A signature of any other form or length is not one; a
    /// digest of the wrong length is an error.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, OperationError> {
        permit(algorithm.fits(&self.spec()))?;
        match &self.0 {
            Kind::Rsa(key) => key.verify(algorithm, digest, signature),
            Kind::Ec(key) => key.verify(digest, signature),
            Kind::Oct(key) => hmac::verify(key, algorithm, digest, signature),
        }
    }

    /// Encrypts a value.
    pub fn encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        plaintext: &Plaintext<'_>,
        random: &dyn Random,
    ) -> Result<Encrypted, OperationError> {
        permit(algorithm.fits(&self.spec()))?;
        match (&self.0, Method::from(algorithm)) {
            (Kind::Rsa(key), Method::Rsa(padding)) => {
                unwanted(plaintext.iv, Parameter::Iv)?;
                unwanted(plaintext.aad, Parameter::Aad)?;
                key.encrypt(padding, plaintext.value).map(Encrypted::value)
            }
            (Kind::Oct(key), Method::Gcm) => gcm::encrypt(key, plaintext, random),
            (Kind::Oct(key), Method::Cbc(padding)) => cbc::encrypt(key, padding, plaintext),
            _ => Err(OperationError::WrongAlgorithm),
        }
    }

    /// Decrypts a value. What goes wrong inside is [`OperationError::DecryptionFailed`], whatever it was.
    pub fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &Ciphertext<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, OperationError> {
        permit(algorithm.fits(&self.spec()))?;
        match (&self.0, Method::from(algorithm)) {
            (Kind::Rsa(key), Method::Rsa(padding)) => {
                unwanted(ciphertext.iv, Parameter::Iv)?;
                unwanted(ciphertext.tag, Parameter::Tag)?;
                unwanted(ciphertext.aad, Parameter::Aad)?;
                key.decrypt(padding, ciphertext.value)
            }
            (Kind::Oct(key), Method::Gcm) => gcm::decrypt(key, ciphertext),
            (Kind::Oct(key), Method::Cbc(padding)) => cbc::decrypt(key, padding, ciphertext),
            _ => Err(OperationError::WrongAlgorithm),
        }
    }

    /// Wraps another key.
    pub fn wrap(&self, algorithm: WrapAlgorithm, value: &[u8]) -> Result<Vec<u8>, OperationError> {
        permit(algorithm.fits(&self.spec()))?;
        match (&self.0, Wrapping::from(algorithm)) {
            (Kind::Rsa(key), Wrapping::Rsa(padding)) => key.encrypt(padding, value),
            (Kind::Oct(key), Wrapping::Aes(form)) => key_wrap::wrap(key, form, value),
            _ => Err(OperationError::WrongAlgorithm),
        }
    }

    /// Unwraps another key. What goes wrong inside is [`OperationError::DecryptionFailed`], whatever it was.
    pub fn unwrap(&self, algorithm: WrapAlgorithm, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, OperationError> {
        permit(algorithm.fits(&self.spec()))?;
        match (&self.0, Wrapping::from(algorithm)) {
            (Kind::Rsa(key), Wrapping::Rsa(padding)) => key.decrypt(padding, wrapped),
            (Kind::Oct(key), Wrapping::Aes(form)) => key_wrap::unwrap(key, form, wrapped),
            _ => Err(OperationError::WrongAlgorithm),
        }
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaterial(..)")
    }
}

/// How to encrypt, once the size is known to fit.
enum Method {
    Rsa(rsa::Padding),
    Gcm,
    Cbc(cbc::Padding),
}

impl From<EncryptionAlgorithm> for Method {
    fn from(algorithm: EncryptionAlgorithm) -> Self {
        use EncryptionAlgorithm as Alg;
        match algorithm {
            Alg::RsaOaep256 => Self::Rsa(rsa::Padding::OaepSha256),
            Alg::RsaOaep => Self::Rsa(rsa::Padding::OaepSha1),
            Alg::Rsa15 => Self::Rsa(rsa::Padding::Pkcs1),
            Alg::A128Gcm | Alg::A192Gcm | Alg::A256Gcm => Self::Gcm,
            Alg::A128Cbc | Alg::A192Cbc | Alg::A256Cbc => Self::Cbc(cbc::Padding::None),
            Alg::A128CbcPad | Alg::A192CbcPad | Alg::A256CbcPad => Self::Cbc(cbc::Padding::Pkcs7),
        }
    }
}

/// How to wrap, once the size is known to fit.
enum Wrapping {
    Rsa(rsa::Padding),
    Aes(key_wrap::Form),
}

impl From<WrapAlgorithm> for Wrapping {
    fn from(algorithm: WrapAlgorithm) -> Self {
        use WrapAlgorithm as Alg;
        match algorithm {
            Alg::RsaOaep256 => Self::Rsa(rsa::Padding::OaepSha256),
            Alg::RsaOaep => Self::Rsa(rsa::Padding::OaepSha1),
            Alg::Rsa15 => Self::Rsa(rsa::Padding::Pkcs1),
            Alg::A128Kw | Alg::A192Kw | Alg::A256Kw | Alg::CkmAesKeyWrap => Self::Aes(key_wrap::Form::Exact),
            Alg::CkmAesKeyWrapPad => Self::Aes(key_wrap::Form::Padded),
        }
    }
}

const fn permit(fits: bool) -> Result<(), OperationError> {
    if fits { Ok(()) } else { Err(OperationError::WrongAlgorithm) }
}

/// Bytes that are one DER value and nothing after it, which the library would not notice.
fn one_der_value(der: &[u8]) -> Result<&[u8], ImportError> {
    match Any::from_der(der) {
        Ok(([], _)) => Ok(der),
        Ok(_) | Err(_) => Err(ImportError::Malformed),
    }
}
