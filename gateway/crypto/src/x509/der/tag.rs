//! Identifier octets.

pub(in crate::x509) const BOOLEAN: u8 = 0x01;
pub(in crate::x509) const INTEGER: u8 = 0x02;
pub(in crate::x509) const BIT_STRING: u8 = 0x03;
pub(in crate::x509) const OCTET_STRING: u8 = 0x04;
pub(in crate::x509) const NULL: u8 = 0x05;
pub(in crate::x509) const OID: u8 = 0x06;
pub(in crate::x509) const UTF8_STRING: u8 = 0x0c;
pub(in crate::x509) const NUMERIC_STRING: u8 = 0x12;
pub(in crate::x509) const PRINTABLE_STRING: u8 = 0x13;
pub(in crate::x509) const TELETEX_STRING: u8 = 0x14;
pub(in crate::x509) const IA5_STRING: u8 = 0x16;
pub(in crate::x509) const UTC_TIME: u8 = 0x17;
pub(in crate::x509) const GENERALIZED_TIME: u8 = 0x18;
pub(in crate::x509) const VISIBLE_STRING: u8 = 0x1a;
pub(in crate::x509) const UNIVERSAL_STRING: u8 = 0x1c;
pub(in crate::x509) const BMP_STRING: u8 = 0x1e;
pub(in crate::x509) const SEQUENCE: u8 = 0x30;
pub(in crate::x509) const SET: u8 = 0x31;

/// A context-specific tag whose content is one value (IMPLICIT).
pub(in crate::x509) const fn context(number: u8) -> u8 {
    0x80 | number
}

/// A context-specific tag whose content is further elements (EXPLICIT, or IMPLICIT of a SEQUENCE or SET).
pub(in crate::x509) const fn constructed(number: u8) -> u8 {
    0xa0 | number
}
