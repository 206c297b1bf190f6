//! PKCS #12 (RFC 7292), also called PFX.
//!
//! Bytes become a [`Bundle`](super::Bundle) in the order `read` (the outer form), `mac` (is it the right password),
//! `contents` (the bags). `scheme` knows the encryptions, `cbc` the ciphers and `derive` the key derivations. Every
//! derivation is paid for from one `Budget` before it begins, so that a hostile file cannot ask for hours.

mod budget;
mod cbc;
mod contents;
mod derive;
mod error;
mod mac;
mod password;
mod read;
mod scheme;
mod write;

use budget::Budget;
pub use error::Pkcs12Error;
use password::Password;
pub use read::read_pkcs12;
#[cfg(feature = "test-util")]
pub use read::read_pkcs12_within;
pub use write::write_pkcs12;
