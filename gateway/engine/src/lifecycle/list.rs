//! Lists objects, disabled ones too.

use portcullis_model::{ObjectName, Page};

use super::Lifecycle;
use super::page::{cut, with_next};
use crate::EngineError;
use crate::record::Head;

impl Lifecycle<'_> {
    /// A page of heads in the order of their names, and from where the next page goes on.
    pub(crate) async fn list(&self, page: &Page<ObjectName>) -> Result<(Vec<Head>, Option<ObjectName>), EngineError> {
        let mut heads = self.objects.page_active(page.after.as_ref(), with_next(page.limit)).await?;
        let next = cut(&mut heads, page.limit, |stored| stored.head.name.clone());
        Ok((heads.into_iter().map(|stored| stored.head).collect(), next))
    }
}
