//! What is told of a version besides its value.

use std::collections::BTreeMap;

use portcullis_model::{Attributes, ContentType, Tags, UnixTime};

use super::{Decoder, Encoder, Malformed};

/// Whose hand an object is in: its own calls', or those of the certificate that it belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Hand {
    /// It stands for itself.
    #[default]
    Own,
    /// It was made with a certificate (`managed` on the wire).
    Certificate,
}

/// What is told of a version besides its value: kept with the version, and in the head for the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) hand: Hand,
    /// Whether the object may leave the vault: of keys.
    pub(crate) exportable: bool,
    pub(crate) attributes: Attributes,
    pub(crate) created: UnixTime,
    pub(crate) updated: UnixTime,
    pub(crate) content_type: Option<ContentType>,
    pub(crate) tags: Tags,
}

impl Meta {
    pub(crate) fn encode(&self, to: &mut Encoder) {
        to.byte(u8::from(self.hand == Hand::Certificate));
        to.byte(u8::from(self.exportable));
        to.byte(u8::from(self.attributes.enabled));
        to.option(self.attributes.nbf, Encoder::time);
        to.option(self.attributes.exp, Encoder::time);
        to.time(self.created);
        to.time(self.updated);
        to.option(self.content_type.as_ref(), |to, content_type| to.bytes(content_type.as_str().as_bytes()));
        for (name, value) in self.tags.iter() {
            to.byte(MORE);
            to.bytes(name.as_bytes());
            to.bytes(value.as_bytes());
        }
        to.byte(END);
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let hand = if from.flag()? { Hand::Certificate } else { Hand::Own };
        let (exportable, enabled) = (from.flag()?, from.flag()?);
        let (nbf, exp) = (from.option(Decoder::time)?, from.option(Decoder::time)?);
        let (created, updated) = (from.time()?, from.time()?);
        let content_type = from.option(|from| from.text()?.parse().map_err(|_| Malformed))?;
        let mut tags = BTreeMap::new();
        while from.flag()? {
            tags.insert(from.text()?.to_owned(), from.text()?.to_owned());
        }
        let tags = tags.try_into().map_err(|_| Malformed)?;
        Ok(Self {
            hand,
            exportable,
            attributes: Attributes { enabled, nbf, exp },
            created,
            updated,
            content_type,
            tags,
        })
    }

    /// A bound on how many bytes the encoding has.
    pub(crate) fn size(&self) -> usize {
        let tags: usize = self.tags.iter().map(|(name, value)| 1 + 4 + name.len() + 4 + value.len()).sum();
        let content_type = self.content_type.as_ref().map_or(0, |content_type| 4 + content_type.as_str().len());
        FIXED + content_type + tags
    }
}

const END: u8 = 0;
const MORE: u8 = 1;
const FIXED: usize = 1 + 1 + 1 + 9 + 9 + 8 + 8 + 1 + 1;
