//! A disk without room.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

/// A disk of limited size, whose limit can be raised.
#[derive(Debug, Clone)]
pub(crate) struct SmallDisk {
    data: Arc<Mutex<Vec<u8>>>,
    room: Arc<Mutex<Room>>,
}

/// How a full disk behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// The file may have this many bytes.
    Bytes(u64),
    /// Not even what exists may be written, as on a file system that copies on write.
    None,
    /// There is an error of another kind.
    Broken,
}

impl SmallDisk {
    pub(crate) fn new(room: Room) -> Self {
        Self { data: Arc::default(), room: Arc::new(Mutex::new(room)) }
    }

    pub(crate) fn set(&self, room: Room) {
        *self.room.lock().unwrap() = room;
    }

    pub(crate) fn length(&self) -> u64 {
        self.data.lock().unwrap().len() as u64
    }

    fn check(&self, length: u64) -> io::Result<()> {
        match *self.room.lock().unwrap() {
            Room::Bytes(limit) if length <= limit => Ok(()),
            Room::Bytes(_) | Room::None => Err(ErrorKind::StorageFull.into()),
            Room::Broken => Err(io::Error::other("broken")),
        }
    }
}

impl StorageBackend for SmallDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.length())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let data = self.data.lock().unwrap();
        let offset = usize::try_from(offset).unwrap();
        out.copy_from_slice(data.get(offset..offset + out.len()).ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check(len)?;
        self.data.lock().unwrap().resize(usize::try_from(len).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.check(0)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check(offset + data.len() as u64)?;
        let offset = usize::try_from(offset).unwrap();
        self.data.lock().unwrap()[offset..offset + data.len()].copy_from_slice(data);
        Ok(())
    }
}
