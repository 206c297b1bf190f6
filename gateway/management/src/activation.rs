//! What the configuration says of taking roles: for how long, with which reason, and whether somebody else must agree.

use portcullis_model::RoleDefinitionId;

/// The rules of one role, or of all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivationRule {
    /// For how many seconds a role is taken at most.
    pub most_seconds: i64,
    /// Whether the caller must say why.
    pub justification: bool,
    /// Whether somebody else must approve.
    pub approval: bool,
}

impl Default for ActivationRule {
    fn default() -> Self {
        Self { most_seconds: 8 * 3_600, justification: true, approval: false }
    }
}

/// The rules of all roles.
#[derive(Debug, Clone, Default)]
pub struct ActivationRules {
    /// Of single roles, by name or id; the default rule is for all others.
    rules: Vec<(RoleDefinitionId, ActivationRule)>,
}

impl ActivationRules {
    /// Takes the rules of roles by their names or ids.
    ///
    /// # Errors
    /// With the first name that is no built-in role's nor a GUID.
    pub fn new<'r>(rules: impl IntoIterator<Item = (&'r str, ActivationRule)>) -> Result<Self, &'r str> {
        let known = |(role, rule): (&'r str, ActivationRule)| {
            let id = crate::roles::named(role).or_else(|| role.parse().ok());
            id.map(|id| (id, rule)).ok_or(role)
        };
        rules.into_iter().map(known).collect::<Result<_, _>>().map(|rules| Self { rules })
    }

    /// The rule of a role.
    #[must_use]
    pub fn of(&self, role: RoleDefinitionId) -> ActivationRule {
        self.rules.iter().find(|(known, _)| *known == role).map(|(_, rule)| *rule).unwrap_or_default()
    }
}
