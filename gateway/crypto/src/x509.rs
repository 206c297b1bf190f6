//! X.509 certificates and the files they travel in, for the data plane's certificates.
//!
//! | file | what it does |
//! |---|---|
//! | `spec`, `name`, `usage`, `validity` | what a certificate shall say, parsed |
//! | `self_sign`, `request`, `authority` | makes certificates and requests of it |
//! | `facts`, `chain` | what a certificate says, and which belong together |
//! | `pem`, `pkcs7`, `pkcs12` | files of certificates and keys |
//! | `key`, `pkcs8` | the keys in them |
//!
//! Certificates are written here rather than with rcgen, whose names hold one attribute of a type (no
//! `DC=contoso, DC=com`) and whose keys do not include P-256K. What is read may be hostile: every reader has bounds, and
//! none panics.

mod authority;
mod bundle;
mod chain;
mod der;
mod error;
mod extensions;
mod facts;
mod key;
mod name;
mod pem;
mod pkcs12;
mod pkcs7;
mod pkcs8;
mod request;
mod self_sign;
mod spec;
mod tbs;
mod usage;
mod validity;

pub use authority::{AuthorityError, IssuingAuthority};
pub use bundle::{Bundle, Der};
pub use chain::leaf_first;
pub use der::{MalformedOid, Oid};
pub use error::MakeError;
pub use facts::{CertificateFacts, FactsError, parse_certificate, public_key_matches};
pub use key::{Curve, KeyError, KeyKind, PublicKey};
pub use name::{DistinguishedName, NameError, SubjectNames};
pub use pem::{PemError, read_pem_bundle, write_pem};
pub use pkcs7::{Pkcs7Error, read_pkcs7};
#[cfg(feature = "test-util")]
pub use pkcs12::read_pkcs12_within;
pub use pkcs12::{Pkcs12Error, read_pkcs12, write_pkcs12};
pub use request::certificate_request;
pub use self_sign::self_sign;
pub use spec::{CertificateSpec, Role, SpecError};
pub use usage::{KeyUsage, UnknownKeyUsage};
pub use validity::{MonthsError, ValidityMonths};
