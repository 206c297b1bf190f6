//! The attributes that conditions may name.

/// An attribute of a request, of the principal or of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// `@Resource[Microsoft.KeyVault/vaults:name]`
    VaultName,
    /// `@Resource[Microsoft.KeyVault/vaults/secrets:name]`, or `@Request[..]` for an object that is about to be made.
    ObjectName(Side, ObjectKind),
    /// `@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]`, or `@Resource[..]` of one that stands.
    AssignmentRole(Side),
    /// The same for `PrincipalId`.
    AssignmentPrincipal(Side),
    /// The same for `PrincipalType`.
    AssignmentPrincipalType(Side),
    /// `@Principal[oid]`: the caller.
    PrincipalId,
    /// `@Principal[appid]`: the application through which the caller acts.
    Application,
    /// `@Environment[UtcNow]`
    UtcNow,
    /// `@Environment[Microsoft.Network/virtualNetworks/subnets]`
    Subnet,
}

/// Whose attribute it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// What stands and is acted upon.
    Resource,
    /// What the request brings.
    Request,
}

/// The kinds of object that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// `secrets`
    Secret,
    /// `keys`
    Key,
    /// `certificates`
    Certificate,
}

impl ObjectKind {
    /// The collection's name.
    #[must_use]
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Secret => "secrets",
            Self::Key => "keys",
            Self::Certificate => "certificates",
        }
    }
}

impl Attribute {
    /// The attribute of a source (`Resource`) and a name between the brackets. Both compare without case, and white
    /// space around names does not count.
    pub(crate) fn of(source: &str, name: &str) -> Option<Self> {
        let (source, name) = (source.to_ascii_lowercase(), name.trim().to_ascii_lowercase());
        let side = match source.as_str() {
            "resource" => Side::Resource,
            "request" => Side::Request,
            "principal" => return Self::of_principal(&name),
            "environment" => return Self::of_environment(&name),
            _ => return None,
        };
        match name.as_str() {
            "microsoft.keyvault/vaults:name" if side == Side::Resource => Some(Self::VaultName),
            "microsoft.keyvault/vaults/secrets:name" => Some(Self::ObjectName(side, ObjectKind::Secret)),
            "microsoft.keyvault/vaults/keys:name" => Some(Self::ObjectName(side, ObjectKind::Key)),
            "microsoft.keyvault/vaults/certificates:name" => Some(Self::ObjectName(side, ObjectKind::Certificate)),
            "microsoft.authorization/roleassignments:roledefinitionid" => Some(Self::AssignmentRole(side)),
            "microsoft.authorization/roleassignments:principalid" => Some(Self::AssignmentPrincipal(side)),
            "microsoft.authorization/roleassignments:principaltype" => Some(Self::AssignmentPrincipalType(side)),
            _ => None,
        }
    }

    fn of_principal(name: &str) -> Option<Self> {
        match name {
            "oid" => Some(Self::PrincipalId),
            "appid" => Some(Self::Application),
            _ => None,
        }
    }

    fn of_environment(name: &str) -> Option<Self> {
        match name {
            "utcnow" => Some(Self::UtcNow),
            "microsoft.network/virtualnetworks/subnets" => Some(Self::Subnet),
            _ => None,
        }
    }
}
