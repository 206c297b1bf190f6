//! One test for each class of failure that has struck others (docs/threat-model.md).

mod denial;
mod headers;
mod hosts;
mod names;
mod network;
mod paths;
mod policy;
mod signals;
mod slow_bodies;
mod tenants;
mod tokens;
