//! What kind of key: type with size or curve.

use crate::wire_names::wire_names;

wire_names! {
    /// The type of a key. Types with the suffix `-HSM` say where a key is kept and are the API's affair.
    KeyType, "a key type":
    /// An RSA key pair.
    Rsa = "RSA";
    /// A key pair on an elliptic curve.
    Ec = "EC";
    /// A symmetric key.
    Oct = "oct";
}

wire_names! {
    /// An elliptic curve.
    Curve, "a curve":
    /// NIST P-256, secp256r1.
    P256 = "P-256";
    /// NIST P-384, secp384r1.
    P384 = "P-384";
    /// NIST P-521, secp521r1.
    P521 = "P-521";
    /// secp256k1, by the name that Azure gives it (RFC 8812 calls it `secp256k1`).
    P256K = "P-256K";
}

impl Curve {
    /// The length in bytes of a coordinate, and of the private number.
    #[must_use]
    pub const fn coordinate_length(self) -> usize {
        match self {
            Self::P256 | Self::P256K => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// Makes an enum of sizes out of rows `Variant = bits;`.
macro_rules! sizes {
    ($(#[doc = $enum_doc:literal])+ $name:ident: $($(#[doc = $doc:literal])+ $variant:ident = $bits:literal;)+) => {
        $(#[doc = $enum_doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl $name {
            /// All of them, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The size of so many bits, if it is one of them.
            #[must_use]
            pub const fn from_bits(bits: usize) -> Option<Self> {
                match bits {
                    $($bits => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The size in bits.
            #[must_use]
            pub const fn bits(self) -> usize {
                match self {
                    $(Self::$variant => $bits,)+
                }
            }

            /// The size in bytes.
            #[must_use]
            pub const fn bytes(self) -> usize {
                self.bits() / 8
            }
        }
    };
}

sizes! {
    /// The size of an RSA key's modulus.
    RsaSize:
    /// 2048 bits.
    Rsa2048 = 2048;
    /// 3072 bits.
    Rsa3072 = 3072;
    /// 4096 bits.
    Rsa4096 = 4096;
}

sizes! {
    /// The size of a symmetric key.
    OctSize:
    /// 128 bits.
    Oct128 = 128;
    /// 192 bits.
    Oct192 = 192;
    /// 256 bits.
    Oct256 = 256;
}

/// What kind of key: its type with its size or curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeySpec {
    /// An RSA key pair.
    Rsa(RsaSize),
    /// A key pair on an elliptic curve.
    Ec(Curve),
    /// A symmetric key.
    Oct(OctSize),
}

impl KeySpec {
    /// The type alone.
    #[must_use]
    pub const fn key_type(self) -> KeyType {
        match self {
            Self::Rsa(_) => KeyType::Rsa,
            Self::Ec(_) => KeyType::Ec,
            Self::Oct(_) => KeyType::Oct,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again_and_compared_exactly() {
        for curve in Curve::ALL {
            assert_eq!(curve.as_str().parse(), Ok(*curve));
        }
        for key_type in KeyType::ALL {
            assert_eq!(key_type.as_str().parse(), Ok(*key_type));
        }
        for other in ["", "p-256", "P256", "secp256k1", "SECP256K1"] {
            assert!(other.parse::<Curve>().is_err(), "{other}");
        }
        assert!("OCT".parse::<KeyType>().is_err());
    }

    #[test]
    fn sizes_are_found_again_by_their_bits() {
        for size in RsaSize::ALL {
            assert_eq!(RsaSize::from_bits(size.bits()), Some(*size));
            assert_eq!(RsaSize::from_bits(size.bits() + 1), None);
        }
        for size in OctSize::ALL {
            assert_eq!(OctSize::from_bits(size.bits()), Some(*size));
            assert_eq!(OctSize::from_bits(size.bytes()), None);
        }
    }
}
