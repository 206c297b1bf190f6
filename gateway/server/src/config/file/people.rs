//! `[[user]]` and `[[group]]`: people who sign in, and groups of principals.

use std::path::Path;

use portcullis_crypto::{PasswordHash, TotpKey};
use portcullis_identity::Account;
use portcullis_management::{DeclaredGroup, DeclaredUser};
use portcullis_model::PrincipalId;

use super::super::reader::{Noted, Reader, Unique, Value};
use super::declaration::{Declared, GUID};
use super::secret_file;

/// Reads `[[user]]`.
pub(super) fn users(
    root: &mut Reader<'_>,
    folder: &Path,
    declared: &mut Declared<'_>,
) -> Result<Vec<DeclaredUser>, Noted> {
    let (mut ids, mut names) = (Unique::new("principal"), Unique::new("user name"));
    root.tables("user", |reader| {
        let principal = reader.required("principal", GUID).and_then(|value| {
            let principal: PrincipalId = value.parsed()?;
            ids.add(principal, &value).map(|()| principal)
        });
        let tenant = reader.required("tenant", GUID).and_then(|value| declared.tenant(&value));
        let name = reader.required("name", "\"ada@example.com\"").and_then(|value| {
            let name = value.parsed_with("a name such as `ada@example.com`", Account::fold_name)?;
            names.add(name.clone(), &value).map(|()| name)
        });
        if let Ok(name) = &name {
            declared.applications.insert(name.clone(), principal);
        }
        let display_name = reader.optional("display_name").map(|value| value.label().map(ToOwned::to_owned));
        let mut enabled = true;
        reader.set("enabled", &mut enabled, Value::flag);
        let password = reader.optional("password_hash_file").map(|value| {
            let value = value.hidden();
            let text = secret_file::read(&value, folder)?;
            PasswordHash::from_text(text.expose()).map_err(|error| {
                value.wrong(format!(
                    "the file has {error}; run `portcullis directory password-hash` and keep its output"
                ))
            })
        });
        let totp = reader.optional("totp_file").map(|value| {
            let value = value.hidden();
            let text = secret_file::read(&value, folder)?;
            TotpKey::from_base32(text.expose()).map_err(|error| value.wrong(format!("the file has {error}")))
        });
        let name = name?;
        Ok(DeclaredUser {
            principal: principal?,
            tenant: tenant?,
            display_name: display_name.transpose()?.unwrap_or_else(|| name.clone()),
            name,
            enabled,
            password: password.transpose()?,
            totp: totp.transpose()?,
        })
    })
}

/// Reads `[[group]]`. Members are named by their object ids or by the names of applications, users and groups before.
pub(super) fn groups(root: &mut Reader<'_>, declared: &mut Declared<'_>) -> Result<Vec<DeclaredGroup>, Noted> {
    let mut ids = Unique::new("group id");
    root.tables("group", |reader| {
        let id = reader.required("id", GUID).and_then(|value| {
            let id: PrincipalId = value.parsed()?;
            ids.add(id, &value).map(|()| id)
        });
        let tenant = reader.required("tenant", GUID).and_then(|value| declared.tenant(&value));
        let name = reader.required("name", "\"operators\"").and_then(|value| value.label().map(ToOwned::to_owned));
        let members = match reader.optional("members") {
            Some(value) => value.each("a list of names or object ids", |member| declared.principal(member)),
            None => Ok(Vec::new()),
        };
        if let Ok(name) = &name {
            declared.applications.insert(name.clone(), id);
        }
        Ok(DeclaredGroup { id: id?, tenant: tenant?, display_name: name?, members: members? })
    })
}
