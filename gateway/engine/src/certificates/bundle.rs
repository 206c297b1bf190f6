//! Certificates as they are told.

use portcullis_model::certificates::{
    CertificateBundle, CertificateChoice, CertificateItem, CertificateOutcome, PendingStatus,
};
use portcullis_model::keys::Deleted;
use portcullis_model::{Attributes, CertificatePolicy, Listed, ObjectName, ObjectVersion, Page};

use super::pending::Pending;
use super::record::CertificateRecord;
use super::{CertificateWhole, Certificates};
use crate::EngineError;
use crate::layout;
use crate::lifecycle::Version;
use crate::objects::corrupt;
use crate::record::{DeletedHead, Hand, Head, Meta, VersionId};

impl Certificates<'_> {
    pub(super) async fn get(&self, choice: &CertificateChoice) -> Result<CertificateOutcome, EngineError> {
        let version = self.certificates.get(&choice.name, choice.version.as_ref()).await?;
        self.told(&version).await
    }

    /// A version with the policy of its certificate.
    pub(super) async fn told(&self, version: &Version) -> Result<CertificateOutcome, EngineError> {
        let (head, _) = self.certificates.head(&version.name).await?;
        let policy = self.whole(&head)?.policy;
        let pending = self.pending(&version.name).await?;
        let pending = pending.is_some_and(|(pending, _)| pending.status == PendingStatus::InProgress);
        Ok(CertificateOutcome::Bundle(Box::new(self.bundle(version, policy, pending)?)))
    }

    pub(super) fn deleted(&self, deleted: &DeletedHead, version: &Version) -> Result<CertificateOutcome, EngineError> {
        let key = || self.certificates.objects.deleted_key(&deleted.head.name);
        let whole = CertificateWhole::of(&deleted.head).map_err(|error| corrupt(&key(), error))?;
        let object = self.bundle(version, whole.policy, false)?;
        let DeletedHead { deleted, scheduled_purge, .. } = *deleted;
        Ok(CertificateOutcome::Deleted(Box::new(Deleted { object, deleted, scheduled_purge })))
    }

    pub(super) async fn get_deleted(&self, name: &ObjectName) -> Result<CertificateOutcome, EngineError> {
        let (deleted, version) = self.certificates.get_deleted(name).await?;
        self.deleted(&deleted, &version)
    }

    /// The thumbprint stands in the version, so each item of a list reads one.
    pub(super) async fn list(
        &self,
        page: &Page<ObjectName>,
        include_pending: bool,
    ) -> Result<CertificateOutcome, EngineError> {
        let (heads, mut next) = self.certificates.list(page).await?;
        let mut items = Vec::with_capacity(heads.len());
        for head in heads {
            if let Some(item) = self.item_of(&head).await? {
                items.push(item);
            }
        }
        if include_pending {
            next = self.add_pending(&mut items, page, next).await?;
        }
        Ok(CertificateOutcome::List(Listed { items, next }))
    }

    /// Puts among the items those that are being made for the first time, in the order of their names, and cuts the
    /// page anew.
    async fn add_pending(
        &self,
        items: &mut Vec<CertificateItem>,
        page: &Page<ObjectName>,
        next: Option<ObjectName>,
    ) -> Result<Option<ObjectName>, EngineError> {
        let vault = self.certificates.vault.id;
        let limit = usize::from(page.limit.max(1));
        let after = page.after.as_ref().map(|name| layout::pending(vault, name));
        let objects = &self.certificates.objects;
        let stored = objects.page_alone(&layout::all_pending(vault), after.as_deref(), limit + 1).await?;
        let more = stored.len() > limit;
        let mut made = Vec::new();
        for stored in stored {
            let pending = Pending::decode(&stored).map_err(|error| corrupt(&layout::all_pending(vault), error))?;
            made.push(pending);
        }
        // Beyond the last name of either list, names of the other may be missing.
        let last_made = if more { made.last().map(|pending| pending.name.folded().to_owned()) } else { None };
        let last_item = next.as_ref().map(|name| name.folded().to_owned());
        let end = last_made.into_iter().chain(last_item).min();
        for pending in made {
            let there = items.iter().any(|item| item.name == pending.name);
            if !there
                && pending.status == PendingStatus::InProgress
                && self.certificates.objects.active(&pending.name).await?.is_none()
            {
                items.push(self.item_of_pending(pending));
            }
        }
        items.sort_by(|a, b| a.name.folded().cmp(b.name.folded()));
        if let Some(end) = &end {
            items.retain(|item| item.name.folded() <= end.as_str());
        }
        let cut = items.len() > limit;
        items.truncate(limit);
        let last = items.last().map(|item| item.name.clone());
        if cut { Ok(last) } else { Ok(end.and_then(|end| end.parse().ok()).or_else(|| next.and(last))) }
    }

    pub(super) async fn list_versions(
        &self,
        name: &ObjectName,
        page: &Page<ObjectVersion>,
    ) -> Result<CertificateOutcome, EngineError> {
        let (versions, next) = self.certificates.list_versions(name, page).await?;
        let items = versions.iter().map(|version| {
            let thumbprint = self.record(version)?.thumbprint;
            Ok(self.item(version.name.clone(), version.id, &version.meta, Some(thumbprint)))
        });
        Ok(CertificateOutcome::Versions(Listed { items: items.collect::<Result<_, EngineError>>()?, next }))
    }

    pub(super) async fn list_deleted(&self, page: &Page<ObjectName>) -> Result<CertificateOutcome, EngineError> {
        let (heads, next) = self.certificates.list_deleted(page).await?;
        let items = heads.into_iter().map(|DeletedHead { head, deleted, scheduled_purge }| {
            let object = self.item(head.name, head.version, &head.meta, None);
            Deleted { object, deleted, scheduled_purge }
        });
        Ok(CertificateOutcome::DeletedList(Listed { items: items.collect(), next }))
    }

    /// What a version keeps as its value.
    pub(super) fn record(&self, version: &Version) -> Result<CertificateRecord, EngineError> {
        let key = || self.certificates.objects.version_key(version.generation, version.id);
        CertificateRecord::decode(version.value()).map_err(|error| corrupt(&key(), error))
    }

    fn bundle(
        &self,
        version: &Version,
        policy: CertificatePolicy,
        pending: bool,
    ) -> Result<CertificateBundle, EngineError> {
        let record = self.record(version)?;
        Ok(CertificateBundle {
            name: version.name.clone(),
            version: version.id.into(),
            certificate: record.certificate().to_vec(),
            thumbprint: record.thumbprint,
            attributes: self.certificates.attributes(&version.meta),
            tags: version.meta.tags.clone(),
            policy: Some(Box::new(policy)),
            pending,
            preserve_order: record.preserve_order,
        })
    }

    /// Nothing, if the certificate was deleted since its head was read.
    async fn item_of(&self, head: &Head) -> Result<Option<CertificateItem>, EngineError> {
        match self.certificates.get(&head.name, None).await {
            Ok(version) => {
                let thumbprint = self.record(&version)?.thumbprint;
                Ok(Some(self.item(version.name.clone(), version.id, &version.meta, Some(thumbprint))))
            }
            Err(EngineError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn item_of_pending(&self, pending: Pending) -> CertificateItem {
        let CertificatePolicy { created, updated, .. } = pending.policy;
        let attributes = Attributes { enabled: pending.marks.enabled, ..Attributes::default() };
        let meta = Meta {
            hand: Hand::Own,
            exportable: false,
            attributes,
            created,
            updated,
            content_type: None,
            tags: pending.marks.tags,
        };
        self.item(pending.name, pending.id, &meta, None)
    }

    fn item(&self, name: ObjectName, version: VersionId, meta: &Meta, thumbprint: Option<[u8; 20]>) -> CertificateItem {
        let attributes = self.certificates.attributes(meta);
        CertificateItem { name, version: version.into(), thumbprint, attributes, tags: meta.tags.clone() }
    }
}
