//! A public key on an elliptic curve.

use aws_lc_rs::signature::ParsedPublicKey;
use portcullis_model::Curve;

use super::scheme::scheme;
use crate::material::error::{ImportError, OperationError};
use crate::material::jwk::right_align;

/// A point on a curve, parsed.
pub(in crate::material) struct EcPublicKey {
    curve: Curve,
    key: ParsedPublicKey,
}

impl EcPublicKey {
    /// Takes a point from its coordinates. The library checks that it is on the curve.
    pub(in crate::material) fn from_coordinates(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, ImportError> {
        Self::from_point(curve, &point(curve, x, y)?)
    }

    pub(in crate::material) fn from_point(curve: Curve, point: &[u8]) -> Result<Self, ImportError> {
        let key = ParsedPublicKey::new(scheme(curve).verifying, point).map_err(|_| ImportError::Inconsistent)?;
        Ok(Self { curve, key })
    }

    pub(in crate::material) const fn curve(&self) -> Curve {
        self.curve
    }

    pub(in crate::material) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<bool, OperationError> {
        let digest = scheme(self.curve).digest(digest)?;
        Ok(self.key.verify_digest_sig(&digest, signature).is_ok())
    }
}

/// A point in SEC 1's uncompressed form.
pub(super) fn point(curve: Curve, x: &[u8], y: &[u8]) -> Result<Vec<u8>, ImportError> {
    let length = curve.coordinate_length();
    let mut point = vec![0; 1 + 2 * length];
    point[0] = 4;
    let (first, second) = point[1..].split_at_mut(length);
    right_align(x, first)?;
    right_align(y, second)?;
    Ok(point)
}
