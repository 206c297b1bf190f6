//! An engine with what it needs, and permits for it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use portcullis_crypto::{KeyEncryptionKey, SystemRandom};
use portcullis_engine::{Due, Engine, EngineError, VaultKeys};
use portcullis_identity::{Caller, Principal, PrincipalKind};
use portcullis_model::keys::{KeyCall, KeyOutcome};
use portcullis_model::secrets::{DeletedSecret, SecretBundle, SecretCall, SecretOutcome};
use portcullis_model::{
    AttributeChanges, Listed, ManualClock, ObjectName, ObjectVersion, Operation, Page, PrincipalId, RecoveryLevel,
    Resource, SecretText, Tags, TenantId, UnixTime, VaultId, VaultPath,
};
use portcullis_network::VirtualNetworks;
use portcullis_policy::{
    AssignmentList, DirectoryFacts, Facts, NamedLocation, NetworkFacts, Permitted, RequestFacts, RoleDefinitionFact,
    VaultFacts,
};
use portcullis_store::{Entry, MemoryStore, Store};
use portcullis_store_redb::RedbStore;

pub(crate) const START: UnixTime = UnixTime(1_795_000_000);
pub(crate) const DAY: i64 = 86_400;

/// An engine over a store.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) key: Arc<KeyEncryptionKey>,
    /// The vault that calls are about unless they name one.
    pub(crate) vault: Vault,
    /// Removed with the world.
    #[expect(dead_code, reason = "it is kept for its drop")]
    pub(crate) folder: Option<tempfile::TempDir>,
}

impl World {
    pub(crate) fn in_memory() -> Self {
        Self::over(Arc::new(MemoryStore::new()))
    }

    pub(crate) fn in_redb() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RedbStore::open(&folder.path().join("store.redb")).unwrap();
        Self { folder: Some(folder), ..Self::over(Arc::new(store)) }
    }

    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        let key = Arc::new(KeyEncryptionKey::generate(&SystemRandom::new()).unwrap());
        Self::with(store, key, Arc::new(ManualClock::at(START)))
    }

    /// Another engine of the same installation, as after a start or in another process, over another view of the store.
    pub(crate) fn again(&self, store: Arc<dyn Store>) -> Self {
        let world = Self::with(store, Arc::clone(&self.key), Arc::clone(&self.clock));
        Self { vault: self.vault.clone(), ..world }
    }

    fn with(store: Arc<dyn Store>, key: Arc<KeyEncryptionKey>, clock: Arc<ManualClock>) -> Self {
        let random = Arc::new(SystemRandom::new());
        let keys = VaultKeys::new(Arc::clone(&store), Arc::clone(&key), random.clone());
        let engine = Engine::new(Arc::clone(&store), Arc::new(keys), clock.clone(), random);
        Self { engine, store, clock, key, vault: vault("dev"), folder: None }
    }

    pub(crate) async fn call_in(&self, vault: &Vault, call: SecretCall) -> Result<SecretOutcome, EngineError> {
        self.engine.execute(permit(vault, call)).await
    }

    pub(crate) async fn call(&self, call: SecretCall) -> Result<SecretOutcome, EngineError> {
        self.call_in(&self.vault, call).await
    }

    pub(crate) async fn key_call_in(&self, vault: &Vault, call: KeyCall) -> Result<KeyOutcome, EngineError> {
        self.engine.execute_key(permit(vault, call)).await
    }

    pub(crate) async fn key_call(&self, call: KeyCall) -> Result<KeyOutcome, EngineError> {
        self.key_call_in(&self.vault, call).await
    }

    pub(crate) async fn set(&self, name: &str, value: &str) -> SecretBundle {
        bundle(self.call(set(name, value)).await)
    }

    pub(crate) async fn get(&self, name: &str) -> Result<String, EngineError> {
        self.call(get(name)).await.map(|outcome| value(&bundle(Ok(outcome))))
    }

    pub(crate) async fn get_version(&self, name: &str, version: &ObjectVersion) -> Result<String, EngineError> {
        let call = SecretCall::Get { name: name.parse().unwrap(), version: Some(version.clone()), convert: None };
        self.call(call).await.map(|outcome| value(&bundle(Ok(outcome))))
    }

    pub(crate) async fn delete(&self, name: &str) -> DeletedSecret {
        deleted(self.call(SecretCall::Delete { name: name.parse().unwrap() }).await)
    }

    pub(crate) async fn recover(&self, name: &str) -> Result<SecretOutcome, EngineError> {
        self.call(SecretCall::Recover { name: name.parse().unwrap() }).await
    }

    pub(crate) async fn purge(&self, name: &str) -> Result<SecretOutcome, EngineError> {
        self.call(SecretCall::Purge { name: name.parse().unwrap() }).await
    }

    pub(crate) async fn backup(&self, name: &str) -> Vec<u8> {
        match self.call(SecretCall::Backup { name: name.parse().unwrap() }).await {
            Ok(SecretOutcome::Backup(blob)) => blob,
            other => panic!("expected a backup, found {other:?}"),
        }
    }

    pub(crate) async fn restore_in(&self, vault: &Vault, blob: &[u8]) -> Result<SecretOutcome, EngineError> {
        self.call_in(vault, SecretCall::Restore { blob: blob.to_vec() }).await
    }

    /// The versions of a secret, at most 25, by their ids.
    pub(crate) async fn versions(&self, name: &str) -> Vec<SecretBundle> {
        let page = Page { limit: 25, after: None };
        match self.call(SecretCall::ListVersions { name: name.parse().unwrap(), page }).await {
            Ok(SecretOutcome::Versions(Listed { items, next: None })) => items,
            other => panic!("expected one page of versions, found {other:?}"),
        }
    }

    /// Does all background work that is due now.
    pub(crate) async fn run_due(&self) -> Due {
        let mut all = Due::default();
        loop {
            let due = self.engine.run_due(portcullis_model::Clock::now(&*self.clock)).await.unwrap();
            all.purged += due.purged;
            all.collected += due.collected;
            if !due.more {
                return all;
            }
        }
    }

    /// All records whose keys begin with a prefix.
    pub(crate) async fn records(&self, prefix: &str) -> Vec<Entry> {
        let mut all: Vec<Entry> = Vec::new();
        loop {
            let after = all.last().map(|entry| entry.key.clone());
            let page = self.store.scan(prefix.as_bytes(), after.as_deref(), 100).await.unwrap();
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    /// Checks the second and the fourth invariant of the records, by their keys and what stands in clear.
    pub(crate) async fn assert_whole(&self) {
        let generation = |entry: &Entry| entry.record.bytes[1..17].to_vec();
        let (active, deleted) = (self.records("e/h/").await, self.records("e/x/").await);
        let names = |heads: &[Entry]| heads.iter().map(|head| head.key[4..].to_vec()).collect::<Vec<_>>();
        assert!(names(&active).iter().all(|name| !names(&deleted).contains(name)), "a name is active and deleted");
        let queued: Vec<_> = self.records("e/q/").await.iter().map(|entry| entry.key[12..].to_vec()).collect();
        let mut sorted = queued.clone();
        sorted.sort();
        assert_eq!(sorted, names(&deleted), "not every deleted object has one purge entry");
        let garbage: Vec<_> = self.records("e/g/").await.iter().map(|entry| entry.key[28..].to_vec()).collect();
        let known: Vec<_> = active.iter().chain(&deleted).map(generation).chain(garbage).collect();
        for version in self.records("e/v/").await {
            assert!(known.contains(&version.key[20..36].to_vec()), "a version is nobody's");
        }
    }
}

pub(crate) fn vault(name: &str) -> Vault {
    vault_with(name, |_| {})
}

/// A vault, changed before it is shared.
pub(crate) fn vault_with(name: &str, change: impl FnOnce(&mut VaultFacts)) -> Vault {
    let path = VaultPath {
        subscription: "11111111-1111-1111-1111-111111111111".parse().unwrap(),
        group: "rg".parse().unwrap(),
        vault: name.parse().unwrap(),
    };
    let mut facts = VaultFacts {
        id: VaultId::random(),
        resource: Resource::vault(&path),
        path,
        name: name.into(),
        tenant: TenantId::from_bytes([7; 16]),
        location: "westeurope".to_owned(),
        recovery: RecoveryLevel { days: 90, purge_protected: false },
        permission_model: portcullis_model::PermissionModel::RoleBased,
    };
    change(&mut facts);
    Vault::of(facts)
}

impl Vault {
    /// The vault as the service knows it.
    pub(crate) fn facts(&self) -> Arc<VaultFacts> {
        Arc::clone(self.0.vault.as_ref().unwrap())
    }
}

/// The same vault with other settings.
pub(crate) fn changed(vault: &VaultFacts, change: impl FnOnce(&mut VaultFacts)) -> Vault {
    let mut facts = vault.clone();
    change(&mut facts);
    Vault::of(facts)
}

pub(crate) fn permit<C>(vault: &Vault, call: C) -> Permitted<C> {
    Permitted::for_test(call, Arc::clone(&vault.0))
}

/// A vault, and all else that a permit for it is made of.
#[derive(Debug, Clone)]
pub(crate) struct Vault(Arc<Facts>);

impl Vault {
    fn of(vault: VaultFacts) -> Self {
        let principal = Principal {
            id: PrincipalId::random(),
            tenant: vault.tenant,
            kind: PrincipalKind::User,
            application: None,
            display_name: "test".to_owned(),
            enabled: true,
            groups: Vec::new(),
            secrets: Vec::new(),
        };
        // An engine looks at none of this.
        let request = RequestFacts {
            operation: Operation::SecretGet,
            object: None,
            version: None,
            vault: None,
            resource: vault.resource.clone(),
            time: START,
            headers: portcullis_policy::Headers::default(),
            attributes: portcullis_policy::Attributes::default(),
            made_as: None,
        };
        let origin = VirtualNetworks::new([]).origin("192.0.2.1".parse().unwrap(), None);
        Self(Arc::new(Facts {
            request,
            vault: Some(Arc::new(vault)),
            caller: Caller::for_test(Arc::new(principal)),
            network: NetworkFacts { origin, tls_version: "TLS1_3", private_endpoint: None, client_certificate: None },
            directory: Arc::new(NoDirectory),
            signals: Arc::default(),
            object: portcullis_policy::StoredObject::known(None),
            counted: Arc::default(),
        }))
    }
}

impl Deref for Vault {
    type Target = VaultFacts;

    fn deref(&self) -> &VaultFacts {
        self.0.vault.as_ref().unwrap()
    }
}

#[derive(Debug)]
struct NoDirectory;

impl DirectoryFacts for NoDirectory {
    fn revision(&self) -> u64 {
        0
    }

    fn role_assignments(&self, _: PrincipalId, _: &[PrincipalId], _: &Resource) -> Arc<AssignmentList> {
        unreachable!("an engine asks for no role assignments")
    }

    fn role_definition(&self, _: portcullis_model::RoleDefinitionId) -> Option<Arc<RoleDefinitionFact>> {
        None
    }

    fn named_location(&self, _: &str) -> Option<&NamedLocation> {
        None
    }
}

pub(crate) fn set(name: &str, value: &str) -> SecretCall {
    SecretCall::Set {
        name: name.parse().unwrap(),
        value: SecretText::new(value.to_owned()),
        content_type: None,
        attributes: AttributeChanges::default(),
        tags: Tags::default(),
    }
}

pub(crate) fn get(name: &str) -> SecretCall {
    SecretCall::Get { name: name.parse().unwrap(), version: None, convert: None }
}

pub(crate) fn list(limit: u8, after: Option<&ObjectName>) -> SecretCall {
    SecretCall::List { page: Page { limit, after: after.cloned() } }
}

pub(crate) fn tags<const N: usize>(tags: [(&str, &str); N]) -> Tags {
    let tags: BTreeMap<_, _> = tags.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    tags.try_into().unwrap()
}

pub(crate) fn bundle(outcome: Result<SecretOutcome, EngineError>) -> SecretBundle {
    match outcome {
        Ok(SecretOutcome::Bundle(bundle)) => bundle,
        other => panic!("expected a bundle, found {other:?}"),
    }
}

pub(crate) fn deleted(outcome: Result<SecretOutcome, EngineError>) -> DeletedSecret {
    match outcome {
        Ok(SecretOutcome::Deleted(deleted)) => deleted,
        other => panic!("expected a deleted secret, found {other:?}"),
    }
}

pub(crate) fn value(bundle: &SecretBundle) -> String {
    bundle.value.as_ref().expect("the operation tells the value").expose().to_owned()
}

/// Demands an error that a pattern matches.
macro_rules! assert_fails {
    ($outcome:expr, $pattern:pat $(if $guard:expr)?) => {
        match $outcome {
            Err($pattern) $(if $guard)? => {}
            other => panic!("expected {}, found {other:?}", stringify!($pattern)),
        }
    };
}

/// Runs tests, functions of a [`World`], over each store.
macro_rules! over_each_store {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::harness::World::in_memory()).await;
            })+
        }
        mod redb {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::harness::World::in_redb()).await;
            })+
        }
    };
}

pub(crate) use {assert_fails, over_each_store};
