//! `$filter` of lists of the directory: equations, `startswith` and `any`, joined by `and`.

use portcullis_model::directory::{ObjectType, Property, Test};

use super::body::bad_request;
use crate::ApiError;
use crate::odata::{equation, quoted, terms};

/// Reads a filter of objects of a type.
pub(super) fn parse(text: &str, of: ObjectType) -> Result<Vec<(Property, Test)>, ApiError> {
    let terms: Vec<&str> = terms(text).into_iter().map(str::trim).collect();
    if terms.len() > MOST_TERMS {
        return Err(refused(of));
    }
    terms.into_iter().map(|it| term(it, of).ok_or_else(|| refused(of))).collect()
}

fn term(text: &str, of: ObjectType) -> Option<(Property, Test)> {
    if let Some(inner) = text.strip_prefix("startswith(").and_then(|rest| rest.strip_suffix(')')) {
        let (name, value) = inner.split_once(',')?;
        let property = property(name.trim(), of).filter(|it| !is_list(*it))?;
        return Some((property, Test::StartsWith(quoted(value.trim())?)));
    }
    if let Some((name, inner)) = text.strip_suffix(')').and_then(|text| text.split_once("/any(")) {
        let (variable, equation_text) = inner.split_once(':')?;
        let (left, value) = equation(equation_text.trim())?;
        let property = property(name, of).filter(|it| is_list(*it) && left == variable.trim())?;
        return Some((property, Test::Equals(value)));
    }
    let (name, value) = equation(text)?;
    let property = property(name, of).filter(|it| !is_list(*it))?;
    Some((property, Test::Equals(value)))
}

const fn is_list(property: Property) -> bool {
    matches!(property, Property::IdentifierUris | Property::Names)
}

fn property(name: &str, of: ObjectType) -> Option<Property> {
    properties(of).iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, property)| *property)
}

/// What objects of a type can be asked for by.
const fn properties(of: ObjectType) -> &'static [(&'static str, Property)] {
    match of {
        ObjectType::User => &[
            ("id", Property::Id),
            ("displayName", Property::DisplayName),
            ("userPrincipalName", Property::UserName),
            ("mailNickname", Property::Nickname),
        ],
        ObjectType::Group => {
            &[("id", Property::Id), ("displayName", Property::DisplayName), ("mailNickname", Property::Nickname)]
        }
        ObjectType::Application => &[
            ("id", Property::Id),
            ("appId", Property::ApplicationId),
            ("displayName", Property::DisplayName),
            ("identifierUris", Property::IdentifierUris),
        ],
        ObjectType::ServicePrincipal => &[
            ("id", Property::Id),
            ("appId", Property::ApplicationId),
            ("displayName", Property::DisplayName),
            ("servicePrincipalNames", Property::Names),
        ],
    }
}

fn refused(of: ObjectType) -> ApiError {
    let known: Vec<&str> = properties(of).iter().map(|(name, _)| *name).collect();
    bad_request(format!(
        "the query's $filter is not understood; terms are {{property}} eq '{{text}}', startswith({{property}},'{{text}}') and {{property}}/any(x:x eq '{{text}}') of lists, joined by and; the properties here are {}",
        known.join(", ")
    ))
}

/// More terms than clients join.
const MOST_TERMS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_terms_that_clients_send() {
        let named = Test::Equals("x".to_owned());
        for (text, of, expected) in [
            ("appId eq 'x'", ObjectType::Application, (Property::ApplicationId, named.clone())),
            ("identifierUris/any(s:s eq 'x')", ObjectType::Application, (Property::IdentifierUris, named.clone())),
            ("servicePrincipalNames/any(c:c eq 'x')", ObjectType::ServicePrincipal, (Property::Names, named.clone())),
            ("userPrincipalName eq 'x'", ObjectType::User, (Property::UserName, named.clone())),
            (
                "startswith(displayName,'o''x')",
                ObjectType::Group,
                (Property::DisplayName, Test::StartsWith("o'x".into())),
            ),
        ] {
            assert_eq!(parse(text, of).unwrap(), [expected], "{text}");
        }
        let both = parse("displayName eq 'a and b' and mailNickname eq 'c'", ObjectType::Group).unwrap();
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "displayName",
            "displayName eq x",
            "displayName ne 'x'",
            "startswith(identifierUris,'x')",
            "identifierUris eq 'x'",
            "identifierUris/any(s:t eq 'x')",
            "displayName/any(s:s eq 'x')",
            "userPrincipalName eq 'x'",
            "displayName eq 'x' or appId eq 'y'",
            "startswith(displayName,'x'",
            "startswith(displayName 'x')",
            "secret eq 'x'",
            &["appId eq 'x'"; 9].join(" and "),
        ] {
            assert!(parse(text, ObjectType::Application).is_err(), "{text}");
        }
    }
}
