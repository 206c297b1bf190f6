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

    /// Whether an assignment at or above the request's resource gives the caller this role.
    fn has_role(&self, id: &str) -> bool;

    /// A claim of the caller's token, by its name in OpenID Connect.
    fn claim(&self, name: &str) -> Option<String>;

    /// Whether the caller authenticated by this method of RFC 8176; false when the token does not say.
    fn authenticated_with(&self, method: &str) -> bool;

    /// Whether the caller authenticated at most so many seconds ago; false when the token does not say.
    fn authenticated_within(&self, seconds: u32) -> bool;

    /// What is known of the caller's device, such as `compliant`; none is no reason to trust it.
    fn device(&self, property: &str) -> Option<String>;

    /// The risk that was seen, by kind: `sign-in` or `principal`; none does not mean that there is none.
    fn risk(&self, kind: &str) -> Option<String>;
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

    fn has_role(&self, id: &str) -> bool {
        principal::has_role(id)
    }

    fn claim(&self, name: &str) -> Option<String> {
        principal::claim(name)
    }

    fn authenticated_with(&self, method: &str) -> bool {
        principal::authenticated_with(method)
    }

    fn authenticated_within(&self, seconds: u32) -> bool {
        principal::authenticated_within(seconds)
    }

    fn device(&self, property: &str) -> Option<String> {
        principal::device(property)
    }

    fn risk(&self, kind: &str) -> Option<String> {
        principal::risk(kind)
    }
}
