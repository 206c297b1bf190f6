//! Identifiers, one type for each kind, so that one cannot be passed for another.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Says that a text is not a GUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID in the form 00000000-0000-0000-0000-000000000000")]
pub struct ParseIdError;

macro_rules! guid {
    ($(#[doc = $doc:literal] $name:ident),+ $(,)?) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new random id.
            #[must_use]
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// Takes an existing GUID.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The sixteen bytes of the id.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Takes the id from its sixteen bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            /// Accepts only the hyphenated form, in either case: a GUID with braces or without hyphens
            /// would be a second spelling of the same identity.
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                if text.len() != 36 {
                    return Err(ParseIdError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| ParseIdError)
            }
        }
    )+};
}

guid! {
    /// A tenant: the directory that principals belong to.
    TenantId,
    /// A principal's object id (`oid`): what role assignments name.
    PrincipalId,
    /// An application's client id (`appid`).
    ApplicationId,
    /// A subscription.
    SubscriptionId,
    /// One life of a vault: a vault that is deleted and made again under its name has another id.
    VaultId,
    /// One life of an object: an object made again under a purged name has another generation.
    Generation,
    /// A role definition.
    RoleDefinitionId,
    /// A role assignment.
    RoleAssignmentId,
    /// One request, as `x-ms-request-id` and the audit record show it.
    RequestId,
}
