//! JSON on one line, appended to a buffer that is used again.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

/// Writes the members of nested objects. It appends and never fails; closing what was opened is the caller's part.
pub(crate) struct JsonLine<'a> {
    out: &'a mut Vec<u8>,
    /// Whether the next member or element is the first of its object or array.
    first: bool,
}

impl<'a> JsonLine<'a> {
    /// Opens the outermost object.
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// How many bytes are in the buffer.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Opens an object as a member.
    pub(crate) fn open(&mut self, name: &str) {
        self.name(name);
        self.enter(b'{');
    }

    /// Opens an array as a member.
    pub(crate) fn open_array(&mut self, name: &str) {
        self.name(name);
        self.enter(b'[');
    }

    /// Opens an object as an element of an array.
    pub(crate) fn open_element(&mut self) {
        self.comma();
        self.enter(b'{');
    }

    pub(crate) fn close(&mut self) {
        self.leave(b'}');
    }

    pub(crate) fn close_array(&mut self) {
        self.leave(b']');
    }

    /// A member of text of at most `most` bytes; what is cut off is marked.
    pub(crate) fn text(&mut self, name: &str, value: &str, most: usize) {
        self.name(name);
        push_text(self.out, value, most);
    }

    /// A member of text from this program, which needs no escaping and has no bound.
    pub(crate) fn word(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(value.as_bytes());
        self.out.push(b'"');
    }

    pub(crate) fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        push_number(self.out, value);
    }

    pub(crate) fn signed(&mut self, name: &str, value: i64) {
        self.name(name);
        if value < 0 {
            self.out.push(b'-');
        }
        push_number(self.out, value.unsigned_abs());
    }

    pub(crate) fn flag(&mut self, name: &str, value: bool) {
        self.name(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A member whose value the caller appends: JSON of its own making.
    pub(crate) fn with(&mut self, name: &str, push: impl FnOnce(&mut Vec<u8>)) {
        self.name(name);
        push(self.out);
    }

    fn name(&mut self, name: &str) {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn comma(&mut self) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
    }

    fn enter(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.first = true;
    }

    fn leave(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.first = false;
    }
}

/// Appends a number in decimal.
pub(crate) fn push_number(out: &mut Vec<u8>, value: u64) {
    value.serialize(&mut serde_json::Serializer::new(out)).expect("a number is JSON and a buffer takes every byte");
}

fn push_text(out: &mut Vec<u8>, value: &str, most: usize) {
    let kept = value.get(..value.floor_char_boundary(most)).unwrap_or_default();
    if is_plain(kept) {
        out.reserve(kept.len() + 2);
        out.push(b'"');
        out.extend_from_slice(kept.as_bytes());
        out.push(b'"');
    } else {
        kept.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Printable))
            .expect("text is JSON and a buffer takes every byte");
    }
    if kept.len() < value.len() {
        out.pop();
        out.extend_from_slice(TRUNCATED.as_bytes());
    }
}

/// Whether nothing in a text needs escaping, as is so of nearly all. Looks at every byte without branching, which
/// compiles to vector instructions.
fn is_plain(text: &str) -> bool {
    !text.bytes().fold(false, |special, byte| special | !matches!(byte, b' '..=b'~') | matches!(byte, b'"' | b'\\'))
}

/// Escapes, beyond what JSON demands, every character that ends a line or changes the look of one somewhere: DEL and
/// the C1 controls, U+2028 and U+2029, and the marks that turn, hide or join text.
struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|byte| byte < 0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut plain = 0;
        for (at, character) in fragment.char_indices().filter(|(_, character)| misleads(*character)) {
            writer.write_all(fragment.as_bytes().get(plain..at).unwrap_or_default())?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + character.len_utf8();
        }
        writer.write_all(fragment.as_bytes().get(plain..).unwrap_or_default())
    }
}

const fn misleads(character: char) -> bool {
    matches!(character,
        '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

const TRUNCATED: &str = "[truncated]\"";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(value: &str, most: usize) -> String {
        let mut out = Vec::new();
        let mut json = JsonLine::begin(&mut out);
        json.text("a", value, most);
        json.close();
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn keeps_hostile_text_on_one_printable_line() {
        let given = "a\r\n\u{85}\u{2028}\u{2029}\u{202e}\u{feff}\u{7f}\u{1b}[31m\0\"\\\u{e0041}é";
        let written = line(given, 100);
        assert!(written.chars().all(|character| !character.is_control() && !misleads(character)), "{written}");
        let read: serde_json::Value = serde_json::from_str(&written).expect("JSON");
        assert_eq!(read["a"], given);
    }

    #[test]
    fn cuts_at_a_character_and_says_so() {
        assert_eq!(line("éé", 4), r#"{"a":"éé"}"#);
        assert_eq!(line("ééé", 5), r#"{"a":"éé[truncated]"}"#);
    }

    proptest! {
        #[test]
        fn reads_back_as_written(text in any::<String>()) {
            let read: serde_json::Value = serde_json::from_str(&line(&text, usize::MAX)).expect("JSON");
            prop_assert_eq!(read["a"].as_str(), Some(text.as_str()));
        }
    }
}
