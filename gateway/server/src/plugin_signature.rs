//! Signatures of components: who signed them, and whether that is enough.

use portcullis_crypto::{Ed25519PublicKey, Ed25519Signature};
use portcullis_model::ComponentDigest;

/// Whose signatures are trusted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    /// Whether there must be one.
    pub(crate) required: bool,
    /// The keys, each of which is enough.
    pub(crate) keys: Vec<Ed25519PublicKey>,
}

/// Why a signature is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Untrusted {
    #[error(
        "the component is not signed, and this gateway takes signed ones only: sign it with `portcullis plugin sign`"
    )]
    Unsigned,
    #[error("the signature cannot be read: it is what `portcullis plugin sign` writes, 86 characters of base64url")]
    Malformed,
    #[error("the signature is not of this component by a key that this gateway trusts (`[plugins] trusted_keys`)")]
    NotOfTrustedKey,
}

impl Trust {
    /// Whether a component may be installed with a signature, or without one. A signature that is given must be good, also
    /// where none is needed.
    pub(crate) fn check(&self, digest: ComponentDigest, signature: Option<&str>) -> Result<(), Untrusted> {
        let Some(text) = signature else { return if self.required { Err(Untrusted::Unsigned) } else { Ok(()) } };
        let signature: Ed25519Signature = text.parse().map_err(|_| Untrusted::Malformed)?;
        let message = message(digest);
        if self.keys.iter().any(|key| key.verifies(&message, &signature)) {
            Ok(())
        } else {
            Err(Untrusted::NotOfTrustedKey)
        }
    }
}

/// What is signed: the digest, and what it is one of, so that nothing else that a key signs is taken for it.
pub(crate) fn message(digest: ComponentDigest) -> Vec<u8> {
    format!("portcullis plugin component\nsha256:{digest}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use portcullis_crypto::{Ed25519Key, SystemRandom};

    use super::*;

    #[test]
    fn takes_what_a_trusted_key_signed_and_nothing_else() {
        let random = SystemRandom::new();
        let (key, other) = (Ed25519Key::generate(&random).unwrap(), Ed25519Key::generate(&random).unwrap());
        let (digest, another) = (ComponentDigest::from_bytes([1; 32]), ComponentDigest::from_bytes([2; 32]));
        let (good, strange) = (key.sign(&message(digest)).to_string(), other.sign(&message(digest)).to_string());
        let bare = key.sign(digest.as_bytes()).to_string();
        for required in [false, true] {
            let trust = Trust { required, keys: vec![key.public()] };
            assert_eq!(trust.check(digest, Some(&good)), Ok(()));
            assert_eq!(trust.check(another, Some(&good)), Err(Untrusted::NotOfTrustedKey));
            assert_eq!(trust.check(digest, Some(&strange)), Err(Untrusted::NotOfTrustedKey));
            assert_eq!(trust.check(digest, Some(&bare)), Err(Untrusted::NotOfTrustedKey), "the bare digest");
            assert_eq!(trust.check(digest, Some("")), Err(Untrusted::Malformed));
            assert_eq!(trust.check(digest, None), if required { Err(Untrusted::Unsigned) } else { Ok(()) });
        }
    }
}
