//! Plugins in their sandbox, through the policy hook.

#![expect(clippy::unwrap_used, reason = "a test whose helper unwraps wrongly shall panic")]

mod bundled;
mod hostile;
mod loading;
mod memo;
mod reference;
mod released;
mod support;
