//! What goes over the wire: each operation as clients call it.

mod access;
mod access_policies;
mod certificate_refusals;
mod certificate_renewal;
mod certificates;
mod directory;
mod filtered_lists;
mod headers;
mod key_refusals;
mod key_rotation;
mod keys;
mod lists;
mod management;
mod own_work;
mod private_endpoints;
mod release;
mod revocation;
mod schedules;
mod secrets;
mod sign_in;
mod throttling;
mod tokens;
mod vaults;
mod what_if;
