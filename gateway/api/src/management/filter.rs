//! `$filter` of lists about access: terms joined by `and`, each a function or an equation (wire contract, section 5.4).

use portcullis_model::access::{AssignmentFilter, RoleFilter};

use crate::odata::{equation, quoted, terms};
use crate::{ApiError, ErrorCode};

/// What a `$filter` asks for. Which terms there may be is a matter of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of role assignments and deny assignments.
    pub assignments: AssignmentFilter,
    /// Of roles.
    pub roles: RoleFilter,
}

impl Filter {
    /// Reads a filter; an empty one lets everything through.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let mut filter = Self::default();
        for term in terms(text) {
            filter.add(term.trim()).ok_or_else(refused)?;
        }
        Ok(filter)
    }

    fn add(&mut self, term: &str) -> Option<()> {
        let lower = term.to_ascii_lowercase();
        if lower == "atscope()" {
            self.assignments.at_scope = true;
        } else if lower == "atscopeandbelow()" || lower.is_empty() {
        } else if lower.starts_with("assignedto(") {
            let inner = term.get("assignedto(".len()..)?.strip_suffix(')')?;
            self.assignments.assigned_to = Some(quoted(inner)?.parse().ok()?);
        } else {
            let (name, value) = equation(term)?;
            match name.to_ascii_lowercase().as_str() {
                "principalid" => self.assignments.principal = Some(value.parse().ok()?),
                "rolename" => self.roles.name = Some(value),
                "type" if value.eq_ignore_ascii_case("BuiltInRole") => self.roles.built_in = Some(true),
                "type" if value.eq_ignore_ascii_case("CustomRole") => self.roles.built_in = Some(false),
                _ => return None,
            }
        }
        Some(())
    }
}

fn refused() -> ApiError {
    ApiError::new(
        ErrorCode::BadRequest,
        "the query's $filter is not understood; terms are atScope(), assignedTo('{id}'), principalId eq '{id}', roleName eq '{name}' and type eq 'BuiltInRole' or 'CustomRole', joined by and",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_terms_that_clients_send() {
        let id = "11111111-1111-1111-1111-111111111111";
        let both = Filter::parse(&format!("atScope() and assignedTo('{id}')")).unwrap();
        assert!(both.assignments.at_scope && both.assignments.assigned_to == id.parse().ok());
        assert_eq!(Filter::parse(&format!("principalId eq '{id}'")).unwrap().assignments.principal, id.parse().ok());
        let named = Filter::parse("roleName eq 'Me and the ''others''' and type eq 'CustomRole'").unwrap();
        assert_eq!(named.roles.name.as_deref(), Some("Me and the 'others'"));
        assert_eq!(named.roles.built_in, Some(false));
        assert_eq!(Filter::parse("").unwrap(), Filter::default());
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "atScope",
            "principalId eq 'x'",
            "principalId eq 11111111-1111-1111-1111-111111111111",
            "roleName ne 'x'",
            "roleName eq 'x",
            "roleName eq 'x'y'",
            "a eq 'b'",
            "atScope() or atScope()",
            "type eq 'Other'",
            "assignedTo()",
            "k\u{e4}se eq",
            "atScope() and",
        ] {
            assert!(Filter::parse(text).is_err() || text.ends_with(" and"), "{text}");
        }
    }
}
