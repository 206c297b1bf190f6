//! Installed plugins: state and arguments in, change and outcome out; and who makes them ready to be asked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use portcullis_crypto::sha256;
use portcullis_model::access::Written;
use portcullis_model::management::ManagementOutcome;
use portcullis_model::plugins::{
    Acknowledged, Observed, PluginCall, PluginDescription, PluginGeneration, PluginMode, PluginOutcome, WantedPlugin,
    WouldDeny,
};
use portcullis_model::{ComponentDigest, PluginName, ResourcePath, TenantId};
use portcullis_policy::PolicyHook;

use crate::access::Writer;
use crate::record::{Record, StoredPlugin, plugin_key};
use crate::service::Change;
use crate::{Components, ControlState, ManagementError};

/// An installation of a plugin, for whoever makes it ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// What its counters and its places are kept under, and failures are told by: no other installation has it.
    pub key: String,
    /// The tenant whose requests it judges.
    pub tenant: TenantId,
    /// The resource id at and below which it is asked; `/` for the whole tenant.
    pub scope: String,
    /// Its name.
    pub name: PluginName,
    /// What it is.
    pub wanted: WantedPlugin,
}

/// The installed plugins, ready to be asked.
#[derive(Debug, Default, Clone)]
pub struct ReadyPlugins {
    /// Who asks them; nobody while none is installed.
    pub hook: Option<Arc<dyn PolicyHook>>,
    /// Why some of them cannot be loaded, by their keys. They deny.
    pub failures: BTreeMap<String, String>,
    /// Whether one of them may be loaded at another try.
    pub passes: bool,
}

/// Why a component or its settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRefusal {
    /// `component` or `settings`.
    pub property: &'static str,
    /// What is wrong, and what to do.
    pub why: String,
    /// Whether another try may end otherwise: it is not the component that is to blame.
    pub passes: bool,
}

/// Makes installed plugins ready: implemented by the server, which knows who runs them.
#[async_trait]
pub trait PluginLoader: Send + Sync + fmt::Debug + 'static {
    /// Whether the configuration declares a plugin of the name.
    fn declares(&self, name: &str) -> bool;

    /// Compiles a component and checks it.
    async fn check_component(&self, digest: ComponentDigest, bytes: Arc<[u8]>) -> Result<(), PluginRefusal>;

    /// Checks that an installation can be made ready: the component loads, and the plugin accepts its settings.
    async fn check(&self, installation: &Installation, components: &Components) -> Result<(), PluginRefusal>;

    /// What an installation that only reports said of the latest requests, by its key.
    fn observed(&self, key: &str) -> Observed;

    /// Makes all installations of one revision ready. Those that cannot be loaded deny where they are installed.
    async fn ready(&self, installations: Vec<Installation>, components: &Components) -> ReadyPlugins;
}

impl From<PluginRefusal> for ManagementError {
    fn from(PluginRefusal { property, why, passes }: PluginRefusal) -> Self {
        if passes { Self::PluginUntried { why } } else { Self::PluginRefused { property, why } }
    }
}

impl StoredPlugin {
    pub(crate) fn installation(&self) -> Installation {
        let place = if self.scope == "/" { self.tenant.to_string() } else { self.scope.to_ascii_lowercase() };
        Installation {
            key: format!("{}@{place}", self.name),
            tenant: self.tenant,
            scope: self.scope.clone(),
            name: self.name.clone(),
            wanted: self.current.wanted.clone(),
        }
    }

    fn etag(&self) -> String {
        let place = plugin_key(self.tenant, &self.scope, &self.name);
        let bytes = serde_json::to_vec(&self.current).unwrap_or_default();
        hex::encode(&sha256(&[place.as_bytes(), &bytes].concat())[..12])
    }

    fn describe(&self, state: &ControlState) -> Box<PluginDescription> {
        Box::new(PluginDescription {
            scope: self.scope.clone(),
            name: self.name.clone(),
            current: self.current.clone(),
            previous: self.previous.iter().rev().cloned().collect(),
            failure: state.ready().failures.get(&self.installation().key).cloned(),
            observed: None,
            etag: self.etag(),
        })
    }

    /// Makes something else hold. What held is kept, as far as there is room.
    fn turn_to(mut self, wanted: WantedPlugin, written: Written) -> Self {
        let number = self.current.number.saturating_add(1);
        let before = std::mem::replace(&mut self.current, PluginGeneration { number, wanted, written });
        self.previous.push(before);
        let surplus = self.previous.len().saturating_sub(MOST_GENERATIONS);
        self.previous.drain(..surplus);
        while !self.previous.is_empty()
            && serde_json::to_vec(&self).map_or(usize::MAX, |bytes| bytes.len()) > MOST_BYTES
        {
            self.previous.remove(0);
        }
        self
    }
}

impl ControlState {
    /// All installations, for whoever makes them ready.
    pub(crate) fn installations(&self) -> Vec<Installation> {
        let mut all: Vec<_> = self.plugins().map(StoredPlugin::installation).collect();
        all.sort_by(|a, b| (a.wanted.order, &a.key).cmp(&(b.wanted.order, &b.key)));
        all
    }

    /// The components that a tenant's installations need, or needed before.
    pub(crate) fn needs_component(&self, tenant: TenantId, digest: ComponentDigest) -> bool {
        let needs = |plugin: &StoredPlugin| {
            let generations = std::iter::once(&plugin.current).chain(&plugin.previous);
            plugin.tenant == tenant && generations.into_iter().any(|it| it.wanted.component == digest)
        };
        self.plugins().any(needs)
    }
}

/// The tenant whose requests are judged at a scope, where something must stand. Above the subscriptions each tenant has
/// its own.
pub(crate) fn tenant_at(
    state: &ControlState,
    scope: &ResourcePath,
    writer: Writer,
) -> Result<TenantId, ManagementError> {
    match scope {
        ResourcePath::Root => Ok(writer.tenant),
        ResourcePath::Group(subscription, group) if state.group(*subscription, group).is_none() => {
            Err(ManagementError::ResourceGroupNotFound { group: group.clone() })
        }
        _ => crate::execute::tenant_at(state, scope),
    }
}

/// The tenant of a scope, whether or not something stands there.
fn tenant_of(state: &ControlState, scope: &ResourcePath, writer: Writer) -> TenantId {
    scope.subscription().and_then(|subscription| state.tenant_of(subscription)).unwrap_or(writer.tenant)
}

fn find<'a>(
    state: &'a ControlState,
    scope: &ResourcePath,
    name: &PluginName,
    writer: Writer,
) -> Result<&'a StoredPlugin, ManagementError> {
    let found = state.plugin(tenant_of(state, scope, writer), &scope.id(), name);
    found.ok_or_else(|| ManagementError::PluginNotFound { name: name.clone() })
}

/// What an installation would be after a call, so that it can be checked before anything is changed. None when the call
/// installs nothing.
pub(crate) fn wanted(
    state: &ControlState,
    call: &PluginCall,
    writer: Writer,
) -> Result<Option<Installation>, ManagementError> {
    let (change, _) = match call {
        PluginCall::Put { .. } | PluginCall::Rollback { .. } | PluginCall::Promote { .. } => {
            write(state, call, writer)?
        }
        PluginCall::Get { .. }
        | PluginCall::List { .. }
        | PluginCall::Delete { .. }
        | PluginCall::ComponentPut { .. } => return Ok(None),
    };
    let installation = |record: &Record| match record {
        Record::Plugin(plugin) => Some(plugin.installation()),
        _ => None,
    };
    Ok(change.puts.iter().find_map(installation))
}

/// Answers a call that changes nothing.
pub(crate) fn read(
    state: &ControlState,
    call: &PluginCall,
    writer: Writer,
) -> Result<ManagementOutcome, ManagementError> {
    let outcome = match call {
        PluginCall::Get { scope, name } => {
            PluginOutcome::Plugin(find(state, scope, name, writer)?.describe(state), false)
        }
        PluginCall::List { scope } => {
            let (tenant, resource) = (tenant_of(state, scope, writer), scope.resource());
            let inside = |plugin: &&StoredPlugin| {
                plugin.tenant == tenant && portcullis_model::Resource::at(&plugin.scope).is_within(resource.id())
            };
            let mut listed: Vec<_> = state.plugins().filter(inside).map(|plugin| *plugin.describe(state)).collect();
            listed.sort_by(|a, b| (&a.scope, &a.name).cmp(&(&b.scope, &b.name)));
            PluginOutcome::Plugins(listed)
        }
        PluginCall::Put { .. }
        | PluginCall::Delete { .. }
        | PluginCall::Rollback { .. }
        | PluginCall::Promote { .. }
        | PluginCall::ComponentPut { .. } => return Err(ManagementError::ScopeNotSupported),
    };
    Ok(ManagementOutcome::Plugin(outcome))
}

/// Carries out a call that changes an installation.
pub(crate) fn write(
    state: &ControlState,
    call: &PluginCall,
    writer: Writer,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    match call {
        PluginCall::Put { scope, name, wanted, if_match } => {
            put(state, scope, name, wanted, if_match.as_deref(), writer)
        }
        PluginCall::Delete { scope, name, if_match } => delete(state, scope, name, if_match.as_deref(), writer),
        PluginCall::Rollback { scope, name, generation } => {
            let stored = find(state, scope, name, writer)?;
            let chosen = match generation {
                None => stored.previous.last(),
                Some(number) => stored.previous.iter().find(|it| it.number == *number),
            };
            let wanted = generation.map_or_else(|| "to go back to".to_owned(), |number| number.to_string());
            let chosen = chosen.ok_or_else(|| ManagementError::GenerationNotFound { name: name.clone(), wanted })?;
            change(state, stored, chosen.wanted.clone(), writer)
        }
        PluginCall::Promote { scope, name, .. } => {
            let stored = find(state, scope, name, writer)?;
            let wanted = WantedPlugin { mode: PluginMode::Enforce, ..stored.current.wanted.clone() };
            change(state, stored, wanted, writer)
        }
        PluginCall::Get { .. } | PluginCall::List { .. } | PluginCall::ComponentPut { .. } => {
            Ok((Change::none(), read(state, call, writer)?))
        }
    }
}

/// An installation that stands.
pub(crate) fn standing(
    state: &ControlState,
    scope: &ResourcePath,
    name: &PluginName,
    writer: Writer,
) -> Result<Installation, ManagementError> {
    find(state, scope, name, writer).map(StoredPlugin::installation)
}

/// Refuses a promotion while the plugin would refuse what nobody said is meant, and while nobody knows what that is.
pub(crate) fn explained(
    mode: PluginMode,
    observed: &Observed,
    acknowledged: &Acknowledged,
) -> Result<(), ManagementError> {
    // One that counts already, for everybody or for some, shows by itself what it refuses.
    let reports = matches!(mode, PluginMode::ReportOnly | PluginMode::Off);
    if reports && observed.requests == 0 && !acknowledged.all {
        return Err(ManagementError::PluginUnobserved);
    }
    let meant = |rule: &String| acknowledged.all || acknowledged.rules.contains(rule);
    let open: Vec<_> = observed.would_deny.iter().filter(|it| !meant(&it.rule)).collect();
    if open.is_empty() {
        return Ok(());
    }
    let count: usize = open.iter().map(|it| it.count).sum();
    let told = |it: &&WouldDeny| {
        let ids: Vec<_> = it.requests.iter().map(ToString::to_string).collect();
        format!("{} by `{}` ({}), such as {}", it.count, it.rule, it.reason, ids.join(", "))
    };
    let reasons: Vec<_> = open.iter().map(told).collect();
    Err(ManagementError::PluginWouldDeny {
        found: format!(
            "the plugin would have refused {count} of the latest {} requests: {}; acknowledge each rule that is meant, or force it",
            observed.requests,
            reasons.join("; ")
        ),
    })
}

fn put(
    state: &ControlState,
    scope: &ResourcePath,
    name: &PluginName,
    wanted: &WantedPlugin,
    if_match: Option<&str>,
    writer: Writer,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    let tenant = tenant_at(state, scope, writer)?;
    let stored = state.plugin(tenant, &scope.id(), name);
    check_etag(stored, if_match)?;
    if state.component(tenant, wanted.component).is_none() {
        return Err(ManagementError::ComponentNotFound { digest: wanted.component });
    }
    if let Some(stored) = stored {
        return change(state, stored, wanted.clone(), writer);
    }
    within_limits(state, tenant, scope)?;
    let new = StoredPlugin {
        tenant,
        scope: scope.id(),
        name: name.clone(),
        vault: state.vault_at(scope).map(|view| view.facts.id),
        current: PluginGeneration { number: 1, wanted: wanted.clone(), written: writer.mark(None) },
        previous: Vec::new(),
    };
    let outcome = ManagementOutcome::Plugin(PluginOutcome::Plugin(new.describe(state), true));
    Ok((Change { puts: vec![Record::Plugin(Box::new(new))], deletes: Vec::new() }, outcome))
}

fn change(
    state: &ControlState,
    stored: &StoredPlugin,
    wanted: WantedPlugin,
    writer: Writer,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    let outcome =
        |plugin: &StoredPlugin| ManagementOutcome::Plugin(PluginOutcome::Plugin(plugin.describe(state), false));
    if stored.current.wanted == wanted {
        return Ok((Change::none(), outcome(stored)));
    }
    let mark = writer.mark(Some(stored.current.written));
    let changed = stored.clone().turn_to(wanted, mark);
    let told = outcome(&changed);
    Ok((Change { puts: vec![Record::Plugin(Box::new(changed))], deletes: Vec::new() }, told))
}

fn delete(
    state: &ControlState,
    scope: &ResourcePath,
    name: &PluginName,
    if_match: Option<&str>,
    writer: Writer,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    let tenant = tenant_of(state, scope, writer);
    let stored = state.plugin(tenant, &scope.id(), name);
    check_etag(stored, if_match)?;
    let deletes = stored.map(|_| plugin_key(tenant, &scope.id(), name).into_bytes()).into_iter().collect();
    let outcome = ManagementOutcome::Plugin(PluginOutcome::Removed(stored.is_some()));
    Ok((Change { puts: Vec::new(), deletes }, outcome))
}

fn check_etag(stored: Option<&StoredPlugin>, if_match: Option<&str>) -> Result<(), ManagementError> {
    match if_match {
        Some(expected) if stored.is_none_or(|stored| stored.etag() != expected) => {
            Err(ManagementError::PreconditionFailed)
        }
        Some(_) | None => Ok(()),
    }
}

/// Every request within a scope asks each plugin that is installed there.
fn within_limits(state: &ControlState, tenant: TenantId, scope: &ResourcePath) -> Result<(), ManagementError> {
    let at = scope.id();
    let of_tenant = || state.plugins().filter(|plugin| plugin.tenant == tenant);
    if of_tenant().count() >= MOST_PLUGINS_OF_TENANT {
        return Err(ManagementError::PluginLimit { most: MOST_PLUGINS_OF_TENANT, whose: "a tenant" });
    }
    if of_tenant().filter(|plugin| plugin.scope.eq_ignore_ascii_case(&at)).count() >= MOST_PLUGINS_AT_SCOPE {
        return Err(ManagementError::PluginLimit { most: MOST_PLUGINS_AT_SCOPE, whose: "one scope" });
    }
    Ok(())
}

/// The plugins that may be installed at one scope, and in a tenant together.
pub(crate) const MOST_PLUGINS_AT_SCOPE: usize = 16;
const MOST_PLUGINS_OF_TENANT: usize = 128;
/// The earlier generations that are kept.
const MOST_GENERATIONS: usize = 8;
/// The bytes of a record, below the store's bound with room for the seal. Older generations make room.
const MOST_BYTES: usize = 224 << 10;
