//! What is kept of an object as a whole, beside its versions.

use portcullis_model::ObjectName;
use portcullis_store::{Batch, BatchBuilder};

use super::{Lifecycle, Through, Version};
use crate::EngineError;
use crate::record::Head;

impl Lifecycle<'_> {
    /// The head of an active object and its current version.
    pub(crate) async fn head(&self, name: &ObjectName) -> Result<(Head, Version), EngineError> {
        let (stored, latest) = self.objects.find(name, None).await?;
        let version = self.version(&stored.head, latest)?;
        Ok((stored.head, version))
    }

    /// Replaces what is kept of an object as a whole by what `change` makes of it, which gives `None` where nothing is
    /// to be changed and is called again when others were faster.
    pub(crate) async fn change_whole(
        &self,
        name: &ObjectName,
        through: Through,
        mut change: impl FnMut(&Head) -> Result<Option<Vec<u8>>, EngineError>,
    ) -> Result<Head, EngineError> {
        let objects = &self.objects;
        let mut tries = objects.tries(name);
        loop {
            let (stored, latest) = objects.find(name, None).await?;
            self.refuse_foreign(name, &stored.head.meta, through)?;
            let Some(whole) = change(&stored.head)? else { return Ok(stored.head) };
            let before = objects.attention(&stored.head);
            let head = Head { whole, ..stored.head.next() };
            let batch = Batch::builder().unchanged(objects.active_key(name), stored.revision);
            let batch = objects.put_current(objects.put_active(batch, before, &head)?, &head, &latest.record)?;
            if objects.commit(batch).await?.is_some() {
                return Ok(head);
            }
            tries.again().await?;
        }
    }

    /// Adds to a batch, which checks that the head is still there, what is kept of its object as a whole.
    pub(super) async fn put_whole(
        &self,
        batch: BatchBuilder,
        head: &Head,
        whole: Vec<u8>,
    ) -> Result<BatchBuilder, EngineError> {
        let (_, latest) = self.objects.find(&head.name, None).await?;
        let before = self.objects.attention(head);
        let head = Head { whole, ..head.clone().next() };
        self.objects.put_current(self.objects.put_active(batch, before, &head)?, &head, &latest.record)
    }
}
