//! A routed request of either plane, so that the pipeline is one.

use std::sync::Arc;

use http::request::Parts;
use portcullis_api::graph::{self, DirectoryRouted};
use portcullis_api::management::{ManagementRenderContext, ManagementRouted, Target};
use portcullis_api::{Answer, ApiError, DataOutcome, HostRole, Hosts, RenderContext, management};
use portcullis_management::{ControlState, VaultView};
use portcullis_model::management::ManagementOutcome;
use portcullis_model::{
    Call, ObjectKind, ObjectName, ObjectVersion, Operation, Outcome, Resource, ResourcePath, Scope, TenantId, UnixTime,
    VaultName,
};
use portcullis_network::{CallerTrust, Origin, Verdict, unfiltered};
use portcullis_policy::{Attributes, Headers, RequestFacts, Told};

use crate::error::PipelineError;
use crate::positions::Positions;

/// What a request asks for.
#[derive(Debug)]
pub(crate) enum Routed {
    Data(portcullis_api::Routed),
    Management(ManagementRouted),
    Directory(DirectoryRouted),
}

impl Routed {
    /// Routes a request by the plane of its host.
    pub(crate) fn route(role: &HostRole, head: &Parts, seal: &Positions) -> Result<Self, ApiError> {
        match role {
            HostRole::Vault(vault) => portcullis_api::route(head, vault, seal).map(Self::Data),
            HostRole::Graph => graph::route(head).map(Self::Directory),
            _ => management::route(head).map(Self::Management),
        }
    }

    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Data(routed) => routed.operation,
            Self::Management(routed) => routed.operation,
            Self::Directory(routed) => routed.operation,
        }
    }

    pub(crate) fn api_version(&self) -> &str {
        match self {
            Self::Data(routed) => routed.api_version.as_str(),
            Self::Management(routed) => routed.api_version.as_str(),
            Self::Directory(_) => "v1.0",
        }
    }

    /// What the request is about, as of one state. A host says no more than the vault's name; a resource id says the
    /// subscription and the group as well.
    pub(crate) fn subject(&self, control: &ControlState) -> Subject {
        match self {
            Self::Data(routed) => {
                let vault = control.vault(&routed.vault).cloned();
                let tenant = vault.as_ref().map(|vault| vault.facts.tenant);
                Subject { name: Some(routed.vault.clone()), vault, path: None, tenant }
            }
            Self::Management(routed) => {
                let path = routed.target.path();
                let tenant = path.subscription().and_then(|subscription| control.tenant_of(subscription));
                let name = match &path {
                    ResourcePath::DeletedVault(_, _, name) => Some(name.clone()),
                    path => path.vault().map(|vault| vault.vault.clone()),
                };
                Subject { name, vault: control.vault_at(&path).cloned(), path: Some(path), tenant }
            }
            // Above all subscriptions, where each tenant sees its own.
            Self::Directory(_) => Subject { name: None, vault: None, path: Some(ResourcePath::Root), tenant: None },
        }
    }

    /// The vault whose objects are told by the outcome.
    pub(crate) const fn data_vault(&self) -> Option<&VaultName> {
        match self {
            Self::Data(routed) => Some(&routed.vault),
            Self::Management(_) | Self::Directory(_) => None,
        }
    }

    /// The object that the request names.
    fn object(&self, subject: &Subject) -> Option<(ObjectKind, ObjectName)> {
        match self {
            Self::Data(routed) => routed.object.clone(),
            Self::Management(_) => match &subject.path {
                Some(ResourcePath::Object(_, kind, name)) => Some((*kind, name.clone())),
                _ => None,
            },
            Self::Directory(_) => None,
        }
    }

    const fn version(&self) -> Option<&ObjectVersion> {
        match self {
            Self::Data(routed) => routed.version.as_ref(),
            Self::Management(_) | Self::Directory(_) => None,
        }
    }

    /// What policies can know of the request.
    pub(crate) fn facts(
        &self,
        subject: &Subject,
        control: &ControlState,
        time: UnixTime,
        headers: Headers,
        body: &[u8],
    ) -> Option<RequestFacts> {
        let object = self.object(subject);
        Some(RequestFacts {
            operation: self.operation(),
            resource: self.resource(subject, object.as_ref())?,
            object,
            version: self.version().cloned(),
            vault: subject.name.clone(),
            time,
            headers,
            attributes: self.attributes(control, body),
            made_as: None,
        })
    }

    /// What conditions on role assignments can know of the request.
    fn attributes(&self, control: &ControlState, body: &[u8]) -> Attributes {
        let Self::Management(routed) = self else { return Attributes::default() };
        let resource = match &routed.target {
            Target::RoleAssignment { scope, id } => control.assignment_attributes(scope, *id),
            _ => Vec::new(),
        };
        let request = routed.request_attributes(body);
        let request = control.with_principal_type(request);
        // An approval assigns a role that its request does not name.
        let incomplete = routed.operation == Operation::RoleAssignmentApprovalPatch;
        Attributes { request, resource, incomplete }
    }

    /// Whether the request can be judged only once its body is known.
    pub(crate) const fn is_judged_with_body(&self) -> bool {
        match self {
            Self::Data(_) | Self::Directory(_) => false,
            Self::Management(routed) => routed.is_judged_with_body(),
        }
    }

    /// The resource at which the request is authorised. The data plane has none where there is no vault.
    fn resource(&self, subject: &Subject, object: Option<&(ObjectKind, ObjectName)>) -> Option<Resource> {
        if let Some(path) = &subject.path {
            return Some(path.resource());
        }
        let vault = &subject.vault.as_ref()?.facts.resource;
        Some(match (self.operation().row().scope, object) {
            (Scope::Object | Scope::Resource, Some((kind, name))) => Resource::object(vault, *kind, name),
            (Scope::Object | Scope::Resource, None) | (Scope::Vault, _) => vault.clone(),
        })
    }

    /// Judges from where the request may come. The management plane is never filtered (behaviour, section 1.3).
    pub(crate) fn judge_network(
        &self,
        subject: &Subject,
        origin: &Origin,
        trust: CallerTrust,
    ) -> Result<Verdict, PipelineError> {
        match (self, &subject.vault) {
            (Self::Data(_), Some(vault)) => Ok(vault.judge(origin, trust)?),
            (Self::Data(_), None) => Err(PipelineError::VaultNotFound),
            (Self::Management(_) | Self::Directory(_), _) => Ok(unfiltered(origin)),
        }
    }

    pub(crate) const fn body_limit(&self) -> usize {
        match self {
            Self::Data(routed) => routed.body_limit(),
            Self::Management(routed) => routed.body_limit(),
            Self::Directory(routed) => routed.body_limit(),
        }
    }

    pub(crate) fn parse(&self, body: &[u8]) -> Result<Call, ApiError> {
        match self {
            Self::Data(routed) => routed.parse(body),
            Self::Management(routed) => routed.parse(body),
            Self::Directory(routed) => routed.parse(body),
        }
    }

    /// The answer that tells an outcome, once all is done that is owed.
    pub(crate) fn render(&self, hosts: &Hosts, seal: &Positions, told: &Told) -> Answer {
        match (self, told.outcome()) {
            (Self::Directory(routed), Outcome::Management(ManagementOutcome::Directory(outcome))) => {
                graph::render(outcome, routed, hosts)
            }
            (Self::Management(routed), Outcome::Management(outcome)) => {
                management::render(outcome, ManagementRenderContext { hosts, routed })
            }
            (Self::Data(routed), outcome) => {
                // A call's plane is its operation's, and an outcome's its call's.
                let outcome = DataOutcome::of(outcome).expect("an outcome of the data plane");
                portcullis_api::render(outcome, RenderContext { hosts, routed, seal })
            }
            (Self::Management(_) | Self::Directory(_), _) => unreachable!("an outcome of the other plane"),
        }
    }
}

/// What a request is about, as of the one state by which it is judged.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The vault's name, if the request names one, whether or not it exists.
    pub(crate) name: Option<VaultName>,
    /// The vault, if it exists where the request says.
    pub(crate) vault: Option<Arc<VaultView>>,
    /// Where a request to the management plane points.
    path: Option<ResourcePath>,
    /// The tenant of the vault or of the subscription, if there is such a one.
    pub(crate) tenant: Option<TenantId>,
}

impl Subject {
    /// The tenant that the caller must be of. On the data plane a vault that does not exist seems to have one, so that
    /// the refusal does not tell which vaults exist. A subscription's id cannot be guessed, so whoever names one that
    /// does not exist is told so, whatever the caller's tenant; and above the subscriptions each tenant sees its own.
    pub(crate) const fn demanded_tenant(&self, seeming: Option<TenantId>) -> Option<TenantId> {
        match self.path {
            None => seeming,
            Some(_) => self.tenant,
        }
    }

    /// Whether the request may go on to policy. On the data plane nothing is asked about a vault that does not exist.
    /// On the management plane policy judges first, by the place alone: whether a vault stands there is told to
    /// whoever is permitted to ask.
    pub(crate) fn check(&self) -> Result<(), PipelineError> {
        match &self.path {
            None if self.vault.is_none() => Err(PipelineError::VaultNotFound),
            Some(path) if self.tenant.is_none() && path.subscription().is_some() => {
                Err(PipelineError::SubscriptionNotFound)
            }
            None | Some(_) => Ok(()),
        }
    }
}
