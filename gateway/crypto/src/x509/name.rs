//! Who a certificate is about: a distinguished name and alternative names.

mod attribute;
mod distinguished;
mod error;
mod subject_names;
mod text;

pub use distinguished::DistinguishedName;
pub use error::NameError;
pub use subject_names::SubjectNames;
