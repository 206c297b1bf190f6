//! Why an evaluation was stopped from outside of the guest.

use portcullis_policy::{Failure, Question};

/// An error that a host function or a limit raises through wasm, so that the failure arrives as it was meant.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Stopped(pub(crate) Failure);

impl Stopped {
    /// The guest asked for too much of something.
    pub(crate) fn too_much(limit: &'static str) -> wasmtime::Error {
        Self(Failure::TooMuch(limit)).into()
    }

    /// The guest asked what is not known.
    pub(crate) fn unanswered(question: &Question) -> wasmtime::Error {
        Self(Failure::Unanswered(question.to_string().into())).into()
    }

    /// The guest asked something that makes no sense.
    pub(crate) fn nonsense<P: std::fmt::Display>(problem: P) -> wasmtime::Error {
        Self(Failure::Nonsense(problem.to_string().into())).into()
    }
}

/// A program of tests exited.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the program exited")]
pub(crate) struct Exited {
    pub(crate) success: bool,
}
