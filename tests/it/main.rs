//! The integration tests: a whole gateway in process, one binary.

#![expect(clippy::unwrap_used, reason = "a test whose helper unwraps wrongly shall panic")]

mod audit;
mod authorization;
mod bodies;
mod determinism;
mod fuzz;
mod lines;
mod listener;
mod memo;
mod metrics;
mod outside;
mod plugins;
mod security;
mod storage;
mod wire;
