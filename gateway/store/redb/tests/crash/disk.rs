//! A disk that loses its power.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

/// A disk that loses its power at an operation, and with it part of what was not synced.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<DiskState>>);

#[derive(Debug, Default)]
struct DiskState {
    live: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
    operations: u64,
    power_lost_at: Option<u64>,
}

#[derive(Debug, Clone)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

/// Which of the unsynced changes are on the disk after the power was lost.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Survives {
    Nothing,
    Everything,
    /// Each change by itself, as the bits of a number drawn from the seed say; a write of many sectors may be torn.
    Some(u64),
}

impl Disk {
    pub(crate) fn with(image: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(DiskState { live: image.clone(), durable: image, ..DiskState::default() })))
    }

    /// How many changes and syncs there were.
    pub(crate) fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Fails everything from the n-th operation from now on.
    pub(crate) fn lose_power_in(&self, operations: u64) {
        let mut state = self.state();
        state.power_lost_at = Some(state.operations + operations);
    }

    /// What is on the disk when the power is back.
    pub(crate) fn image(&self, survives: Survives) -> Vec<u8> {
        let state = self.state();
        let mut image = state.durable.clone();
        let mut draw = match survives {
            Survives::Some(seed) => seed,
            Survives::Nothing | Survives::Everything => 0,
        };
        for change in &state.unsynced {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let luck = draw >> 60;
            match survives {
                Survives::Nothing => {}
                Survives::Everything => apply(&mut image, change),
                Survives::Some(_) => apply_part(&mut image, change, luck),
            }
        }
        image
    }

    fn state(&self) -> MutexGuard<'_, DiskState> {
        self.0.lock().unwrap()
    }

    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.state();
        state.count()?;
        apply(&mut state.live, &change);
        state.unsynced.push(change);
        Ok(())
    }
}

impl DiskState {
    fn count(&mut self) -> io::Result<()> {
        self.operations += 1;
        self.powered()
    }

    fn powered(&self) -> io::Result<()> {
        match self.power_lost_at {
            Some(at) if self.operations >= at => Err(io::Error::other("the power is lost")),
            _ => Ok(()),
        }
    }
}

fn apply(image: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(length) => image.resize(*length, 0),
        Change::Write(offset, data) => {
            if image.len() < offset + data.len() {
                image.resize(offset + data.len(), 0);
            }
            image[*offset..offset + data.len()].copy_from_slice(data);
        }
    }
}

fn apply_part(image: &mut Vec<u8>, change: &Change, luck: u64) {
    match change {
        Change::Write(offset, data) if data.len() > 512 && luck.is_multiple_of(3) => {
            // The first sectors only.
            let sectors = data.len() / 512;
            let kept = 512 * (usize::try_from(luck).unwrap() % sectors);
            apply(image, &Change::Write(*offset, data[..kept].to_vec()));
        }
        change if luck.is_multiple_of(2) => apply(image, change),
        _ => {}
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        let state = self.state();
        state.powered()?;
        Ok(state.live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        state.powered()?;
        let offset = usize::try_from(offset).unwrap();
        let found = state.live.get(offset..offset + out.len()).ok_or(ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Change::Length(usize::try_from(len).unwrap()))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.count()?;
        state.durable = state.live.clone();
        state.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Change::Write(usize::try_from(offset).unwrap(), data.to_vec()))
    }
}
