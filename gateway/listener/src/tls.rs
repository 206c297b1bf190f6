//! TLS: what is negotiated, with which certificates, and what came of it.

mod certificates;
mod facts;
mod handshake;
mod names;
mod plain_http;
mod policy;

pub use certificates::{CertificateError, Certificates, PemIdentity};
pub use facts::{Alpn, TlsFacts, TlsVersion};
pub use names::ServedNames;
pub use policy::{TlsError, TlsPolicy, TlsSettings};

pub(crate) use handshake::handshake;
