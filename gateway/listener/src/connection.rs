//! The connection a request arrived on.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::address::ClientAddr;
use crate::tls::{ServedNames, TlsFacts};

/// What is known of a request before its first byte is read: where it comes from, and over which TLS.
#[derive(Debug)]
pub struct Connection {
    /// A number that no other connection of this process has.
    pub id: u64,
    /// The peer of the socket.
    pub client: ClientAddr,
    /// Our end of the socket.
    pub local: SocketAddr,
    /// The virtual-network subnet that every connection of the listener belongs to, if the listener is bound to one.
    pub binding: Option<Arc<str>>,
    /// What the handshake agreed on.
    pub tls: TlsFacts,
    /// The names of the certificate that was presented.
    pub(crate) names: Arc<ServedNames>,
}

impl Connection {
    /// Says whether the certificate presented on this connection covers a host name (no port).
    ///
    /// HTTP/2 clients send requests for other hosts over a connection when its certificate covers them; a request for
    /// a host outside the certificate is misdirected (RFC 9110 section 15.5.20).
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        self.names.cover(host)
    }
}
