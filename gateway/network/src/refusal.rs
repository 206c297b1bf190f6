//! Why a request was refused by the network rules.

use std::net::IpAddr;

/// The two inner codes of the reference's refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// `ForbiddenByConnection`: public access is disabled and the path is not a private one.
    Connection,
    /// `ForbiddenByFirewall`: no rule names the client's address.
    Firewall,
}

/// A refusal, with what is needed to explain it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{first_line}")]
pub struct Refusal {
    /// Which of the inner codes it carries.
    pub kind: RefusalKind,
    /// The reference's first line, word for word: tools search for it (behaviour, section 1.7).
    pub first_line: &'static str,
    /// The rule of ours that decided, such as `network/default-action`.
    pub rule: &'static str,
    /// What the rule rested on, in words.
    pub explanation: String,
    /// The client's address.
    pub address: IpAddr,
}
