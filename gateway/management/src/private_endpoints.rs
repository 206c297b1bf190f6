//! The connections of private endpoints: read, approved, rejected, removed. They are made by the configuration, which
//! says where what they bring comes in.

use portcullis_model::management::{Approval, ManagementOutcome};
use portcullis_model::{ConnectionName, ConnectionStatus, PrivateEndpointConnection, VaultPath};

use crate::access::Writer;
use crate::execute::find;
use crate::record::StoredVault;
use crate::service::Change;
use crate::vaults::put_changed;
use crate::{ControlState, ManagementError, VaultView};

type Done = Result<(Change, ManagementOutcome), ManagementError>;

fn place(view: &VaultView, name: &ConnectionName) -> Option<usize> {
    view.stored.private_endpoints.iter().position(|known| known.name == *name && known.is_there())
}

fn not_found(name: &ConnectionName) -> ManagementError {
    ManagementError::PrivateEndpointConnectionNotFound { name: name.clone() }
}

pub(crate) fn get(
    state: &ControlState,
    vault: &VaultPath,
    name: &ConnectionName,
) -> Result<ManagementOutcome, ManagementError> {
    let view = find(state, vault)?;
    let found = place(view, name).and_then(|at| view.stored.private_endpoints.get(at));
    let found = found.ok_or_else(|| not_found(name))?;
    Ok(ManagementOutcome::PrivateEndpointConnection(view.facts.path.clone(), found.clone()))
}

/// Approves or rejects a connection, which counts for the next request on any connection of clients.
pub(crate) fn put(
    state: &ControlState,
    vault: &VaultPath,
    name: &ConnectionName,
    (approve, description): (Approval, &str),
    writer: Writer,
) -> Done {
    let view = find(state, vault)?;
    let mut stored = view.stored.clone();
    let at = place(view, name).ok_or_else(|| not_found(name))?;
    let connection = stored.private_endpoints.get_mut(at).ok_or_else(|| not_found(name))?;
    connection.status = match approve {
        Approval::Approve => ConnectionStatus::Approved,
        Approval::Reject => ConnectionStatus::Rejected,
    };
    description.clone_into(&mut connection.description);
    let told = connection.clone();
    let (change, described) = put_changed(state, view, stored, writer);
    Ok((change, ManagementOutcome::PrivateEndpointConnection(described.path, told)))
}

/// Removes a connection. That it was there is kept, so that the next start does not make it anew.
pub(crate) fn delete(state: &ControlState, vault: &VaultPath, name: &ConnectionName, writer: Writer) -> Done {
    let view = find(state, vault)?;
    let Some(at) = place(view, name) else { return Ok((Change::none(), ManagementOutcome::Removed(false))) };
    let mut stored = view.stored.clone();
    if let Some(connection) = stored.private_endpoints.get_mut(at) {
        connection.status = ConnectionStatus::Disconnected;
    }
    let (change, _) = put_changed(state, view, stored, writer);
    Ok((change, ManagementOutcome::Removed(true)))
}

/// The connections of a vault that is deleted.
pub(crate) fn disconnected(stored: &StoredVault) -> Vec<PrivateEndpointConnection> {
    let disconnect = |connection: &PrivateEndpointConnection| PrivateEndpointConnection {
        status: ConnectionStatus::Disconnected,
        ..connection.clone()
    };
    stored.private_endpoints.iter().map(disconnect).collect()
}
