//! What is said of a request for which there is no room.

/// Says that a budget of requests has no room for one more, and when it will.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the budget of the {} has no room for {seconds} s", budget.name())]
pub struct OverLimit {
    /// Whose budget it is.
    pub budget: Budget,
    /// What the request counts as, such as `secret creation`.
    pub class: &'static str,
    /// How many requests of this class alone would fill the budget.
    pub most: u64,
    /// In how many seconds there is room, if nobody else takes it.
    pub seconds: u32,
}

/// Whose requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Budget {
    /// All that are made of one vault.
    Vault,
    /// All that one principal makes.
    Caller,
    /// All bad tokens that one address sends.
    Address,
}

impl Budget {
    /// Whose it is, in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Caller => "caller",
            Self::Address => "address",
        }
    }
}
