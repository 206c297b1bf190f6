//! The log that all requests of a process share.

use std::cell::Cell;
use std::collections::HashSet;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_crypto::Mac;

use crate::chain::Link;
use crate::clock::{FineClock, Moment};
use crate::event::AuditEvent;
use crate::note::{RequestNote, ServiceNote};
use crate::record::{self, Ending, Mark};
use crate::scope::AuditScope;
use crate::sink::AuditSink;
use crate::strangers::{StrangerLimits, Strangers};
use crate::trace::LongAnswer;

/// A record could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the audit record cannot be written")]
pub struct AuditError {
    /// What the sink said.
    #[from]
    source: io::Error,
}

/// How a log is kept.
#[derive(Debug)]
pub struct AuditSettings {
    /// Where records go.
    pub sink: Box<dyn AuditSink>,
    /// Authenticates the chain, under a key for this purpose alone.
    pub mac: Mac,
    /// Tells the time.
    pub clock: Arc<dyn FineClock>,
    /// Whether a request fails when its record cannot be written. If not, the loss is logged, and the next record that
    /// can be written is preceded by one that says how many are missing.
    pub required: bool,
    /// How many requests of unauthenticated callers have a record of their own.
    pub strangers: StrangerLimits,
}

/// Writes records one after another, each linked to the one before.
#[derive(Debug)]
pub struct AuditLog {
    sink: Box<dyn AuditSink>,
    mac: Mac,
    clock: Arc<dyn FineClock>,
    required: bool,
    strangers: Strangers,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The last record that was written.
    last: Link,
    /// Records that could not be written since.
    lost: u64,
    /// The digests of the answers that this file holds already, as far as they are remembered.
    answers: HashSet<[u8; 32]>,
}

impl State {
    /// Remembers that the file holds an answer. What was forgotten is only written once more.
    fn remember(&mut self, digest: [u8; 32]) {
        if self.answers.len() >= ANSWERS {
            self.answers.clear();
        }
        self.answers.insert(digest);
    }
}

impl AuditLog {
    /// Takes up the chain where the sink left it, and writes a record that says so.
    pub fn start(settings: AuditSettings) -> Result<Arc<Self>, AuditError> {
        let AuditSettings { sink, mac, clock, required, strangers } = settings;
        let tail = sink.tail();
        let begun = match (tail.last, tail.torn) {
            (None, 0) => Mark::Started,
            (Some(_), 0) => Mark::Continued,
            (_, torn) => Mark::Recovered { torn },
        };
        let state = State { last: tail.last.unwrap_or(Link::BEGINNING), lost: 0, answers: HashSet::new() };
        let strangers = Strangers::new(strangers);
        let log = Self { sink, mac, clock, required, strangers, state: Mutex::new(state) };
        log.mark(&mut log.state.lock().unwrap_or_else(PoisonError::into_inner), begun)?;
        Ok(Arc::new(log))
    }

    /// Begins the event of a request.
    pub fn begin(self: &Arc<Self>, request: RequestNote) -> AuditScope {
        AuditScope::new(self.clone(), AuditEvent::new(request), self.clock.now())
    }

    /// Notes connections that were refused before a request could be read. The caller bounds how often, and says how
    /// many connections one note stands for.
    pub fn connections_rejected(&self, client: IpAddr, reason: &str, count: u64) -> Result<(), AuditError> {
        with_buffer(|buffer| {
            record::connection(buffer, client, reason, count, self.clock.now().unix);
            self.append(buffer)
        })
    }

    /// Notes what the service did with an object by itself: a rotation by policy, a notice of a coming expiry.
    pub fn service(&self, note: &ServiceNote) -> Result<(), AuditError> {
        with_buffer(|buffer| {
            record::service(buffer, note, self.clock.now().unix);
            self.append(buffer)
        })
    }

    /// Writes how many requests of unauthenticated callers had no record of their own since the last call. To be called
    /// every few seconds, and at the end. What cannot be written is kept for the next call.
    pub fn write_sums(&self) -> Result<(), AuditError> {
        let now = self.clock.now().unix;
        let mut result = Ok(());
        for (sum, count) in self.strangers.take() {
            let written = with_buffer(|buffer| {
                record::summed(buffer, &sum, count, now);
                self.append(buffer)
            });
            if written.is_err() {
                self.strangers.give_back(sum, count);
                result = written;
            }
        }
        result
    }

    /// Opens the sink anew, after its file was moved away, and writes the first record of the new one.
    pub fn reopen(&self) -> Result<(), AuditError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.sink.reopen()?;
        // Each file can be read by itself.
        state.answers.clear();
        self.mark(&mut state, Mark::Reopened)
    }

    /// The place of the newest record; kept elsewhere, it shows later whether the end of the chain was cut off.
    #[must_use]
    pub fn last(&self) -> Link {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    pub(crate) fn write(&self, event: &AuditEvent, began: Moment, ending: Ending) -> Result<(), AuditError> {
        let now = self.clock.now();
        if !event.authenticated && !self.strangers.admit(event.request.client, ending, now.monotonic) {
            return Ok(());
        }
        // The items of a filtered list come before the event, so that whoever has read that has read them.
        let (mut bytes, mut items) = (0, Vec::with_capacity(event.items.len()));
        for group in &event.items {
            let mut buffer = Vec::new();
            let answers = record::items(&mut buffer, event, group, now.unix, bytes > MOST_OF_ITEMS);
            bytes += buffer.len();
            items.push((answers, buffer));
        }
        with_buffer(|buffer| {
            let answers = record::event(buffer, event, began, now, ending);
            let answers = items.iter().flat_map(|(answers, _)| answers.clone()).chain(answers).collect();
            let records = items.iter_mut().map(|(_, buffer)| buffer).chain([buffer]).collect();
            self.append_after(answers, records)
        })
    }

    /// Writes that a request is about to be carried out.
    pub(crate) fn announce(&self, event: &AuditEvent) -> Result<(), AuditError> {
        with_buffer(|buffer| {
            record::intent(buffer, event, self.clock.now().unix);
            self.append(buffer)
        })
    }

    /// Links an open record to the chain and writes it.
    fn append(&self, buffer: &mut Vec<u8>) -> Result<(), AuditError> {
        self.append_after(Vec::new(), vec![buffer])
    }

    /// Links open records to the chain and writes them, behind those answers to which they refer and which the file does
    /// not hold. The lock is held for these two only.
    fn append_after(&self, answers: Vec<&LongAnswer>, records: Vec<&mut Vec<u8>>) -> Result<(), AuditError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
        let mut told = HashSet::new();
        let new = answers.into_iter().filter(|it| !state.answers.contains(&it.digest) && told.insert(it.digest));
        let open = |answer| {
            let mut buffer = Vec::new();
            record::answer(&mut buffer, answer, self.clock.now().unix);
            buffer
        };
        let mut answers: Vec<_> = new.map(open).collect();
        let mut lines: Vec<&mut Vec<u8>> = answers.iter_mut().chain(records).collect();
        let written = self.resume(&mut state).and_then(|()| self.link(&mut state, &mut lines));
        match written {
            Ok(()) => {
                told.into_iter().for_each(|digest| state.remember(digest));
                Ok(())
            }
            Err(error) => self.lose(&mut state, count, error),
        }
    }

    /// Counts records that could not be written.
    fn lose(&self, state: &mut State, records: u64, error: AuditError) -> Result<(), AuditError> {
        let before = state.lost;
        state.lost = before.saturating_add(records);
        // At each power of two that is reached.
        if before.checked_ilog2() != state.lost.checked_ilog2() {
            tracing::error!(error = %error.source, lost = state.lost, "audit records cannot be written");
        }
        if self.required { Err(error) } else { Ok(()) }
    }

    /// After a failure, says first how many records are lost; that also excuses a line that was written in part.
    fn resume(&self, state: &mut State) -> Result<(), AuditError> {
        if state.lost > 0 {
            let lost = state.lost;
            self.mark(state, Mark::Resumed { lost })?;
            tracing::warn!(lost, "audit records can be written again");
            state.lost = 0;
        }
        Ok(())
    }

    fn mark(&self, state: &mut State, mark: Mark) -> Result<(), AuditError> {
        let mut buffer = Vec::new();
        record::mark(&mut buffer, mark, &state.last, self.clock.now().unix);
        self.link(state, &mut [&mut buffer])
    }

    /// Writes all with one write: whatever a request has to tell costs the sink the same.
    ///
    /// INVARIANT: the chain moves on only when the sink has taken the records.
    fn link(&self, state: &mut State, records: &mut [&mut Vec<u8>]) -> Result<(), AuditError> {
        let next = records.iter_mut().fold(state.last, |last, buffer| last.seal(&self.mac, buffer));
        match records {
            [one] => self.sink.write(line(one))?,
            all => self.sink.write(&all.iter().map(|buffer| line(buffer)).collect::<Vec<_>>().concat())?,
        }
        state.last = next;
        Ok(())
    }
}

/// What is written of a sealed record.
fn line(buffer: &[u8]) -> &[u8] {
    buffer.get(crate::chain::PREFIX..).unwrap_or_default()
}

/// Lends the thread's buffer, so that records need no allocation. It is taken out, so that nothing breaks if a record
/// is written while another one is.
fn with_buffer<T>(write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    thread_local!(static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    let result = write(&mut buffer);
    let _ = BUFFER.try_with(|cell| cell.set(buffer));
    result
}

/// The bytes of the lines about the items of one list, beyond which further ones are short.
const MOST_OF_ITEMS: usize = 256 << 10;
/// How many answers are remembered as written, in 32 bytes each.
const ANSWERS: usize = 4096;
