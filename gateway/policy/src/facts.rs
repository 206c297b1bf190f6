//! All that can be known about a request when it is decided.

use std::sync::Arc;

use portcullis_identity::{Caller, PrincipalKind};
use portcullis_model::{
    ObjectKind, ObjectName, ObjectVersion, Operation, PermissionModel, Plane, RecoveryLevel, Resource, TenantId,
    UnixTime, VaultId, VaultName, VaultPath,
};
use portcullis_network::{Ingress, Origin};

use crate::access::{FactList, model_name};
use crate::{
    Answer, Asker, ConditionalAssignmentFact, Counted, DirectoryFacts, Headers, ObjectAddress, ObjectAttribute,
    ObjectFacts, Question, Signals, StoredObject,
};

/// The vault that a request is about.
#[derive(Debug, Clone)]
pub struct VaultFacts {
    /// This life of the vault.
    pub id: VaultId,
    /// Where it stands.
    pub path: VaultPath,
    /// Its resource, made once.
    pub resource: Resource,
    /// Its name, made once.
    pub name: Arc<str>,
    /// The tenant whose principals may use it.
    pub tenant: TenantId,
    /// Its location.
    pub location: String,
    /// How its objects are recovered.
    pub recovery: RecoveryLevel,
    /// What decides who may use its objects.
    pub permission_model: PermissionModel,
}

/// The request, as it was routed.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// The operation.
    pub operation: Operation,
    /// The object that it names.
    pub object: Option<(ObjectKind, ObjectName)>,
    /// The version that it names.
    pub version: Option<ObjectVersion>,
    /// The vault that it names, whether or not there is one.
    pub vault: Option<VaultName>,
    /// The resource at which it is authorised.
    pub resource: Resource,
    /// When it came.
    pub time: UnixTime,
    /// The headers that plugins may see.
    pub headers: Headers,
    /// What conditions can know of what it brings and of what it acts upon.
    pub attributes: Attributes,
    /// The operation that the request is made as, where it is judged as another one too.
    pub made_as: Option<Operation>,
}

/// Values by the names that conditions on role assignments use, such as
/// `Microsoft.Authorization/roleAssignments:RoleDefinitionId`.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    /// Of what the request brings.
    pub request: Vec<(&'static str, String)>,
    /// Of what it acts upon, as that stands.
    pub resource: Vec<(&'static str, String)>,
    /// Whether the request has more of them than stand here. What a condition says cannot be judged then, whether it
    /// demands a value or forbids one, so that nobody holds a role on a condition.
    pub incomplete: bool,
}

/// The values of a name, compared without case.
fn values(of: &[(&'static str, String)], name: &str) -> Answer {
    let values = of.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
    Answer::Texts(Arc::new(FactList::new(values)))
}

/// From where and how the request came.
#[derive(Debug, Clone)]
pub struct NetworkFacts {
    /// Its origin.
    pub origin: Origin,
    /// `TLS1_2` or `TLS1_3`.
    pub tls_version: &'static str,
    /// The resource id of the private endpoint through which it came, in lower case.
    pub private_endpoint: Option<Arc<str>>,
    /// The SHA-256 digest, in lower-case hexadecimal, of the certificate that the client proved to hold.
    pub client_certificate: Option<Arc<str>>,
}

/// Everything that plugins can ask about, for one request: of a caller, or of somebody who is only supposed to call.
#[derive(Debug)]
pub struct Facts<C = Caller> {
    /// The request.
    pub request: RequestFacts,
    /// The vault, if the request is about one that exists. Those of the data plane always are.
    pub vault: Option<Arc<VaultFacts>>,
    /// The caller.
    pub caller: C,
    /// The network.
    pub network: NetworkFacts,
    /// The control state.
    pub directory: Arc<dyn DirectoryFacts>,
    /// What others have found out about the caller.
    pub signals: Arc<Signals>,
    /// The stored object that the request names, if a plugin asks.
    pub object: StoredObject,
    /// What the request was counted under.
    pub counted: Arc<Counted>,
}

/// What is known of an item of a list.
#[derive(Debug)]
pub(crate) struct ItemFacts {
    /// The operation that reads it.
    pub(crate) reading: Operation,
    pub(crate) kind: ObjectKind,
    pub(crate) name: ObjectName,
    /// The version, where versions are listed.
    pub(crate) version: Option<ObjectVersion>,
    /// What the list would tell of it.
    pub(crate) object: ObjectFacts,
}

impl<C: Asker> Facts<C> {
    /// Answers a question. This is the only source of answers: for plugins that run and for the memo alike.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Answer {
        let principal = self.caller.principal();
        match question {
            Question::Operation => Answer::Name(self.request.operation.row().name),
            Question::OperationIn(names) => {
                let name = self.request.operation.row().name;
                Answer::Bool(names.iter().any(|n| n == name))
            }
            Question::Plane => Answer::Name(self.request.operation.row().plane.name()),
            Question::DataPlane => Answer::Bool(self.request.operation.row().plane == Plane::Data),
            Question::Action => Answer::Name(self.request.operation.row().action),
            Question::Vault => self.vault_name(),
            Question::ObjectKind => {
                self.request.object.as_ref().map_or(Answer::Nothing, |(kind, _)| Answer::Name(kind.collection()))
            }
            Question::ObjectName => text_or_nothing(self.request.object.as_ref().map(|(_, name)| name.folded())),
            Question::ObjectNameStartsWith(prefix) => Answer::Bool(
                self.request.object.as_ref().is_some_and(|(_, name)| name.folded().starts_with(prefix.as_str())),
            ),
            Question::Tag(name) => self.of_object(|object| tag(object, name).map_or(Answer::Nothing, text_of)),
            Question::TagIs(name, value) => {
                self.about_object(Answer::Bool(false), |object| Answer::Bool(tag(object, name) == Some(value)))
            }
            Question::ObjectAttribute(attribute) => self.of_object(|object| self::attribute(object, *attribute)),
            Question::Header(name) => {
                self.request.headers.value(name).map_or(Answer::Nothing, |value| Answer::Text(Arc::clone(value)))
            }
            Question::ObjectVersion => text_or_nothing(self.request.version.as_ref().map(ObjectVersion::as_str)),
            Question::Resource => Answer::Text(self.request.resource.id().into()),
            Question::WithinScope(scope) => Answer::Bool(self.request.resource.is_within(scope)),
            Question::PrincipalId => Answer::Text(principal.id.to_string().into()),
            Question::PrincipalIs(id) => Answer::Bool(principal.id == *id),
            Question::Application => {
                self.caller.application().map_or(Answer::Nothing, |id| Answer::Text(id.to_string().into()))
            }
            Question::Tenant => Answer::Text(principal.tenant.to_string().into()),
            Question::PrincipalKind => Answer::Name(match principal.kind {
                PrincipalKind::ServicePrincipal => "application",
                PrincipalKind::User => "user",
            }),
            Question::InGroup(id) => Answer::Bool(principal.groups.contains(id)),
            Question::HasRole(role) => Answer::Bool(self.has_role(*role)),
            Question::Claim(name) => {
                self.caller.claim(name).map_or(Answer::Nothing, |value| Answer::Text(value.into()))
            }
            Question::AuthenticatedWith(method) => Answer::Bool(self.caller.authenticated_with(method)),
            Question::AuthenticatedWithin(seconds) => {
                let since = |time: UnixTime| self.request.time.0.saturating_sub(time.0);
                Answer::Bool(self.caller.authenticated_at().is_some_and(|time| since(time) <= i64::from(*seconds)))
            }
            Question::Device(property) => signal(&self.signals.device, property),
            Question::Risk(kind) => signal(&self.signals.risk, kind),
            Question::SourceAddress => Answer::Text(self.network.origin.address().to_string().into()),
            Question::SourceIn(source) => Answer::Bool(source.contains(self.network.origin.address())),
            Question::NamedLocation(name) => Answer::Bool(self.in_named_location(name)),
            Question::NamedLocationExists(name) => Answer::Bool(self.directory.named_location(name).is_some()),
            Question::Subnet => match self.network.origin.ingress() {
                Ingress::Subnet(subnet) => Answer::Text(subnet.as_str().into()),
                Ingress::PrivateEndpoint(_) | Ingress::Public => Answer::Nothing,
            },
            Question::VirtualNetwork => match self.network.origin.ingress() {
                Ingress::Subnet(subnet) => text_or_nothing(subnet.as_str().split_once("/subnets/").map(|(net, _)| net)),
                Ingress::PrivateEndpoint(_) | Ingress::Public => Answer::Nothing,
            },
            Question::PrivateEndpoint => optional(self.network.private_endpoint.as_ref()),
            Question::ClientCertificate => optional(self.network.client_certificate.as_ref()),
            Question::NetworkSignal(name) => signal(&self.signals.network, name),
            Question::TlsVersion => Answer::Name(self.network.tls_version),
            Question::RoleAssignments => {
                Answer::Assignments(self.directory.role_assignments(principal.id, &principal.groups, self.around()))
            }
            Question::RoleDefinition(id) => {
                self.directory.role_definition(*id).map_or(Answer::Nothing, Answer::RoleDefinition)
            }
            Question::PermissionModel => {
                self.vault.as_ref().map_or(Answer::Nothing, |vault| Answer::Name(model_name(vault.permission_model)))
            }
            Question::AccessPolicyPermission => self
                .request
                .operation
                .row()
                .access_policy
                .map_or(Answer::Nothing, |needed| Answer::Text(needed.to_string().into())),
            Question::ConditionalAssignments => Answer::ConditionalAssignments(self.conditional_assignments()),
            Question::ConditionalPermissions(id) => {
                Answer::ConditionalBlocks(self.directory.conditional_permissions(*id))
            }
            Question::DenyAssignments => {
                Answer::DenyAssignments(self.directory.deny_assignments(principal.id, &principal.groups, self.around()))
            }
            Question::AccessPolicies => {
                let of =
                    |vault: &Arc<VaultFacts>| self.directory.access_policies(principal.id, &principal.groups, vault);
                Answer::AccessPolicies(self.vault.as_ref().map_or_else(|| Arc::new(FactList::new([])), of))
            }
            Question::RequestAttribute(name) => values(&self.request.attributes.request, name),
            Question::ResourceAttribute(name) => values(&self.request.attributes.resource, name),
            Question::Before(time) => Answer::Bool(self.request.time < *time),
            Question::Within(window) => Answer::Bool(window.contains(self.request.time)),
            // The host answers these from the plugin's installation; facts are of the request only.
            Question::Settings
            | Question::Data(..)
            | Question::DataContains(..)
            | Question::Rate(_)
            | Question::Quota(_) => Answer::Nothing,
        }
    }

    /// The same request, had it been made as another operation at the same resource. What the request brings belongs to
    /// the operation that it was made as, so no condition can be judged by it.
    pub(crate) fn judged_as(&self, operation: Operation) -> Self
    where
        C: Clone,
    {
        let RequestFacts { vault, resource, time, headers, .. } = self.request.clone();
        Self {
            request: RequestFacts {
                operation,
                object: None,
                version: None,
                vault,
                resource,
                time,
                headers,
                attributes: Attributes {
                    incomplete: !operation.row().action.ends_with("/read"),
                    ..Attributes::default()
                },
                made_as: Some(self.request.operation),
            },
            vault: self.vault.clone(),
            caller: self.caller.clone(),
            network: self.network.clone(),
            directory: Arc::clone(&self.directory),
            signals: Arc::clone(&self.signals),
            object: StoredObject::known(None),
            counted: Arc::clone(&self.counted),
        }
    }

    /// The request that would read an item of the list that this request asks for: by the same caller, from the same
    /// place, at the same moment. It is judged and not made, so counters are looked at only.
    pub(crate) fn reading(&self, item: ItemFacts) -> Self
    where
        C: Clone,
    {
        let RequestFacts { vault, time, headers, operation, .. } = self.request.clone();
        let ItemFacts { reading, kind, name, version, object } = item;
        Self {
            request: RequestFacts {
                operation: reading,
                resource: Resource::object(self.around(), kind, &name),
                object: Some((kind, name)),
                version,
                vault,
                time,
                headers,
                attributes: Attributes::default(),
                made_as: Some(operation),
            },
            vault: self.vault.clone(),
            caller: self.caller.clone(),
            network: self.network.clone(),
            directory: Arc::clone(&self.directory),
            signals: Arc::clone(&self.signals),
            object: StoredObject::known(Some(object)),
            counted: Arc::new(Counted::looking()),
        }
    }

    /// The assignments that hold for a time or on a condition, as far as their conditions can be judged.
    fn conditional_assignments(&self) -> Arc<FactList<ConditionalAssignmentFact>> {
        let principal = self.caller.principal();
        let all = self.directory.conditional_assignments(principal.id, &principal.groups, self.around());
        if self.request.attributes.incomplete && all.items().iter().any(|item| item.condition.is_some()) {
            let unconditional = all.items().iter().filter(|item| item.condition.is_none());
            return Arc::new(FactList::new(unconditional.cloned()));
        }
        all
    }

    /// The place around which assignments are looked for: the vault, so that requests for its objects share one answer,
    /// or the resource of a request that is about no vault that exists.
    #[must_use]
    pub fn around(&self) -> &Resource {
        self.vault.as_ref().map_or(&self.request.resource, |vault| &vault.resource)
    }

    /// The name of the vault that the request is about, whether or not it exists.
    fn vault_name(&self) -> Answer {
        match (&self.vault, &self.request.vault) {
            (Some(vault), _) => Answer::Text(Arc::clone(&vault.name)),
            (None, Some(name)) => Answer::Text(name.as_str().into()),
            (None, None) => Answer::Nothing,
        }
    }

    /// Where the object stands that questions about the stored object mean.
    #[must_use]
    pub fn object_address(&self) -> Option<ObjectAddress> {
        let (kind, name) = self.request.object.clone()?;
        let (operation, version) = (self.request.operation, self.request.version.clone());
        Some(ObjectAddress { vault: self.vault.as_ref()?.id, operation, kind, name, version })
    }

    fn of_object(&self, answer: impl FnOnce(&ObjectFacts) -> Answer) -> Answer {
        self.about_object(Answer::Nothing, answer)
    }

    fn about_object(&self, none: Answer, answer: impl FnOnce(&ObjectFacts) -> Answer) -> Answer {
        if self.request.object.is_none() || self.vault.is_none() {
            return none;
        }
        match self.object.found() {
            None => Answer::Pending,
            Some(Err(_)) => Answer::Unreadable,
            Some(Ok(None)) => none,
            Some(Ok(Some(object))) => answer(object),
        }
    }

    fn has_role(&self, role: portcullis_model::RoleDefinitionId) -> bool {
        let principal = self.caller.principal();
        let assignments = self.directory.role_assignments(principal.id, &principal.groups, self.around());
        let holds = |at: &crate::RoleAssignmentFact| at.role == role && self.request.resource.is_within(&at.scope);
        assignments.items().iter().any(holds) || self.has_role_on_terms(role)
    }

    /// Whether the role is held for a time that runs now, or on a condition. What the condition says is not looked at:
    /// whoever demands more of a role's holders means those too.
    fn has_role_on_terms(&self, role: portcullis_model::RoleDefinitionId) -> bool {
        let principal = self.caller.principal();
        let now = self.request.time;
        let assignments = self.directory.conditional_assignments(principal.id, &principal.groups, self.around());
        assignments.items().iter().any(|at| {
            at.role == role
                && at.starts.is_none_or(|starts| starts <= now)
                && at.ends.is_none_or(|ends| now < ends)
                && self.request.resource.is_within(&at.scope)
        })
    }

    fn in_named_location(&self, name: &str) -> bool {
        let address = self.network.origin.address();
        self.directory.named_location(name).is_some_and(|place| place.prefixes.iter().any(|net| net.contains(&address)))
    }
}

fn text_or_nothing(text: Option<&str>) -> Answer {
    text.map_or(Answer::Nothing, |text| Answer::Text(text.into()))
}

fn text_of(text: &str) -> Answer {
    Answer::Text(text.into())
}

fn optional(text: Option<&Arc<str>>) -> Answer {
    text.map_or(Answer::Nothing, |text| Answer::Text(Arc::clone(text)))
}

fn signal(signals: &crate::Signal, name: &str) -> Answer {
    optional(signals.get(name))
}

fn tag<'a>(object: &'a ObjectFacts, name: &str) -> Option<&'a str> {
    object.tags.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn attribute(object: &ObjectFacts, attribute: ObjectAttribute) -> Answer {
    let time = |time: Option<UnixTime>| time.map_or(Answer::Nothing, |time| text_of(&time.0.to_string()));
    match attribute {
        ObjectAttribute::Enabled => Answer::Name(if object.enabled { "true" } else { "false" }),
        ObjectAttribute::Created => time(object.created),
        ObjectAttribute::Updated => time(object.updated),
        ObjectAttribute::Expires => time(object.expires),
        ObjectAttribute::NotBefore => time(object.not_before),
    }
}
