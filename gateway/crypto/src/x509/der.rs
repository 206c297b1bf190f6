//! The part of DER (X.690) that certificates and key files are written in.

pub(super) mod known;
mod oid;
mod reader;
pub(super) mod tag;
mod writer;

pub use oid::{MalformedOid, Oid};
pub(super) use reader::{Element, Malformed, Reader};
pub(super) use writer::{algorithm, bit_string, explicit, integer, named_bits, octets, oid, sequence, set, small, tlv};
