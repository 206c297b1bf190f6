//! `[[private_endpoint]]`: private endpoints of vaults.

use portcullis_management::DeclaredPrivateEndpoint;
use portcullis_model::{ConnectionName, ConnectionStatus, PrivateEndpointConnection, PrivateEndpointId, VaultName};

use super::super::reader::{Noted, Reader, Unique};
use super::declaration::Declared;

/// Reads `[[private_endpoint]]`.
pub(super) fn endpoints(root: &mut Reader<'_>, declared: &Declared<'_>) -> Result<Vec<DeclaredPrivateEndpoint>, Noted> {
    let mut names = Unique::new("name of a connection to this vault");
    root.tables("private_endpoint", |reader| endpoint(reader, declared, &mut names))
}

fn endpoint(
    reader: &mut Reader<'_>,
    declared: &Declared<'_>,
    names: &mut Unique<(VaultName, ConnectionName)>,
) -> Result<DeclaredPrivateEndpoint, Noted> {
    let vault = reader.required("vault", "\"team-a\"").and_then(|value| declared.vault(&value));
    let id: Result<PrivateEndpointId, Noted> = reader.required("id", ID).and_then(|value| value.parsed());
    let name = reader.required("name", "\"app\"").and_then(|value| Ok((value.parsed()?, value)));
    let mut status = ConnectionStatus::Pending;
    let known = [("Pending", ConnectionStatus::Pending), ("Approved", ConnectionStatus::Approved)];
    reader.set("status", &mut status, |value| value.one_of(&known));
    let (vault, endpoint, (name, value)) = (vault?.vault, id?, name?);
    names.add((vault.clone(), ConnectionName::clone(&name)), &value)?;
    let connection = PrivateEndpointConnection { name, endpoint, status, description: String::new() };
    Ok(DeclaredPrivateEndpoint { vault, connection })
}

const ID: &str = "\"/subscriptions/<guid>/resourceGroups/<group>/providers/Microsoft.Network/privateEndpoints/<name>\"";
