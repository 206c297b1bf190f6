//! `[[access_policy]]`: whom vaults under access policies permit what.

use portcullis_management::DeclaredAccessPolicy;
use portcullis_model::{AccessPolicyPermissions, PermissionCategory};

use super::super::reader::{Noted, Reader};
use super::declaration::{Declared, GUID};

/// Reads `[[access_policy]]`.
pub(super) fn policies(root: &mut Reader<'_>, declared: &Declared<'_>) -> Result<Vec<DeclaredAccessPolicy>, Noted> {
    root.tables("access_policy", |reader| policy(reader, declared))
}

fn policy(reader: &mut Reader<'_>, declared: &Declared<'_>) -> Result<DeclaredAccessPolicy, Noted> {
    let vault = reader.required("vault", "\"team-a\"").and_then(|value| declared.vault(&value));
    let principal = reader.required("principal", GUID).and_then(|value| declared.principal(&value));
    let application = reader.optional("application").map(|value| value.parsed()).transpose();
    let mut permissions = AccessPolicyPermissions::default();
    let mut wrong = None;
    for category in PermissionCategory::ALL {
        let Some(value) = reader.optional(category.name()) else { continue };
        let read = value.each("a list of permissions", |value| {
            value.parsed_with("a permission of this kind, such as \"get\"", |text| category.known(text))
        });
        match read {
            Ok(names) => *permissions.of_mut(*category) = names.into_iter().map(str::to_owned).collect(),
            Err(noted) => wrong = Some(noted),
        }
    }
    let (vault, principal, application) = (vault?, principal?, application?);
    match wrong {
        Some(noted) => Err(noted),
        None => Ok(DeclaredAccessPolicy { vault: vault.vault, principal, application, permissions }),
    }
}
