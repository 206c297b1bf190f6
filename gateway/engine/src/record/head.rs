//! Heads: one record per object, that all its changes go through.

use portcullis_model::{Generation, ObjectName, UnixTime};
use zeroize::Zeroizing;

use super::{Decoder, Encoder, Malformed, Meta, Opened, VersionId};

/// The head of an active object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The name in the spelling of its creation.
    pub(crate) name: ObjectName,
    pub(crate) generation: Generation,
    /// Grows with every change of the head; the current version's record has the same.
    pub(crate) sequence: u64,
    /// The current version.
    pub(crate) version: VersionId,
    /// A copy of the current version's.
    pub(crate) meta: Meta,
    /// What the kind of object keeps of the object as a whole, such as a key's rotation policy.
    pub(crate) whole: Vec<u8>,
}

impl Head {
    /// The head after its next change, before that change is made.
    pub(crate) fn next(self) -> Self {
        Self { sequence: self.sequence + 1, ..self }
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut to = Encoder::with_capacity(self.size());
        self.encode_to(&mut to);
        to.finish()
    }

    pub(crate) fn decode(opened: &Opened) -> Result<Self, Malformed> {
        let mut from = Decoder::new(&opened.plaintext);
        let head = Self::decode_from(opened, &mut from)?;
        from.end()?;
        Ok(head)
    }

    fn encode_to(&self, to: &mut Encoder) {
        to.raw(self.version.as_bytes());
        to.bytes(self.name.as_str().as_bytes());
        self.meta.encode(to);
        to.bytes(&self.whole);
    }

    fn decode_from(opened: &Opened, from: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let version = VersionId::from_bytes(from.array()?);
        let name = from.text()?.parse().map_err(|_| Malformed)?;
        let meta = Meta::decode(from)?;
        let whole = from.bytes()?.to_vec();
        Ok(Self { name, generation: opened.generation, sequence: opened.sequence, version, meta, whole })
    }

    fn size(&self) -> usize {
        16 + 4 + self.name.as_str().len() + self.meta.size() + 4 + self.whole.len()
    }
}

/// The head of a deleted object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeletedHead {
    pub(crate) head: Head,
    pub(crate) deleted: UnixTime,
    /// When the service purges it; fixed at the deletion, whatever becomes of the vault's retention.
    pub(crate) scheduled_purge: UnixTime,
}

impl DeletedHead {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut to = Encoder::with_capacity(self.head.size() + 16);
        self.head.encode_to(&mut to);
        to.time(self.deleted);
        to.time(self.scheduled_purge);
        to.finish()
    }

    pub(crate) fn decode(opened: &Opened) -> Result<Self, Malformed> {
        let mut from = Decoder::new(&opened.plaintext);
        let head = Head::decode_from(opened, &mut from)?;
        let (deleted, scheduled_purge) = (from.time()?, from.time()?);
        from.end()?;
        Ok(Self { head, deleted, scheduled_purge })
    }
}
