//! Lists deleted secrets.

use portcullis_model::ObjectName;
use portcullis_model::secrets::{Page, SecretOutcome};

use super::{Secrets, cut, with_next};
use crate::EngineError;

impl Secrets<'_> {
    pub(super) async fn list_deleted(&self, page: &Page<ObjectName>) -> Result<SecretOutcome, EngineError> {
        let mut heads = self.objects.page_deleted(page.after.as_ref(), with_next(page.limit)).await?;
        let next = cut(&mut heads, page.limit, |stored| stored.head.head.name.clone());
        let items = heads.into_iter().map(|stored| self.deleted_of(stored.head)).collect();
        Ok(SecretOutcome::DeletedList { items, next })
    }
}
