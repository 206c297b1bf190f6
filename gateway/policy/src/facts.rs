//! All that can be known about a request when it is decided.

use std::sync::Arc;

use portcullis_identity::{Caller, PrincipalKind};
use portcullis_model::{
    ObjectKind, ObjectName, ObjectVersion, Operation, Plane, RecoveryLevel, Resource, TenantId, UnixTime, VaultId,
    VaultName, VaultPath,
};
use portcullis_network::{Ingress, Origin};

use crate::{Answer, Asker, DirectoryFacts, Question};

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
}

/// From where and how the request came.
#[derive(Debug, Clone)]
pub struct NetworkFacts {
    /// Its origin.
    pub origin: Origin,
    /// `TLS1_2` or `TLS1_3`.
    pub tls_version: &'static str,
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
            Question::DataPlane => Answer::Bool(self.request.operation.row().plane == Plane::Data),
            Question::Action => Answer::Name(self.request.operation.row().action),
            Question::Vault => Answer::Text(self.vault_name()),
            Question::ObjectKind => {
                self.request.object.as_ref().map_or(Answer::Nothing, |(kind, _)| Answer::Name(kind.collection()))
            }
            Question::ObjectName => text_or_nothing(self.request.object.as_ref().map(|(_, name)| name.folded())),
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
            Question::SourceAddress => Answer::Text(self.network.origin.address().to_string().into()),
            Question::SourceIn(source) => Answer::Bool(source.contains(self.network.origin.address())),
            Question::NamedLocation(name) => Answer::Bool(self.in_named_location(name)),
            Question::NamedLocationExists(name) => Answer::Bool(self.directory.named_location(name).is_some()),
            Question::Subnet => match self.network.origin.ingress() {
                Ingress::Subnet(subnet) => Answer::Text(subnet.as_str().into()),
                Ingress::Public => Answer::Nothing,
            },
            Question::TlsVersion => Answer::Name(self.network.tls_version),
            Question::RoleAssignments => {
                Answer::Assignments(self.directory.role_assignments(principal.id, &principal.groups, self.around()))
            }
            Question::RoleDefinition(id) => {
                self.directory.role_definition(*id).map_or(Answer::Nothing, Answer::RoleDefinition)
            }
            Question::Before(time) => Answer::Bool(self.request.time < *time),
            // The host answers this one from the plugin's installation; facts are of the request only.
            Question::Settings => Answer::Nothing,
        }
    }

    /// The place around which assignments are looked for: the vault, so that requests for its objects share one answer,
    /// or the resource of a request that is about no vault that exists.
    #[must_use]
    pub fn around(&self) -> &Resource {
        self.vault.as_ref().map_or(&self.request.resource, |vault| &vault.resource)
    }

    /// The name of the vault that the request is about; empty if it is about none.
    fn vault_name(&self) -> Arc<str> {
        match (&self.vault, &self.request.vault) {
            (Some(vault), _) => Arc::clone(&vault.name),
            (None, Some(name)) => name.as_str().into(),
            (None, None) => "".into(),
        }
    }

    fn in_named_location(&self, name: &str) -> bool {
        let address = self.network.origin.address();
        self.directory.named_location(name).is_some_and(|place| place.prefixes.iter().any(|net| net.contains(&address)))
    }
}

fn text_or_nothing(text: Option<&str>) -> Answer {
    text.map_or(Answer::Nothing, |text| Answer::Text(text.into()))
}
