//! A routed request of either plane, so that the pipeline is one.

use http::request::Parts;
use portcullis_api::management::{ManagementRenderContext, ManagementRouted, Target};
use portcullis_api::{Answer, ApiError, HostRole, Hosts, RenderContext, management};
use portcullis_management::{ControlState, VaultView};
use portcullis_model::{
    Call, NetworkRules, ObjectKind, ObjectName, ObjectVersion, Operation, Outcome, Resource, Scope, TenantId, UnixTime,
    VaultName,
};
use portcullis_policy::RequestFacts;

/// What a request asks for.
#[derive(Debug)]
pub(crate) enum Routed {
    Data(portcullis_api::Routed),
    Management(ManagementRouted),
}

impl Routed {
    /// Routes a request by the plane of its host.
    pub(crate) fn route(role: &HostRole, head: &Parts) -> Result<Self, ApiError> {
        match role {
            HostRole::Vault(vault) => portcullis_api::route(head, vault).map(Self::Data),
            _ => management::route(head).map(Self::Management),
        }
    }

    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Data(routed) => routed.operation,
            Self::Management(routed) => routed.operation,
        }
    }

    pub(crate) fn api_version(&self) -> &str {
        match self {
            Self::Data(routed) => routed.api_version.as_str(),
            Self::Management(routed) => routed.api_version.as_str(),
        }
    }

    /// The name of the vault that the request is about.
    pub(crate) fn vault(&self) -> &VaultName {
        match self {
            Self::Data(routed) => &routed.vault,
            Self::Management(routed) => &routed.target.vault().vault,
        }
    }

    /// Whether a vault of the right name stands where the request says. A host says no more than the name; a
    /// resource id says the subscription and the group as well.
    pub(crate) fn is_at(&self, vault: &VaultView) -> bool {
        match self {
            Self::Data(_) => true,
            Self::Management(routed) => {
                let (asked, stands) = (routed.target.vault(), &vault.facts.path);
                asked.subscription == stands.subscription
                    && asked.group.as_str().eq_ignore_ascii_case(stands.group.as_str())
            }
        }
    }

    /// The tenant of the subscription that the request names. A host names none.
    pub(crate) fn tenant(&self, control: &ControlState) -> Option<TenantId> {
        match self {
            Self::Data(_) => None,
            Self::Management(routed) => control.tenant_of(routed.target.vault().subscription),
        }
    }

    /// The tenant that the caller must be of. On the data plane a vault that does not exist seems to have one, so that
    /// the refusal does not tell which vaults exist. A subscription's id cannot be guessed, so whoever names one that
    /// does not exist is told so, whatever the caller's tenant.
    pub(crate) const fn demanded_tenant(&self, known: Option<TenantId>, seeming: Option<TenantId>) -> Option<TenantId> {
        match self {
            Self::Data(_) => seeming,
            Self::Management(_) => known,
        }
    }

    /// The object that the request names.
    const fn object(&self) -> Option<&(ObjectKind, ObjectName)> {
        match self {
            Self::Data(routed) => routed.object.as_ref(),
            Self::Management(routed) => match &routed.target {
                Target::Vault(_) => None,
                Target::RoleAssignment { scope, .. } => scope.object.as_ref(),
            },
        }
    }

    const fn version(&self) -> Option<&ObjectVersion> {
        match self {
            Self::Data(routed) => routed.version.as_ref(),
            Self::Management(_) => None,
        }
    }

    /// What policies can know of the request.
    pub(crate) fn facts(&self, vault: &VaultView, time: UnixTime) -> RequestFacts {
        RequestFacts {
            operation: self.operation(),
            object: self.object().cloned(),
            version: self.version().cloned(),
            resource: self.resource(vault),
            time,
        }
    }

    /// The resource at which the request is authorised.
    fn resource(&self, vault: &VaultView) -> Resource {
        match (self.operation().row().scope, self.object()) {
            (Scope::Object | Scope::Resource, Some((kind, name))) => {
                Resource::object(&vault.facts.resource, *kind, name)
            }
            (Scope::Object | Scope::Resource, None) | (Scope::Vault, _) => vault.facts.resource.clone(),
        }
    }

    /// The rules that judge from where the request may come. The management plane is never filtered (behaviour,
    /// section 1.3): whoever is locked out of a vault must be able to open it again.
    pub(crate) const fn network_rules<'a>(&self, vault: &'a VaultView) -> &'a NetworkRules {
        match self {
            Self::Data(_) => &vault.network,
            Self::Management(_) => &NetworkRules::OPEN,
        }
    }

    pub(crate) const fn body_limit(&self) -> usize {
        match self {
            Self::Data(routed) => routed.body_limit(),
            Self::Management(routed) => routed.body_limit(),
        }
    }

    pub(crate) fn parse(&self, body: &[u8]) -> Result<Call, ApiError> {
        match self {
            Self::Data(routed) => routed.parse(body),
            Self::Management(routed) => routed.parse(body),
        }
    }

    /// The answer that tells an outcome.
    pub(crate) fn render(&self, hosts: &Hosts, outcome: &Outcome) -> Answer {
        match (self, outcome) {
            (Self::Data(routed), Outcome::Secret(outcome)) => {
                portcullis_api::render(outcome, RenderContext { hosts, routed })
            }
            (Self::Management(routed), Outcome::Management(outcome)) => {
                management::render(outcome, ManagementRenderContext { hosts, routed })
            }
            // A call's plane is its operation's, and an outcome's its call's.
            (Self::Data(_), Outcome::Management(_)) | (Self::Management(_), Outcome::Secret(_)) => {
                unreachable!("an outcome of the other plane")
            }
        }
    }
}
