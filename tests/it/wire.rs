//! What goes over the wire: each operation as clients call it.

mod lists;
mod management;
mod release;
mod secrets;
mod tokens;
