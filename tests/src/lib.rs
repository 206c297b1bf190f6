//! Harness of the integration tests: a whole gateway in process, with its own store, clock, authority and port.

mod client;
mod gateway;

pub use client::{Client, RawH2, Reply, Sent};
pub use gateway::{Application, DOMAIN, LOCATION, Setup, TestGateway, from_now};
