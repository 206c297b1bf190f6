//! PEM (RFC 7468).

mod blocks;
mod error;
mod read;
mod write;

pub(super) use blocks::blocks;
pub use error::PemError;
pub use read::read_pem_bundle;
pub use write::write_pem;
