//! The file of the store.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::FileBackend;

use crate::database;
use crate::open_error::OpenError;
use crate::resync::{Resync, Unsynced};
use crate::store::DEFAULT_CACHE;

/// Creates an empty store unless there is a file.
///
/// Under another name first: after a crash in the middle there is no file, rather than one that nothing can read.
pub(crate) fn create_if_absent(path: &Path) -> Result<(), OpenError> {
    match fs::symlink_metadata(path) {
        Ok(_) => return Ok(()),
        Err(source) if source.kind() == ErrorKind::NotFound => {}
        Err(source) => return Err(OpenError::io(path, source)),
    }
    let unfinished = unfinished(path);
    let created = create(&unfinished).and_then(|()| give_name(&unfinished, path).map_err(|e| OpenError::io(path, e)));
    let removed = fs::remove_file(&unfinished);
    created?;
    removed.map_err(|source| OpenError::io(path, source))
}

fn create(path: &Path) -> Result<(), OpenError> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(source) if source.kind() == ErrorKind::NotFound => {}
        Err(source) => return Err(OpenError::io(path, source)),
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(path)
        .map_err(|source| OpenError::io(path, source))?;
    let backend = backend(file).map_err(|source| OpenError::io(path, source))?;
    database::open(backend, DEFAULT_CACHE).map(drop).map_err(|failure| OpenError::opening(path, failure))
}

/// Gives a file its final name, durably, unless another process was faster: a link replaces nothing, a rename would.
fn give_name(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(source) if source.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(source),
        Ok(()) => File::open(folder(to))?.sync_all(),
    }
}

/// The process is part of the name, so that two that start at a time do not meet.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.unfinished", std::process::id()));
    PathBuf::from(name)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// An existing file, as often as it has to be opened.
#[derive(Debug)]
pub(crate) struct Medium {
    path: PathBuf,
    unsynced: Arc<Unsynced>,
}

impl Medium {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), unsynced: Arc::default() }
    }

    pub(crate) fn open(&self) -> io::Result<Resync<FileBackend>> {
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        if file.metadata()?.len() == 0 {
            // redb would take it for a new one, but it may be what is left of an old one.
            return Err(ErrorKind::InvalidData.into());
        }
        self.unsynced.write_again(&file)?;
        Ok(Resync::new(backend(file)?, Arc::clone(&self.unsynced)))
    }
}

fn backend(file: File) -> io::Result<FileBackend> {
    FileBackend::new(file).map_err(io::Error::other)
}

const OWNER_ONLY: u32 = 0o600;
