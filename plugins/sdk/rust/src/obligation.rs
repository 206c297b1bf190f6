//! What the gateway must do when it permits a request.

use crate::bindings::imports::decision;

/// What the gateway must do when it permits the request. What it cannot do denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obligation {
    /// Leave out of a list of objects what the caller may not read.
    FilterList,
    /// Put no more items on a page of a list; 1 to 25.
    CapPage(u8),
    /// Forbid that the response be stored.
    NoStore,
    /// Deny unless the request says why, in this header.
    RequireReason(String),
    /// Tell whoever watches, under this topic.
    Notify(String),
    /// One that this SDK does not know, by its name and value.
    Other(String, String),
}

impl Obligation {
    /// Its name in `portcullis:policy`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::FilterList => "filter-list",
            Self::CapPage(_) => "cap-page",
            Self::NoStore => "no-store",
            Self::RequireReason(_) => "require-reason",
            Self::Notify(_) => "notify",
            Self::Other(name, _) => name,
        }
    }

    /// Its value, empty where there is none.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::FilterList | Self::NoStore => String::new(),
            Self::CapPage(items) => items.to_string(),
            Self::RequireReason(value) | Self::Notify(value) | Self::Other(_, value) => value.clone(),
        }
    }
}

impl From<Obligation> for decision::Obligation {
    fn from(obligation: Obligation) -> Self {
        Self { name: obligation.name().to_owned(), value: obligation.value() }
    }
}

pub(crate) fn permission(rule: String, obligations: Vec<Obligation>) -> decision::Permission {
    decision::Permission { rule, obligations: obligations.into_iter().map(Into::into).collect() }
}
