//! Bodies and answers of the operations on secrets.

pub(crate) mod attributes;
pub(crate) mod bundle;
pub(crate) mod restore;
pub(crate) mod set;
pub(crate) mod update;
