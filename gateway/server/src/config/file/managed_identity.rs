//! `[identity_endpoint]` and `[[managed_identity]]`: which processes on this machine have tokens without a secret.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use portcullis_crypto::{SecretHash, SystemRandom};
use portcullis_identity::RegistrationKind;
use portcullis_management::{DeclaredApplication, DeclaredRegistration};
use portcullis_model::{ApplicationId, PrincipalId};

use super::super::reader::{Noted, Reader, Unique, Value};
use super::declaration::{Declared, GUID};
use super::secret_file;
use crate::managed_identity::{IdentityEndpointConfig, ManagedIdentityConfig};

/// Where the endpoint is, if it is anywhere.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) address: Option<SocketAddr>,
    pub(super) socket: Option<PathBuf>,
    pub(super) header: Option<SecretHash>,
}

/// A managed identity as it is declared, and who may use it.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) application: DeclaredApplication,
    pub(super) registration: DeclaredRegistration,
    pub(super) config: ManagedIdentityConfig,
}

/// Reads `[identity_endpoint]`.
pub(super) fn endpoint(reader: &mut Reader<'_>, folder: &Path) -> Result<Endpoint, Noted> {
    let expected = "an address on loopback with a port, such as `127.0.0.1:50342`";
    let address = reader.optional("address").map(|value| {
        value.parsed_with(expected, |text| text.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback()))
    });
    let socket = reader.optional("socket").map(|value| value.path(folder));
    let header = reader.optional("header_file").map(|value| {
        let value = value.hidden();
        let text = secret_file::read(&value, folder)?;
        SecretHash::new(text.expose().as_bytes(), &SystemRandom::new()).map_err(|error| value.wrong(error.to_string()))
    });
    Ok(Endpoint { address: address.transpose()?, socket: socket.transpose()?, header: header.transpose()? })
}

/// The endpoint with its identities. Identities without it would have no tokens, and it without them would give none.
pub(super) fn joined(
    root: &Reader<'_>,
    endpoint: Endpoint,
    identities: Vec<ManagedIdentityConfig>,
) -> Result<Option<IdentityEndpointConfig>, Noted> {
    let Endpoint { address, socket, header } = endpoint;
    match (address.is_some() || socket.is_some(), identities.is_empty()) {
        (false, true) => Ok(None),
        (false, false) => {
            let message = "managed identities need `[identity_endpoint]` with an `address` or a `socket`";
            Err(root.wrong(Some("managed_identity"), message.to_owned()))
        }
        (true, true) => {
            let message = "nobody could have a token there; add `[[managed_identity]]`, or leave the endpoint out";
            Err(root.wrong(Some("identity_endpoint"), message.to_owned()))
        }
        (true, false) => Ok(Some(IdentityEndpointConfig { address, socket, header, identities })),
    }
}

/// Reads `[[managed_identity]]`.
pub(super) fn identities(
    root: &mut Reader<'_>,
    folder: &Path,
    declared: &mut Declared<'_>,
) -> Result<Vec<Identity>, Noted> {
    let (mut principals, mut clients) = (Unique::new("principal"), Unique::new("client id"));
    root.tables("managed_identity", |reader| {
        let principal = reader.required("principal", GUID).and_then(|value| {
            let principal: PrincipalId = value.parsed()?;
            if declared.applications.values().any(|known| matches!(known, Ok(id) if *id == principal)) {
                return Err(
                    value.wrong("an application, user or managed identity before has this principal".to_owned())
                );
            }
            principals.add(principal, &value).map(|()| principal)
        });
        let client = reader.required("client_id", GUID).and_then(|value| {
            let client: ApplicationId = value.parsed()?;
            clients.add(client, &value).map(|()| client)
        });
        let tenant = reader.required("tenant", GUID).and_then(|value| declared.tenant(&value));
        let name = reader.required("name", "\"worker\"").and_then(|value| {
            let name = value.label()?.to_owned();
            if name.parse::<PrincipalId>().is_ok() || declared.applications.contains_key(&name) {
                return Err(value.wrong("the name is a GUID, or another one's".to_owned()));
            }
            Ok(name)
        });
        if let Ok(name) = &name {
            declared.applications.insert(name.clone(), principal);
        }
        let users = reader.required("users", "[1000]").and_then(|value| value.each("a list of user ids", user));
        let executables = match reader.optional("executables") {
            Some(value) => value.each("a list of programs", |value| program(value, folder)),
            None => Ok(Vec::new()),
        };
        let mut enabled = true;
        reader.set("enabled", &mut enabled, Value::flag);
        let (principal, application, tenant, display_name) = (principal?, client?, tenant?, name?);
        Ok(Identity {
            application: DeclaredApplication {
                principal,
                application,
                tenant,
                display_name: display_name.clone(),
                enabled,
                secret: None,
            },
            registration: DeclaredRegistration {
                tenant,
                application,
                display_name,
                kind: RegistrationKind::ManagedIdentity,
                identifier_uris: Vec::new(),
                redirect_uris: Vec::new(),
                public_client: false,
                certificates: Vec::new(),
                federated: Vec::new(),
            },
            config: ManagedIdentityConfig { tenant, application, principal, users: users?, executables: executables? },
        })
    })
}

/// The id that stands for users of other namespaces is everybody's there.
fn user(value: &Value<'_>) -> Result<u32, Noted> {
    let user = value.integer(0, u32::MAX)?;
    if user == NOBODY || user == u32::MAX {
        return Err(value.wrong(format!("the user id {user} stands for users that the system cannot tell apart")));
    }
    Ok(user)
}

fn program(value: &Value<'_>, folder: &Path) -> Result<PathBuf, Noted> {
    let path = value.path(folder)?;
    path.canonicalize().map_err(|error| value.wrong(format!("the program cannot be found: {error}")))
}

/// What the kernel shows for a user that has no id in a namespace.
const NOBODY: u32 = 65_534;
