//! Bodies and answers of the operations on keys.

mod bundle;
pub(crate) mod create;
pub(crate) mod import;
mod jwk;
pub(crate) mod operate;
mod properties;
pub(crate) mod random;
pub(crate) mod release;
pub(crate) mod render;
pub(crate) mod rotation_policy;
pub(crate) mod update;

pub(crate) use properties::key_type;
