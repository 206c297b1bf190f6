//! Why a store was not opened.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use portcullis_store::{Cause, StoreError};

use crate::database::OpenFailure;
use crate::failure::is_full;

/// Why a store was not opened: what is wrong, with which file, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is not a redb file.
    #[error("{} is not a store: it is not a redb file; name another file, or move this one away to begin with an empty store", path.display())]
    NotStore {
        /// Where it is.
        path: PathBuf,
    },
    /// The file is a redb file of another program.
    #[error("{} is a redb file of another program; name another file", path.display())]
    Foreign {
        /// Where it is.
        path: PathBuf,
    },
    /// The file was written by a later version of this program.
    #[error("the store {} has format {found}, and this program knows up to {known}; use the version of the program that wrote it, or a later one", path.display())]
    Newer {
        /// Where it is.
        path: PathBuf,
        /// The format of the file.
        found: u64,
        /// The latest format that this program knows.
        known: u64,
    },
    /// The file is damaged.
    #[error("the store {} is damaged; keep a copy of it and restore it from a backup", path.display())]
    Corrupt {
        /// Where it is.
        path: PathBuf,
        /// What was found.
        #[source]
        cause: Cause,
    },
    /// Another process has the file open.
    #[error("the store {} is in use by another process; stop it first", path.display())]
    Locked {
        /// Where it is.
        path: PathBuf,
    },
    /// The file or its folder may not be read or written.
    #[error("no permission for the store {}; give the user of this process read and write access to it and its folder", path.display())]
    Permission {
        /// Where it is.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The folder of the file does not exist.
    #[error("the folder of the store {} does not exist; create it", path.display())]
    NoFolder {
        /// Where the file should be.
        path: PathBuf,
    },
    /// There is no room to open or create the file.
    #[error("there is no room for the store {}; free some disk space or raise the quota", path.display())]
    Full {
        /// Where it is.
        path: PathBuf,
        /// What the medium said.
        #[source]
        cause: Cause,
    },
    /// The medium failed.
    #[error("the store {} cannot be opened; look for errors of its disk in the system's log", path.display())]
    Unavailable {
        /// Where it is.
        path: PathBuf,
        /// What the medium said.
        #[source]
        cause: Cause,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Permission { path, source },
            ErrorKind::NotFound => Self::NoFolder { path },
            // redb's word for a file that does not begin as its own do; a folder is none either.
            ErrorKind::InvalidData | ErrorKind::IsADirectory => Self::NotStore { path },
            // Shorter than its header says.
            ErrorKind::UnexpectedEof => Self::Corrupt { path, cause: std::sync::Arc::new(source) },
            ErrorKind::WouldBlock => Self::Locked { path },
            _ if is_full(&source) => Self::Full { path, cause: std::sync::Arc::new(source) },
            _ => Self::Unavailable { path, cause: std::sync::Arc::new(source) },
        }
    }

    pub(crate) fn opening(path: &Path, failure: OpenFailure) -> Self {
        match failure {
            OpenFailure::Redb(redb::Error::Io(source)) => Self::io(path, source),
            OpenFailure::Redb(error) => Self::redb(path.to_owned(), error),
            OpenFailure::Foreign => Self::Foreign { path: path.to_owned() },
            OpenFailure::Newer { found, known } => Self::Newer { path: path.to_owned(), found, known },
        }
    }

    fn redb(path: PathBuf, error: redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Self::Locked { path },
            redb::Error::Corrupted(_) | redb::Error::RepairAborted | redb::Error::UpgradeRequired(_) => {
                Self::Corrupt { path, cause: std::sync::Arc::new(error) }
            }
            _ => Self::Unavailable { path, cause: std::sync::Arc::new(error) },
        }
    }
}

/// While the store is open already, a failure to reopen it is one of its ordinary errors.
impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Full { .. } => Self::full(error),
            OpenError::NotStore { .. }
            | OpenError::Foreign { .. }
            | OpenError::Newer { .. }
            | OpenError::Corrupt { .. } => Self::corrupt(error),
            OpenError::Locked { .. }
            | OpenError::Permission { .. }
            | OpenError::NoFolder { .. }
            | OpenError::Unavailable { .. } => Self::unavailable(error),
        }
    }
}
