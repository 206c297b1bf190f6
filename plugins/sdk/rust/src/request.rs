//! What is asked of the gateway.

use crate::Gateway;
use crate::bindings::imports::request;

/// Questions about the request, as it was routed.
pub trait Request {
    /// The operation's name, such as `SecretGet`. An open list.
    fn operation(&self) -> String;

    /// Whether the operation is one of these, compared exactly. An unknown name fails the evaluation.
    fn operation_in(&self, names: &[String]) -> bool;

    /// Whether the request is one of the data plane and not of the management plane.
    fn data_plane(&self) -> bool;

    /// The data action (data plane) or action (management plane) that the operation needs.
    fn action(&self) -> String;

    /// The vault's name, in lower case; none when the request is about no vault.
    fn vault(&self) -> Option<String>;

    /// The kind of the object that the request names, such as `secrets`.
    fn object_kind(&self) -> Option<String>;

    /// The name of the object that the request names, in lower case. A decision that rests on it is remembered for
    /// that object only.
    fn object_name(&self) -> Option<String>;

    /// The version that the request names.
    fn object_version(&self) -> Option<String>;

    /// The id of the resource at which the request is authorised, in lower case. Ask [`Request::within_scope`] where
    /// that is the real question.
    fn resource(&self) -> String;

    /// Whether a scope covers the request's resource.
    fn within_scope(&self, scope: &str) -> bool;

    /// The plane: `data` or `management`. An open list.
    fn plane(&self) -> String;

    /// Whether the request names an object whose name begins so; an empty text fails the evaluation.
    fn object_name_starts_with(&self, prefix: &str) -> bool;

    /// The value of a tag of the stored object that the request names.
    fn tag(&self, name: &str) -> Option<String>;

    /// Whether a tag of the stored object has this value.
    fn tag_is(&self, name: &str, value: &str) -> bool;

    /// An attribute of the stored object: `enabled`, `created`, `updated`, `expires` or `not-before`.
    fn attribute(&self, name: &str) -> Option<String>;

    /// A header of the request; one that the gateway does not let plugins see fails the evaluation.
    fn header(&self, name: &str) -> Option<String>;
}

impl Request for Gateway {
    fn operation(&self) -> String {
        request::operation()
    }

    fn operation_in(&self, names: &[String]) -> bool {
        request::operation_in(names)
    }

    fn data_plane(&self) -> bool {
        request::data_plane()
    }

    fn action(&self) -> String {
        request::action()
    }

    fn vault(&self) -> Option<String> {
        request::vault()
    }

    fn object_kind(&self) -> Option<String> {
        request::object_kind()
    }

    fn object_name(&self) -> Option<String> {
        request::object_name()
    }

    fn object_version(&self) -> Option<String> {
        request::object_version()
    }

    fn resource(&self) -> String {
        request::resource()
    }

    fn within_scope(&self, scope: &str) -> bool {
        request::within_scope(scope)
    }

    fn plane(&self) -> String {
        request::plane()
    }

    fn object_name_starts_with(&self, prefix: &str) -> bool {
        request::object_name_starts_with(prefix)
    }

    fn tag(&self, name: &str) -> Option<String> {
        request::tag(name)
    }

    fn tag_is(&self, name: &str, value: &str) -> bool {
        request::tag_is(name, value)
    }

    fn attribute(&self, name: &str) -> Option<String> {
        request::attribute(name)
    }

    fn header(&self, name: &str) -> Option<String> {
        request::header(name)
    }
}
