//! `[[application]]`: who may sign in.

use std::path::Path;

use portcullis_management::{DeclaredApplication, DeclaredRegistration};
use portcullis_model::{ApplicationId, PrincipalId};

use super::super::reader::{Noted, Reader, Unique, Value};
use super::declaration::{Declared, GUID};
use super::{registration, secret_file};

/// Reads `[[application]]`.
pub(super) fn applications(
    root: &mut Reader<'_>,
    folder: &Path,
    declared: &mut Declared<'_>,
) -> Result<Vec<(DeclaredApplication, DeclaredRegistration)>, Noted> {
    let mut taken = Taken {
        principals: Unique::new("principal"),
        clients: Unique::new("client id"),
        names: Unique::new("application name"),
    };
    root.tables("application", |reader| application(reader, folder, declared, &mut taken))
}

struct Taken {
    principals: Unique<PrincipalId>,
    clients: Unique<ApplicationId>,
    names: Unique<String>,
}

/// No value but the name is shown in messages: a secret is easily written beside the id that it belongs to.
fn application(
    reader: &mut Reader<'_>,
    folder: &Path,
    declared: &mut Declared<'_>,
    taken: &mut Taken,
) -> Result<(DeclaredApplication, DeclaredRegistration), Noted> {
    let principal = reader.required("principal", GUID).map(Value::hidden).and_then(|value| {
        let principal = value.parsed()?;
        taken.principals.add(principal, &value).map(|()| principal)
    });
    let client = reader.required("client_id", GUID).map(Value::hidden).and_then(|value| {
        let client = value.parsed()?;
        taken.clients.add(client, &value).map(|()| client)
    });
    let tenant = reader.required("tenant", GUID).map(Value::hidden).and_then(|value| declared.tenant(&value));
    let name = reader.required("name", "\"backup\"").and_then(|value| name(&value, &mut taken.names));
    if let Ok(name) = &name {
        declared.applications.insert(name.clone(), principal);
    }
    let mut enabled = true;
    reader.set("enabled", &mut enabled, Value::flag);
    let secret = reader.optional("secret_file").map(|value| secret_file::read(&value.hidden(), folder)).transpose();
    let credentials = registration::read(reader, folder);
    let (client, tenant, name) = (client?, tenant?, name?);
    let registration = credentials?.of(tenant, client, &name);
    let application = DeclaredApplication {
        principal: principal?,
        application: client,
        tenant,
        display_name: name,
        enabled,
        secret: secret?,
    };
    Ok((application, registration))
}

/// Role assignments refer to names as well as to GUIDs, so no name may look like one.
fn name(value: &Value<'_>, names: &mut Unique<String>) -> Result<String, Noted> {
    let name = value.label()?.to_owned();
    if name.parse::<PrincipalId>().is_ok() {
        return Err(value.wrong("an application's name cannot be a GUID; choose a name for people".to_owned()));
    }
    names.add(name.clone(), value)?;
    Ok(name)
}
