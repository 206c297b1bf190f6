//! Certificates of the gateway's own authority.

mod authority;
mod error;
mod pem_pair;
mod server;
mod validity;

pub use authority::CertificateAuthority;
pub use error::CertificateError;
pub use pem_pair::PemPair;
pub use validity::Validity;
