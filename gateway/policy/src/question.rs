//! What a plugin can ask. A new fact is a new question.

use std::fmt;

use ipnet::{IpNet, Ipv4Net};
use portcullis_model::{Operation, PrincipalId, RoleDefinitionId, UnixTime};

use crate::WeeklyWindow;

/// One question with its arguments in parsed form, so that asking it again costs no parsing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question {
    /// `request.operation`: the operation's name, such as `SecretGet`.
    Operation,
    /// `request.operation-in`: whether the operation is one of these names, compared exactly.
    OperationIn(Box<[String]>),
    /// `request.plane`: `data` or `management`.
    Plane,
    /// `request.data-plane`: whether the request is one of the data plane.
    DataPlane,
    /// `request.action`: the data action, or action, that the operation needs.
    Action,
    /// `request.vault`: the vault's name in lower case.
    Vault,
    /// `request.object-kind`: `secrets`, if the request names an object.
    ObjectKind,
    /// `request.object-name`: the object's name in lower case, if the request names one.
    ObjectName,
    /// `request.object-name-starts-with`: whether the object's name begins so; in lower case.
    ObjectNameStartsWith(String),
    /// `request.tag`: a tag of the stored object.
    Tag(String),
    /// `request.tag-is`: whether a tag of the stored object has a value.
    TagIs(String, String),
    /// `request.attribute`: an attribute of the stored object.
    ObjectAttribute(ObjectAttribute),
    /// `request.header`: a header of the request, its name in lower case.
    Header(String),
    /// `request.object-version`: the version, if the request names one.
    ObjectVersion,
    /// `request.resource`: the resource id in lower case.
    Resource,
    /// `request.within-scope`: whether a scope covers the request's resource.
    WithinScope(String),
    /// `principal.id`: the caller's object id.
    PrincipalId,
    /// `principal.is`: whether the caller is this principal.
    PrincipalIs(PrincipalId),
    /// `principal.application`: the application's client id.
    Application,
    /// `principal.tenant`: the caller's tenant.
    Tenant,
    /// `principal.kind`: `application` or `user`.
    PrincipalKind,
    /// `principal.in-group`: whether the caller is a member of this group.
    InGroup(PrincipalId),
    /// `principal.has-role`: whether an assignment at or above the resource gives the caller this role.
    HasRole(RoleDefinitionId),
    /// `principal.claim`: a claim of the token.
    Claim(String),
    /// `principal.authenticated-with`: whether the caller authenticated by this method.
    AuthenticatedWith(String),
    /// `principal.authenticated-within`: whether that was at most so many seconds ago.
    AuthenticatedWithin(u32),
    /// `principal.device`: something about the caller's device.
    Device(String),
    /// `principal.risk`: the risk that was seen, by kind.
    Risk(String),
    /// `network.source`: the client's address. Ask a predicate instead where that is the real question.
    SourceAddress,
    /// `network.source-in`: whether the client's address lies in one of these prefixes.
    SourceIn(Source),
    /// `network.named-location`: whether the client's address lies in the named location.
    NamedLocation(String),
    /// `network.named-location-exists`: whether the configuration knows the named location.
    NamedLocationExists(String),
    /// `network.subnet`: the virtual network's subnet, if the request came from one.
    Subnet,
    /// `network.virtual-network`: the virtual network, if the request came from one.
    VirtualNetwork,
    /// `network.private-endpoint`: the private endpoint, if the request came through one.
    PrivateEndpoint,
    /// `network.client-certificate`: the digest of the client's certificate.
    ClientCertificate,
    /// `network.signal`: what else is known of the client's address.
    NetworkSignal(String),
    /// `network.tls-version`: `TLS1_2` or `TLS1_3`.
    TlsVersion,
    /// `directory.role-assignments`: the assignments of the caller and his groups at, above or below the vault.
    RoleAssignments,
    /// `directory.role-definition`: a role's permissions.
    RoleDefinition(RoleDefinitionId),
    /// `access.permission-model`: `roles` or `access-policies`, of the vault if there is one.
    PermissionModel,
    /// `access.permission`: what the operation needs under access policies, such as `secrets/get`.
    AccessPolicyPermission,
    /// `access.conditional-assignments`: the caller's role assignments with a condition or a term.
    ConditionalAssignments,
    /// `access.conditional-permissions`: what a role permits on conditions.
    ConditionalPermissions(RoleDefinitionId),
    /// `access.deny-assignments`: the deny assignments that are meant for the caller.
    DenyAssignments,
    /// `access.access-policies`: the vault's access policies for the caller and his groups.
    AccessPolicies,
    /// `access.request-attribute`: an attribute of what the request brings.
    RequestAttribute(String),
    /// `access.resource-attribute`: an attribute of what the request acts upon.
    ResourceAttribute(String),
    /// `clock.before`: whether it is earlier than a time.
    Before(UnixTime),
    /// `clock.within`: whether it is within a weekly window.
    Within(WeeklyWindow),
    /// `data.value`: a value in a document: its name and the pointer. Answered by the host.
    Data(String, String),
    /// `data.contains`: whether a value in a document has this text: name, pointer and text. Answered by the host.
    DataContains(String, String, String),
    /// `counter.rate`: whether there were at most so many within the last seconds. Answered by the host.
    Rate(Rate),
    /// `counter.quota`: whether there were at most so many within the present period. Answered by the host.
    Quota(Rate),
    /// `settings.json`: the plugin's settings. Answered by the host, not by the facts.
    Settings,
}

/// Attributes of stored objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectAttribute {
    /// Whether it may be used.
    Enabled,
    /// When it was created.
    Created,
    /// When it was last changed.
    Updated,
    /// When it expires.
    Expires,
    /// From when on it may be used.
    NotBefore,
}

impl ObjectAttribute {
    const ALL: [Self; 5] = [Self::Enabled, Self::Created, Self::Updated, Self::Expires, Self::NotBefore];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Expires => "expires",
            Self::NotBefore => "not-before",
        }
    }
}

impl std::str::FromStr for ObjectAttribute {
    type Err = ParseQuestionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|attribute| attribute.name() == text).ok_or(ParseQuestionError::Attribute)
    }
}

/// How much of something is allowed in which time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rate {
    /// What is counted under.
    pub key: String,
    /// How often it may be.
    pub limit: u32,
    /// Within how many seconds.
    pub seconds: u32,
}

impl Rate {
    /// The bytes of a key.
    const KEY: usize = 128;

    /// Takes a key, a limit and seconds from 1 to `longest`.
    ///
    /// # Errors
    /// When the key is too long or the time is out of range.
    pub fn new(key: String, limit: u32, seconds: u32, longest: u32) -> Result<Self, ParseQuestionError> {
        if key.len() <= Self::KEY && (1..=longest).contains(&seconds) {
            Ok(Self { key, limit, seconds })
        } else {
            Err(ParseQuestionError::Counter)
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}s", self.key, self.limit, self.seconds)
    }
}

/// Prefixes of addresses, at least one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source(Box<[IpNet]>);

impl Source {
    /// Parses prefixes; a bare address is a prefix of its full length. IPv4 written as IPv6 (`::ffff:203.0.113.0/120`) is
    /// IPv4, as clients' addresses are.
    ///
    /// # Errors
    /// When there is none, or one is neither a prefix nor an address.
    pub fn parse(prefixes: &[String]) -> Result<Self, ParseQuestionError> {
        if prefixes.is_empty() {
            return Err(ParseQuestionError::NoPrefix);
        }
        let parse = |text: &String| {
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
                .map(canonical)
                .map_err(|_| ParseQuestionError::Prefix)
        };
        prefixes.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an address lies in one of the prefixes.
    #[must_use]
    pub fn contains(&self, address: std::net::IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// A prefix of mapped addresses as the IPv4 prefix that it means.
fn canonical(prefix: IpNet) -> IpNet {
    let IpNet::V6(mapped) = prefix else { return prefix };
    let (address, length) = (mapped.addr().to_ipv4_mapped(), mapped.prefix_len().checked_sub(96));
    let ipv4 = address.zip(length).and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    ipv4.map_or(prefix, IpNet::V4)
}

/// Says why an argument of a question cannot be understood. The plugin that asked fails, and so denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseQuestionError {
    /// No prefix was given.
    #[error("asked about no address prefix")]
    NoPrefix,
    /// Neither a prefix nor an address.
    #[error("asked about something that is no address prefix")]
    Prefix,
    /// Not a GUID.
    #[error("asked about an id that is no GUID")]
    Id,
    /// Not the name of an attribute.
    #[error("asked about an attribute that objects do not have")]
    Attribute,
    /// No header that plugins may see.
    #[error("asked about a header that `[policy] headers` does not name")]
    Header,
    /// An empty text where everything would match.
    #[error("asked whether a name begins with nothing")]
    EmptyPrefix,
    /// A weekly window that is none.
    #[error("asked about a weekly window that makes no sense")]
    Window,
    /// Not a JSON pointer.
    #[error("asked about something that is no JSON pointer")]
    Pointer,
    /// A key that is too long, or no sensible time.
    #[error("asked to count under a key that is too long or within a time that makes no sense")]
    Counter,
    /// Not the name of an operation.
    #[error("asked about an operation that does not exist")]
    Operation,
}

impl Question {
    /// Asks whether the operation is one of these names. A name that no operation has is refused: a misspelt policy
    /// must deny rather than never apply.
    ///
    /// # Errors
    /// When a name is no operation's.
    pub fn operation_in(names: Vec<String>) -> Result<Self, ParseQuestionError> {
        if names.iter().all(|name| Operation::from_name(name).is_some()) {
            Ok(Self::OperationIn(names.into()))
        } else {
            Err(ParseQuestionError::Operation)
        }
    }

    /// Whether the answer may be shown to a caller who is refused. What he cannot see himself, such as the tags of an
    /// object that he may not read, stays in the audit log.
    #[must_use]
    pub const fn is_for_callers(&self) -> bool {
        !matches!(
            self,
            Self::Tag(_)
                | Self::TagIs(..)
                | Self::ObjectAttribute(_)
                | Self::Data(..)
                | Self::Device(_)
                | Self::Risk(_)
        )
    }

    /// Whether a decision that rests on this question may be remembered. The answer must be a function of the request,
    /// of the revision and of what the plugin was installed with; a counter's is none.
    #[must_use]
    pub const fn is_cacheable(&self) -> bool {
        match self {
            Self::Operation
            | Self::OperationIn(_)
            | Self::Plane
            | Self::DataPlane
            | Self::Action
            | Self::Vault
            | Self::ObjectKind
            | Self::ObjectName
            | Self::ObjectNameStartsWith(_)
            | Self::Tag(_)
            | Self::TagIs(..)
            | Self::ObjectAttribute(_)
            | Self::Header(_)
            | Self::ObjectVersion
            | Self::Resource
            | Self::WithinScope(_)
            | Self::PrincipalId
            | Self::PrincipalIs(_)
            | Self::Application
            | Self::Tenant
            | Self::PrincipalKind
            | Self::InGroup(_)
            | Self::HasRole(_)
            | Self::Claim(_)
            | Self::AuthenticatedWith(_)
            | Self::AuthenticatedWithin(_)
            | Self::Device(_)
            | Self::Risk(_)
            | Self::SourceAddress
            | Self::SourceIn(_)
            | Self::NamedLocation(_)
            | Self::NamedLocationExists(_)
            | Self::Subnet
            | Self::VirtualNetwork
            | Self::PrivateEndpoint
            | Self::ClientCertificate
            | Self::NetworkSignal(_)
            | Self::TlsVersion
            | Self::RoleAssignments
            | Self::RoleDefinition(_)
            | Self::PermissionModel
            | Self::AccessPolicyPermission
            | Self::ConditionalAssignments
            | Self::ConditionalPermissions(_)
            | Self::DenyAssignments
            | Self::AccessPolicies
            | Self::RequestAttribute(_)
            | Self::ResourceAttribute(_)
            | Self::Before(_)
            | Self::Within(_)
            | Self::Data(..)
            | Self::DataContains(..)
            | Self::Settings => true,
            Self::Rate(_) | Self::Quota(_) => false,
        }
    }
}

impl fmt::Display for Question {
    /// The question as explanations show it: the function's name and its arguments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation => f.write_str("operation"),
            Self::OperationIn(names) => write!(f, "operation-in {}", names.join(",")),
            Self::Plane => f.write_str("plane"),
            Self::DataPlane => f.write_str("data-plane"),
            Self::Action => f.write_str("action"),
            Self::Vault => f.write_str("vault"),
            Self::ObjectKind => f.write_str("object-kind"),
            Self::ObjectName => f.write_str("object-name"),
            Self::ObjectNameStartsWith(prefix) => write!(f, "object-name-starts-with {prefix}"),
            Self::Tag(name) => write!(f, "tag {name}"),
            Self::TagIs(name, value) => write!(f, "tag-is {name}={value}"),
            Self::ObjectAttribute(attribute) => write!(f, "attribute {}", attribute.name()),
            Self::Header(name) => write!(f, "header {name}"),
            Self::ObjectVersion => f.write_str("object-version"),
            Self::Resource => f.write_str("resource"),
            Self::WithinScope(scope) => write!(f, "within-scope {scope}"),
            Self::PrincipalId => f.write_str("principal-id"),
            Self::PrincipalIs(id) => write!(f, "principal-is {id}"),
            Self::Application => f.write_str("application"),
            Self::Tenant => f.write_str("tenant"),
            Self::PrincipalKind => f.write_str("principal-kind"),
            Self::InGroup(id) => write!(f, "in-group {id}"),
            Self::HasRole(id) => write!(f, "has-role {id}"),
            Self::Claim(name) => write!(f, "claim {name}"),
            Self::AuthenticatedWith(method) => write!(f, "authenticated-with {method}"),
            Self::AuthenticatedWithin(seconds) => write!(f, "authenticated-within {seconds}"),
            Self::Device(property) => write!(f, "device {property}"),
            Self::Risk(kind) => write!(f, "risk {kind}"),
            Self::SourceAddress => f.write_str("source"),
            Self::SourceIn(source) => {
                f.write_str("source-in ")?;
                source.0.iter().enumerate().try_for_each(
                    |(i, net)| {
                        if i > 0 { write!(f, ",{net}") } else { write!(f, "{net}") }
                    },
                )
            }
            Self::NamedLocation(name) => write!(f, "named-location {name}"),
            Self::NamedLocationExists(name) => write!(f, "named-location-exists {name}"),
            Self::Subnet => f.write_str("subnet"),
            Self::VirtualNetwork => f.write_str("virtual-network"),
            Self::PrivateEndpoint => f.write_str("private-endpoint"),
            Self::ClientCertificate => f.write_str("client-certificate"),
            Self::NetworkSignal(name) => write!(f, "signal {name}"),
            Self::TlsVersion => f.write_str("tls-version"),
            Self::RoleAssignments => f.write_str("role-assignments"),
            Self::RoleDefinition(id) => write!(f, "role-definition {id}"),
            Self::PermissionModel => f.write_str("permission-model"),
            Self::AccessPolicyPermission => f.write_str("permission"),
            Self::ConditionalAssignments => f.write_str("conditional-assignments"),
            Self::ConditionalPermissions(id) => write!(f, "conditional-permissions {id}"),
            Self::DenyAssignments => f.write_str("deny-assignments"),
            Self::AccessPolicies => f.write_str("access-policies"),
            Self::RequestAttribute(name) => write!(f, "request-attribute {name}"),
            Self::ResourceAttribute(name) => write!(f, "resource-attribute {name}"),
            Self::Before(time) => write!(f, "before {time}"),
            Self::Within(window) => write!(f, "within {window}"),
            Self::Data(document, pointer) => write!(f, "data {document}#{pointer}"),
            Self::DataContains(document, pointer, text) => write!(f, "data-contains {document}#{pointer} {text}"),
            Self::Rate(rate) => write!(f, "rate {rate}"),
            Self::Quota(rate) => write!(f, "quota {rate}"),
            Self::Settings => f.write_str("settings"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy that named mapped prefixes never applied, since clients' addresses are written as IPv4.
    #[test]
    fn mapped_prefixes_are_ipv4() {
        for (prefix, address, contains) in [
            ("::ffff:203.0.113.0/120", "203.0.113.7", true),
            ("::ffff:203.0.113.0/120", "203.0.114.7", false),
            ("::ffff:203.0.113.7", "203.0.113.7", true),
            ("::ffff:0:0/96", "198.51.100.1", true),
            ("2001:db8::/32", "203.0.113.7", false),
            ("203.0.113.0/24", "203.0.113.7", true),
        ] {
            let source = Source::parse(&[prefix.to_owned()]).unwrap();
            assert_eq!(source.contains(address.parse().unwrap()), contains, "{prefix} {address}");
        }
        let source = Source::parse(&["::ffff:203.0.113.0/120".to_owned()]).unwrap();
        assert_eq!(Question::SourceIn(source).to_string(), "source-in 203.0.113.0/24");
    }
}
