//! The listener over real sockets, with real TLS clients.

mod bounds;
mod gateway;
mod http;
mod shutdown;
mod tls;
