//! Attributes and tags of keys, secrets and certificates.

use std::collections::BTreeMap;

use crate::UnixTime;

/// What a caller may set on an object version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    /// Whether the version may be used; a disabled secret cannot be read.
    pub enabled: bool,
    /// Not before. On secrets it is informational.
    pub nbf: Option<UnixTime>,
    /// Expires. On secrets it is informational.
    pub exp: Option<UnixTime>,
}

impl Default for Attributes {
    fn default() -> Self {
        Self { enabled: true, nbf: None, exp: None }
    }
}

/// A change of attributes: members that are absent stay as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttributeChanges {
    /// The new `enabled`.
    pub enabled: Option<bool>,
    /// The new not-before time.
    pub nbf: Option<UnixTime>,
    /// The new expiry time.
    pub exp: Option<UnixTime>,
}

impl AttributeChanges {
    /// The attributes after the change.
    #[must_use]
    pub fn apply(self, to: Attributes) -> Attributes {
        Attributes { enabled: self.enabled.unwrap_or(to.enabled), nbf: self.nbf.or(to.nbf), exp: self.exp.or(to.exp) }
    }
}

/// The attributes of an object version as they are told: what the caller set and what the service adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectAttributes {
    /// What the caller set.
    pub set: Attributes,
    /// When the version was made.
    pub created: UnixTime,
    /// When the version was last changed.
    pub updated: UnixTime,
    /// How the object can be recovered after deletion.
    pub recovery: RecoveryLevel,
}

/// How an object can be recovered after deletion: set by its vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryLevel {
    /// Days for which a deleted object is kept, 7 to 90.
    pub days: u8,
    /// Whether nobody may purge before the end of those days.
    pub purge_protected: bool,
}

impl RecoveryLevel {
    /// The name of the level on the wire (`attributes.recoveryLevel`).
    #[must_use]
    pub const fn wire_name(self) -> &'static str {
        match (self.days >= 90, self.purge_protected) {
            (true, false) => "Recoverable+Purgeable",
            (true, true) => "Recoverable",
            (false, false) => "CustomizedRecoverable+Purgeable",
            (false, true) => "CustomizedRecoverable",
        }
    }

    /// When an object deleted at a time is purged by the service.
    #[must_use]
    pub const fn purge_time(self, deleted: UnixTime) -> UnixTime {
        deleted.plus(self.days as i64 * 86_400)
    }
}

/// Says what is wrong with tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagsError {
    /// More than 15.
    #[error("an object has at most 15 tags")]
    TooMany,
    /// A name that is empty or longer than 512 characters.
    #[error("a tag name has 1 to 512 characters")]
    Name,
    /// A value longer than 512 characters.
    #[error("a tag value has at most 512 characters")]
    Value,
}

/// Tags of an object: at most 15, names and values of at most 512 characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// The tags in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of one tag.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = TagsError;

    fn try_from(tags: BTreeMap<String, String>) -> Result<Self, TagsError> {
        if tags.len() > 15 {
            return Err(TagsError::TooMany);
        }
        for (name, value) in &tags {
            if name.is_empty() || name.chars().count() > 512 {
                return Err(TagsError::Name);
            }
            if value.chars().count() > 512 {
                return Err(TagsError::Value);
            }
        }
        Ok(Self(tags))
    }
}
