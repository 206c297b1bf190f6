//! Versions: what a head leads to.

use std::fmt;

use portcullis_crypto::{Random, RandomError};
use portcullis_model::ObjectVersion;
use zeroize::Zeroizing;

use super::{Decoder, Encoder, Malformed, Meta};

/// A version as keys and heads have it: sixteen random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VersionId([u8; 16]);

impl VersionId {
    pub(crate) fn random(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = [0; 16];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<&ObjectVersion> for VersionId {
    fn from(version: &ObjectVersion) -> Self {
        let mut bytes = [0; 16];
        hex::decode_to_slice(version.as_str(), &mut bytes).expect("an ObjectVersion has 32 hexadecimal digits");
        Self(bytes)
    }
}

impl From<VersionId> for ObjectVersion {
    fn from(version: VersionId) -> Self {
        Self::from_bytes(version.0)
    }
}

impl fmt::Debug for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VersionId({})", hex::encode(self.0))
    }
}

/// Whether a version is the one that its head names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The head names it.
    Current,
    /// Another has taken its place, for good.
    Superseded,
}

impl Standing {
    const fn byte(self) -> u8 {
        match self {
            Self::Current => 0,
            Self::Superseded => 1,
        }
    }
}

/// A version: standing, what is told of it, and the value as the last field. Kept encoded, since most uses need only
/// a part.
pub(crate) struct VersionRecord(Zeroizing<Vec<u8>>);

impl VersionRecord {
    pub(crate) fn new(standing: Standing, meta: &Meta, value: &[u8]) -> Self {
        let mut to = Encoder::with_capacity(1 + meta.size() + value.len());
        to.byte(standing.byte());
        meta.encode(&mut to);
        to.raw(value);
        Self(to.finish())
    }

    /// Takes the encoding of a version, whose meta is read when it is asked for.
    pub(crate) const fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn standing(&self) -> Result<Standing, Malformed> {
        match self.0.first() {
            Some(0) => Ok(Standing::Current),
            Some(1) => Ok(Standing::Superseded),
            Some(_) | None => Err(Malformed),
        }
    }

    /// What is told of the version, and where its value begins.
    pub(crate) fn meta(&self) -> Result<(Meta, usize), Malformed> {
        let mut from = Decoder::new(&self.0);
        let _standing = from.byte()?;
        let meta = Meta::decode(&mut from)?;
        Ok((meta, self.0.len() - from.rest().len()))
    }

    /// The same version in another standing.
    pub(crate) fn standing_as(mut self, standing: Standing) -> Self {
        if let Some(byte) = self.0.first_mut() {
            *byte = standing.byte();
        }
        self
    }
}

impl fmt::Debug for VersionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VersionRecord({:?}, ..)", self.standing())
    }
}
