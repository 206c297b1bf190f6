//! Private keys that sign certificates.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use zeroize::Zeroizing;

use super::kind::{Family, family, rsa_algorithm};
use super::{Curve, KeyError, PublicKey};
use crate::x509::der::{Malformed, Reader, bit_string, sequence};

/// A private key that signs certificates. Its parts have been checked against each other.
pub(in crate::x509) struct SigningKey {
    pair: Pair,
    public: PublicKey,
    algorithm: Vec<u8>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Curve, Box<EcdsaKeyPair>),
}

impl SigningKey {
    pub(in crate::x509) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = match pkcs8_family(pkcs8).map_err(|Malformed| KeyError::Malformed)? {
            Family::Rsa => Pair::rsa(pkcs8)?,
            Family::Ec(curve) => Pair::ec(curve, pkcs8)?,
            Family::Other => return Err(KeyError::Unsupported),
        };
        let public = PublicKey::from_spki(&pair.spki())?;
        if !public.kind().is_supported() {
            return Err(KeyError::Unsupported);
        }
        let algorithm = public.kind().signature_algorithm().ok_or(KeyError::Unsupported)?;
        Ok(Self { pair, public, algorithm })
    }

    /// The AlgorithmIdentifier of its signatures.
    pub(in crate::x509) fn algorithm(&self) -> &[u8] {
        &self.algorithm
    }

    pub(in crate::x509) const fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(in crate::x509) fn into_public(self) -> PublicKey {
        self.public
    }

    pub(in crate::x509) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        // Neither scheme takes the randomness: PKCS #1 v1.5 needs none, and ECDSA uses the library's own.
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| KeyError::Signing)?;
                Ok(signature)
            }
            Pair::Ec(_, pair) => {
                pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()).map_err(|_| KeyError::Signing)
            }
        }
    }

    /// The key as PKCS #8 in the form that every reader knows: version 1, with the public key and no attributes.
    pub(in crate::x509) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Malformed)?;
                Ok(Zeroizing::new(der.as_ref().to_vec()))
            }
            Pair::Ec(_, pair) => {
                let document = pair.to_pkcs8v1().map_err(|_| KeyError::Malformed)?;
                Ok(Zeroizing::new(document.as_ref().to_vec()))
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl Pair {
    fn rsa(pkcs8: &[u8]) -> Result<Self, KeyError> {
        RsaKeyPair::from_pkcs8(pkcs8).map(|pair| Self::Rsa(Box::new(pair))).map_err(|_| KeyError::Malformed)
    }

    fn ec(curve: Curve, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(curve.signing(), pkcs8);
        pair.map(|pair| Self::Ec(curve, Box::new(pair))).map_err(|_| KeyError::Malformed)
    }

    fn spki(&self) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => sequence(&[&rsa_algorithm(), &bit_string(pair.public_key().as_ref())]),
            Self::Ec(curve, pair) => sequence(&[&curve.algorithm(), &bit_string(pair.public_key().as_ref())]),
        }
    }
}

/// The algorithm of a PrivateKeyInfo (RFC 5208 section 5).
fn pkcs8_family(pkcs8: &[u8]) -> Result<Family, Malformed> {
    let mut reader = Reader::of_sequence(pkcs8)?;
    reader.small()?;
    family(&mut reader)
}
