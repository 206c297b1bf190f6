//! RSASSA-PKCS1-v1_5 and RSASSA-PSS over digests (RFC 8017 section 8).

use aws_lc_rs::digest::{self, Digest, SHA256, SHA384, SHA512};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair, RsaParameters, RsaSignatureEncoding, UnparsedPublicKey,
};
use portcullis_model::SignatureAlgorithm;

use crate::material::error::OperationError;

pub(super) fn sign(pair: &RsaKeyPair, algorithm: SignatureAlgorithm, digest: &[u8]) -> Result<Vec<u8>, OperationError> {
    let scheme = scheme(algorithm)?;
    let digest = scheme.digest(digest)?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign_digest(scheme.signing, &digest, &mut signature).map_err(|_| OperationError::Library)?;
    Ok(signature)
}

/// Takes the public key in its DER form.
pub(super) fn verify(
    key: &[u8],
    algorithm: SignatureAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, OperationError> {
    let scheme = scheme(algorithm)?;
    let digest = scheme.digest(digest)?;
    let public = UnparsedPublicKey::new(scheme.verifying, key);
    Ok(public.verify_digest(&digest, signature).is_ok())
}

/// What the library calls an algorithm. Its salt for PSS is as long as the hash, in signing and in verifying.
struct Scheme {
    signing: &'static RsaSignatureEncoding,
    verifying: &'static RsaParameters,
    hash: &'static digest::Algorithm,
}

impl Scheme {
    const fn new(
        signing: &'static RsaSignatureEncoding,
        verifying: &'static RsaParameters,
        hash: &'static digest::Algorithm,
    ) -> Self {
        Self { signing, verifying, hash }
    }

    fn digest(&self, digest: &[u8]) -> Result<Digest, OperationError> {
        Digest::import_less_safe(digest, self.hash)
            .map_err(|_| OperationError::DigestLength { expected: self.hash.output_len() })
    }
}

fn scheme(algorithm: SignatureAlgorithm) -> Result<Scheme, OperationError> {
    use SignatureAlgorithm as Alg;
    match algorithm {
        Alg::Rs256 => Ok(Scheme::new(&RSA_PKCS1_SHA256, &RSA_PKCS1_2048_8192_SHA256, &SHA256)),
        Alg::Rs384 => Ok(Scheme::new(&RSA_PKCS1_SHA384, &RSA_PKCS1_2048_8192_SHA384, &SHA384)),
        Alg::Rs512 => Ok(Scheme::new(&RSA_PKCS1_SHA512, &RSA_PKCS1_2048_8192_SHA512, &SHA512)),
        Alg::Ps256 => Ok(Scheme::new(&RSA_PSS_SHA256, &RSA_PSS_2048_8192_SHA256, &SHA256)),
        Alg::Ps384 => Ok(Scheme::new(&RSA_PSS_SHA384, &RSA_PSS_2048_8192_SHA384, &SHA384)),
        Alg::Ps512 => Ok(Scheme::new(&RSA_PSS_SHA512, &RSA_PSS_2048_8192_SHA512, &SHA512)),
        // The library signs nothing without the name of its hash.
        Alg::RsNull => Err(OperationError::Unsupported),
        Alg::Es256 | Alg::Es256k | Alg::Es384 | Alg::Es512 => Err(OperationError::WrongAlgorithm),
        Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => Err(OperationError::WrongAlgorithm),
    }
}
