//! What happened: one event per request, chained, before the response leaves.
//!
//! [`AuditLog::begin`] gives an [`AuditScope`] that travels with a request and writes exactly one record: when the
//! request is finished, or when the scope is dropped because the client left, the task was cancelled or a handler
//! panicked. [`AuditScope::finish`] writes before the response leaves, and its failure fails the request.
//!
//! A change is announced first: [`AuditScope::announce`] writes an intent before the change is made, so that no change
//! is without a trace in the log, whatever happens to the log or to the process before the request's record is written.
//!
//! A record is one line of JSON in the shape of Azure's `AuditEvent`, with an object `portcullis` of our own. Records
//! are chained: each carries the HMAC-SHA256 of its predecessor's code and its own bytes, so that [`verify`] finds the
//! first record that was changed, removed or moved. What a chain cannot show is that its end was cut off; whoever
//! needs that keeps the newest [`Link`] elsewhere.
//!
//! What plugins asked is part of the record; an answer that is long is written once in each file, before the first
//! record that refers to it by its digest ([`TraceNote`]).
//!
//! Requests of callers whom nobody authenticated are the exception to one record each: beyond [`StrangerLimits`] they
//! are counted, and [`AuditLog::write_sums`] writes the sums. Else whoever reaches the port could fill the disk.
//!
//! Text from outside is bounded, escaped to one line of printable characters, and stripped of credentials in query
//! strings; headers such as Authorization have no field to go to.
//!
//! Depends on crypto. Only the server may depend on it.

mod chain;
mod clock;
mod event;
mod json;
mod log;
mod note;
mod record;
mod redact;
mod scope;
mod sink;
mod status;
mod strangers;
mod timestamp;
mod trace;
mod verify;

pub use chain::Link;
#[cfg(feature = "test-util")]
pub use clock::StillClock;
pub use clock::{FineClock, Moment, SystemFineClock};
pub use event::{AuditEvent, Text};
pub use log::{AuditError, AuditLog, AuditSettings};
pub use note::{DecisionNote, InstalledNote, ItemNote, ItemRefusal, NetworkNote, ObjectNote, RequestNote, ServiceNote};
pub use scope::AuditScope;
#[cfg(feature = "test-util")]
pub use sink::MemorySink;
pub use sink::{AuditSink, Durability, FileSink, OpenError, StdoutSink, Tail};
pub use strangers::StrangerLimits;
pub use trace::TraceNote;
pub use verify::{Break, Report, VerifyError, verify};
