//! What goes over the wire: each operation as clients call it.

mod headers;
mod lists;
mod management;
mod secrets;
mod throttling;
mod tokens;
