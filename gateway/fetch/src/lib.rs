//! Fetches small documents over HTTPS from hosts that the configuration names.
//!
//! The only way out of the gateway that a request can cause. So it is narrow: `https` only, one GET without a body, no
//! redirects, no proxies, no cookies, no credentials, and a bound on every wait and size. Depends on no other crate of
//! the workspace; which hosts may be asked is for the caller to have decided.
//!
//! The command line speaks to a gateway through it too, with bodies and credentials ([`HttpsClient::send`]).

mod client;
mod url;

pub use client::{FetchError, HttpsClient, Incoming, Outgoing, RootsError};
pub use url::{HttpsUrl, NotAnHttpsUrl};
