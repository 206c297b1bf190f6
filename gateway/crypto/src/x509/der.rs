//! The part of DER (X.690) that certificates and key files are written in.

mod ber;
pub(super) mod known;
mod oid;
mod reader;
pub(super) mod tag;
mod writer;

pub(super) use ber::to_der;
pub use oid::{MalformedOid, Oid};
pub(super) use reader::{Element, Malformed, Reader};
pub(super) use writer::{algorithm, bit_string, explicit, integer, named_bits, octets, oid, sequence, set, small, tlv};
