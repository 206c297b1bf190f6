//! Who asks.

use crate::Gateway;
use crate::bindings::imports::principal;

/// Questions about the caller. An argument that is no GUID in the hyphenated form fails the evaluation.
pub trait Principal {
    /// The caller's object id. Ask a predicate where that is the real question.
    fn principal_id(&self) -> String;

    /// Whether the caller is this principal.
    fn principal_is(&self, id: &str) -> bool;

    /// The client id of the application through which the caller acts, if one is known.
    fn application(&self) -> Option<String>;

    /// The caller's tenant.
    fn tenant(&self) -> String;

    /// `application` or `user`. An open list: do not trust a kind that you do not know.
    fn principal_kind(&self) -> String;

    /// Whether the caller is a member of this group.
    fn in_group(&self, id: &str) -> bool;
}

impl Principal for Gateway {
    fn principal_id(&self) -> String {
        principal::id()
    }

    fn principal_is(&self, id: &str) -> bool {
        principal::is(id)
    }

    fn application(&self) -> Option<String> {
        principal::application()
    }

    fn tenant(&self) -> String {
        principal::tenant()
    }

    fn principal_kind(&self) -> String {
        principal::kind()
    }

    fn in_group(&self, id: &str) -> bool {
        principal::in_group(id)
    }
}
