//! Routing on the management plane. Words of paths compare without case; names keep the spelling given.

use std::str::FromStr;
use std::sync::LazyLock;

use http::HeaderValue;
use http::request::Parts;
use portcullis_model::access::AccessCall;
use portcullis_model::management::ManagementCall;
use portcullis_model::plugins::{MAX_COMPONENT_BYTES, PluginCall};
use portcullis_model::schedules::ScheduleCall;
use portcullis_model::{
    AccessPolicyChange, Call, ComponentDigest, ConnectionName, ObjectKind, Operation, PermissionModel, Plane,
    PluginName, ResourcePath, RoleAssignmentId, RoleDefinitionId, VaultPath,
};

use super::filter::Filter;
use super::location::Location;
use super::vault_page::VaultPage;
use super::{
    access_policies, group, plugin, private_link, resource_filter, role_assignment, role_definition, schedule, vault,
    vault_put, what_if,
};
use crate::head::client_request_id;
use crate::path::{self, PathError};
use crate::query::Query;
use crate::routes::{Pattern, Routes};
use crate::{ApiError, ApiVersion, ErrorCode, MAX_BODY_BYTES, payload_too_large};

/// What a request to the management plane asks for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ManagementRouted {
    /// The operation.
    pub operation: Operation,
    /// The resource that the path names.
    pub target: Target,
    /// Whether what protects from locking oneself out is to be ignored.
    pub force: bool,
    /// The api-version.
    pub api_version: ApiVersion,
    /// The entity tag that the resource must have (`If-Match`); `*` is none.
    pub if_match: Option<String>,
    /// `$filter`, as it was given.
    pub filter: Option<String>,
    /// Which page of a list of vaults.
    pub page: VaultPage,
    /// The client's own id of the request, to be echoed.
    pub client_request_id: Option<HeaderValue>,
}

/// The resource that a management path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A vault.
    Vault(VaultPath),
    /// The access policies of a vault, which a request changes.
    AccessPolicies(VaultPath, AccessPolicyChange),
    /// The connection of a private endpoint to a vault.
    Connection(VaultPath, ConnectionName),
    /// A subscription, a resource group or a deleted vault.
    Place(ResourcePath),
    /// A role assignment at a vault or at an object.
    RoleAssignment {
        /// Where it stands.
        scope: ResourcePath,
        /// Its id.
        id: RoleAssignmentId,
    },
    /// An installation of a plugin, or all of them.
    Plugin {
        /// Where.
        scope: ResourcePath,
        /// Its name; a list has none.
        name: Option<PluginName>,
    },
    /// The component of a plugin.
    Component {
        /// At which scope it is brought.
        scope: ResourcePath,
        /// Its digest.
        digest: ComponentDigest,
    },
    /// Something else about access.
    Access {
        /// The scope at which it is asked.
        scope: ResourcePath,
        /// What the path names there.
        named: Named,
    },
}

/// What a path about access names at its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Nothing: a list.
    Nothing,
    /// A role definition.
    Role(RoleDefinitionId),
    /// A role assignment or a deny assignment.
    Assignment(RoleAssignmentId),
}

impl Target {
    /// The place at which the request is authorised. Something need not stand there.
    #[must_use]
    pub fn path(&self) -> ResourcePath {
        match self {
            Self::Vault(vault) | Self::AccessPolicies(vault, _) | Self::Connection(vault, _) => {
                ResourcePath::Vault(vault.clone())
            }
            Self::Place(path) => path.clone(),
            Self::RoleAssignment { scope, .. }
            | Self::Access { scope, .. }
            | Self::Plugin { scope, .. }
            | Self::Component { scope, .. } => scope.clone(),
        }
    }
}

/// Routes a request to the management plane. The caller has checked the head and classified its host.
pub fn route(head: &Parts) -> Result<ManagementRouted, ApiError> {
    let raw = head.uri.path();
    path::check(raw).map_err(refused)?;
    // ASCII folding keeps every length, so places among the segments are the same in both.
    let pattern = ROUTES.find(&raw.to_ascii_lowercase()).ok_or_else(|| unknown(raw))?;
    let operation = pattern.operation(&head.method)?;
    let query = Query::parse(head.uri.query()).map_err(|error| bad_request(error.to_string()))?;
    let target = Segments { pattern, raw }.target(operation)?;
    let api_version = api_version(&query, operation)?;
    Ok(ManagementRouted {
        operation,
        target,
        api_version,
        if_match: if_match(head)?,
        filter: query.filter.as_deref().map(str::to_owned),
        page: VaultPage::parse(&query, operation)?,
        force: is_forced(head, &query),
        client_request_id: client_request_id(&head.headers),
    })
}

impl ManagementRouted {
    /// The greatest body that this request may have, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> usize {
        match self.operation {
            Operation::PluginComponentPut => MAX_COMPONENT_BYTES,
            _ => MAX_BODY_BYTES,
        }
    }

    /// The call that the request and its body make.
    pub fn parse(&self, body: &[u8]) -> Result<Call, ApiError> {
        if body.len() > self.body_limit() {
            return Err(payload_too_large());
        }
        let call = match (&self.target, self.operation) {
            (Target::Vault(path), Operation::VaultPatch) => {
                let if_match = self.if_match.clone();
                let (changes, force) = (vault::parse(body)?, self.force);
                ManagementCall::VaultPatch { vault: path.clone(), changes, force, if_match }
            }
            (Target::Vault(path), Operation::VaultPut) => {
                let wanted = Box::new(vault_put::parse(body, self.new_model())?);
                let (force, if_match) = (self.force, self.if_match.clone());
                ManagementCall::VaultPut { vault: path.clone(), wanted, force, if_match }
            }
            (Target::AccessPolicies(path, change), Operation::AccessPoliciesChange) => {
                ManagementCall::AccessPoliciesChange {
                    vault: path.clone(),
                    change: *change,
                    entries: access_policies::entries(body)?,
                    if_match: self.if_match.clone(),
                }
            }
            (Target::Vault(path), Operation::VaultDelete) => {
                ManagementCall::VaultDelete { vault: path.clone(), if_match: self.if_match.clone() }
            }
            (Target::Connection(vault, name), operation) => connection(vault.clone(), name.clone(), operation, body)?,
            (Target::Vault(path), Operation::PrivateEndpointConnectionList) => {
                ManagementCall::PrivateEndpointConnectionList { vault: path.clone() }
            }
            (Target::Place(path), operation) => self.parse_place(path, operation, body)?,
            (Target::Vault(path), Operation::VaultGet) => ManagementCall::VaultGet { vault: path.clone() },
            (Target::Vault(path), Operation::VaultPrivateLinkResourceList) => {
                ManagementCall::VaultPrivateLinkResourceList { vault: path.clone() }
            }
            (Target::Vault(path), Operation::VaultWhatIf) => {
                ManagementCall::VaultWhatIf { vault: path.clone(), asked: Box::new(what_if::parse(body)?) }
            }
            (Target::RoleAssignment { scope, id }, Operation::RoleAssignmentPut) => {
                role_assignment::parse(scope.clone(), *id, body)?
            }
            (Target::RoleAssignment { scope, id }, Operation::RoleAssignmentDelete) => {
                ManagementCall::RoleAssignmentDelete { scope: scope.clone(), id: *id, force: self.force }
            }
            (Target::Access { scope, named }, operation) if is_schedule(operation) => {
                ManagementCall::Schedule(self.schedule(scope.clone(), *named, operation, body)?)
            }
            (Target::Access { scope, named }, operation) => {
                ManagementCall::Access(self.access(scope.clone(), *named, operation, body)?)
            }
            (Target::Plugin { scope, name }, operation) => {
                ManagementCall::Plugin(self.plugin(scope.clone(), name.clone(), operation, body)?)
            }
            (Target::Component { scope, digest }, Operation::PluginComponentPut) => {
                ManagementCall::Plugin(PluginCall::ComponentPut {
                    scope: scope.clone(),
                    digest: *digest,
                    bytes: body.into(),
                })
            }
            // Routing pairs every operation with its target; were it not so, the request is refused.
            (
                Target::Vault(_)
                | Target::AccessPolicies(..)
                | Target::RoleAssignment { .. }
                | Target::Component { .. },
                _,
            ) => {
                return Err(unreadable());
            }
        };
        Ok(Call::Management(call))
    }
}

impl ManagementRouted {
    /// What a vault is made under when its maker does not say: role assignments for whoever speaks a version from
    /// 2026-02-01 on, access policies for all before (wire contract, section 13).
    fn new_model(&self) -> PermissionModel {
        if self.api_version.is_from("2026-02-01") {
            PermissionModel::RoleBased
        } else {
            PermissionModel::AccessPolicies
        }
    }

    /// Whether the request can be judged only once its body is known: what conditions on role assignments may name is
    /// in it.
    #[must_use]
    pub const fn is_judged_with_body(&self) -> bool {
        matches!(self.operation, Operation::RoleAssignmentPut)
    }

    /// What conditions can know of what the request brings. A body that cannot be read brings nothing.
    #[must_use]
    pub fn request_attributes(&self, body: &[u8]) -> Vec<(&'static str, String)> {
        if self.is_judged_with_body() { role_assignment::attributes(body) } else { Vec::new() }
    }

    fn plugin(
        &self,
        scope: ResourcePath,
        name: Option<PluginName>,
        operation: Operation,
        body: &[u8],
    ) -> Result<PluginCall, ApiError> {
        let if_match = self.if_match.clone();
        Ok(match (name, operation) {
            (Some(name), Operation::PluginPut) => {
                PluginCall::Put { scope, name, wanted: Box::new(plugin::parse(body)?), if_match }
            }
            (Some(name), Operation::PluginGet) => PluginCall::Get { scope, name },
            (None, Operation::PluginList) => PluginCall::List { scope },
            (Some(name), Operation::PluginDelete) => PluginCall::Delete { scope, name, if_match },
            (Some(name), Operation::PluginRollback) => {
                PluginCall::Rollback { scope, name, generation: plugin::parse_rollback(body)? }
            }
            (Some(name), Operation::PluginPromote) => {
                PluginCall::Promote { scope, name, acknowledged: plugin::parse_promote(body)? }
            }
            // Routing pairs every operation with what it names; were it not so, the request is refused.
            _ => return Err(unreadable()),
        })
    }

    fn schedule(
        &self,
        scope: ResourcePath,
        named: Named,
        operation: Operation,
        body: &[u8],
    ) -> Result<ScheduleCall, ApiError> {
        let own = || schedule::is_own(self.filter.as_deref());
        Ok(match (named, operation) {
            (Named::Assignment(id), Operation::RoleEligibilityScheduleRequestPut) => {
                ScheduleCall::EligibilityPut { scope, id, wanted: schedule::parse(body)? }
            }
            (Named::Assignment(id), Operation::RoleAssignmentScheduleRequestPut) => {
                ScheduleCall::AssignmentPut { scope, id, wanted: schedule::parse(body)? }
            }
            (Named::Assignment(id), Operation::RoleAssignmentApprovalPatch) => {
                ScheduleCall::ApprovalDecide { scope, id, approve: schedule::review(body)? }
            }
            (Named::Nothing, Operation::RoleEligibilityScheduleInstanceList) => {
                ScheduleCall::EligibilityList { scope, own: own()? }
            }
            (Named::Nothing, Operation::RoleAssignmentScheduleInstanceList) => {
                ScheduleCall::AssignmentList { scope, own: own()? }
            }
            (Named::Nothing, Operation::RoleAssignmentScheduleRequestList) => {
                ScheduleCall::RequestList { scope, own: own()? }
            }
            // Routing pairs every operation with what it names; were it not so, the request is refused.
            _ => return Err(unreadable()),
        })
    }

    fn filter(&self) -> Result<Filter, ApiError> {
        self.filter.as_deref().map_or_else(|| Ok(Filter::default()), Filter::parse)
    }

    fn access(
        &self,
        scope: ResourcePath,
        named: Named,
        operation: Operation,
        body: &[u8],
    ) -> Result<AccessCall, ApiError> {
        Ok(match (named, operation) {
            (Named::Assignment(id), Operation::RoleAssignmentGet) => AccessCall::RoleAssignmentGet { scope, id },
            (Named::Nothing, Operation::RoleAssignmentList) => {
                AccessCall::RoleAssignmentList { scope, filter: self.filter()?.assignments }
            }
            (Named::Role(id), Operation::RoleDefinitionGet) => AccessCall::RoleDefinitionGet { scope, id },
            (Named::Nothing, Operation::RoleDefinitionList) => {
                AccessCall::RoleDefinitionList { scope, filter: self.filter()?.roles }
            }
            (Named::Role(id), Operation::RoleDefinitionPut) => {
                AccessCall::RoleDefinitionPut { scope, id, wanted: role_definition::role(body)? }
            }
            (Named::Role(id), Operation::RoleDefinitionDelete) => AccessCall::RoleDefinitionDelete { scope, id },
            (Named::Assignment(id), Operation::DenyAssignmentGet) => AccessCall::DenyAssignmentGet { scope, id },
            (Named::Nothing, Operation::DenyAssignmentList) => {
                AccessCall::DenyAssignmentList { scope, filter: self.filter()?.assignments }
            }
            (Named::Assignment(id), Operation::DenyAssignmentPut) => {
                AccessCall::DenyAssignmentPut { scope, id, wanted: role_definition::deny(body)? }
            }
            (Named::Assignment(id), Operation::DenyAssignmentDelete) => AccessCall::DenyAssignmentDelete { scope, id },
            (Named::Nothing, Operation::PermissionList) => AccessCall::PermissionList { scope },
            // Routing pairs every operation with what it names; were it not so, the request is refused.
            _ => return Err(unreadable()),
        })
    }
}

impl ManagementRouted {
    fn parse_place(&self, path: &ResourcePath, operation: Operation, body: &[u8]) -> Result<ManagementCall, ApiError> {
        Ok(match (path.clone(), operation) {
            (within, Operation::VaultList) => ManagementCall::VaultList { within },
            (within, Operation::ResourceList) => {
                let filter = self.filter.as_deref().map(resource_filter::parse).transpose()?.unwrap_or_default();
                ManagementCall::ResourceList { within, name: filter.name, vaults: filter.vaults }
            }
            (ResourcePath::Subscription(_), Operation::VaultNameCheck) => {
                ManagementCall::VaultNameCheck { name: group::parse_name_check(body)? }
            }
            (ResourcePath::Subscription(subscription), Operation::DeletedVaultList) => {
                ManagementCall::DeletedVaultList { subscription }
            }
            (ResourcePath::DeletedVault(subscription, location, name), Operation::DeletedVaultGet) => {
                ManagementCall::DeletedVaultGet { subscription, location, name }
            }
            (ResourcePath::DeletedVault(subscription, location, name), Operation::DeletedVaultPurge) => {
                ManagementCall::DeletedVaultPurge { subscription, location, name }
            }
            (_, Operation::ManagedHsmList) => ManagementCall::ManagedHsmList { deleted: false },
            (_, Operation::DeletedManagedHsmList) => ManagementCall::ManagedHsmList { deleted: true },
            (ResourcePath::Subscription(subscription), Operation::SubscriptionGet) => {
                ManagementCall::SubscriptionGet { subscription }
            }
            (ResourcePath::Subscription(subscription), Operation::GroupList) => {
                ManagementCall::GroupList { subscription }
            }
            (ResourcePath::Group(subscription, name), Operation::GroupGet) => {
                ManagementCall::GroupGet { subscription, name }
            }
            (ResourcePath::Group(subscription, name), Operation::GroupPut) => {
                let (location, tags) = group::parse(body)?;
                ManagementCall::GroupPut { subscription, name, location, tags }
            }
            (ResourcePath::Group(subscription, name), Operation::GroupDelete) => {
                ManagementCall::GroupDelete { subscription, name }
            }
            _ => return Err(unreadable()),
        })
    }
}

fn connection(
    vault: VaultPath,
    name: ConnectionName,
    operation: Operation,
    body: &[u8],
) -> Result<ManagementCall, ApiError> {
    Ok(match operation {
        Operation::PrivateEndpointConnectionGet => ManagementCall::PrivateEndpointConnectionGet { vault, name },
        Operation::PrivateEndpointConnectionPut => {
            let (approve, description) = private_link::parse(body)?;
            ManagementCall::PrivateEndpointConnectionPut { vault, name, approve, description }
        }
        Operation::PrivateEndpointConnectionDelete => ManagementCall::PrivateEndpointConnectionDelete { vault, name },
        // Routing pairs every operation with its target; were it not so, the request is refused.
        _ => return Err(unreadable()),
    })
}

/// Whether an operation is about privileged access.
const fn is_schedule(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::RoleEligibilityScheduleRequestPut
            | Operation::RoleEligibilityScheduleInstanceList
            | Operation::RoleAssignmentScheduleRequestPut
            | Operation::RoleAssignmentScheduleRequestList
            | Operation::RoleAssignmentScheduleInstanceList
            | Operation::RoleAssignmentApprovalPatch
    )
}

fn unreadable() -> ApiError {
    ApiError::new(ErrorCode::InternalServerError, "the request could not be read")
}

/// Whether the caller insists, in the query or in a header: clients whose query is not theirs to write have the latter.
fn is_forced(head: &Parts, query: &Query<'_>) -> bool {
    let says = |text: &str| text.eq_ignore_ascii_case("true");
    let mut values = head.headers.get_all("x-portcullis-force").iter();
    let header = || match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().is_ok_and(says),
        _ => false,
    };
    query.force.as_deref().map_or_else(header, says)
}

/// `If-Match`: one entity tag. A list of them is nothing that clients of this plane send.
fn if_match(head: &Parts) -> Result<Option<String>, ApiError> {
    let mut values = head.headers.get_all(http::header::IF_MATCH).iter();
    let text = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().ok(),
        (Some(_), Some(_)) => None,
    };
    let text = text.ok_or_else(|| bad_request("the header If-Match is not one entity tag".to_owned()))?;
    Ok((text.trim() != "*").then(|| text.trim().trim_matches('"').to_owned()))
}

static ROUTES: LazyLock<Routes> = LazyLock::new(|| Routes::of(Plane::Management));

/// A path and the pattern that it has.
struct Segments<'a> {
    pattern: &'a Pattern,
    raw: &'a str,
}

impl Segments<'_> {
    fn target(&self, operation: Operation) -> Result<Target, ApiError> {
        match operation {
            Operation::RoleAssignmentPut | Operation::RoleAssignmentDelete => {
                Ok(Target::RoleAssignment { scope: self.scope()?, id: self.parsed("assignment")? })
            }
            Operation::RoleAssignmentGet => self.access(Named::Assignment(self.parsed("assignment")?)),
            Operation::RoleEligibilityScheduleRequestPut
            | Operation::RoleAssignmentScheduleRequestPut
            | Operation::RoleAssignmentApprovalPatch => self.access(Named::Assignment(self.parsed("request")?)),
            Operation::DenyAssignmentGet | Operation::DenyAssignmentPut | Operation::DenyAssignmentDelete => {
                self.access(Named::Assignment(self.parsed("deny")?))
            }
            Operation::RoleDefinitionGet | Operation::RoleDefinitionPut | Operation::RoleDefinitionDelete => {
                self.access(Named::Role(self.parsed("role")?))
            }
            Operation::RoleEligibilityScheduleInstanceList
            | Operation::RoleAssignmentScheduleRequestList
            | Operation::RoleAssignmentScheduleInstanceList
            | Operation::RoleAssignmentList
            | Operation::RoleDefinitionList
            | Operation::DenyAssignmentList
            | Operation::PermissionList => self.access(Named::Nothing),
            Operation::PluginPut
            | Operation::PluginGet
            | Operation::PluginDelete
            | Operation::PluginRollback
            | Operation::PluginPromote => {
                Ok(Target::Plugin { scope: self.scope()?, name: Some(self.parsed("plugin")?) })
            }
            Operation::PluginList => Ok(Target::Plugin { scope: self.scope()?, name: None }),
            Operation::PluginComponentPut => {
                Ok(Target::Component { scope: self.scope()?, digest: self.parsed("digest")? })
            }
            Operation::VaultGet
            | Operation::VaultPatch
            | Operation::VaultPut
            | Operation::VaultDelete
            | Operation::VaultWhatIf
            | Operation::VaultPrivateLinkResourceList => Ok(Target::Vault(self.vault()?)),
            Operation::PrivateEndpointConnectionList => Ok(Target::Vault(self.vault()?)),
            Operation::PrivateEndpointConnectionGet
            | Operation::PrivateEndpointConnectionPut
            | Operation::PrivateEndpointConnectionDelete => {
                Ok(Target::Connection(self.vault()?, self.parsed("connection")?))
            }
            Operation::AccessPoliciesChange => Ok(Target::AccessPolicies(self.vault()?, self.parsed("change")?)),
            Operation::VaultList | Operation::ManagedHsmList if self.pattern.parameter("group", self.raw).is_none() => {
                Ok(Target::Place(ResourcePath::Subscription(self.parsed("subscription")?)))
            }
            Operation::VaultList
            | Operation::ManagedHsmList
            | Operation::GroupGet
            | Operation::GroupPut
            | Operation::GroupDelete => {
                Ok(Target::Place(ResourcePath::Group(self.parsed("subscription")?, self.parsed("group")?)))
            }
            Operation::ResourceList
            | Operation::VaultNameCheck
            | Operation::DeletedVaultList
            | Operation::DeletedManagedHsmList
            | Operation::SubscriptionGet
            | Operation::GroupList => Ok(Target::Place(ResourcePath::Subscription(self.parsed("subscription")?))),
            Operation::DeletedVaultGet | Operation::DeletedVaultPurge => {
                let Location(location) = self.parsed("location")?;
                Ok(Target::Place(ResourcePath::DeletedVault(
                    self.parsed("subscription")?,
                    location,
                    self.parsed("vault")?,
                )))
            }
            _ => Err(not_found()),
        }
    }

    fn access(&self, named: Named) -> Result<Target, ApiError> {
        Ok(Target::Access { scope: self.scope()?, named })
    }

    fn vault(&self) -> Result<VaultPath, ApiError> {
        Ok(VaultPath {
            subscription: self.parsed("subscription")?,
            group: self.parsed("group")?,
            vault: self.parsed("vault")?,
        })
    }

    /// The scope that stands before the last `/providers/`.
    fn scope(&self) -> Result<ResourcePath, ApiError> {
        let has = |name| self.pattern.parameter(name, self.raw).is_some();
        if has("vault") {
            let vault = self.vault()?;
            return Ok(match self.object()? {
                None => ResourcePath::Vault(vault),
                Some((kind, name)) => ResourcePath::Object(vault, kind, name),
            });
        }
        if !has("subscription") {
            return Ok(ResourcePath::Root);
        }
        let subscription = self.parsed("subscription")?;
        if has("group") {
            return Ok(ResourcePath::Group(subscription, self.parsed("group")?));
        }
        Ok(ResourcePath::Subscription(subscription))
    }

    fn object(&self) -> Result<Option<(ObjectKind, portcullis_model::ObjectName)>, ApiError> {
        let Some((_, collection)) = self.pattern.parameter("collection", self.raw) else { return Ok(None) };
        let kind = ObjectKind::of_collection(collection).ok_or_else(not_found)?;
        Ok(Some((kind, self.parsed("name")?)))
    }

    /// A parameter, decoded once and then parsed.
    fn parsed<T: FromStr>(&self, name: &'static str) -> Result<T, ApiError>
    where
        T::Err: std::fmt::Display,
    {
        let (_, segment) = self.pattern.parameter(name, self.raw).ok_or_else(not_found)?;
        let text = path::decode(segment).map_err(refused)?;
        text.parse().map_err(|error| bad_request(format!("the path's {name} is not valid: {error}")))
    }
}

pub(super) fn api_version(query: &Query<'_>, operation: Operation) -> Result<ApiVersion, ApiError> {
    let Some(text) = query.api_version.as_deref() else {
        return Err(ApiError::new(
            ErrorCode::MissingApiVersionParameter,
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    };
    let (version, accepted) = match operation {
        Operation::RoleAssignmentPut
        | Operation::RoleAssignmentDelete
        | Operation::RoleAssignmentGet
        | Operation::RoleAssignmentList
        | Operation::RoleDefinitionGet
        | Operation::RoleDefinitionList
        | Operation::RoleDefinitionPut
        | Operation::RoleDefinitionDelete
        | Operation::DenyAssignmentGet
        | Operation::DenyAssignmentList
        | Operation::DenyAssignmentPut
        | Operation::DenyAssignmentDelete
        | Operation::PermissionList => (ApiVersion::role_assignments(text), ApiVersion::ROLE_ASSIGNMENTS),
        Operation::SubscriptionGet
        | Operation::ResourceList
        | Operation::GroupList
        | Operation::GroupGet
        | Operation::GroupPut
        | Operation::GroupDelete => (ApiVersion::resources(text), &["every date"][..]),
        operation if operation.is_about_plugins() => (ApiVersion::plugins(text), ApiVersion::PLUGINS),
        _ if is_schedule(operation) => (ApiVersion::schedules(text), ApiVersion::SCHEDULES),
        _ => (ApiVersion::vaults(text), ApiVersion::VAULTS),
    };
    version.ok_or_else(|| {
        let message = format!("the api-version is not accepted; accepted are {}", accepted.join(", "));
        ApiError::new(ErrorCode::InvalidApiVersionParameter, message)
    })
}

fn unknown(raw: &str) -> ApiError {
    path::oddity(raw).map_or_else(not_found, refused)
}

fn refused(error: PathError) -> ApiError {
    bad_request(error.to_string())
}

pub(super) fn bad_request(message: String) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

fn not_found() -> ApiError {
    ApiError::new(ErrorCode::ResourceNotFound, "there is no resource at this path")
}

#[cfg(test)]
mod tests;
