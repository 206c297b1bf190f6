//! Registrations of applications as JSON for the store.

use portcullis_model::{ApplicationId, PrincipalId, TenantId};
use serde::{Deserialize, Serialize};

use super::{DecodeError, StoredSecret, VERSION};
use crate::{ClientCertificate, ClientSecret, FederatedCredential, Registration, RegistrationKind};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    id: PrincipalId,
    tenant: TenantId,
    application: ApplicationId,
    display_name: String,
    kind: RegistrationKind,
    identifier_uris: Vec<String>,
    redirect_uris: Vec<String>,
    public_client: bool,
    secrets: Vec<StoredSecret>,
    certificates: Vec<StoredCertificate>,
    federated: Vec<FederatedCredential>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCertificate {
    id: String,
    der: String,
}

/// The stored form of a registration.
#[must_use]
pub fn encode_registration(registration: &Registration) -> Vec<u8> {
    let certificate =
        |known: &ClientCertificate| StoredCertificate { id: known.id.clone(), der: hex::encode(&known.der) };
    let stored = Stored {
        id: registration.id,
        tenant: registration.tenant,
        application: registration.application,
        display_name: registration.display_name.clone(),
        kind: registration.kind,
        identifier_uris: registration.identifier_uris.clone(),
        redirect_uris: registration.redirect_uris.clone(),
        public_client: registration.public_client,
        secrets: registration.secrets.iter().map(StoredSecret::from).collect(),
        certificates: registration.certificates.iter().map(certificate).collect(),
        federated: registration.federated.clone(),
    };
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, &stored).expect("ids, text and lists always have a JSON form");
    bytes
}

/// Reads what [`encode_registration`] wrote.
pub fn decode_registration(bytes: &[u8]) -> Result<Registration, DecodeError> {
    let stored: Stored = serde_json::from_slice(super::body(bytes)?).map_err(DecodeError::Json)?;
    let certificate = |known: StoredCertificate| {
        let der = hex::decode(known.der).map_err(DecodeError::SecretHashText)?;
        ClientCertificate::new(known.id, der).map_err(|_| DecodeError::Certificate)
    };
    Ok(Registration {
        id: stored.id,
        tenant: stored.tenant,
        application: stored.application,
        display_name: stored.display_name,
        kind: stored.kind,
        identifier_uris: stored.identifier_uris,
        redirect_uris: stored.redirect_uris,
        public_client: stored.public_client,
        secrets: stored.secrets.into_iter().map(ClientSecret::try_from).collect::<Result<_, _>>()?,
        certificates: stored.certificates.into_iter().map(certificate).collect::<Result<_, _>>()?,
        federated: stored.federated,
    })
}
