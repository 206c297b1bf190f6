//! A symmetric key.

use portcullis_model::OctSize;
use zeroize::Zeroizing;

use super::error::{ImportError, KeyError};
use crate::random::Random;

/// The bytes of a symmetric key, wiped when dropped.
pub(super) struct OctKey {
    size: OctSize,
    bytes: Zeroizing<Vec<u8>>,
}

impl OctKey {
    pub(super) fn generate(size: OctSize, random: &dyn Random) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new(vec![0; size.bytes()]);
        random.fill(&mut bytes)?;
        Ok(Self { size, bytes })
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, ImportError> {
        let size = OctSize::ALL.iter().find(|size| size.bytes() == bytes.len()).ok_or(ImportError::UnsupportedSize)?;
        Ok(Self { size: *size, bytes: Zeroizing::new(bytes.to_vec()) })
    }

    pub(super) const fn size(&self) -> OctSize {
        self.size
    }

    pub(super) fn expose(&self) -> &[u8] {
        &self.bytes
    }
}
