//! Measures how long the engine takes to read a secret and to list a page on one task, over each store, and whether it
//! takes longer when there are many. `SECRETS=100000` fills the large store with fewer than a million; `CACHE=67108864`
//! gives the stores another cache than the usual one.
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
use portcullis_model::secrets::SecretCall;
use portcullis_model::{
    AttributeChanges, ObjectName, Operation, Page, PrincipalId, RecoveryLevel, Resource, RoleDefinitionId, SecretText,
    SystemClock, Tags, TenantId, UnixTime, VaultId, VaultPath,
};
use portcullis_network::VirtualNetworks;
use portcullis_policy::{
    AssignmentList, DirectoryFacts, Facts, NamedLocation, NetworkFacts, Permitted, RequestFacts, RoleDefinitionFact,
    VaultFacts,
};
use portcullis_store::{MemoryStore, Store};
use portcullis_store_redb::{DEFAULT_CACHE, RedbStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let facts = facts()?;
    let many = std::env::var("SECRETS").map_or(Ok(1_000_000), |secrets| secrets.parse())?;
    measure("memory", Arc::new(MemoryStore::new()), &facts, 10_000).await?;
    let folder = tempfile::tempdir()?;
    let cache = std::env::var("CACHE").map_or(Ok(DEFAULT_CACHE), |bytes| bytes.parse())?;
    let store = |name: &str| RedbStore::open_caching(&folder.path().join(name), cache).map(Arc::new);
    measure("redb, 1000 secrets", store("few.redb")?, &facts, 1_000).await?;
    measure(&format!("redb, {many} secrets"), store("many.redb")?, &facts, many).await
}

async fn measure(what: &str, store: Arc<dyn Store>, facts: &Arc<Facts>, secrets: usize) -> Result<(), Box<dyn Error>> {
    let random = Arc::new(SystemRandom::new());
    let key = Arc::new(KeyEncryptionKey::generate(&*random)?);
    let keys = Arc::new(VaultKeys::new(Arc::clone(&store), key, random.clone()));
    let engine = Arc::new(Engine::new(store, keys, Arc::new(SystemClock), random));
    let names: Arc<[ObjectName]> = (0..secrets).map(|n| format!("secret-{n:07}").parse()).collect::<Result<_, _>>()?;
    fill(what, &engine, facts, &names).await?;
    let call = |call| engine.execute(Permitted::for_test(call, Arc::clone(facts)));
    // Steps that reach every part of the store, in no order that helps it.
    let get = |n: usize| {
        let name = names[n.wrapping_mul(7_919) % secrets].clone();
        SecretCall::Get { name, version: None, convert: None }
    };
    time(&format!("{what}: get latest"), 200_000, async |n| call(get(n)).await.map(drop)).await?;
    let page = |n: usize| {
        let after = Some(names[n.wrapping_mul(7_919) % secrets].clone());
        SecretCall::List { page: Page { limit: 25, after } }
    };
    time(&format!("{what}: list a page of 25"), 10_000, async |n| call(page(n)).await.map(drop)).await?;
    Ok(())
}

/// Sets all secrets, by many at once, whose commits the store groups.
async fn fill(
    what: &str,
    engine: &Arc<Engine>,
    facts: &Arc<Facts>,
    names: &Arc<[ObjectName]>,
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let writers = (0..WRITERS).map(|first| {
        let (engine, facts, names) = (Arc::clone(engine), Arc::clone(facts), Arc::clone(names));
        tokio::spawn(async move {
            for name in names.iter().skip(first).step_by(WRITERS) {
                engine.execute(Permitted::for_test(set(name), Arc::clone(&facts))).await?;
            }
            Ok::<_, EngineError>(())
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await??;
    }
    let each = start.elapsed() / u32::try_from(names.len()).unwrap_or(u32::MAX);
    println!("{what}: set, {WRITERS} at once     {each:>10.2?} each");
    Ok(())
}

const WRITERS: usize = 256;

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
    println!("{what:44} {each:>10.2?} each");
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
        permission_model: portcullis_model::PermissionModel::RoleBased,
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
            vault: None,
            resource,
            time: UnixTime(0),
            headers: portcullis_policy::Headers::default(),
            attributes: portcullis_policy::Attributes::default(),
            made_as: None,
        },
        vault: Some(Arc::new(vault)),
        caller: Caller::for_test(Arc::new(principal)),
        network: NetworkFacts { origin, tls_version: "TLS1_3", private_endpoint: None, client_certificate: None },
        directory: Arc::new(NoDirectory),
        signals: Arc::default(),
        object: portcullis_policy::StoredObject::known(None),
        counted: Arc::default(),
    }))
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

    fn role_definition(&self, _: RoleDefinitionId) -> Option<Arc<RoleDefinitionFact>> {
        None
    }

    fn named_location(&self, _: &str) -> Option<&NamedLocation> {
        None
    }
}
