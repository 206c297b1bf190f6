//! Connections that ended before a request could be served.

use std::fmt;
use std::sync::Arc;

use crate::address::ClientAddr;

/// A connection that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedConnection {
    /// The peer of the socket.
    pub client: ClientAddr,
    /// Why it was refused.
    pub reason: RejectReason,
}

/// Why a connection was refused. No variant carries bytes that the client chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectReason {
    /// The listener holds as many connections as it may.
    TooManyConnections,
    /// The client's address holds as many connections as it may.
    TooManyFromClient,
    /// The handshake was not over in time.
    HandshakeTimeout,
    /// Plain HTTP on the TLS port.
    PlainHttp,
    /// The server name indication names nothing that is served here.
    UnknownServerName,
    /// No TLS version in common: the client offers none that is allowed.
    ProtocolVersion,
    /// No cipher suite, group or signature scheme in common.
    NoCommonParameters,
    /// The client broke the handshake off with an alert, most often because it does not trust the certificate.
    RefusedByClient,
    /// The client sent something that is no TLS handshake.
    MalformedHandshake,
    /// The client went away during the handshake.
    ClosedDuringHandshake,
    /// The header of a request was not complete in time.
    SlowHeader,
    /// A request or a frame could not be parsed, or a bound of the framing was exceeded.
    MalformedHttp,
}

impl RejectReason {
    /// The reason as logs, events and metric labels show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooManyConnections => "too-many-connections",
            Self::TooManyFromClient => "too-many-from-client",
            Self::HandshakeTimeout => "handshake-timeout",
            Self::PlainHttp => "plain-http",
            Self::UnknownServerName => "unknown-server-name",
            Self::ProtocolVersion => "protocol-version",
            Self::NoCommonParameters => "no-common-parameters",
            Self::RefusedByClient => "refused-by-client",
            Self::MalformedHandshake => "malformed-handshake",
            Self::ClosedDuringHandshake => "closed-during-handshake",
            Self::SlowHeader => "slow-header",
            Self::MalformedHttp => "malformed-http",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Is told of every connection that is refused. Runs on the accepting task: it must not block, and must bound by
/// itself how much it writes, since a flood of connections calls it as often.
pub type OnRejected = Arc<dyn Fn(RejectedConnection) + Send + Sync>;
