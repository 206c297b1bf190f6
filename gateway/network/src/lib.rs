//! From where: a request's origin and a vault's network rules become a verdict.
//!
//! Pure: no sockets, no configuration files, no clock. It depends on `model` alone. A [`Verdict`] can be made only
//! here, by [`judge`], and only when the rules admit the request; policy takes nothing less.

mod judge;
mod origin;
mod refusal;

pub use judge::{Admission, CallerTrust, Verdict, judge, unfiltered};
pub use origin::{Ingress, Origin, VirtualNetworks};
pub use refusal::{Refusal, RefusalKind};
