//! `[[role_assignment]]`: who may do what where.

use portcullis_management::{DeclaredAssignment, is_role};
use portcullis_model::{ObjectKind, ObjectName};

use super::super::reader::{Noted, Reader, Unique};
use super::declaration::Declared;
use super::scope;

/// Reads `[[role_assignment]]`.
pub(super) fn assignments(root: &mut Reader<'_>, declared: &Declared<'_>) -> Result<Vec<DeclaredAssignment>, Noted> {
    let mut taken = Unique::new("role assignment");
    root.tables("role_assignment", |reader| {
        let principal = reader.required("principal", "\"backup\"").and_then(|value| declared.principal(&value));
        let example = "\"Key Vault Secrets User\"";
        let role = reader
            .required("role", example)
            .and_then(|value| value.parsed_with(ROLE, |text| is_role(text).then(|| text.to_owned())));
        let scope = scope_of(reader, declared);
        let (principal, role, scope) = (principal?, role?, scope?);
        let identity = (principal, role.to_ascii_lowercase(), scope.to_ascii_lowercase());
        taken.add_at(identity, reader.place()).map_err(|message| reader.wrong(None, message))?;
        Ok(DeclaredAssignment { principal, role, scope })
    })
}

fn scope_of(reader: &mut Reader<'_>, declared: &Declared<'_>) -> Result<String, Noted> {
    // A secret's value may have been written in place of its name.
    let secret = reader.optional("secret").map(|value| (ObjectKind::Secret, value.hidden()));
    let key = reader.optional("key").map(|value| (ObjectKind::Key, value));
    let certificate = reader.optional("certificate").map(|value| (ObjectKind::Certificate, value));
    let places = (reader.optional("scope"), reader.optional("vault"));
    let mut objects = [secret, key, certificate].into_iter().flatten();
    let object = objects.next();
    if let (Some((kind, _)), Some((_, second))) = (&object, objects.next()) {
        let message = format!("`{}` is given as well; write a role assignment for each", kind.noun());
        return Err(second.wrong(message));
    }
    match places {
        (Some(value), None) => match object {
            None => value.parsed_with(scope::EXPECTED, scope::parse),
            Some((_, name)) => {
                Err(name.wrong("goes with `vault` only; write the whole id in `scope`, or use `vault`".to_owned()))
            }
        },
        (None, Some(value)) => {
            let object = object.map(|(kind, name)| Ok((kind, name.parsed::<ObjectName>()?))).transpose();
            let vault = declared.vault(&value)?;
            Ok(object?.map_or_else(|| vault.id(), |(kind, name)| scope::object(&vault, kind, &name)))
        }
        (Some(_), Some(value)) => Err(value.wrong("`scope` is given as well; remove one of them".to_owned())),
        (None, None) => {
            let message =
                "neither `vault` nor `scope` is given; add `vault = \"<name>\"`, or `scope = \"/\"` for everything";
            Err(reader.wrong(None, message.to_owned()))
        }
    }
}

const ROLE: &str = "the name or id of a built-in role, such as `Key Vault Secrets User`";
