//! Bodies and answers of the operations on certificates, their issuers and their contacts.

mod bundle;
pub(crate) mod contacts;
pub(crate) mod create;
pub(crate) mod import;
pub(crate) mod issuer;
mod marks;
pub(crate) mod merge;
pub(crate) mod pending;
pub(crate) mod policy;
pub(crate) mod render;
mod text;
pub(crate) mod update;
