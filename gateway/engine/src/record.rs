//! Stored records: their form in bytes, and the conversions to and from the types of the model.
//!
//! The form of a record never changes. Another form is another format byte in [`envelope`].

mod codec;
mod envelope;
mod head;
mod meta;
mod version;

pub(crate) use codec::{Decoder, Encoder, Malformed};
pub(crate) use envelope::{Opened, open, seal};
pub(crate) use head::{DeletedHead, Head};
pub(crate) use meta::{Hand, Meta};
pub(crate) use version::{Standing, VersionId, VersionRecord};
