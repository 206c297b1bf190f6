//! Reads elements one after the other.

use super::tag;

/// The bytes are not the DER that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not the expected DER")]
pub struct Malformed;

/// One element.
#[derive(Clone, Copy)]
pub(in crate::x509) struct Element<'a> {
    /// Its identifier octet.
    pub(in crate::x509) tag: u8,
    /// What it contains.
    pub(in crate::x509) content: &'a [u8],
    /// It whole, with identifier and length.
    pub(in crate::x509) whole: &'a [u8],
}

/// The rest of some elements. Reads definite, shortest lengths only and never descends by itself, so hostile nesting
/// costs nothing.
#[derive(Clone, Copy)]
pub(in crate::x509) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(in crate::x509) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The elements of the one SEQUENCE that the bytes are, with nothing behind it.
    pub(in crate::x509) fn of_sequence(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Self::new(bytes);
        let inner = outer.sequence()?;
        outer.finish()?;
        Ok(inner)
    }

    pub(in crate::x509) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(in crate::x509) fn element(&mut self) -> Result<Element<'a>, Malformed> {
        let (&tag, after_tag) = self.rest.split_first().ok_or(Malformed)?;
        // Tag numbers above 30 occur nowhere in what we read.
        if tag & 0x1f == 0x1f {
            return Err(Malformed);
        }
        let (length, after_length) = length(after_tag)?;
        let (content, rest) = after_length.split_at_checked(length).ok_or(Malformed)?;
        let whole = self.rest.get(..self.rest.len() - rest.len()).ok_or(Malformed)?;
        self.rest = rest;
        Ok(Element { tag, content, whole })
    }

    /// The content of the next element, which must have this tag.
    pub(in crate::x509) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        let element = self.element()?;
        if element.tag == tag { Ok(element.content) } else { Err(Malformed) }
    }

    /// The content of the next element if there is one with this tag.
    pub(in crate::x509) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.rest.first() == Some(&tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    pub(in crate::x509) fn sequence(&mut self) -> Result<Self, Malformed> {
        self.expect(tag::SEQUENCE).map(Self::new)
    }

    /// What is inside the next element, which must be `[number] EXPLICIT`.
    pub(in crate::x509) fn explicit(&mut self, number: u8) -> Result<Self, Malformed> {
        self.expect(tag::constructed(number)).map(Self::new)
    }

    /// A positive INTEGER of at most 31 bits.
    pub(in crate::x509) fn small(&mut self) -> Result<u32, Malformed> {
        let content = self.expect(tag::INTEGER)?;
        if content.is_empty() || content.len() > 4 || content.first().is_some_and(|byte| byte & 0x80 != 0) {
            return Err(Malformed);
        }
        Ok(content.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// Algorithm and parameters of an AlgorithmIdentifier; absent parameters are an empty reader.
    pub(in crate::x509) fn algorithm(&mut self) -> Result<(&'a [u8], Self), Malformed> {
        let mut inner = self.sequence()?;
        let oid = inner.expect(tag::OID)?;
        Ok((oid, inner))
    }

    /// The bits of a BIT STRING that is whole bytes.
    pub(in crate::x509) fn bit_string(&mut self) -> Result<&'a [u8], Malformed> {
        match self.expect(tag::BIT_STRING)?.split_first() {
            Some((0, bits)) => Ok(bits),
            Some(_) | None => Err(Malformed),
        }
    }

    /// Nothing may follow.
    pub(in crate::x509) const fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

fn length(bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let (&first, rest) = bytes.split_first().ok_or(Malformed)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    // No indefinite length, and none that could not be in memory.
    if !(1..=4).contains(&count) {
        return Err(Malformed);
    }
    let (digits, rest) = rest.split_at_checked(count).ok_or(Malformed)?;
    let length = digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
    let shortest = length >= 0x80 && digits.first() != Some(&0);
    if shortest { Ok((length, rest)) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_elements_in_order() {
        let mut reader = Reader::of_sequence(&[0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0x61]).unwrap();
        assert_eq!(reader.small(), Ok(5));
        assert_eq!(reader.optional(tag::NULL), Ok(None));
        assert_eq!(reader.expect(tag::OCTET_STRING), Ok(&b"a"[..]));
        reader.finish().unwrap();
    }

    #[test]
    fn refuses_lengths_that_are_not_der() {
        let cases: [&[u8]; 7] = [
            &[],
            &[0x30],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 0x01, 0],
            &[0x30, 0x82, 0x00, 0x80],
            &[0x30, 0x02, 0],
            &[0x30, 0x85, 1, 1, 1, 1, 1],
        ];
        for case in cases {
            assert!(Reader::new(case).element().is_err(), "{case:?}");
        }
        assert!(Reader::of_sequence(&[0x30, 0, 0]).is_err(), "trailing byte");
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = Reader::new(&bytes);
            while let Ok(element) = reader.element() {
                prop_assert!(element.whole.ends_with(element.content));
            }
        }
    }
}
