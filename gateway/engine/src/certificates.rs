//! Certificates: each version is three objects of one name and one version, the certificate, its key and its secret.

mod authority;
mod backup;
mod bundle;
mod contacts;
mod create;
mod import;
mod issuers;
mod merge;
mod pending;
mod provider;
mod record;
mod renew;
mod spec;
mod trio;
mod update;
mod whole;

use portcullis_model::ObjectKind;
use portcullis_model::certificates::{CertificateCall, CertificateOutcome};
use portcullis_policy::VaultFacts;

use crate::keys::Keys;
use crate::lifecycle::Lifecycle;
use crate::{Engine, EngineError};

#[cfg(feature = "test-util")]
pub(crate) use backup::{reads_backup, sample_record};
pub use provider::{CertificateOrder, CertificateProvider, ProviderError};
pub use spec::BadProperties;
pub(crate) use whole::CertificateWhole;

/// The certificates of one vault, with the keys and secrets that belong to them, for the time of one call.
#[derive(Debug)]
pub(crate) struct Certificates<'a> {
    certificates: Lifecycle<'a>,
    keys: Keys<'a>,
    secrets: Lifecycle<'a>,
}

impl<'a> Certificates<'a> {
    pub(crate) const fn of(engine: &'a Engine, vault: &'a VaultFacts) -> Self {
        Self {
            certificates: Lifecycle::of(engine, vault, ObjectKind::Certificate),
            keys: Keys::of(engine, vault),
            secrets: Lifecycle::of(engine, vault, ObjectKind::Secret),
        }
    }

    pub(crate) async fn execute(&self, call: CertificateCall) -> Result<CertificateOutcome, EngineError> {
        match call {
            CertificateCall::Create { name, policy, marks } => self.create(&name, *policy, marks).await,
            CertificateCall::Import { name, file, password, policy, marks } => {
                self.import(&name, file, password, *policy, marks).await
            }
            CertificateCall::Merge { name, files, marks } => self.merge(&name, files, marks).await,
            CertificateCall::Get(choice) => self.get(&choice).await,
            CertificateCall::Update { certificate, policy, marks } => self.update(&certificate, policy, &marks).await,
            CertificateCall::Delete { name } => self.delete(&name).await,
            CertificateCall::List { page, include_pending } => self.list(&page, include_pending).await,
            CertificateCall::ListVersions { name, page } => self.list_versions(&name, &page).await,
            CertificateCall::Backup { name } => self.backup(&name).await,
            CertificateCall::Restore { blob } => self.restore(&blob).await,
            CertificateCall::ListDeleted { page } => self.list_deleted(&page).await,
            CertificateCall::GetDeleted { name } => self.get_deleted(&name).await,
            CertificateCall::Recover { name } => self.recover(&name).await,
            CertificateCall::Purge { name } => self.purge(&name).await,
            CertificateCall::PolicyGet { name } => self.policy_get(&name).await,
            CertificateCall::PolicyUpdate { name, policy } => self.policy_update(&name, *policy).await,
            CertificateCall::PendingGet { name, id } => self.pending_get(&name, id.as_ref()).await,
            CertificateCall::PendingCancel { name, cancel } => self.pending_cancel(&name, cancel).await,
            CertificateCall::PendingDelete { name } => self.pending_delete(&name).await,
            CertificateCall::ContactsGet => self.contacts_get().await,
            CertificateCall::ContactsSet { contacts } => self.contacts_set(contacts).await,
            CertificateCall::ContactsDelete => self.contacts_delete().await,
            CertificateCall::IssuerList { page } => self.issuer_list(&page).await,
            CertificateCall::IssuerGet { name } => self.issuer_get(&name).await,
            CertificateCall::IssuerSet { name, issuer } => self.issuer_set(&name, *issuer).await,
            CertificateCall::IssuerUpdate { name, issuer } => self.issuer_update(&name, *issuer).await,
            CertificateCall::IssuerDelete { name } => self.issuer_delete(&name).await,
        }
    }

    const fn engine(&self) -> &'a Engine {
        self.certificates.objects.engine()
    }
}
