//! Reads and replaces a key's rotation policy.

use portcullis_model::keys::KeyOutcome;
use portcullis_model::{ObjectName, RotationPolicy};

use super::{KeyWhole, Keys};
use crate::EngineError;
use crate::error::BadKey;
use crate::lifecycle::Through;
use crate::objects::corrupt;
use crate::record::Head;

impl Keys<'_> {
    pub(super) async fn rotation_policy_get(&self, name: &ObjectName) -> Result<KeyOutcome, EngineError> {
        let (head, _) = self.0.head(name).await?;
        let policy = self.whole(&head)?.policy();
        Ok(KeyOutcome::RotationPolicy { name: head.name, policy })
    }

    pub(super) async fn rotation_policy_set(
        &self,
        name: &ObjectName,
        policy: RotationPolicy,
    ) -> Result<KeyOutcome, EngineError> {
        policy.check().map_err(BadKey::from)?;
        let head = self.0.change_whole(name, Through::Itself, |head| {
            let now = self.0.objects.now();
            let before = self.whole(head)?;
            let created = before.policy.as_ref().and_then(|before| before.times).map_or(now, |(created, _)| created);
            let policy = RotationPolicy { times: Some((created, now.max(created))), ..policy.clone() };
            Ok(Some(KeyWhole { policy: Some(policy), ..before }.encode()))
        });
        let head = head.await?;
        let policy = self.whole(&head)?.policy();
        Ok(KeyOutcome::RotationPolicy { name: head.name, policy })
    }

    pub(super) fn whole(&self, head: &Head) -> Result<KeyWhole, EngineError> {
        let key = || self.0.objects.active_key(&head.name);
        KeyWhole::of(head).map_err(|error| corrupt(&key(), error))
    }
}
