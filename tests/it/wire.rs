//! What goes over the wire: each operation as clients call it.

mod headers;
mod key_refusals;
mod key_rotation;
mod keys;
mod lists;
mod management;
mod secrets;
mod tokens;
