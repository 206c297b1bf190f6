//! Bodies and answers of the operations on secrets.

pub(crate) mod bundle;
mod content_type;
pub(crate) mod render;
pub(crate) mod set;
pub(crate) mod update;
