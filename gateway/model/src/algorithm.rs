//! The algorithms of key operations (RFC 7518 and Azure's additions), as rows of three tables.
//!
//! A row is the algorithm's name on the wire, compared exactly, and the keys that it fits. What an algorithm does is
//! known to crypto.

mod encryption;
mod signature;
mod wrap;

pub use encryption::EncryptionAlgorithm;
pub use signature::SignatureAlgorithm;
pub use wrap::WrapAlgorithm;

/// Makes an enum of algorithms out of rows `Variant = "wire name" for pattern of the key specs it fits,`.
macro_rules! algorithms {
    ($(#[doc = $enum_doc:literal])+ $name:ident, $what:literal:
        $($(#[doc = $doc:literal])+ $variant:ident = $wire:literal for $fits:pat,)+) => {
        crate::wire_names::wire_names! {
            $(#[doc = $enum_doc])+
            $name, $what:
            $($(#[doc = $doc])+ $variant = $wire;)+
        }

        impl $name {
            /// Whether a key can be used with the algorithm: its type, and its curve or size where they matter.
            #[must_use]
            pub const fn fits(self, spec: &crate::KeySpec) -> bool {
                match self {
                    $(Self::$variant => matches!(spec, $fits),)+
                }
            }
        }
    };
}

use algorithms;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Curve, KeySpec, OctSize, RsaSize};

    const OCT: [KeySpec; 3] =
        [KeySpec::Oct(OctSize::Oct128), KeySpec::Oct(OctSize::Oct192), KeySpec::Oct(OctSize::Oct256)];

    fn count(fits: impl Fn(&KeySpec) -> bool) -> usize {
        let rsa = KeySpec::Rsa(RsaSize::Rsa2048);
        let curves = Curve::ALL.iter().map(|curve| KeySpec::Ec(*curve));
        curves.chain(OCT).chain([rsa]).filter(|spec| fits(spec)).count()
    }

    #[test]
    fn names_are_found_again_and_compared_exactly() {
        for algorithm in SignatureAlgorithm::ALL {
            assert_eq!(algorithm.as_str().parse(), Ok(*algorithm));
        }
        for algorithm in EncryptionAlgorithm::ALL {
            assert_eq!(algorithm.as_str().parse(), Ok(*algorithm));
        }
        for algorithm in WrapAlgorithm::ALL {
            assert_eq!(algorithm.as_str().parse(), Ok(*algorithm));
        }
        for other in ["", "rs256", "RS256 ", "RS1", "none", "RSA_OAEP"] {
            assert!(other.parse::<SignatureAlgorithm>().is_err(), "{other}");
            assert!(other.parse::<EncryptionAlgorithm>().is_err(), "{other}");
        }
    }

    #[test]
    fn signatures_of_a_curve_fit_that_curve_only() {
        for (algorithm, curve) in [
            (SignatureAlgorithm::Es256, Curve::P256),
            (SignatureAlgorithm::Es256k, Curve::P256K),
            (SignatureAlgorithm::Es384, Curve::P384),
            (SignatureAlgorithm::Es512, Curve::P521),
        ] {
            assert!(algorithm.fits(&KeySpec::Ec(curve)));
            assert_eq!(count(|spec| algorithm.fits(spec)), 1);
        }
    }

    #[test]
    fn ciphers_of_a_size_fit_that_size_only() {
        for algorithm in EncryptionAlgorithm::ALL {
            assert_eq!(count(|spec| algorithm.fits(spec)), 1, "{algorithm}");
        }
        assert!(WrapAlgorithm::A192Kw.fits(&OCT[1]) && !WrapAlgorithm::A192Kw.fits(&OCT[2]));
        assert_eq!(count(|spec| WrapAlgorithm::CkmAesKeyWrap.fits(spec)), OCT.len());
    }
}
