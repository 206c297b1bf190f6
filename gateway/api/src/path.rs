//! Paths: the strict grammar, and percent-decoding of one segment, exactly once.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Says why a path is refused. Nothing is normalised: a path with two readings has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("the path does not begin with a slash")]
    NotRooted,
    #[error("the path holds a character that paths do not have here")]
    Character,
    #[error("the path holds a malformed percent-encoding")]
    Encoding,
    #[error("the path holds a percent-encoded character that names do not have")]
    EncodedCharacter,
    #[error("the path holds a `.` or `..` segment")]
    Dots,
    #[error("the path holds an empty segment")]
    EmptySegment,
}

/// Checks the grammar of a raw path: `/`, RFC 3986 unreserved characters, parentheses (resource groups have them) and
/// well-formed percent-encodings; no dot segments, encoded or not.
pub(crate) fn check(path: &str) -> Result<(), PathError> {
    check_with(path, b"")
}

/// The same with a few characters more.
pub(crate) fn check_with(path: &str, more: &[u8]) -> Result<(), PathError> {
    if !path.starts_with('/') {
        return Err(PathError::NotRooted);
    }
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'(' | b')' => {}
            b'%' => {
                let escape = bytes.next().zip(bytes.next());
                if !escape.is_some_and(|(high, low)| high.is_ascii_hexdigit() && low.is_ascii_hexdigit()) {
                    return Err(PathError::Encoding);
                }
            }
            byte if byte.is_ascii_alphanumeric() || more.contains(&byte) => {}
            _ => return Err(PathError::Character),
        }
    }
    if path.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(PathError::Dots);
    }
    Ok(())
}

/// A path that [`check`] accepted and that no route has: says whether it is odd, which is refused as such.
pub(crate) fn oddity(path: &str) -> Option<PathError> {
    path.contains("//").then_some(PathError::EmptySegment)
}

/// Decodes one segment of a path that [`check`] accepted. What comes out holds no separator, no second encoding and
/// nothing outside printable ASCII.
pub(crate) fn decode(segment: &str) -> Result<Cow<'_, str>, PathError> {
    if !segment.contains('%') {
        return Ok(Cow::Borrowed(segment));
    }
    let text = percent_decode_str(segment).decode_utf8().map_err(|_| PathError::EncodedCharacter)?;
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b'\\' | b'%' | b';' | b'?' | b'#'));
    if !plain || text == "." || text == ".." {
        return Err(PathError::EncodedCharacter);
    }
    Ok(text)
}
