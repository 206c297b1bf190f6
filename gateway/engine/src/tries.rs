//! A bound on how often a change is tried that others keep overtaking.

use std::time::Duration;

use portcullis_crypto::Random;
use portcullis_model::{ObjectKind, ObjectName};

use crate::EngineError;

/// Counts the tries of one change of one object.
#[derive(Debug)]
pub(crate) struct Tries<'a> {
    kind: ObjectKind,
    name: &'a ObjectName,
    random: &'a dyn Random,
    made: u8,
}

impl<'a> Tries<'a> {
    pub(crate) const fn new(kind: ObjectKind, name: &'a ObjectName, random: &'a dyn Random) -> Self {
        Self { kind, name, random, made: 0 }
    }

    /// Waits a little before the next try, each time for longer and never as long as the next one, so that those who
    /// ran into each other part; or gives up.
    pub(crate) async fn again(&mut self) -> Result<(), EngineError> {
        self.made += 1;
        if self.made >= MOST {
            return Err(EngineError::Busy { kind: self.kind, name: self.name.clone() });
        }
        let mut byte = [0];
        self.random.fill(&mut byte)?;
        let bound = u64::from(self.made.min(LONGEST_MILLISECONDS)) + 1;
        tokio::time::sleep(Duration::from_millis(u64::from(byte[0]) % bound)).await;
        Ok(())
    }
}

/// Of those who try at once one succeeds, so this many can always be served together.
const MOST: u8 = 128;
const LONGEST_MILLISECONDS: u8 = 16;
