//! Every bound on what a client may take.

use std::time::Duration;

/// The bounds of one listener. Each has a default that suits a gateway of a few thousand clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From accept to the end of the TLS handshake. Default 10 s.
    pub handshake_timeout: Duration,
    /// From the first byte of a request (for the first request: from the end of the handshake) to the end of its
    /// header. Default 10 s.
    pub header_timeout: Duration,
    /// How long a connection may rest while it is the client's turn: to send a request, or to read a response.
    /// Over HTTP/1.1 any byte counts as progress; over HTTP/2 requests do, and what is written of a response, but not
    /// pings, which would keep it open for ever. Default 120 s.
    pub idle_timeout: Duration,
    /// How long requests in flight may run on after shutdown began. Default 20 s.
    pub drain_grace: Duration,
    /// Connections open at once, handshakes included. Default 10,000.
    pub max_connections: usize,
    /// Connections open at once from one address (IPv6: from one /64). Default 1,000.
    pub max_connections_per_client: usize,
    /// TLS handshakes of one address past the ClientHello at once; further ones wait, within their timeout. Default 64.
    pub max_handshakes_per_client: usize,
    /// HTTP/1.1: bytes of a request header, the request line included. Default 96 KiB: more than the 64 KiB that the
    /// gateway takes, so that a header which is only somewhat too large gets an answer that explains.
    pub http1_max_header: usize,
    /// HTTP/1.1: bytes of the read buffer. Default 128 KiB; at least 8 KiB. It may be exceeded by one read, so it does
    /// not replace `http1_max_header`.
    pub http1_max_buf: usize,
    /// HTTP/1.1: header fields of a request. Default 200: twice what the gateway takes, so that a request with
    /// somewhat too many gets an answer that explains.
    pub http1_max_headers: usize,
    /// HTTP/2: streams open at once on a connection. Default 128.
    pub http2_max_concurrent_streams: u32,
    /// HTTP/2: bytes of a decoded header list. Default 96 KiB, for the reason given above.
    pub http2_max_header_list: u32,
    /// HTTP/2: streams reset by the client before they were handled, after which the connection ends (rapid reset,
    /// CVE-2023-44487). Default 20.
    pub http2_max_pending_accept_reset_streams: usize,
    /// HTTP/2: streams we had to reset for the client's faults, after which the connection ends. Default 64.
    pub http2_max_local_error_reset_streams: usize,
    /// HTTP/2: how often a peer is asked whether it still lives. Default 30 s.
    pub http2_keep_alive_interval: Duration,
    /// HTTP/2: how long it may take to answer that. Default 20 s.
    pub http2_keep_alive_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(120),
            drain_grace: Duration::from_secs(20),
            max_connections: 10_000,
            max_connections_per_client: 1_000,
            max_handshakes_per_client: 64,
            http1_max_header: 96 * 1024,
            http1_max_buf: 128 * 1024,
            http1_max_headers: 200,
            http2_max_concurrent_streams: 128,
            http2_max_header_list: 96 * 1024,
            http2_max_pending_accept_reset_streams: 20,
            http2_max_local_error_reset_streams: 64,
            http2_keep_alive_interval: Duration::from_secs(30),
            http2_keep_alive_timeout: Duration::from_secs(20),
        }
    }
}
