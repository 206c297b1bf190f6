//! Writes that a failed sync may have lost.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Bound;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{BackendError, StorageBackend};

/// The ranges of a file that were written since its last successful sync.
///
/// When a sync fails, Linux marks the pages concerned as clean although they are not on the disk. From then on reads
/// find what was written, and later syncs succeed without writing it; after a power loss it is gone. So a file is not
/// trusted after a failed sync until everything written since the last good one has been written again and synced.
#[derive(Debug, Default)]
pub(crate) struct Unsynced(Mutex<BTreeMap<u64, u64>>);

impl Unsynced {
    /// Writes again what may not be on the disk, and syncs it. Does nothing if the last sync succeeded.
    pub(crate) fn write_again(&self, file: &File) -> io::Result<()> {
        let mut ranges = self.lock();
        if ranges.is_empty() {
            return Ok(());
        }
        // Against another process that took the file over in the meantime. Released when this handle unlocks it, before
        // redb takes its own locks.
        file.try_lock()?;
        let length = file.metadata()?.len();
        for (&start, &bytes) in ranges.iter() {
            copy_onto_itself(file, start, start.saturating_add(bytes).min(length))?;
        }
        file.sync_all()?;
        file.unlock()?;
        ranges.clear();
        Ok(())
    }

    fn add(&self, offset: u64, bytes: usize) {
        let bytes = bytes as u64;
        self.lock().entry(offset).and_modify(|known| *known = bytes.max(*known)).or_insert(bytes);
    }

    // A map of ranges is whole at every moment.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn copy_onto_itself(file: &File, mut start: u64, end: u64) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    while start < end {
        let bytes = usize::try_from(end - start).map_or(BUFFER, |bytes| bytes.min(BUFFER));
        let piece = buffer.get_mut(..bytes).ok_or(ErrorKind::InvalidInput)?;
        file.read_exact_at(piece, start)?;
        file.write_all_at(piece, start)?;
        start += bytes as u64;
    }
    Ok(())
}

/// A backend that remembers what it has not synced.
#[derive(Debug)]
pub(crate) struct Resync<B> {
    backend: B,
    unsynced: Arc<Unsynced>,
}

impl<B> Resync<B> {
    pub(crate) fn new(backend: B, unsynced: Arc<Unsynced>) -> Self {
        Self { backend, unsynced }
    }
}

impl<B: StorageBackend> StorageBackend for Resync<B> {
    fn len(&self) -> io::Result<u64> {
        self.backend.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.backend.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.backend.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        // Only what was written before the sync began is synced by it.
        let synced = std::mem::take(&mut *self.unsynced.lock());
        self.backend.sync_data().inspect_err(|_| {
            for (offset, bytes) in synced {
                self.unsynced.add(offset, usize::try_from(bytes).unwrap_or(usize::MAX));
            }
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.unsynced.add(offset, data.len());
        self.backend.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.query_lock_range(start, end)
    }
}

const BUFFER: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    /// Syncs badly once.
    #[derive(Debug)]
    struct BadSync(InMemoryBackend);

    impl StorageBackend for BadSync {
        fn len(&self) -> io::Result<u64> {
            self.0.len()
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.0.read(offset, out)
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            self.0.set_len(len)
        }

        fn sync_data(&self) -> io::Result<()> {
            Err(io::Error::other("input/output error"))
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.0.write(offset, data)
        }
    }

    #[test]
    fn forgets_what_was_synced() {
        let unsynced = Arc::new(Unsynced::default());
        let backend = Resync::new(InMemoryBackend::new(), Arc::clone(&unsynced));
        backend.set_len(100).unwrap();
        backend.write(0, &[1; 50]).unwrap();
        backend.sync_data().unwrap();
        assert!(unsynced.lock().is_empty());
    }

    #[test]
    fn writes_again_what_a_failed_sync_may_have_lost() {
        let unsynced = Arc::new(Unsynced::default());
        let backend = Resync::new(BadSync(InMemoryBackend::new()), Arc::clone(&unsynced));
        backend.set_len(100).unwrap();
        backend.write(10, &[1; 50]).unwrap();
        backend.write(10, &[1; 20]).unwrap();
        backend.write(90, &[1; 10]).unwrap();
        backend.sync_data().unwrap_err();
        backend.write(70, &[1; 10]).unwrap();
        let ranges: Vec<_> = unsynced.lock().iter().map(|(&start, &bytes)| (start, bytes)).collect();
        assert_eq!(ranges, [(10, 50), (70, 10), (90, 10)]);

        // Shorter than what was written: it did not grow before the failure.
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&[2; 95], 0).unwrap();
        unsynced.write_again(&file).unwrap();
        assert!(unsynced.lock().is_empty());
        let mut content = [0; 95];
        file.read_exact_at(&mut content, 0).unwrap();
        assert_eq!((content, file.metadata().unwrap().len()), ([2; 95], 95));
    }
}
