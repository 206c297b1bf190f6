//! Measures how long the engine takes to read a secret and to set one, on one task, over each store.
//!
//! ```text
//! cargo run --release -p portcullis-engine --example read_rate
//! ```

#![expect(clippy::print_stdout, reason = "the example prints what it measured")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use portcullis_crypto::{KeyEncryptionKey, SystemRandom};
use portcullis_engine::{Engine, EngineError, VaultKeys};
use portcullis_identity::{Caller, Principal, PrincipalKind};
use portcullis_model::Page;
use portcullis_model::secrets::SecretCall;
use portcullis_model::{
    AttributeChanges, ObjectName, Operation, PrincipalId, RecoveryLevel, Resource, RoleDefinitionId, SecretText,
    SystemClock, Tags, TenantId, UnixTime, VaultId, VaultPath,
};
use portcullis_network::VirtualNetworks;
use portcullis_policy::{
    AssignmentList, DirectoryFacts, Facts, NamedLocation, NetworkFacts, Permitted, RequestFacts, RoleDefinitionFact,
    VaultFacts,
};
use portcullis_store::{MemoryStore, Store};
use portcullis_store_redb::RedbStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let facts = facts()?;
    measure("memory", Arc::new(MemoryStore::new()), &facts, 10_000).await?;
    let folder = tempfile::tempdir()?;
    measure("redb", Arc::new(RedbStore::open(&folder.path().join("store.redb"))?), &facts, 1_000).await
}

async fn measure(what: &str, store: Arc<dyn Store>, facts: &Arc<Facts>, secrets: usize) -> Result<(), Box<dyn Error>> {
    let random = Arc::new(SystemRandom::new());
    let key = Arc::new(KeyEncryptionKey::generate(&*random)?);
    let keys = Arc::new(VaultKeys::new(Arc::clone(&store), key, random.clone()));
    let engine = Engine::new(store, keys, Arc::new(SystemClock), random);
    let names: Vec<ObjectName> = (0..secrets).map(|n| format!("secret-{n:06}").parse()).collect::<Result<_, _>>()?;
    let call = |call| engine.execute(Permitted::for_test(call, Arc::clone(facts)));

    time(&format!("{what}: set"), secrets, async |n| call(set(&names[n % secrets])).await.map(drop)).await?;
    let get = |name: &ObjectName| SecretCall::Get { name: name.clone(), version: None, convert: None };
    time(&format!("{what}: get latest"), 200_000, async |n| call(get(&names[n % secrets])).await.map(drop)).await?;
    let page = || SecretCall::List { page: Page { limit: 25, after: Some(names[secrets / 2].clone()) } };
    time(&format!("{what}: list a page of 25"), 10_000, async |_| call(page()).await.map(drop)).await?;
    Ok(())
}

async fn time(
    what: &str,
    times: usize,
    work: impl AsyncFn(usize) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let start = Instant::now();
    for n in 0..times {
        work(n).await?;
    }
    let each = start.elapsed() / u32::try_from(times).unwrap_or(u32::MAX);
    println!("{what:28} {each:>10.2?} each");
    Ok(())
}

fn set(name: &ObjectName) -> SecretCall {
    SecretCall::Set {
        name: name.clone(),
        value: SecretText::new("x".repeat(64)),
        content_type: None,
        attributes: AttributeChanges::default(),
        tags: Tags::default(),
    }
}

fn facts() -> Result<Arc<Facts>, Box<dyn Error>> {
    let path = VaultPath {
        subscription: "11111111-1111-1111-1111-111111111111".parse()?,
        group: "rg".parse()?,
        vault: "dev".parse()?,
    };
    let resource = Resource::vault(&path);
    let tenant = TenantId::random();
    let vault = VaultFacts {
        id: VaultId::random(),
        resource: resource.clone(),
        path,
        name: "dev".into(),
        tenant,
        location: "westeurope".to_owned(),
        recovery: RecoveryLevel { days: 90, purge_protected: false },
    };
    let principal = Principal {
        id: PrincipalId::random(),
        tenant,
        kind: PrincipalKind::User,
        application: None,
        display_name: "example".to_owned(),
        enabled: true,
        groups: Vec::new(),
        secrets: Vec::new(),
    };
    let origin = VirtualNetworks::new([]).origin("192.0.2.1".parse()?, None);
    Ok(Arc::new(Facts {
        request: RequestFacts {
            operation: Operation::SecretGet,
            object: None,
            version: None,
            resource,
            time: UnixTime(0),
        },
        vault: Arc::new(vault),
        caller: Caller::for_test(Arc::new(principal)),
        network: NetworkFacts { origin, tls_version: "TLS1_3" },
        directory: Arc::new(NoDirectory),
    }))
}

#[derive(Debug)]
struct NoDirectory;

impl DirectoryFacts for NoDirectory {
    fn revision(&self) -> u64 {
        0
    }

    fn role_assignments(&self, _: PrincipalId, _: &[PrincipalId], _: &VaultFacts) -> Arc<AssignmentList> {
        unreachable!("an engine asks for no role assignments")
    }

    fn role_definition(&self, _: RoleDefinitionId) -> Option<Arc<RoleDefinitionFact>> {
        None
    }

    fn named_location(&self, _: &str) -> Option<&NamedLocation> {
        None
    }
}
