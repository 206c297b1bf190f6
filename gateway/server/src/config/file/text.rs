//! The file's text.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::super::reader::position;
use super::Mistake;

/// Reads the whole file.
pub(super) fn read(path: &Path) -> Result<String, Mistake> {
    let mistake = |place: String, message: String| Mistake { place, message };
    let file = |message| mistake("the file".to_owned(), message);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| file(format!("cannot be read: {error}; check the path and its permissions")))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(file(format!("has more than {MAX_BYTES} bytes; is it the right file?")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(error.as_bytes(), error.utf8_error().valid_up_to());
        mistake(format!("line {line}, column {column}"), "not UTF-8; save the file in that encoding".to_owned())
    })
}

const MAX_BYTES: u64 = 4 << 20;
