//! A file on this machine.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::chain::Link;
use crate::record::MOST_LINE;
use crate::sink::{AuditSink, Tail};

/// When a record counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Once the operating system has it: it survives the process, not a loss of power.
    Buffered,
    /// Once the disk has it. Every record then costs a sync, on the thread that writes it.
    Synced,
}

/// Why an audit file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened, or not be read.
    #[error("cannot open the audit file {}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process writes to it; two would break each other's chain.
    #[error("another process writes to the audit file {}", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
}

/// Appends records to a file that only this user can read. One write per record, one writer per file.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    durability: Durability,
    tail: Tail,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Whether the last line is not whole, and could not be removed.
    torn: bool,
}

impl FileSink {
    /// Opens a file, or makes it, and finds the end of the chain in it. Only the end of the file is read.
    pub fn open(path: impl Into<PathBuf>, durability: Durability) -> Result<Self, OpenError> {
        let path = path.into();
        let mut file = open(&path)?;
        let tail = read_tail(&mut file).map_err(|source| OpenError::Unusable { path: path.clone(), source })?;
        let torn = !tail.ends_with_line_feed;
        Ok(Self { path, durability, tail: tail.tail, open: Mutex::new(Open { file, torn }) })
    }
}

impl AuditSink for FileSink {
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.append(line)?;
        if self.durability == Durability::Synced
            && let Err(error) = open.file.sync_data()
        {
            // What may not be on the disk must not be in the file either: its number will be given again.
            open.torn = open.remove_last(line.len()).is_err();
            return Err(error);
        }
        Ok(())
    }

    fn tail(&self) -> Tail {
        self.tail
    }

    fn reopen(&self) -> io::Result<()> {
        let mut current = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let old = current.file.metadata()?;
        if std::fs::metadata(&self.path).is_ok_and(|new| (new.dev(), new.ino()) == (old.dev(), old.ino())) {
            return Ok(());
        }
        let file = open(&self.path).map_err(|error| match error {
            OpenError::Unusable { source, .. } => source,
            OpenError::Locked { .. } => io::ErrorKind::WouldBlock.into(),
        })?;
        *current = Open { file, torn: false };
        Ok(())
    }
}

impl Open {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.append_whole(b"\n")?;
            self.torn = false;
        }
        self.append_whole(line)
    }

    /// Writes with one call, as a rule. What could only be written in part is removed again; if even that fails, the
    /// next record begins on a line of its own.
    fn append_whole(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        let failure = loop {
            match self.file.write(rest) {
                Ok(0) => break io::ErrorKind::WriteZero.into(),
                Ok(count) if count >= rest.len() => return Ok(()),
                // The next call either goes on, or says why it cannot.
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break error,
            }
        };
        let written = bytes.len() - rest.len();
        if written > 0 {
            self.torn = self.remove_last(written).is_err();
        }
        Err(failure)
    }

    fn remove_last(&self, count: usize) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.file.set_len(length.checked_sub(count).ok_or(io::ErrorKind::InvalidData)?)
    }
}

fn open(path: &Path) -> Result<File, OpenError> {
    let unusable = |source| OpenError::Unusable { path: path.into(), source };
    let file = OpenOptions::new().read(true).append(true).create(true).mode(ONLY_OWNER).open(path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::Locked { path: path.into() }),
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    // A file that was there before may be open to others; a pipe or a device is not ours to close.
    if file.metadata().map_err(unusable)?.is_file() {
        file.set_permissions(Permissions::from_mode(ONLY_OWNER)).map_err(unusable)?;
    }
    Ok(file)
}

struct End {
    tail: Tail,
    ends_with_line_feed: bool,
}

/// Reads as much of the end as holds a record of the greatest length behind a torn one of the same.
fn read_tail(file: &mut File) -> io::Result<End> {
    let length = file.metadata()?.len();
    let window = length.min(u64::try_from(2 * MOST_LINE + 2).unwrap_or(u64::MAX));
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(length - window))?;
    file.take(window).read_to_end(&mut end)?;
    let mut torn = end.iter().rev().take_while(|byte| **byte != b'\n').count();
    let ends_with_line_feed = torn == 0;
    let mut rest = end.get(..end.len() - torn).unwrap_or_default();
    // A line that is whole but no record was torn earlier, and stands before its successor could be written.
    while let Some(line) = rest.strip_suffix(b"\n") {
        let start = line.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if let Some(last) = line.get(start..).and_then(Link::of) {
            return Ok(End { tail: Tail { last: Some(last), torn: count(torn) }, ends_with_line_feed });
        }
        torn += rest.len() - start;
        rest = rest.get(..start).unwrap_or_default();
    }
    Ok(End { tail: Tail { last: None, torn: count(torn) }, ends_with_line_feed })
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

const ONLY_OWNER: u32 = 0o600;

#[cfg(test)]
mod tests {
    use super::*;

    fn appendable(path: &Path) -> Open {
        Open { file: OpenOptions::new().append(true).open(path).expect("the file"), torn: false }
    }

    #[test]
    fn fails_when_the_disk_is_full() {
        let mut full = appendable(Path::new("/dev/full"));
        assert_eq!(full.append(b"{}\n").expect_err("no room").kind(), io::ErrorKind::StorageFull);
        assert!(!full.torn, "nothing was written, so nothing is torn");
    }

    #[test]
    fn removes_what_was_written_in_part() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit.jsonl");
        std::fs::write(&path, "whole\npar").expect("the file");
        let open = appendable(&path);
        open.remove_last(3).expect("removed");
        assert_eq!(std::fs::read(&path).expect("the file"), b"whole\n");
        assert!(open.remove_last(7).is_err(), "a file that became shorter is left alone");
    }

    #[test]
    fn begins_a_line_of_its_own_after_a_torn_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit.jsonl");
        std::fs::write(&path, "par").expect("the file");
        let mut open = Open { torn: true, ..appendable(&path) };
        open.append(b"{}\n").expect("appended");
        open.append(b"{}\n").expect("appended");
        assert_eq!(std::fs::read(&path).expect("the file"), b"par\n{}\n{}\n");
    }
}
