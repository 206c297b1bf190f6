//! Calls about installed plugins.

use std::sync::Arc;

use super::access::Written;
use crate::{ComponentDigest, Operation, PluginName, RequestId, ResourcePath};

/// The greatest component, in bytes.
pub const MAX_COMPONENT_BYTES: usize = 32 << 20;
/// The greatest settings of an installed plugin, as JSON, in bytes.
pub const MAX_PLUGIN_SETTINGS_BYTES: usize = 64 << 10;

/// Whether an installed plugin's opinion counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum PluginMode {
    /// It is not asked.
    Off,
    /// It is evaluated and recorded, never counted.
    ReportOnly,
    /// It counts.
    Enforce,
    /// It counts for so many in a hundred principals, 0 to 100, always the same ones; for the others it reports.
    Percentage(u8),
}

/// What comes of a plugin's failure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum OnFailure {
    /// The request is refused.
    #[default]
    Deny,
    /// The failure is recorded and not counted.
    Ignore,
}

/// Bounds of an installed plugin. Those of the gateway hold as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PluginLimits {
    /// The memory of one evaluation, in bytes.
    pub memory: Option<u32>,
    /// The time of one evaluation, in milliseconds.
    pub time: Option<u32>,
}

/// An installation as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WantedPlugin {
    /// Its component, which was uploaded before.
    pub component: ComponentDigest,
    /// Its settings: a JSON text.
    pub settings: String,
    /// Its place among the installed plugins: those of less come first.
    pub order: i32,
    /// Whether it counts.
    pub mode: PluginMode,
    /// What comes of its failure.
    pub on_failure: OnFailure,
    /// Its bounds.
    pub limits: PluginLimits,
    /// A signature of its component, as `portcullis plugin sign` writes it.
    #[serde(default)]
    pub signature: Option<String>,
}

/// One state that an installation had.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PluginGeneration {
    /// Its number, from 1.
    pub number: u32,
    /// What was asked for.
    pub wanted: WantedPlugin,
    /// When and by whom the installation was made and this state written.
    pub written: Written,
}

/// An installation as the management plane tells it.
#[derive(Debug, Clone)]
pub struct PluginDescription {
    /// Where it holds: a resource id, `/` for the whole tenant.
    pub scope: String,
    /// Its name.
    pub name: PluginName,
    /// What holds.
    pub current: PluginGeneration,
    /// What held before, the latest first.
    pub previous: Vec<PluginGeneration>,
    /// Why it cannot be loaded, if it cannot; it denies then.
    pub failure: Option<String>,
    /// What it said of the latest requests while it only reported, if that is asked for.
    pub observed: Option<Observed>,
    /// Names this state.
    pub etag: String,
}

/// What a plugin that only reports said of the latest requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The requests that are remembered, a thousand at most.
    pub requests: usize,
    /// Why it would have refused some of them.
    pub would_deny: Vec<WouldDeny>,
}

/// One reason for which a plugin would have refused requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WouldDeny {
    /// The rule, by which it is acknowledged.
    pub rule: String,
    /// The reason that was given first.
    pub reason: String,
    /// The requests.
    pub count: usize,
    /// The ids of some of them, as the audit log has them.
    pub requests: Vec<RequestId>,
}

/// What a promotion knows of what the plugin would have refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// The rules whose refusals are meant.
    pub rules: Vec<String>,
    /// Whether all of them are.
    pub all: bool,
}

/// What can be asked about plugins.
#[derive(Debug)]
pub enum PluginCall {
    /// Installs a plugin, or changes an installation.
    Put {
        /// Where.
        scope: ResourcePath,
        /// Its name.
        name: PluginName,
        /// What it shall be.
        wanted: Box<WantedPlugin>,
        /// The entity tag that it must have.
        if_match: Option<String>,
    },
    /// Reads an installation.
    Get {
        /// Where.
        scope: ResourcePath,
        /// Its name.
        name: PluginName,
    },
    /// Lists the installations at a scope and below it.
    List {
        /// The scope.
        scope: ResourcePath,
    },
    /// Removes an installation.
    Delete {
        /// Where.
        scope: ResourcePath,
        /// Its name.
        name: PluginName,
        /// The entity tag that it must have.
        if_match: Option<String>,
    },
    /// Makes an earlier generation hold again.
    Rollback {
        /// Where.
        scope: ResourcePath,
        /// Its name.
        name: PluginName,
        /// Which one; the latest of the earlier ones if none is named.
        generation: Option<u32>,
    },
    /// Lets a plugin that reports count.
    Promote {
        /// Where.
        scope: ResourcePath,
        /// Its name.
        name: PluginName,
        /// Which of its refusals are meant.
        acknowledged: Acknowledged,
    },
    /// Brings a component.
    ComponentPut {
        /// At which scope it is permitted. It is kept for the tenant.
        scope: ResourcePath,
        /// Its digest.
        digest: ComponentDigest,
        /// Its bytes.
        bytes: Arc<[u8]>,
    },
}

impl PluginCall {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Put { .. } => Operation::PluginPut,
            Self::Get { .. } => Operation::PluginGet,
            Self::List { .. } => Operation::PluginList,
            Self::Delete { .. } => Operation::PluginDelete,
            Self::Rollback { .. } => Operation::PluginRollback,
            Self::Promote { .. } => Operation::PluginPromote,
            Self::ComponentPut { .. } => Operation::PluginComponentPut,
        }
    }
}

/// What came of a call about plugins.
#[derive(Debug)]
pub enum PluginOutcome {
    /// An installation that stands, and whether it is new.
    Plugin(Box<PluginDescription>, bool),
    /// Installations.
    Plugins(Vec<PluginDescription>),
    /// It was removed; `false`: it was not there.
    Removed(bool),
    /// A component is there, of so many bytes.
    Component {
        /// Its digest.
        digest: ComponentDigest,
        /// Its size.
        bytes: u64,
    },
}
