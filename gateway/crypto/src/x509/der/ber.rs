//! BER (X.690 chapter 8) to DER, as far as files of certificates need it.

use zeroize::Zeroizing;

use super::{Malformed, Reader, tag, tlv};

/// The one element that the bytes are, with definite, shortest lengths and octet strings in one piece. Bouncy Castle and
/// NSS write files in the other forms of BER. Nesting is bounded, and what an octet string contains is left as it is.
pub(in crate::x509) fn to_der(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    let mut rest = bytes;
    let element = element(&mut rest, MAX_DEPTH)?;
    if rest.is_empty() { Ok(element) } else { Err(Malformed) }
}

type Encoded = Zeroizing<Vec<u8>>;

enum Length {
    Definite(usize),
    Indefinite,
}

fn element(rest: &mut &[u8], depth: usize) -> Result<Encoded, Malformed> {
    let tag = byte(rest)?;
    if tag == 0 || tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    let length = length(rest)?;
    if tag & CONSTRUCTED == 0 {
        let Length::Definite(length) = length else { return Err(Malformed) };
        return Ok(Zeroizing::new(tlv(tag, &[split(rest, length)?])));
    }
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    let children = match length {
        Length::Definite(length) => definite(split(rest, length)?, depth)?,
        Length::Indefinite => indefinite(rest, depth)?,
    };
    if tag == tag::OCTET_STRING | CONSTRUCTED { join(&children) } else { Ok(wrap(tag, &children)) }
}

fn definite(mut content: &[u8], depth: usize) -> Result<Vec<Encoded>, Malformed> {
    let mut children = Vec::new();
    while !content.is_empty() {
        children.push(element(&mut content, depth)?);
    }
    Ok(children)
}

fn indefinite(rest: &mut &[u8], depth: usize) -> Result<Vec<Encoded>, Malformed> {
    let mut children = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(&END_OF_CONTENTS) {
            *rest = after;
            return Ok(children);
        }
        children.push(element(rest, depth)?);
    }
}

/// The pieces of an octet string, each of which is one itself, as one.
fn join(pieces: &[Encoded]) -> Result<Encoded, Malformed> {
    let content = |piece: &Encoded| Reader::new(piece).expect(tag::OCTET_STRING).map(<[u8]>::to_vec);
    let pieces = pieces.iter().map(|piece| content(piece).map(Zeroizing::new)).collect::<Result<Vec<_>, _>>()?;
    Ok(wrap(tag::OCTET_STRING, &pieces))
}

fn wrap(tag: u8, parts: &[Encoded]) -> Encoded {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
    Zeroizing::new(tlv(tag, &parts))
}

fn length(rest: &mut &[u8]) -> Result<Length, Malformed> {
    match byte(rest)? {
        0x80 => Ok(Length::Indefinite),
        short @ 0..0x80 => Ok(Length::Definite(usize::from(short))),
        long => {
            let digits = split(rest, usize::from(long & 0x7f))?;
            let append = |length: usize, digit: &u8| {
                length.checked_mul(256).and_then(|length| length.checked_add(usize::from(*digit))).ok_or(Malformed)
            };
            digits.iter().try_fold(0, append).map(Length::Definite)
        }
    }
}

fn byte(rest: &mut &[u8]) -> Result<u8, Malformed> {
    let (first, after) = rest.split_first().ok_or(Malformed)?;
    *rest = after;
    Ok(*first)
}

fn split<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Malformed> {
    let (first, after) = rest.split_at_checked(length).ok_or(Malformed)?;
    *rest = after;
    Ok(first)
}

const CONSTRUCTED: u8 = 0x20;
const END_OF_CONTENTS: [u8; 2] = [0, 0];
const MAX_DEPTH: usize = 24;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn der_stays_as_it_is() {
        let der = tlv(tag::SEQUENCE, &[&tlv(tag::OCTET_STRING, &[&[0; 300]]), &[tag::NULL, 0]]);
        assert_eq!(*to_der(&der).unwrap(), der);
    }

    #[test]
    fn indefinite_lengths_and_pieces_fall_away() {
        let ber =
            [0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 0x61, 0x24, 0x04, 0x04, 0x02, 0x62, 0x63, 0, 0, 0x05, 0x81, 0, 0, 0];
        assert_eq!(*to_der(&ber).unwrap(), [0x30, 7, 0x04, 3, 0x61, 0x62, 0x63, 0x05, 0]);
    }

    #[test]
    fn refuses_what_is_not_ber() {
        let cases: [&[u8]; 8] = [
            &[],
            &[0x30, 0x80],
            &[0x30, 0x80, 0],
            &[0x04, 0x80, 0, 0],
            &[0x24, 0x02, 0x02, 0],
            &[0x30, 0x00, 0x00],
            &[0x30, 0x02, 0, 0],
            &[0x30, 0xff, 0],
        ];
        for case in cases {
            assert!(to_der(case).is_err(), "{case:?}");
        }
    }

    #[test]
    fn bounds_nesting() {
        let nested = |depth: usize| (1..depth).fold(vec![0x30, 0], |inner, _| tlv(tag::SEQUENCE, &[&inner]));
        to_der(&nested(MAX_DEPTH)).unwrap();
        assert!(to_der(&nested(MAX_DEPTH + 1)).is_err());
        assert!(to_der(&[0x30, 0x80].repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn what_it_gives_stays_as_it_is(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(der) = to_der(&bytes) {
                prop_assert_eq!(&*to_der(&der).unwrap(), &*der);
            }
        }
    }
}
