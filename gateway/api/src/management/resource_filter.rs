//! `$filter` of the list of resources: which kind, and which name.

use crate::{ApiError, ErrorCode};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourceFilter {
    /// Whether vaults are among it.
    pub(super) vaults: bool,
    /// The name that they must have.
    pub(super) name: Option<String>,
}

impl Default for ResourceFilter {
    fn default() -> Self {
        Self { vaults: true, name: None }
    }
}

/// Comparisons with `eq` joined by `and`; everything else is refused, since to ignore a part would tell more than was
/// asked for.
pub(super) fn parse(text: &str) -> Result<ResourceFilter, ApiError> {
    let refused = || {
        let message =
            "the query parameter $filter has invalid value: resourceType and name can be compared by eq, joined by and";
        ApiError::new(ErrorCode::BadRequest, message)
    };
    let mut filter = ResourceFilter::default();
    for term in text.split(" and ") {
        let (member, value) = term.trim().split_once(" eq ").ok_or_else(refused)?;
        let value = value.trim().strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).ok_or_else(refused)?;
        if value.contains('\'') {
            return Err(refused());
        }
        match member.trim() {
            it if it.eq_ignore_ascii_case("resourceType") => {
                filter.vaults &= value.eq_ignore_ascii_case("Microsoft.KeyVault/vaults");
            }
            it if it.eq_ignore_ascii_case("name") => filter.name = Some(value.to_ascii_lowercase()),
            _ => return Err(refused()),
        }
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_name_are_compared() {
        let vaults = "resourceType eq 'Microsoft.KeyVault/vaults'";
        assert_eq!(parse(vaults).unwrap(), ResourceFilter::default());
        let named = parse(&format!("{vaults} and name eq 'Kv1'")).unwrap();
        assert_eq!(named, ResourceFilter { vaults: true, name: Some("kv1".to_owned()) });
        assert!(!parse("resourceType eq 'Microsoft.Network/virtualNetworks'").unwrap().vaults);
        for other in ["", "name", "name ne 'a'", "name eq a", "tagName eq 'a'", "name eq 'a' or name eq 'b'"] {
            assert!(parse(other).is_err(), "{other}");
        }
    }
}
