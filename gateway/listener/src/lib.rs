//! A byte stream becomes an HTTP connection of known origin.
//!
//! Sockets are bound and accepted here, TLS is negotiated here, and HTTP/1.1 and HTTP/2 are framed here; what comes
//! out is a request together with the [`Connection`] it arrived on. TLS versions, suites, groups and certificates are
//! chosen in this crate and nowhere else. Every wait for a client has a bound, listed in [`Limits`].
//!
//! Nothing about a caller is ever kept on a connection: a resumed session and a second request on one connection
//! start from nothing, and 0-RTT is off.
//!
//! Depends on no crate of the workspace. Only the server may depend on it.

mod activity;
mod address;
mod admission;
mod body;
mod connection;
mod limits;
mod listeners;
mod metered;
mod port;
mod rejected;
mod serve;
mod stopping;
mod stream_tasks;
mod tls;

pub use address::ClientAddr;
pub use body::{BodyError, discard_body, read_body};
pub use connection::Connection;
pub use limits::Limits;
pub use listeners::{BindError, Drained, ListenerSettings, Listeners};
pub use rejected::{OnRejected, RejectReason, RejectedConnection};
pub use tls::{
    Alpn, CertificateError, Certificates, PemIdentity, ServedNames, TlsError, TlsFacts, TlsPolicy, TlsSettings,
    TlsVersion,
};
