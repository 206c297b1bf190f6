//! Writes elements. Every buffer is allocated at its final size, so a secret leaves no copies behind.

use super::tag;

/// An element: its content is the parts one after the other.
pub(in crate::x509) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let digits = length.to_be_bytes();
    let used = digits.iter().skip_while(|digit| **digit == 0);
    let mut out = Vec::with_capacity(length + digits.len() + 2);
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        Ok(_) | Err(_) => {
            // A usize has at most eight digits.
            out.push(0x80 | u8::try_from(used.clone().count()).unwrap_or(8));
            out.extend(used);
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

pub(in crate::x509) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag::SEQUENCE, parts)
}

pub(in crate::x509) fn set(parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag::SET, parts)
}

pub(in crate::x509) fn explicit(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag::constructed(number), parts)
}

pub(in crate::x509) fn octets(content: &[u8]) -> Vec<u8> {
    tlv(tag::OCTET_STRING, &[content])
}

pub(in crate::x509) fn oid(content: &[u8]) -> Vec<u8> {
    tlv(tag::OID, &[content])
}

/// A BIT STRING of whole bytes.
pub(in crate::x509) fn bit_string(bits: &[u8]) -> Vec<u8> {
    tlv(tag::BIT_STRING, &[&[0], bits])
}

/// A BIT STRING of named bits, the first in the highest bit: without the zeros at its end (X.690 section 11.2.2).
pub(in crate::x509) fn named_bits(bits: u16) -> Vec<u8> {
    let [high, low] = bits.to_be_bytes();
    let unused = |byte: u8| u8::try_from(byte.trailing_zeros()).unwrap_or(0);
    match (high, low) {
        (0, 0) => tlv(tag::BIT_STRING, &[&[0]]),
        (high, 0) => tlv(tag::BIT_STRING, &[&[unused(high), high]]),
        (high, low) => tlv(tag::BIT_STRING, &[&[unused(low), high, low]]),
    }
}

/// A positive INTEGER of big-endian bytes.
pub(in crate::x509) fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0);
    let digits = start.and_then(|start| bytes.get(start..)).unwrap_or(&[0]);
    let sign: &[u8] = if digits.first().is_some_and(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    tlv(tag::INTEGER, &[sign, digits])
}

/// A small positive INTEGER.
pub(in crate::x509) fn small(number: u32) -> Vec<u8> {
    integer(&number.to_be_bytes())
}

/// An AlgorithmIdentifier with its parameters already encoded.
pub(in crate::x509) fn algorithm(algorithm: &[u8], parameters: &[u8]) -> Vec<u8> {
    sequence(&[&oid(algorithm), parameters])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_shortest_lengths() {
        assert_eq!(tlv(4, &[&[7; 127]])[..2], [4, 127]);
        assert_eq!(tlv(4, &[&[7; 128]])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[&[7; 200], &[7; 100]])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn writes_numbers_and_bits() {
        assert_eq!(small(0), [2, 1, 0]);
        assert_eq!(small(128), [2, 2, 0, 128]);
        assert_eq!(integer(&[0, 0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(named_bits(0xa000), [3, 2, 5, 0xa0]);
        assert_eq!(named_bits(0x0080), [3, 3, 7, 0, 0x80]);
        assert_eq!(named_bits(0), [3, 1, 0]);
    }
}
