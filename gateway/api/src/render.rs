//! Answers on the data plane: an outcome becomes the bytes that clients expect.

use portcullis_model::Outcome;
use portcullis_model::certificates::CertificateOutcome;
use portcullis_model::keys::KeyOutcome;
use portcullis_model::secrets::SecretOutcome;

use crate::{Answer, Hosts, PositionSeal, Routed, certificates, keys, secrets};

/// What an answer needs to know of its request: ids and links carry the address that the client used.
#[derive(Debug, Clone, Copy)]
pub struct RenderContext<'a> {
    /// The gateway's addresses.
    pub hosts: &'a Hosts,
    /// The request.
    pub routed: &'a Routed,
    /// Seals where a list goes on.
    pub seal: &'a dyn PositionSeal,
}

/// The outcome of a call of the data plane.
#[derive(Debug, Clone, Copy)]
pub enum DataOutcome<'a> {
    /// About secrets.
    Secret(&'a SecretOutcome),
    /// About keys.
    Key(&'a KeyOutcome),
    /// About certificates.
    Certificate(&'a CertificateOutcome),
}

impl<'a> DataOutcome<'a> {
    /// The outcome, if it is one of the data plane.
    #[must_use]
    pub const fn of(outcome: &'a Outcome) -> Option<Self> {
        match outcome {
            Outcome::Secret(outcome) => Some(Self::Secret(outcome)),
            Outcome::Key(outcome) => Some(Self::Key(outcome)),
            Outcome::Certificate(outcome) => Some(Self::Certificate(outcome)),
            Outcome::Management(_) => None,
        }
    }
}

/// The answer that tells an outcome.
#[must_use]
pub fn render(outcome: DataOutcome<'_>, context: RenderContext<'_>) -> Answer {
    match outcome {
        DataOutcome::Secret(outcome) => secrets::render::render(outcome, context),
        DataOutcome::Key(outcome) => keys::render::render(outcome, context),
        DataOutcome::Certificate(outcome) => certificates::render::render(outcome, context),
    }
}

#[cfg(test)]
mod tests;
