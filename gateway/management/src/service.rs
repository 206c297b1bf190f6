//! The management plane's service: holds the control state, changes it, and follows changes of others.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use portcullis_crypto::{PasswordHash, Random, Sealer, sha256};
use portcullis_model::directory::{DirectoryCall, DirectoryOutcome};
use portcullis_model::management::{ManagementCall, ManagementOutcome};
use portcullis_model::plugins::{PluginCall, PluginOutcome};
use portcullis_model::{
    ComponentDigest, Operation, PrincipalId, ResourcePath, SecretText, TenantId, UnixTime, VaultId, VaultName,
    VaultPath,
};
use portcullis_policy::{DirectoryFacts as _, NamedLocation, Permitted};
use portcullis_store::{Batch, BatchError, MAX_SCAN, Revision, Store, StoreError};
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use crate::access::{self, Writer};
use crate::directory::{Asker, Declared, NewSecret, Prepared};
use crate::judged_twice::also_needed;
use crate::lock_out::Place;
use crate::record::{self, Codec, HEAD, PREFIX, Record, SignedOut};
use crate::{
    AccessPolicyWriters, ActivationRules, Components, ControlState, Declaration, ManagementError, PluginLoader,
    components, directory, groups, plugins, private_endpoints, revocations, schedules, vaults,
};

/// How often a write is tried again when others write too.
const ATTEMPTS: usize = 8;
/// How many passwords are hashed at once; each takes a core and 19 MiB.
const MOST_HASHING: usize = 2;
/// How many records one commit writes, below the store's bound with room for the head and the checks.
pub(crate) const RECORDS_PER_COMMIT: usize = 100;

/// What came of a call, and the revision from which it holds.
#[derive(Debug)]
pub struct Executed {
    /// The outcome.
    pub outcome: ManagementOutcome,
    /// The revision of the control state that holds it.
    pub revision: u64,
}

/// What the configuration says of who may do what.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Who may change access policies.
    pub access_policy_writers: AccessPolicyWriters,
    /// On which terms roles are taken.
    pub activation: ActivationRules,
}

/// Holds the control state and changes it.
#[derive(Debug)]
pub struct Management {
    store: Arc<dyn Store>,
    codec: Arc<Codec>,
    components: Components,
    loader: Arc<dyn PluginLoader>,
    random: Arc<dyn Random>,
    locations: Arc<HashMap<String, NamedLocation>>,
    rules: Rules,
    state: ArcSwap<ControlState>,
    /// Serialises the bringing of components. True while pieces may lie in the store that no record names.
    bringing: Mutex<bool>,
    /// What the configuration of this process declares of the directory.
    declared: ArcSwap<Declared>,
    /// Bounds how many passwords are hashed at once.
    hashing: Semaphore,
    /// Serialises writes and reloads of this process; across processes the head record's revision does.
    writing: Mutex<()>,
    /// Held by one request at a time that is judged once more.
    turns: Mutex<()>,
}

/// What one write does to the control state.
pub(crate) struct Change {
    pub(crate) puts: Vec<Record>,
    pub(crate) deletes: Vec<Vec<u8>>,
}

impl Change {
    /// Leaves everything as it is.
    pub(crate) const fn none() -> Self {
        Self { puts: Vec::new(), deletes: Vec::new() }
    }
}

impl Management {
    /// Loads the control state.
    ///
    /// # Errors
    /// When the store fails, or a control record is unreadable or was tampered with.
    pub async fn open(
        store: Arc<dyn Store>,
        sealer: Sealer,
        random: Arc<dyn Random>,
        locations: HashMap<String, NamedLocation>,
        rules: Rules,
        loader: Arc<dyn PluginLoader>,
    ) -> Result<Arc<Self>, ManagementError> {
        let (codec, locations) = (Arc::new(Codec::new(sealer)), Arc::new(locations));
        let components = Components::new(Arc::clone(&store), Arc::clone(&codec));
        let state = load(&*store, &codec, &locations).await?;
        components.sweep(&state).await?;
        let ready = loader.ready(state.installations(), &components).await;
        Ok(Arc::new(Self {
            store,
            codec,
            components,
            loader,
            random,
            locations,
            rules,
            state: ArcSwap::from_pointee(state.with_ready(ready)),
            bringing: Mutex::new(false),
            declared: ArcSwap::default(),
            hashing: Semaphore::new(MOST_HASHING),
            writing: Mutex::new(()),
            turns: Mutex::new(()),
        }))
    }

    /// The present control state. A request takes it once and is judged by it throughout.
    #[must_use]
    pub fn state(&self) -> Arc<ControlState> {
        self.state.load_full()
    }

    /// As what else a call must be judged, as of the present state. A call that was not is refused when it is executed.
    #[must_use]
    pub fn also_needed(&self, call: &ManagementCall) -> Option<Operation> {
        also_needed(&self.state(), self.rules.access_policy_writers, call)
    }

    /// Waits for the turn of a request whose judgement was overtaken by another write. While it is held, only requests
    /// that are judged for the first time write.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turns.lock().await
    }

    /// Carries out a call that policy has permitted.
    ///
    /// # Errors
    /// As [`ManagementError`] says; nothing was changed then.
    pub async fn execute(&self, permitted: Permitted<ManagementCall>) -> Result<Executed, ManagementError> {
        let (call, grant) = permitted.into_parts();
        let judged = Some(grant.revision());
        let principal = grant.caller().principal();
        let writer = Writer { principal: principal.id, tenant: principal.tenant, time: grant.facts().request.time };
        let place = |force| Place { origin: &grant.facts().network.origin, force };
        // Whoever judged saw another state, by which nothing else had to be judged. If this one is not the judged one
        // either, no write below comes about: each demands the revision that was judged, and revisions only grow.
        if self.also_needed(&call).is_some_and(|operation| !grant.is_also(operation)) {
            return Err(ManagementError::Stale);
        }
        let (outcome, revision) = match call {
            ManagementCall::VaultGet { vault } => {
                let state = self.state();
                (crate::execute::vault_get(&state, &vault)?, state.revision())
            }
            ManagementCall::VaultPatch { vault, changes, if_match, force } => {
                let (if_match, writer) = (if_match.as_deref(), (writer, place(force)));
                self.write(judged, |state| vaults::vault_patch(state, &vault, &changes, if_match, writer)).await?
            }
            ManagementCall::VaultPut { vault, wanted, if_match, force } => {
                if wanted.recover {
                    // What a crash may have left of the deletion: no role comes back with the vault.
                    self.drop_assignments(&vault).await?;
                }
                // Dropping assignments may have moved the state.
                let (if_match, writer) = (if_match.as_deref(), (writer, place(force)));
                self.write(judged, |state| vaults::vault_put(state, &vault, &wanted, if_match, writer)).await?
            }
            ManagementCall::AccessPoliciesChange { vault, change, entries, if_match } => {
                let (entries, if_match) = ((change, entries.as_slice()), if_match.as_deref());
                let change =
                    |state: &ControlState| vaults::access_policies_change(state, &vault, entries, if_match, writer);
                self.write(judged, change).await?
            }
            ManagementCall::VaultDelete { vault, if_match } => {
                let now = grant.facts().request.time;
                let (outcome, revision) =
                    self.write(judged, |state| vaults::vault_delete(state, &vault, if_match.as_deref(), now)).await?;
                (outcome, self.drop_assignments(&vault).await?.max(revision))
            }
            ManagementCall::PrivateEndpointConnectionPut { vault, name, approve, description } => {
                let said = (approve, description.as_str());
                self.write(judged, |state| private_endpoints::put(state, &vault, &name, said, writer)).await?
            }
            ManagementCall::PrivateEndpointConnectionDelete { vault, name } => {
                self.write(judged, |state| private_endpoints::delete(state, &vault, &name, writer)).await?
            }
            ManagementCall::DeletedVaultPurge { subscription, location, name } => {
                // Whoever may not purge loses nothing.
                vaults::deleted_purge(&self.state(), subscription, &location, &name)?;
                self.drop_denies(&name).await?;
                self.write(judged, |state| vaults::deleted_purge(state, subscription, &location, &name)).await?
            }
            ManagementCall::GroupPut { subscription, name, location, tags } => {
                self.write(judged, |state| groups::group_put(state, subscription, &name, &location, &tags)).await?
            }
            ManagementCall::GroupDelete { subscription, name } => {
                self.write(judged, |state| groups::group_delete(state, subscription, &name)).await?
            }
            call @ (ManagementCall::VaultList { .. }
            | ManagementCall::ResourceList { .. }
            | ManagementCall::VaultNameCheck { .. }
            | ManagementCall::DeletedVaultList { .. }
            | ManagementCall::DeletedVaultGet { .. }
            | ManagementCall::ManagedHsmList { .. }
            | ManagementCall::PrivateEndpointConnectionGet { .. }
            | ManagementCall::PrivateEndpointConnectionList { .. }
            | ManagementCall::VaultPrivateLinkResourceList { .. }
            // Carried out where the policy is.
            | ManagementCall::VaultWhatIf { .. }
            | ManagementCall::SubscriptionGet { .. }
            | ManagementCall::GroupList { .. }
            | ManagementCall::GroupGet { .. }) => {
                let state = self.state();
                (crate::execute::read(&state, &call)?, state.revision())
            }
            ManagementCall::RoleAssignmentPut { scope, id, wanted } => {
                self.write(judged, |state| access::assignment_put(state, &scope, id, &wanted, writer)).await?
            }
            ManagementCall::RoleAssignmentDelete { scope, id, force } => {
                self.write(judged, |state| access::assignment_delete(state, &scope, id, force)).await?
            }
            ManagementCall::Directory(call) => {
                let asker =
                    Asker { tenant: grant.caller().principal().tenant, principal: writer.principal, now: writer.time };
                let (outcome, revision) = self.directory(call, asker, judged).await?;
                (ManagementOutcome::Directory(outcome), revision)
            }
            ManagementCall::Schedule(call) if schedules::writes(&call) => {
                let rules = &self.rules.activation;
                self.write(judged, |state| schedules::execute(state, rules, &call, writer)).await?
            }
            ManagementCall::Schedule(call) => {
                let state = self.state();
                (schedules::read(&state, &call, writer.principal, writer.time), state.revision())
            }
            ManagementCall::Access(call) if access::writes(&call) => {
                self.write(judged, |state| access::write(state, &call, writer)).await?
            }
            ManagementCall::Access(call) => {
                let state = self.state();
                let outcome = access::read(&state, &call, writer.principal, writer.time)?;
                (ManagementOutcome::Access(outcome), state.revision())
            }
            ManagementCall::Plugin(PluginCall::ComponentPut { scope, digest, bytes }) => {
                self.put_component(judged, &scope, digest, bytes, writer).await?
            }
            ManagementCall::Plugin(call) if call.operation().changes_nothing() => {
                let state = self.state();
                let mut outcome = plugins::read(&state, &call, writer)?;
                if let (PluginCall::Get { scope, name }, ManagementOutcome::Plugin(PluginOutcome::Plugin(plugin, _))) =
                    (&call, &mut outcome)
                {
                    plugin.observed = Some(self.loader.observed(&plugins::standing(&state, scope, name, writer)?.key));
                }
                (outcome, state.revision())
            }
            ManagementCall::Plugin(call) => self.write_plugin(judged, &call, writer).await?,
        };
        Ok(Executed { outcome, revision })
    }

    /// Changes an installation, once what it would be has proved to load. Until the change is in place requests are judged
    /// by what was there before.
    async fn write_plugin(
        &self,
        judged: Option<u64>,
        call: &PluginCall,
        writer: Writer,
    ) -> Result<(ManagementOutcome, u64), ManagementError> {
        if let PluginCall::Put { name, .. } = call
            && self.loader.declares(name.as_str())
        {
            return Err(ManagementError::PluginIsDeclared { name: name.clone() });
        }
        if let PluginCall::Promote { scope, name, acknowledged } = call {
            let plugins::Installation { key, wanted, .. } = plugins::standing(&self.state(), scope, name, writer)?;
            plugins::explained(wanted.mode, &self.loader.observed(&key), acknowledged)?;
        }
        if let Some(installation) = plugins::wanted(&self.state(), call, writer)? {
            self.loader.check(&installation, &self.components).await?;
        }
        self.write(judged, |state| plugins::write(state, call, writer)).await
    }

    /// Keeps a component, once it has proved to be one.
    async fn put_component(
        &self,
        judged: Option<u64>,
        scope: &ResourcePath,
        digest: ComponentDigest,
        bytes: Arc<[u8]>,
        writer: Writer,
    ) -> Result<(ManagementOutcome, u64), ManagementError> {
        let found = ComponentDigest::from_bytes(sha256(&bytes));
        if found != digest {
            return Err(ManagementError::DigestMismatch { found });
        }
        let size = bytes.len() as u64;
        let tenant = plugins::tenant_at(&self.state(), scope, writer)?;
        let outcome = ManagementOutcome::Plugin(PluginOutcome::Component { digest, bytes: size });
        if self.state().component(tenant, digest).is_some() {
            return Ok((outcome, self.state().revision()));
        }
        // Whether there is room is known before the bytes are looked at, and is asked again when they are there.
        components::put(&self.state(), tenant, digest, size, writer)?;
        self.loader.check_component(digest, Arc::clone(&bytes)).await?;
        // One at a time: an upload does not sweep away the pieces of another.
        let mut leftovers = self.bringing.lock().await;
        if *leftovers {
            // An upload was abandoned, or could not be cleaned up after. What is in the store decides what is left over: a
            // write that seemed to fail may have come through.
            self.reload_alone().await?;
            self.components.sweep(&self.state()).await?;
        }
        *leftovers = true;
        let kept = match self.components.write(tenant, digest, &bytes).await {
            Ok(()) => self.write(judged, |state| components::put(state, tenant, digest, size, writer)).await,
            Err(error) => Err(error),
        };
        match kept {
            Ok((evicted, revision)) => {
                for digest in evicted {
                    self.components.erase(tenant, digest).await?;
                }
                *leftovers = false;
                Ok((outcome, revision))
            }
            Err(error) => {
                match self.erase_unknown(tenant, digest).await {
                    Ok(()) => *leftovers = false,
                    Err(error) => {
                        tracing::error!(%error, %digest, "what is left of an upload could not be erased; the next one does it");
                    }
                }
                Err(error)
            }
        }
    }

    /// Erases the bytes of a component, unless the control state knows it.
    async fn erase_unknown(&self, tenant: TenantId, digest: ComponentDigest) -> Result<(), ManagementError> {
        // The commit may have come through though its answer, or the reload after it, failed.
        self.reload_alone().await?;
        if self.state().component(tenant, digest).is_some() {
            return Ok(());
        }
        self.components.erase(tenant, digest).await
    }

    /// Tries once more to load the plugins that could not be loaded, if that may help.
    ///
    /// # Errors
    /// When the control state cannot be read.
    pub async fn retry_plugins(&self) -> Result<(), ManagementError> {
        if self.state().ready().passes { self.reload_alone().await.map(|_| ()) } else { Ok(()) }
    }

    /// Makes all plugins ready once more, since some that are no part of the control state are others now.
    ///
    /// # Errors
    /// When the control state cannot be read.
    pub async fn reload_plugins(&self) -> Result<(), ManagementError> {
        self.reload_alone().await.map(|_| ())
    }

    /// Makes the control state as the configuration declares it.
    ///
    /// # Errors
    /// When the declaration contradicts what is stored, or the store fails.
    pub async fn declare(&self, declaration: &Declaration) -> Result<u64, ManagementError> {
        self.declared.store(Arc::new(Declared::of(declaration)));
        loop {
            let ((), revision) = self
                .write(None, |state| {
                    let mut puts = declaration.changes(state, &*self.random)?;
                    puts.truncate(RECORDS_PER_COMMIT);
                    Ok((Change { puts, deletes: Vec::new() }, ()))
                })
                .await?;
            if declaration.changes(&self.state(), &*self.random)?.is_empty() {
                return Ok(revision);
            }
        }
    }

    /// Carries out a call about the directory. What costs time or randomness is done before the state is held.
    async fn directory(
        &self,
        mut call: DirectoryCall,
        asker: Asker,
        judged: Option<u64>,
    ) -> Result<(DirectoryOutcome, u64), ManagementError> {
        if call.operation().changes_nothing() {
            let state = self.state();
            return Ok((directory::read(&state, &call, asker)?, state.revision()));
        }
        let password = match directory::password(&mut call)? {
            None => None,
            Some(password) => Some(self.hash(password).await?),
        };
        let secret = match call {
            DirectoryCall::PasswordAdd { .. } => Some(NewSecret::make(&*self.random)?),
            _ => None,
        };
        let prepared = Prepared { password, secret: secret.as_ref() };
        let declared = self.declared.load_full();
        let (outcome, revision) =
            self.write(judged, |state| directory::write(state, &declared, &call, &prepared, asker)).await?;
        Ok((directory::reveal(outcome, secret), revision))
    }

    async fn hash(&self, password: SecretText) -> Result<PasswordHash, ManagementError> {
        let _hashing = self.hashing.acquire().await.map_err(|_| ManagementError::Seal)?;
        let random = Arc::clone(&self.random);
        let hash = tokio::task::spawn_blocking(move || PasswordHash::new(password.expose().as_bytes(), &*random)).await;
        hash.ok().and_then(Result::ok).ok_or(ManagementError::Seal)
    }

    /// Takes away the roles at a deleted vault and below it, in as many writes as it takes. A vault that is there keeps
    /// its roles.
    async fn drop_assignments(&self, vault: &VaultPath) -> Result<u64, ManagementError> {
        loop {
            let ((), revision) = self
                .write(None, |state| {
                    let Some(view) = state.deleted_vault(&vault.vault) else { return Ok((Change::none(), ())) };
                    let deletes = state.grants_within(&view.facts.resource).take(RECORDS_PER_COMMIT).collect();
                    Ok((Change { puts: Vec::new(), deletes }, ()))
                })
                .await?;
            let state = self.state();
            let rest = state.deleted_vault(&vault.vault).map(|view| Arc::clone(&view.facts));
            if rest.is_none_or(|facts| state.grants_within(&facts.resource).next().is_none()) {
                return Ok(revision);
            }
        }
    }

    /// Takes away the deny assignments at a deleted vault and below it, in as many writes as it takes: a later vault of
    /// its name has none of them.
    async fn drop_denies(&self, name: &VaultName) -> Result<(), ManagementError> {
        loop {
            let (left, _) = self
                .write(None, |state| {
                    let deletes = vaults::denies_of_deleted(state, name, RECORDS_PER_COMMIT);
                    let left = !deletes.is_empty();
                    Ok((Change { puts: Vec::new(), deletes }, left))
                })
                .await?;
            if !left {
                return Ok(());
            }
        }
    }

    /// Removes the deleted vaults whose time is over. Their objects are still to be erased; see
    /// [`ControlState::erasures`].
    ///
    /// # Errors
    /// When the store fails.
    pub async fn purge_due(&self, now: UnixTime) -> Result<(), ManagementError> {
        loop {
            let (left, _) = self
                .write(None, |state| {
                    let mut deletes = schedules::over(state, now);
                    deletes.truncate(RECORDS_PER_COMMIT);
                    let left = deletes.len() == RECORDS_PER_COMMIT;
                    Ok((Change { puts: Vec::new(), deletes }, left))
                })
                .await?;
            if !left {
                break;
            }
        }
        loop {
            let (removed, _) = self
                .write(None, |state| {
                    let change = vaults::purge_due(state, now, RECORDS_PER_COMMIT);
                    let removed = !change.deletes.is_empty();
                    Ok((change, removed))
                })
                .await?;
            if !removed {
                return Ok(());
            }
        }
    }

    /// Notes that the objects of a vault that is gone are erased.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn erased(&self, vault: VaultId) -> Result<(), ManagementError> {
        let forget = |state: &ControlState| {
            let known = state.erasures().contains(&vault);
            let deletes = known.then(|| record::erasure_key(vault).into_bytes()).into_iter().collect();
            Ok((Change { puts: Vec::new(), deletes }, ()))
        };
        self.write(None, forget).await.map(|_| ())
    }

    /// Takes a changed principal into the directory. For the directory's own administration and for tests; requests
    /// do not reach it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_principal(&self, principal: portcullis_identity::Principal) -> Result<u64, ManagementError> {
        let put = |_: &ControlState| {
            let puts = vec![Record::Principal(Box::new(principal.clone()))];
            Ok((Change { puts, deletes: Vec::new() }, ()))
        };
        self.write(None, put).await.map(|((), revision)| revision)
    }

    /// Signs a principal out of all sessions that began before a time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, principal: PrincipalId, before: UnixTime) -> Result<u64, ManagementError> {
        let put = |_: &ControlState| {
            let puts = vec![Record::SignedOut(SignedOut { principal, before })];
            Ok((Change { puts, deletes: Vec::new() }, ()))
        };
        self.write(None, put).await.map(|((), revision)| revision)
    }

    /// Revokes a tenant's token or session by its id until it would have ended anyway, of the gateway's own accord;
    /// what has ended is forgotten.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke(
        &self,
        tenant: TenantId,
        id: &[u8],
        ends: UnixTime,
        now: UnixTime,
    ) -> Result<u64, ManagementError> {
        let put = |state: &ControlState| Ok((revocations::automatic(state, tenant, id, ends, now), ()));
        self.write(None, put).await.map(|((), revision)| revision)
    }

    /// Follows changes that others make in the store, for as long as the process lives. A state that could not be
    /// loaded is tried again until it can.
    pub async fn follow(self: Arc<Self>) {
        let mut watch = self.store.watch(PREFIX);
        loop {
            match watch.changed().await {
                Ok(revision) if revision.0 <= self.state().revision() => continue,
                Ok(_) => {}
                Err(StoreError::Closed) => return,
                Err(error) => tracing::error!(%error, "the store's changes could not be followed"),
            }
            while let Err(error) = self.reload_alone().await {
                tracing::error!(%error, "the control state could not be loaded; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    async fn reload_alone(&self) -> Result<u64, ManagementError> {
        let _writing = self.writing.lock().await;
        self.reload().await
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// The content of a control record.
    pub(crate) fn open_record(&self, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, ManagementError> {
        self.codec.open(key, sealed)
    }

    /// Computes a change from the present state, commits it and puts the new state in place. A change that was
    /// permitted by a state is made to that very state: whoever loses a right cannot use it to write any more.
    pub(crate) async fn write<T>(
        &self,
        judged: Option<u64>,
        mut change: impl FnMut(&ControlState) -> Result<(Change, T), ManagementError>,
    ) -> Result<(T, u64), ManagementError> {
        let _writing = self.writing.lock().await;
        for _ in 0..ATTEMPTS {
            let state = self.state();
            if judged.is_some_and(|judged| judged != state.revision()) {
                return Err(ManagementError::Stale);
            }
            let (wanted, outcome) = change(&state)?;
            if wanted.puts.is_empty() && wanted.deletes.is_empty() {
                return Ok((outcome, state.revision()));
            }
            match self.commit(&state, wanted).await {
                Ok(_) => return Ok((outcome, self.reload().await?)),
                Err(ManagementError::Busy) => self.reload().await?,
                Err(other) => return Err(other),
            };
        }
        Err(ManagementError::Busy)
    }

    async fn commit(&self, state: &ControlState, change: Change) -> Result<Revision, ManagementError> {
        let mut sealed = state.sealed.clone();
        let of_directory = change.puts.iter().any(Record::is_of_directory);
        let mut batch = match state.revision() {
            0 => Batch::builder().absent(HEAD),
            revision => Batch::builder().unchanged(HEAD, Revision(revision)),
        };
        for put in change.puts {
            let key = put.key();
            let value = self.codec.seal(&key, &put.encode()?)?;
            batch = batch.put(key.clone(), value.clone());
            sealed.insert(key, value);
        }
        for key in change.deletes {
            sealed.remove(&key);
            batch = batch.delete(key);
        }
        if of_directory {
            // Records that do not fit together, such as groups that contain each other, could not be loaded again.
            let records = sealed.iter().map(|(key, value)| Record::decode(key, &self.codec.open(key, value)?));
            let records = records.collect::<Result<Vec<_>, _>>()?;
            ControlState::new(state.revision(), records, BTreeMap::new(), Arc::clone(&self.locations))?;
        }
        let head = self.codec.seal(HEAD, &record::digest(&sealed))?;
        let batch = batch.put(HEAD, head).build().map_err(|error: BatchError| StoreError::from(error))?;
        Ok(self.store.commit(batch).await?)
    }

    async fn reload(&self) -> Result<u64, ManagementError> {
        let state = load(&*self.store, &self.codec, &self.locations).await?;
        let revision = state.revision();
        let ready = self.loader.ready(state.installations(), &self.components).await;
        self.state.store(Arc::new(state.with_ready(ready)));
        Ok(revision)
    }
}

/// Reads all control records as of one revision.
async fn load(
    store: &dyn Store,
    codec: &Codec,
    locations: &Arc<HashMap<String, NamedLocation>>,
) -> Result<ControlState, ManagementError> {
    loop {
        let before = store.get(HEAD).await?.map(|head| head.revision);
        let mut sealed = scan_all(store).await?;
        let head = store.get(HEAD).await?;
        // INVARIANT: every control write puts the head. If it did not move, the scans saw one moment.
        if head.as_ref().map(|head| head.revision) != before {
            continue;
        }
        sealed.remove(HEAD);
        if let Some(head) = &head {
            let digest = codec.open(HEAD, &head.bytes)?;
            if digest.as_slice() != record::digest(&sealed) {
                return Err(record::unreadable(
                    HEAD,
                    "control records were removed, added or rolled back outside the gateway",
                ));
            }
        } else if let Some(key) = sealed.keys().next() {
            return Err(record::unreadable(key, "it stands without the head record"));
        }
        let records = sealed.iter().map(|(key, value)| Record::decode(key, &codec.open(key, value)?));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let revision = head.map_or(0, |head| head.revision.0);
        return ControlState::new(revision, records, sealed, Arc::clone(locations));
    }
}

async fn scan_all(store: &dyn Store) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, ManagementError> {
    let mut all = BTreeMap::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = store.scan(PREFIX, after.as_deref(), MAX_SCAN).await?;
        let full = page.len() == MAX_SCAN;
        after = page.last().map(|entry| entry.key.clone());
        all.extend(page.into_iter().map(|entry| (entry.key, entry.record.bytes)));
        if !full {
            return Ok(all);
        }
    }
}
