//! The control state as a whole: begun in an empty store, told as JSON, and taken into an empty store.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_model::{SubscriptionId, TenantId};
use portcullis_policy::DirectoryFacts as _;
use serde_json::Value;

use crate::record::{FORMAT, Record, StoredSubscription, unreadable};
use crate::service::Change;
use crate::{ControlState, Declaration, Management, ManagementError};

/// A control record as it is told: its key and its content.
pub type Exported = (String, Value);

/// Whether hashes of passwords and of client secrets are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashes {
    /// They are not: whoever takes the state in gives everybody new ones.
    Without,
    /// They are: whoever reads them can guess at them.
    With,
}

impl Management {
    /// Makes the first principals of an empty store, in one write, and a first subscription.
    ///
    /// # Errors
    /// When the store holds control state already, or fails.
    pub async fn begin(
        &self,
        declaration: &Declaration,
        (subscription, tenant): (SubscriptionId, TenantId),
    ) -> Result<u64, ManagementError> {
        let begin = |state: &ControlState| {
            check_empty(state)?;
            let mut puts = declaration.changes(state, self.random())?;
            puts.push(Record::Subscription(StoredSubscription { id: subscription, tenant }));
            Ok((Change { puts, deletes: Vec::new() }, ()))
        };
        self.write(None, begin).await.map(|((), revision)| revision)
    }

    /// Tells tenants, principals, registrations, accounts, groups, subscriptions, resource groups, vaults, roles, role
    /// assignments and deny assignments, in the order of their keys. Deleted vaults, sessions, revocations and the keys
    /// of authenticator apps are not told, and nothing that a vault holds.
    ///
    /// # Errors
    /// When a record is unreadable.
    pub fn export(&self, hashes: Hashes) -> Result<Vec<Exported>, ManagementError> {
        let state = self.state();
        let mut exported = Vec::new();
        for (key, sealed) in &state.sealed {
            let plain = self.open_record(key, sealed)?;
            let (Some(kind), Some((&FORMAT, json))) = (kind(key), plain.split_first()) else { continue };
            let mut value: Value =
                serde_json::from_slice(json).map_err(|_| unreadable(key, "its content is malformed"))?;
            if kind == b'v' && value.get("deleted").is_some_and(|deleted| !deleted.is_null()) {
                continue;
            }
            redact(kind, &mut value, hashes);
            exported.push((String::from_utf8_lossy(key).into_owned(), value));
        }
        Ok(exported)
    }

    /// Takes in what [`Management::export`] told. All of it is read before anything is written.
    ///
    /// # Errors
    /// When the store holds control state already, a record is unreadable, the records do not fit together, or the
    /// store fails.
    pub async fn import(&self, records: &[Exported]) -> Result<u64, ManagementError> {
        check_empty(&self.state())?;
        let read = || records.iter().map(decode).collect::<Result<Vec<Record>, _>>();
        ControlState::new(0, read()?, BTreeMap::new(), Arc::default())?;
        let mut revision = 0;
        for (at, chunk) in records.chunks(RECORDS_PER_WRITE).enumerate() {
            let put = |state: &ControlState| {
                if at == 0 {
                    check_empty(state)?;
                }
                let puts = chunk.iter().map(decode).collect::<Result<Vec<Record>, _>>()?;
                Ok((Change { puts, deletes: Vec::new() }, ()))
            };
            revision = self.write(None, put).await?.1;
        }
        Ok(revision)
    }
}

fn check_empty(state: &ControlState) -> Result<(), ManagementError> {
    if state.revision() == 0 { Ok(()) } else { Err(ManagementError::NotEmpty) }
}

/// The kind of a record that is told at all.
fn kind(key: &[u8]) -> Option<u8> {
    let kind = *key.strip_prefix(crate::record::PREFIX)?.first()?;
    TOLD.contains(&kind).then_some(kind)
}

/// Takes out what is secret, or helps to guess a secret.
fn redact(kind: u8, value: &mut Value, hashes: Hashes) {
    let Value::Object(members) = value else { return };
    match kind {
        b'p' | b'r' if hashes == Hashes::Without => {
            members.insert("secrets".to_owned(), Value::Array(Vec::new()));
        }
        b'u' => {
            members.insert("totp".to_owned(), Value::Null);
            if hashes == Hashes::Without {
                members.insert("password".to_owned(), Value::Null);
            }
        }
        _ => {}
    }
}

fn decode((key, value): &Exported) -> Result<Record, ManagementError> {
    let key = key.as_bytes();
    kind(key).ok_or_else(|| unreadable(key, "its kind is not one that is taken in"))?;
    let mut plain = vec![FORMAT];
    serde_json::to_writer(&mut plain, value).map_err(|_| ManagementError::Seal)?;
    let record = Record::decode(key, &plain)?;
    if record.key() == key { Ok(record) } else { Err(unreadable(key, "its key is not that of its content")) }
}

/// Records of one write, below the store's bound with room for the head.
const RECORDS_PER_WRITE: usize = 50;
/// Tenants, principals, registrations, users' accounts, groups, subscriptions, resource groups, vaults, roles, deny
/// assignments, role assignments.
const TOLD: &[u8] = b"tprugswvfda";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_told_only_if_they_are_asked_for_and_keys_never() {
        let account = || serde_json::json!({"user": "u", "name": "n", "password": "$argon2id$", "totp": "KEY"});
        let mut told = account();
        redact(b'u', &mut told, Hashes::Without);
        assert_eq!(told, serde_json::json!({"user": "u", "name": "n", "password": null, "totp": null}));
        let mut told = account();
        redact(b'u', &mut told, Hashes::With);
        assert_eq!((&told["password"], &told["totp"]), (&"$argon2id$".into(), &Value::Null));
        for kind in [b'p', b'r'] {
            let mut told = serde_json::json!({"secrets": [{"hash": "00"}]});
            redact(kind, &mut told, Hashes::Without);
            assert_eq!(told, serde_json::json!({"secrets": []}));
        }
    }

    #[test]
    fn what_is_taken_in_stands_under_its_own_key() {
        let tenant = "11111111-1111-1111-1111-111111111111";
        let record = |key: &str| decode(&(key.to_owned(), tenant.into()));
        assert!(record(&format!("c/t/{tenant}")).is_ok());
        for key in ["c/t/22222222-2222-2222-2222-222222222222", "c/head", "c/x/00", "c/e/x", "n/x", "", "c/"] {
            assert!(record(key).is_err(), "{key}");
        }
    }
}
