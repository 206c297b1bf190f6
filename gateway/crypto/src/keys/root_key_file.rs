//! The file of the root key: one line, `portcullis-root-key-1:` and 32 bytes as unpadded base64url.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::random::RandomError;

/// Why there is no root key.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// There is no such file.
    #[error("there is no root key file at {}: restore it from its backup, or create one for a new gateway", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file was to be created where there is one.
    #[error("there is a file at {} already: use it, or move it away if nothing was ever sealed with it", path.display())]
    Exists {
        /// Where it is.
        path: PathBuf,
    },
    /// There is something else than a file.
    #[error("{} is not a regular file: name the file of the root key itself", path.display())]
    NotFile {
        /// Where it is.
        path: PathBuf,
    },
    /// Others than the owner can read or change the file.
    #[error("the root key file {} has mode {mode:04o} and is open to others than its owner: run chmod 600 on it, and consider the key known to them", path.display())]
    Exposed {
        /// Where it is.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file is not in the format, or of another version of it.
    #[error("{} is not a root key file: it must be one line, `portcullis-root-key-1:` and 43 characters of base64url; restore it from its backup", path.display())]
    Malformed {
        /// Where it is.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("the root key file {} cannot be used", path.display())]
    Unusable {
        /// Where it is.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// There is no randomness to make a key from.
    #[error("no root key can be made")]
    Random(#[from] RandomError),
}

/// Writes a new file, durably.
pub(super) fn write(path: &Path, key: &[u8; 32]) -> Result<(), RootKeyError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(path)
        .map_err(|source| failure(path, source))?;
    fill(&mut file, path, key).map_err(|source| {
        // A file with half a key would be taken for a damaged one at the next start.
        let _ = std::fs::remove_file(path);
        failure(path, source)
    })
}

/// Reads the bytes of the key, whose number is not checked.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, RootKeyError> {
    let file = File::open(path).map_err(|source| failure(path, source))?;
    check(&file, path)?;
    let mut text = Zeroizing::new(String::with_capacity(MAX_FILE));
    let read = file.take(MAX_FILE as u64).read_to_string(&mut text);
    let malformed = || RootKeyError::Malformed { path: path.to_owned() };
    match read {
        Ok(length) if length < MAX_FILE => parse(&text).ok_or_else(malformed),
        Ok(_) => Err(malformed()),
        Err(source) if source.kind() == ErrorKind::InvalidData => Err(malformed()),
        Err(source) => Err(failure(path, source)),
    }
}

// Asks the open file, not the path, which may name another file by now.
fn check(file: &File, path: &Path) -> Result<(), RootKeyError> {
    let metadata = file.metadata().map_err(|source| failure(path, source))?;
    if !metadata.is_file() {
        return Err(RootKeyError::NotFile { path: path.to_owned() });
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(RootKeyError::Exposed { path: path.to_owned(), mode });
    }
    Ok(())
}

fn parse(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let encoded = text.strip_prefix(PREFIX)?.trim_end_matches(['\r', '\n']);
    BASE64_URL_SAFE_NO_PAD.decode(encoded).ok().map(Zeroizing::new)
}

fn fill(file: &mut File, path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let mut line = Zeroizing::new(String::with_capacity(MAX_FILE));
    line.push_str(PREFIX);
    BASE64_URL_SAFE_NO_PAD.encode_string(key, &mut line);
    line.push('\n');
    file.write_all(line.as_bytes())?;
    file.sync_all()?;
    // The name must be as durable as the content.
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(parent)?.sync_all()
}

fn failure(path: &Path, source: io::Error) -> RootKeyError {
    let path = path.to_owned();
    match source.kind() {
        ErrorKind::NotFound => RootKeyError::Missing { path },
        ErrorKind::AlreadyExists => RootKeyError::Exists { path },
        _ => RootKeyError::Unusable { path, source },
    }
}

const PREFIX: &str = "portcullis-root-key-1:";
const OWNER_ONLY: u32 = 0o600;
/// More than the format needs, so that a longer file is noticed.
const MAX_FILE: usize = 256;
