//! What a component exports, of whichever version.

use portcullis_policy::{Decision, Failure};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::bindings::{authorization, conditional_access, configuration, v0_1};
use crate::sandbox::Sandbox;
use crate::{LoadError, PluginHost, convert};

/// The hooks that a component exports.
pub(crate) struct Hooks {
    pub(crate) authorization: Option<Authorization>,
    pub(crate) conditional_access: Option<ConditionalAccess>,
    pub(crate) configuration: Option<configuration::GuestIndices>,
}

/// The authorisation hook of one version.
pub(crate) enum Authorization {
    V0_1(v0_1::authorization::GuestIndices),
    V0_2(authorization::GuestIndices),
}

/// The conditional-access hook of one version.
pub(crate) enum ConditionalAccess {
    V0_1(v0_1::conditional_access::GuestIndices),
    V0_2(conditional_access::GuestIndices),
}

impl Hooks {
    /// Finds them. A component that exports none has no say in anything.
    pub(crate) fn of(host: &PluginHost, component: &InstancePre<Sandbox>) -> Result<Self, LoadError> {
        let exports = |interface: &str| {
            let kind = component.component().component_type();
            kind.exports(host.engine()).any(|(name, _)| name.starts_with(interface))
        };
        let authorization = if exports("portcullis:policy/authorization@0.2.") {
            Some(Authorization::V0_2(authorization::GuestIndices::new(component).map_err(LoadError::Link)?))
        } else if exports("portcullis:policy/authorization@0.1.") {
            Some(Authorization::V0_1(v0_1::authorization::GuestIndices::new(component).map_err(LoadError::Link)?))
        } else {
            None
        };
        let conditional_access = if exports("portcullis:policy/conditional-access@0.2.") {
            Some(ConditionalAccess::V0_2(conditional_access::GuestIndices::new(component).map_err(LoadError::Link)?))
        } else if exports("portcullis:policy/conditional-access@0.1.") {
            let indices = v0_1::conditional_access::GuestIndices::new(component).map_err(LoadError::Link)?;
            Some(ConditionalAccess::V0_1(indices))
        } else {
            None
        };
        let configuration = exports("portcullis:policy/configuration@")
            .then(|| configuration::GuestIndices::new(component).map_err(LoadError::Link))
            .transpose()?;
        if authorization.is_none() && conditional_access.is_none() {
            return Err(LoadError::NoHook);
        }
        Ok(Self { authorization, conditional_access, configuration })
    }
}

type Said = wasmtime::Result<Result<Decision, Failure>>;

impl Authorization {
    pub(crate) fn evaluate(&self, store: &mut Store<Sandbox>, instance: &Instance) -> Said {
        Ok(match self {
            Self::V0_1(indices) => {
                convert::opinion_0_1(indices.load(&mut *store, instance)?.call_evaluate(&mut *store)?)
            }
            Self::V0_2(indices) => convert::opinion(&indices.load(&mut *store, instance)?.call_evaluate(&mut *store)?),
        })
    }
}

impl ConditionalAccess {
    pub(crate) fn evaluate(&self, store: &mut Store<Sandbox>, instance: &Instance) -> Said {
        Ok(match self {
            Self::V0_1(indices) => {
                convert::access_0_1(indices.load(&mut *store, instance)?.call_evaluate(&mut *store)?)
            }
            Self::V0_2(indices) => convert::access(&indices.load(&mut *store, instance)?.call_evaluate(&mut *store)?),
        })
    }
}
