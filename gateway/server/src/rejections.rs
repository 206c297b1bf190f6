//! Connections that ended before a request: counted by reason and address, written to the audit log in bounded number.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use portcullis_audit::AuditLog;
use portcullis_listener::{RejectReason, RejectedConnection};

use crate::metrics::Metrics;

/// How many pairs of address and reason are told apart between two flushes; a flood of others is one sum.
const PAIRS: usize = 256;

/// Counts rejected connections until they are written.
#[derive(Debug)]
pub(crate) struct Rejections {
    metrics: Arc<Metrics>,
    counts: Mutex<HashMap<(Option<IpAddr>, RejectReason), u64>>,
}

impl Rejections {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, counts: Mutex::default() }
    }

    /// Counts one. Called on the accepting task, so it only counts.
    pub(crate) fn count(&self, rejected: &RejectedConnection) {
        self.metrics.rejected(rejected.reason);
        let Ok(mut counts) = self.counts.lock() else { return };
        let key = (Some(rejected.client.ip()), rejected.reason);
        let key = if counts.len() < PAIRS || counts.contains_key(&key) { key } else { (None, rejected.reason) };
        *counts.entry(key).or_default() += 1;
    }

    /// Writes what was counted.
    pub(crate) fn flush(&self, audit: &AuditLog) {
        let counts = self.counts.lock().map(|mut counts| std::mem::take(&mut *counts)).unwrap_or_default();
        for ((address, reason), count) in counts {
            let address = address.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
            if let Err(error) = audit.connections_rejected(address, reason.as_str(), count) {
                tracing::error!(%error, %reason, count, "rejected connections could not be recorded");
            }
        }
    }
}
