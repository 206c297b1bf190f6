//! Principals as bytes for the store: a version byte, then JSON.

mod account;
mod registration;

use portcullis_crypto::{MalformedSecretHash, SecretHash};
use portcullis_model::{ApplicationId, PrincipalId, TenantId, UnixTime};
use serde::{Deserialize, Serialize};

use crate::{ClientSecret, Principal, PrincipalKind};

pub use account::{decode_account, encode_account};
pub use registration::{decode_registration, encode_registration};

/// The stored form of a principal.
#[must_use]
pub fn encode(principal: &Principal) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, &Stored::from(principal))
        .expect("ids, text, booleans and integers always have a JSON form, and a Vec takes all bytes");
    bytes
}

/// Reads what [`encode`] wrote.
pub fn decode(bytes: &[u8]) -> Result<Principal, DecodeError> {
    serde_json::from_slice::<Stored>(body(bytes)?).map_err(DecodeError::Json)?.try_into()
}

/// The JSON of a record of this version.
fn body(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    match bytes.split_first() {
        None => Err(DecodeError::Empty),
        Some((&VERSION, json)) => Ok(json),
        Some((version, _)) => Err(DecodeError::UnknownVersion(*version)),
    }
}

/// Says why bytes are not a principal, a registration or an account.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// There are none.
    #[error("the record of a principal is empty")]
    Empty,
    /// A later program wrote them.
    #[error("the record of a principal has the unknown version {0}")]
    UnknownVersion(u8),
    /// They do not have the form of this version.
    #[error("the record of a principal is malformed")]
    Json(#[source] serde_json::Error),
    /// A secret's hash is not in hexadecimal digits.
    #[error("the record of a principal holds a secret hash that is not hexadecimal")]
    SecretHashText(#[source] hex::FromHexError),
    /// A secret's hash does not have its form.
    #[error("the record of a principal holds a malformed secret hash")]
    SecretHash(#[source] MalformedSecretHash),
    /// A certificate cannot be read any more.
    #[error("the record of a registration holds a malformed certificate")]
    Certificate,
    /// A password's hash or the key of an authenticator app does not have its form.
    #[error("the record of an account holds a malformed credential")]
    Credential,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    id: PrincipalId,
    tenant: TenantId,
    kind: StoredKind,
    application: Option<ApplicationId>,
    display_name: String,
    enabled: bool,
    groups: Vec<PrincipalId>,
    secrets: Vec<StoredSecret>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredKind {
    ServicePrincipal,
    User,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSecret {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    hash: String,
    expires: Option<UnixTime>,
}

impl From<&Principal> for Stored {
    fn from(principal: &Principal) -> Self {
        Self {
            id: principal.id,
            tenant: principal.tenant,
            kind: match principal.kind {
                PrincipalKind::ServicePrincipal => StoredKind::ServicePrincipal,
                PrincipalKind::User => StoredKind::User,
            },
            application: principal.application,
            display_name: principal.display_name.clone(),
            enabled: principal.enabled,
            groups: principal.groups.clone(),
            secrets: principal.secrets.iter().map(StoredSecret::from).collect(),
        }
    }
}

impl TryFrom<Stored> for Principal {
    type Error = DecodeError;

    fn try_from(stored: Stored) -> Result<Self, DecodeError> {
        Ok(Self {
            id: stored.id,
            tenant: stored.tenant,
            kind: match stored.kind {
                StoredKind::ServicePrincipal => PrincipalKind::ServicePrincipal,
                StoredKind::User => PrincipalKind::User,
            },
            application: stored.application,
            display_name: stored.display_name,
            enabled: stored.enabled,
            groups: stored.groups,
            secrets: stored.secrets.into_iter().map(ClientSecret::try_from).collect::<Result<_, _>>()?,
        })
    }
}

impl From<&ClientSecret> for StoredSecret {
    fn from(secret: &ClientSecret) -> Self {
        Self {
            id: secret.id.clone(),
            name: secret.name.clone(),
            hash: hex::encode(secret.hash.to_bytes()),
            expires: secret.expires,
        }
    }
}

impl TryFrom<StoredSecret> for ClientSecret {
    type Error = DecodeError;

    fn try_from(stored: StoredSecret) -> Result<Self, DecodeError> {
        let hash = hex::decode(stored.hash).map_err(DecodeError::SecretHashText)?;
        Ok(Self {
            id: stored.id,
            name: stored.name,
            hash: SecretHash::from_bytes(&hash).map_err(DecodeError::SecretHash)?,
            expires: stored.expires,
        })
    }
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use portcullis_crypto::SeededRandom;
    use proptest::prelude::*;

    use super::*;

    fn principal() -> Principal {
        Principal {
            id: PrincipalId::from_bytes([1; 16]),
            tenant: TenantId::from_bytes([2; 16]),
            kind: PrincipalKind::ServicePrincipal,
            application: Some(ApplicationId::from_bytes([3; 16])),
            display_name: "Build \u{1F511} \"agent\"".to_owned(),
            enabled: true,
            groups: vec![PrincipalId::from_bytes([4; 16])],
            secrets: vec![ClientSecret {
                id: "first".to_owned(),
                name: Some("first of two".to_owned()),
                hash: SecretHash::new(b"canary", &SeededRandom::new(1)).unwrap(),
                expires: Some(UnixTime(7)),
            }],
        }
    }

    #[test]
    fn a_principal_survives_the_store() {
        let bytes = encode(&principal());
        let read = decode(&bytes).unwrap();
        assert!(read.secrets[0].hash.verify(b"canary"));
        assert_eq!(encode(&read), bytes);
        assert_eq!(format!("{read:?}"), format!("{:?}", principal()));
        assert!(!String::from_utf8(bytes).unwrap().contains("canary"));
    }

    #[test]
    fn refuses_unknown_versions_and_every_truncation() {
        let mut bytes = encode(&principal());
        assert!(matches!(decode(&[]), Err(DecodeError::Empty)));
        for length in 1..bytes.len() {
            assert!(matches!(decode(&bytes[..length]), Err(DecodeError::Json(_))), "{length}");
        }
        bytes[0] = 2;
        assert!(matches!(decode(&bytes), Err(DecodeError::UnknownVersion(2))));
    }

    #[test]
    fn refuses_fields_that_it_does_not_know() {
        let text = String::from_utf8(encode(&principal())).unwrap();
        let more = text.replace("\"enabled\"", "\"admin\":true,\"enabled\"");
        assert!(matches!(decode(more.as_bytes()), Err(DecodeError::Json(_))));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let _ = decode(&[&[VERSION], bytes.as_slice()].concat());
        }
    }
}
