//! Files that the configuration names.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::super::reader::{Noted, Value, quoted};

/// The path of a file that exists and can be read.
pub(super) fn readable(value: &Value<'_>, folder: &Path) -> Result<PathBuf, Noted> {
    let path = value.path(folder)?;
    open(&path).map_err(|error| unreadable(value, &path, &error))?;
    Ok(path)
}

/// The content of a file that has text of at most `most` bytes.
pub(super) fn content(value: &Value<'_>, folder: &Path, most: u64) -> Result<String, Noted> {
    let path = value.path(folder)?;
    let (file, metadata) = open(&path).map_err(|error| unreadable(value, &path, &error))?;
    if metadata.len() > most {
        return Err(value.wrong(format!("the file has more than {most} bytes; shorten it")));
    }
    let mut text = String::new();
    file.take(most).read_to_string(&mut text).map_err(|error| unreadable(value, &path, &error))?;
    Ok(text)
}

/// Opens a file; a folder, a device or a pipe is none.
pub(super) fn open(path: &Path) -> io::Result<(File, Metadata)> {
    // Asked before opening: opening a pipe would wait for its other end.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

fn unreadable(value: &Value<'_>, path: &Path, error: &io::Error) -> Noted {
    value.wrong(format!("cannot read {}: {error}", quoted(&path.display().to_string())))
}
