//! The crate from outside: key material and its known answers.

#![expect(clippy::unwrap_used, reason = "a test whose helper unwraps wrongly shall panic")]

mod fixture;
mod known_answers;
mod material;
