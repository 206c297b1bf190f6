//! The stored object that a request names, read only when a plugin asks about it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use portcullis_model::{ListItem, ObjectKind, ObjectName, ObjectVersion, Operation, UnixTime, VaultId};

/// Which object a question is about.
#[derive(Debug, Clone)]
pub struct ObjectAddress {
    /// The vault.
    pub vault: VaultId,
    /// The operation, which says whether deleted objects are meant.
    pub operation: Operation,
    /// The kind.
    pub kind: ObjectKind,
    /// The name.
    pub name: ObjectName,
    /// The version; the latest when there is none.
    pub version: Option<ObjectVersion>,
}

/// What plugins can ask about a stored object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectFacts {
    /// Whether it may be used.
    pub enabled: bool,
    /// When it was created.
    pub created: Option<UnixTime>,
    /// When it was last changed.
    pub updated: Option<UnixTime>,
    /// When it expires.
    pub expires: Option<UnixTime>,
    /// From when on it may be used.
    pub not_before: Option<UnixTime>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

impl ObjectFacts {
    /// What a list tells of an item.
    pub(crate) fn of(item: &dyn ListItem) -> Self {
        let attributes = item.attributes();
        Self {
            enabled: attributes.set.enabled,
            created: Some(attributes.created),
            updated: Some(attributes.updated),
            expires: attributes.set.exp,
            not_before: attributes.set.nbf,
            tags: item.tags().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }
}

/// Says that the object could not be read. The evaluation that asked fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored object cannot be read")]
pub struct Unreadable;

/// Reads objects for plugins: attributes and tags, never values. Implemented by the server with the engine.
#[async_trait]
pub trait ObjectReader: Send + Sync + std::fmt::Debug + 'static {
    /// The object, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    async fn read(&self, address: &ObjectAddress) -> Result<Option<ObjectFacts>, Unreadable>;
}

/// The object that one request names. Most policies do not ask for it, and then it is never read.
#[derive(Debug, Default)]
pub struct StoredObject {
    found: OnceLock<Result<Option<ObjectFacts>, Unreadable>>,
    asked: AtomicBool,
    reader: Option<Arc<dyn ObjectReader>>,
}

impl StoredObject {
    /// An object that a reader can find.
    #[must_use]
    pub fn read_by(reader: Arc<dyn ObjectReader>) -> Self {
        Self { reader: Some(reader), ..Self::default() }
    }

    /// An object that is known already, or known to be none.
    #[must_use]
    pub fn known(object: Option<ObjectFacts>) -> Self {
        Self { found: OnceLock::from(Ok(object)), ..Self::default() }
    }

    /// What was found; none as long as it was not read, which the question is noted to have been asked for.
    pub(crate) fn found(&self) -> Option<&Result<Option<ObjectFacts>, Unreadable>> {
        let found = self.found.get();
        if found.is_none() {
            self.asked.store(true, Ordering::Relaxed);
        }
        found
    }

    /// Whether a plugin asked and could not be answered.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && self.found.get().is_none()
    }

    /// Whether it was read, so that a decision may rest on it.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.found.get().is_some()
    }

    /// Reads the object. Without a reader it cannot be read.
    pub async fn read(&self, address: Option<ObjectAddress>) {
        let found = match (address, &self.reader) {
            (None, _) => Ok(None),
            (Some(_), None) => Err(Unreadable),
            (Some(address), Some(reader)) => reader.read(&address).await,
        };
        // Whoever was first read the same.
        let _ = self.found.set(found);
    }
}
