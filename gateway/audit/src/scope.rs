//! The promise of exactly one record per request.

use std::sync::Arc;

use crate::clock::Moment;
use crate::event::AuditEvent;
use crate::log::{AuditError, AuditLog};
use crate::record::Ending;

/// Travels with a request and writes its record: at [`finish`](Self::finish), else when dropped.
#[derive(Debug)]
#[must_use = "dropped at once, the scope writes that the request was aborted"]
pub struct AuditScope {
    log: Arc<AuditLog>,
    event: Box<AuditEvent>,
    began: Moment,
    /// Whether the record has been written, or tried to be.
    written: bool,
}

impl AuditScope {
    pub(crate) fn new(log: Arc<AuditLog>, event: AuditEvent, began: Moment) -> Self {
        Self { log, event: Box::new(event), began, written: false }
    }

    /// The event, to be filled along the way.
    pub const fn event(&mut self) -> &mut AuditEvent {
        &mut self.event
    }

    /// Writes that the request is about to be carried out, before anything is changed; on an error nothing must be. The
    /// request's own record follows when it has ended.
    pub fn announce(&self) -> Result<(), AuditError> {
        self.log.announce(&self.event)
    }

    /// Writes the record of a request that is answered with a status. To be called before the response leaves; on an
    /// error the response must not leave.
    pub fn finish(mut self, status: u16) -> Result<(), AuditError> {
        self.written = true;
        self.log.write(&self.event, self.began, Ending::Answered(status))
    }
}

impl Drop for AuditScope {
    fn drop(&mut self) {
        if !self.written {
            // There is no response to withhold; the log has noted the loss.
            let _ = self.log.write(&self.event, self.began, Ending::Aborted);
        }
    }
}
