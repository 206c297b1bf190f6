//! How records hang together.

use portcullis_crypto::Mac;

use crate::json::push_number;

/// A record's place in the chain: its number and its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its number; the first record has 1.
    pub sequence: u64,
    /// HMAC-SHA256 over the code of the record before, and this record up to its code.
    pub mac: [u8; 32],
}

impl Link {
    /// What the first record of all follows.
    pub const BEGINNING: Self = Self { sequence: 0, mac: [0; 32] };

    /// The code in lower-case hexadecimal, as records show it.
    #[must_use]
    pub fn mac_hex(&self) -> String {
        let mut out = Vec::with_capacity(64);
        push_hex(&mut out, &self.mac);
        out.into_iter().map(char::from).collect()
    }

    /// Completes a record that follows this one. The record is in a buffer behind [`PREFIX`] bytes of room, and is
    /// open: its last object lacks number, code and closing brackets.
    pub(crate) fn seal(&self, mac: &Mac, buffer: &mut Vec<u8>) -> Self {
        let sequence = self.sequence.saturating_add(1);
        if let Some(room) = buffer.get_mut(..PREFIX) {
            room.copy_from_slice(&self.mac);
        }
        if buffer.last() != Some(&b'{') {
            buffer.push(b',');
        }
        buffer.extend_from_slice(SEQUENCE);
        push_number(buffer, sequence);
        let next = Self { sequence, mac: mac.tag(buffer) };
        buffer.extend_from_slice(MAC);
        push_hex(buffer, &next.mac);
        buffer.extend_from_slice(END);
        buffer.push(b'\n');
        next
    }

    /// Reads the place of a record from its line, given without the line feed. Says nothing of whether it is true.
    pub(crate) fn of(line: &[u8]) -> Option<Self> {
        let (signed, mac) = split(line)?;
        let digits = signed.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let (before, digits) = signed.split_at_checked(signed.len().checked_sub(digits)?)?;
        before.ends_with(SEQUENCE).then_some(())?;
        Some(Self { sequence: std::str::from_utf8(digits).ok()?.parse().ok()?, mac })
    }

    /// Whether a line is the one that was written after this record. `scratch` is overwritten.
    pub(crate) fn precedes(&self, mac: &Mac, line: &[u8], scratch: &mut Vec<u8>) -> bool {
        let Some((signed, claimed)) = split(line) else { return false };
        scratch.clear();
        scratch.extend_from_slice(&self.mac);
        scratch.extend_from_slice(signed);
        mac.verify(scratch, &claimed)
    }
}

/// Divides a line into what its code covers, and the code.
fn split(line: &[u8]) -> Option<(&[u8], [u8; 32])> {
    let rest = line.strip_suffix(END)?;
    let (rest, code) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
    Some((rest.strip_suffix(MAC)?, parse_hex(code)?))
}

pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8; 32]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// The same as a text of JSON.
pub(crate) fn push_quoted_hex(out: &mut Vec<u8>, bytes: &[u8; 32]) {
    out.push(b'"');
    push_hex(out, bytes);
    out.push(b'"');
}

/// Accepts lower case only: a second spelling would be a change that goes unnoticed.
pub(crate) fn parse_hex(text: &[u8]) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut out = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(text.as_chunks::<2>().0) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

/// The room before a record for the code of its predecessor, so that both are authenticated as one message.
pub(crate) const PREFIX: usize = 32;
const SEQUENCE: &[u8] = b"\"sequence\":";
const MAC: &[u8] = b",\"mac\":\"";
const END: &[u8] = b"\"}}";

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(previous: &Link, mac: &Mac, record: &str) -> (Link, Vec<u8>) {
        let mut buffer = vec![0; PREFIX];
        buffer.extend_from_slice(record.as_bytes());
        let link = previous.seal(mac, &mut buffer);
        buffer.pop();
        (link, buffer.split_off(PREFIX))
    }

    #[test]
    fn reads_the_place_it_wrote() {
        let mac = Mac::new(&[1; 32]);
        let (link, line) = sealed(&Link { sequence: 41, mac: [9; 32] }, &mac, r#"{"a":{"b":1"#);
        assert_eq!(link.sequence, 42);
        assert_eq!(Link::of(&line), Some(link));
        assert!(serde_json::from_slice::<serde_json::Value>(&line).is_ok());
    }

    #[test]
    fn knows_its_successor_alone() {
        let mac = Mac::new(&[1; 32]);
        let first = Link { sequence: 1, mac: [9; 32] };
        let (_, line) = sealed(&first, &mac, r#"{"a":{"#);
        let mut scratch = Vec::new();
        assert!(first.precedes(&mac, &line, &mut scratch));
        assert!(!Link { mac: [8; 32], ..first }.precedes(&mac, &line, &mut scratch));
        assert!(!first.precedes(&Mac::new(&[2; 32]), &line, &mut scratch));
        for at in 0..line.len() {
            let mut changed = line.clone();
            changed[at] ^= 0x20;
            assert!(!first.precedes(&mac, &changed, &mut scratch), "byte {at}");
            assert!(!first.precedes(&mac, &line[..at], &mut scratch), "cut at {at}");
        }
    }
}
