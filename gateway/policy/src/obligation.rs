//! What must be done when a request is permitted.

use std::sync::Arc;

use portcullis_model::{Call, Outcome};

use crate::filter::{Filter, Filtered, JudgedItem};
use crate::{OtherOperation, Permitted, Policy};

/// The header in which a caller says why.
pub const REASON_HEADER: &str = "x-portcullis-reason";

/// The items of a page at most (Azure's own bound).
const PAGE: u32 = 25;
/// The bytes of a topic.
const TOPIC: usize = 128;

/// Something that the gateway must do when it permits the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obligation {
    /// Leave out of a list what the caller may not read.
    FilterList,
    /// Put no more items on a page of a list.
    CapPage(u32),
    /// Forbid that the response be stored.
    NoStore,
    /// Deny unless the request says why, in this header.
    RequireReason(Arc<str>),
    /// Tell whoever watches, under this topic.
    Notify(Arc<str>),
}

/// Says why an obligation is not understood, which denies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseObligationError {
    /// The gateway does not know it.
    #[error("demanded the obligation `{0}`, which this gateway does not know")]
    Unknown(String),
    /// The value makes no sense.
    #[error("demanded the obligation `{0}` with a value that makes no sense")]
    Value(&'static str),
}

impl Obligation {
    /// Reads an obligation as plugins name it.
    ///
    /// # Errors
    /// When it is not known or its value makes no sense.
    pub fn parse(name: &str, value: &str) -> Result<Self, ParseObligationError> {
        let nothing =
            |this: Self, name| if value.is_empty() { Ok(this) } else { Err(ParseObligationError::Value(name)) };
        match name {
            "filter-list" => nothing(Self::FilterList, "filter-list"),
            "no-store" => nothing(Self::NoStore, "no-store"),
            "cap-page" => match value.parse() {
                Ok(items @ 1..=PAGE) => Ok(Self::CapPage(items)),
                _ => Err(ParseObligationError::Value("cap-page")),
            },
            "require-reason" => {
                let header = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                let known = header && !value.is_empty() && value.len() <= TOPIC;
                let header = || Self::RequireReason(value.to_ascii_lowercase().into());
                known.then(header).ok_or(ParseObligationError::Value("require-reason"))
            }
            "notify" => {
                let shown =
                    !value.is_empty() && value.len() <= TOPIC && value.bytes().all(|byte| byte.is_ascii_graphic());
                shown.then(|| Self::Notify(value.into())).ok_or(ParseObligationError::Value("notify"))
            }
            other => Err(ParseObligationError::Unknown(other.chars().filter(|c| !c.is_control()).take(64).collect())),
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::FilterList => "filter-list",
            Self::CapPage(_) => "cap-page",
            Self::NoStore => "no-store",
            Self::RequireReason(_) => "require-reason",
            Self::Notify(_) => "notify",
        }
    }
}

/// All obligations of a permitted request. Adding one never takes another away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obligations {
    /// Whether a list must be filtered.
    pub filter_list: bool,
    /// The items of a page at most, if that is bounded.
    pub page: Option<u32>,
    /// Whether the response must not be stored.
    pub no_store: bool,
    /// The headers that must say why.
    pub reasons: Vec<Arc<str>>,
    /// Whom to tell.
    pub topics: Vec<Arc<str>>,
}

impl Obligations {
    /// Adds one: the narrower page counts, everything else adds up.
    pub fn add(&mut self, obligation: &Obligation) {
        let once = |list: &mut Vec<Arc<str>>, one: &Arc<str>| {
            if !list.contains(one) {
                list.push(Arc::clone(one));
            }
        };
        match obligation {
            Obligation::FilterList => self.filter_list = true,
            Obligation::CapPage(items) => self.page = Some(self.page.map_or(*items, |page| page.min(*items))),
            Obligation::NoStore => self.no_store = true,
            Obligation::RequireReason(header) => once(&mut self.reasons, header),
            Obligation::Notify(topic) => once(&mut self.topics, topic),
        }
    }

    /// Adds all of another decision.
    pub(crate) fn add_all(&mut self, other: &Self) {
        if other.filter_list {
            self.add(&Obligation::FilterList);
        }
        if other.no_store {
            self.add(&Obligation::NoStore);
        }
        other.page.iter().for_each(|items| self.add(&Obligation::CapPage(*items)));
        other.reasons.iter().for_each(|header| self.add(&Obligation::RequireReason(Arc::clone(header))));
        other.topics.iter().for_each(|topic| self.add(&Obligation::Notify(Arc::clone(topic))));
    }

    /// Whether nothing must be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is still to be done when a permitted call is answered. Only [`crate::Decided::permit`] makes one, beside the
/// permit, and nothing is told of an outcome before it is settled: see [`Told`].
///
/// ```compile_fail
/// let owed = portcullis_policy::Owed { obligations: Default::default(), filter: None };
/// ```
#[derive(Debug)]
#[must_use = "obligations are part of the permission"]
pub struct Owed {
    obligations: Obligations,
    filter: Option<Box<Filter>>,
}

/// An outcome as it may be told: what had to be left out of it is gone. Only [`Owed::settle`] makes one.
///
/// ```compile_fail
/// fn forge(outcome: portcullis_model::Outcome) -> portcullis_policy::Told {
///     portcullis_policy::Told(outcome)
/// }
/// ```
#[derive(Debug)]
pub struct Told(Outcome);

/// How far what is owed has been done.
#[derive(Debug)]
pub enum Settled {
    /// All of it.
    Whole(Told),
    /// Of a list that is filtered, more must be read before it can be told: this call, and what is owed then.
    GoOn(Permitted<Call>, Owed),
}

impl Told {
    /// The outcome.
    #[must_use]
    pub const fn outcome(&self) -> &Outcome {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn into_outcome(self) -> Outcome {
        self.0
    }
}

impl Owed {
    pub(crate) const fn new(obligations: Obligations, filter: Option<Box<Filter>>) -> Self {
        Self { obligations, filter }
    }

    /// Has everything done that is owed, and gives what may be told.
    ///
    /// # Errors
    /// When the outcome is not one of the call that was permitted; this is a fault of ours.
    pub async fn settle(
        self,
        policy: &Policy,
        outcome: Outcome,
        creditor: &mut impl Creditor,
    ) -> Result<Settled, OtherOperation> {
        let Self { mut obligations, filter } = self;
        let told = match filter {
            None => Told(outcome),
            Some(filter) => match filter.take(policy, outcome, &mut obligations, creditor).await? {
                Filtered::Whole(outcome) => {
                    creditor.filtered();
                    Told(outcome)
                }
                Filtered::GoOn(permit, filter) => {
                    return Ok(Settled::GoOn(permit, Self { obligations, filter: Some(filter) }));
                }
            },
        };
        let Obligations { filter_list: _, page: _, no_store, reasons: _, topics } = obligations;
        if no_store {
            creditor.forbid_storing();
        }
        topics.iter().for_each(|topic| creditor.notify(topic));
        Ok(Settled::Whole(told))
    }
}

/// Does what is owed to the response: pages are cut and reasons demanded before.
pub trait Creditor: Send {
    /// Forbids that the response be stored.
    fn forbid_storing(&mut self);

    /// Tells whoever watches.
    fn notify(&mut self, topic: &Arc<str>);

    /// Records what came of judging an item of a list that is filtered.
    fn judged(&mut self, item: &JudgedItem);

    /// Records that a list was filtered.
    fn filtered(&mut self);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_what_it_knows_and_nothing_else() {
        for (name, value) in [
            ("filter-list", ""),
            ("cap-page", "1"),
            ("cap-page", "25"),
            ("no-store", ""),
            ("require-reason", "x-portcullis-reason"),
            ("notify", "break-glass"),
        ] {
            assert_eq!(Obligation::parse(name, value).unwrap().name(), name);
        }
        for (name, value) in [
            ("filter-list", "x"),
            ("cap-page", ""),
            ("cap-page", "0"),
            ("cap-page", "26"),
            ("cap-page", "-1"),
            ("no-store", "1"),
            ("require-reason", ""),
            ("require-reason", "a b"),
            ("notify", ""),
            ("notify", "a\nb"),
            ("Filter-List", ""),
            ("", ""),
            ("encrypt-response", ""),
        ] {
            assert!(Obligation::parse(name, value).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn obligations_only_get_stricter() {
        let mut all = Obligations::default();
        assert!(all.is_empty());
        for obligation in [
            Obligation::CapPage(10),
            Obligation::CapPage(20),
            Obligation::NoStore,
            Obligation::Notify("a".into()),
            Obligation::Notify("a".into()),
            Obligation::RequireReason("x".into()),
            Obligation::FilterList,
        ] {
            all.add(&obligation);
        }
        let (topics, reasons) = (vec!["a".into()], vec!["x".into()]);
        assert_eq!(all, Obligations { filter_list: true, page: Some(10), no_store: true, reasons, topics });
    }
}
