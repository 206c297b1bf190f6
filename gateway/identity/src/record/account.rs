//! Accounts of users as JSON for the store.

use portcullis_crypto::{PasswordHash, TotpKey};
use portcullis_model::PrincipalId;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::{DecodeError, VERSION};
use crate::Account;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    user: PrincipalId,
    name: String,
    password: Option<String>,
    totp: Option<String>,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.totp.zeroize();
    }
}

/// The stored form of an account.
#[must_use]
pub fn encode_account(account: &Account) -> Zeroizing<Vec<u8>> {
    let stored = Stored {
        user: account.user,
        name: account.name.clone(),
        password: account.password.as_ref().map(PasswordHash::to_text),
        totp: account.totp.as_ref().map(|key| std::mem::take(&mut *key.to_base32())),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(512));
    bytes.push(VERSION);
    serde_json::to_writer(&mut *bytes, &stored).expect("ids and text always have a JSON form");
    bytes
}

/// Reads what [`encode_account`] wrote.
pub fn decode_account(bytes: &[u8]) -> Result<Account, DecodeError> {
    let mut stored: Stored = serde_json::from_slice(super::body(bytes)?).map_err(DecodeError::Json)?;
    let password = stored.password.as_deref().map(PasswordHash::from_text).transpose();
    let totp = stored.totp.as_deref().map(TotpKey::from_base32).transpose();
    Ok(Account {
        user: stored.user,
        name: std::mem::take(&mut stored.name),
        password: password.map_err(|_| DecodeError::Credential)?,
        totp: totp.map_err(|_| DecodeError::Credential)?,
    })
}

#[cfg(test)]
mod tests {
    use portcullis_crypto::SeededRandom;

    use super::*;

    #[test]
    fn an_account_survives_the_store() {
        let random = SeededRandom::new(1);
        let account = Account {
            user: PrincipalId::from_bytes([1; 16]),
            name: "ada@example.com".to_owned(),
            password: Some(PasswordHash::new(b"canary", &random).unwrap()),
            totp: Some(TotpKey::generate(&random).unwrap()),
        };
        assert_eq!(decode_account(&encode_account(&account)).unwrap(), account);
        let bare = Account { password: None, totp: None, ..account };
        assert_eq!(decode_account(&encode_account(&bare)).unwrap(), bare);
        assert!(matches!(decode_account(&[2]), Err(DecodeError::UnknownVersion(2))));
        let text = format!("{bare:?}");
        assert!(!text.contains("canary"));
    }
}
