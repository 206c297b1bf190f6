//! What conditions can know, asked of the gateway.

use portcullis_condition::{Attribute, Condition, ObjectKind, Side};

use crate::decide::Asked;
use crate::pattern::matches;

/// A request with the action that it needs.
pub(crate) struct Circumstances<'a, H> {
    pub(crate) host: &'a H,
    pub(crate) action: &'a str,
}

impl<H: Asked> Circumstances<'_, H> {
    /// Whether a condition holds. One that is not understood does not.
    pub(crate) fn hold(&self, condition: &str) -> bool {
        condition.parse::<Condition>().is_ok_and(|condition| condition.holds(self))
    }

    /// The name of the request's object, if it is of a kind. What a request is about to make is a matter of the
    /// request, what stands one of the resource (behaviour, section 4.7).
    fn object_name(&self, side: Side, kind: ObjectKind) -> Option<String> {
        let makes =
            ["setSecret/action", "/create/action", "/import/action"].iter().any(|end| self.action.ends_with(end));
        let asked = if makes { Side::Request } else { Side::Resource };
        let of_kind = self.host.object_kind().as_deref() == Some(kind.collection());
        if of_kind && asked == side { self.host.object_name() } else { None }
    }

    fn of_assignment(&self, side: Side, name: &str) -> Vec<String> {
        let name = format!("Microsoft.Authorization/roleAssignments:{name}");
        match side {
            Side::Request => self.host.request_attribute(&name),
            Side::Resource => self.host.resource_attribute(&name),
        }
    }
}

impl<H: Asked> portcullis_condition::Circumstances for Circumstances<'_, H> {
    fn action_matches(&self, pattern: &str) -> bool {
        matches(pattern, self.action)
    }

    fn values(&self, attribute: Attribute) -> Vec<String> {
        match attribute {
            Attribute::VaultName => self.host.vault().into_iter().collect(),
            Attribute::ObjectName(side, kind) => self.object_name(side, kind).into_iter().collect(),
            Attribute::AssignmentRole(side) => self.of_assignment(side, "RoleDefinitionId"),
            Attribute::AssignmentPrincipal(side) => self.of_assignment(side, "PrincipalId"),
            Attribute::AssignmentPrincipalType(side) => self.of_assignment(side, "PrincipalType"),
            Attribute::PrincipalId => vec![self.host.principal_id()],
            Attribute::Application => self.host.application().into_iter().collect(),
            Attribute::Subnet => self.host.subnet().into_iter().collect(),
            // Asked by comparison alone.
            Attribute::UtcNow => Vec::new(),
        }
    }

    fn before(&self, second: i64) -> bool {
        self.host.before(second)
    }
}
