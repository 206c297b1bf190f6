//! Client secrets, which stand in files of their own.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use portcullis_model::SecretText;
use zeroize::Zeroizing;

use super::super::reader::{Noted, Value};
use super::named_file;

/// Reads the client secret in the file that a value names: its first and only line.
///
/// No message shows the path either, since somebody may have written the secret in its place.
pub(super) fn read(value: &Value<'_>, folder: &Path) -> Result<SecretText, Noted> {
    let path = value.path(folder)?;
    let unreadable = |error| value.wrong(format!("the file cannot be read: {error}"));
    let (file, metadata) = named_file::open(&path).map_err(unreadable)?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(value
            .wrong(format!("the file has mode {mode:04o}, so others than its owner may use it; run chmod 600 on it")));
    }
    // As large as it can become, so that growing leaves no copies behind.
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES + 1));
    let limit = u64::try_from(MAX_BYTES + 1).unwrap_or(u64::MAX);
    file.take(limit).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() > MAX_BYTES {
        return Err(value.wrong(format!("the file has more than {MAX_BYTES} bytes; is it the right one?")));
    }
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    if text.contains(char::is_control) {
        return Err(
            value.wrong("the secret has a control character or more than one line; write it on one line".to_owned())
        );
    }
    if text.chars().count() < MIN_CHARACTERS {
        return Err(
            value.wrong(format!("the secret has fewer than {MIN_CHARACTERS} characters; make a longer one, at random"))
        );
    }
    Ok(SecretText::new(std::mem::take(&mut *text)))
}

const MAX_BYTES: usize = 4096;
const MIN_CHARACTERS: usize = 32;
