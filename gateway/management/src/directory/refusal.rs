//! Why the directory refuses.

use portcullis_model::PrincipalId;

/// Why a call about the directory was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryRefusal {
    /// There is no such object in the caller's tenant.
    #[error("there is no {what} `{name}` in the tenant")]
    NotFound {
        /// What was sought.
        what: &'static str,
        /// By which name.
        name: String,
    },
    /// A property cannot have the value.
    #[error("Property {property} has invalid value: {why}")]
    Invalid {
        /// Its path.
        property: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The configuration declares the object.
    #[error(
        "`{id}` is declared in the gateway's configuration and is read only here; change the file and have it read again (SIGHUP)"
    )]
    Declared {
        /// The object.
        id: PrincipalId,
    },
    /// Another object has the value.
    #[error("another object has the same value for property {property}")]
    Taken {
        /// The property.
        property: &'static str,
    },
    /// The member is in the group already.
    #[error("one or more added object references already exist for the property members")]
    AlreadyMember,
    /// The group would contain itself.
    #[error("the group `{group}` would be a member of itself, directly or through other groups")]
    Cyclic {
        /// The group.
        group: PrincipalId,
    },
    /// There is no room.
    #[error("there are as many {what} as there may be: {most}; remove some first")]
    Full {
        /// How many.
        most: usize,
        /// Of what.
        what: &'static str,
    },
    /// Nobody removes or disables himself.
    #[error("nobody can remove or disable himself, since nobody might be left to undo it; ask another administrator")]
    Oneself,
}
