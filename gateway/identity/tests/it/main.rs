//! Tokens from the outside: issuing, authenticating, attenuating, and blocks written by enemies.
//!
//! The modules are marked as test code, so that what is allowed in tests is allowed in their helpers too.

#[cfg(test)]
mod attenuating;
#[cfg(test)]
mod authenticating;
#[cfg(test)]
mod hostile_blocks;
#[cfg(test)]
mod issuing;
#[cfg(test)]
mod world;
