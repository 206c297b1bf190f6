//! Why a name cannot stand in a certificate.

/// Why a name cannot stand in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is no text at all, or nothing between two separators.
    #[error("a distinguished name must not be empty or have an empty part")]
    Empty,
    /// There is more text or there are more parts than we accept.
    #[error("the distinguished name is too long")]
    TooLong,
    /// A part is not `type=value`.
    #[error("not of the form `type=value` in a distinguished name: `{}`", part.escape_debug())]
    NotAttribute {
        /// The part.
        part: String,
    },
    /// The attribute type is neither a known short name nor an object identifier.
    #[error("unknown attribute type in a distinguished name: `{}`", name.escape_debug())]
    UnknownType {
        /// What was given.
        name: String,
    },
    /// An escape or a quotation does not end.
    #[error("a quotation or an escape in a distinguished name is malformed")]
    Escape,
    /// The value is empty, too long or has characters that its attribute type does not allow.
    #[error("not a value for the attribute `{attribute}` of a distinguished name")]
    Value {
        /// The attribute type.
        attribute: String,
    },
    /// An alternative name is malformed.
    #[error("not a {kind} for a certificate: `{}`", name.escape_debug())]
    Alternative {
        /// What it should be.
        kind: &'static str,
        /// What was given.
        name: String,
    },
    /// There are more alternative names than we accept.
    #[error("a certificate may have at most {limit} alternative names")]
    TooMany {
        /// How many it may have.
        limit: usize,
    },
}
