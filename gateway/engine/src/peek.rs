//! What policies may know of a stored object before anybody is let at it: attributes and tags, never values.

use async_trait::async_trait;
use portcullis_policy::{ObjectAddress, ObjectFacts, ObjectReader, Unreadable};

use crate::objects::Objects;
use crate::record::Meta;
use crate::{Engine, EngineError};

#[async_trait]
impl ObjectReader for Engine {
    /// Two reads of the store at most, as the use of an object takes; the value stays sealed in the record that is
    /// dropped here.
    async fn read(&self, address: &ObjectAddress) -> Result<Option<ObjectFacts>, Unreadable> {
        self.peek(address).await.map_err(|error| {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(error, "a policy asked about an object that cannot be read");
            Unreadable
        })
    }
}

impl Engine {
    async fn peek(&self, address: &ObjectAddress) -> Result<Option<ObjectFacts>, EngineError> {
        let ObjectAddress { vault, operation, kind, name, version } = address;
        let objects = Objects::of(self, *vault, *kind);
        let deleted = operation.row().paths.iter().any(|path| path.contains(kind.deleted_collection()));
        let found = if deleted {
            objects.latest_deleted(name).await?.map(|(_, version)| version)
        } else {
            match objects.find(name, version.as_ref()).await {
                Ok((_, version)) => Some(version),
                Err(EngineError::NotFound { .. }) => None,
                Err(error) => return Err(error),
            }
        };
        let Some(found) = found else { return Ok(None) };
        let key = || if deleted { objects.deleted_key(name) } else { objects.active_key(name) };
        let (meta, _) = found.record.meta().map_err(|_| EngineError::Tampered { key: key() })?;
        Ok(Some(facts(&meta)))
    }
}

fn facts(meta: &Meta) -> ObjectFacts {
    ObjectFacts {
        enabled: meta.attributes.enabled,
        created: Some(meta.created),
        updated: Some(meta.updated),
        expires: meta.attributes.exp,
        not_before: meta.attributes.nbf,
        tags: meta.tags.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}
