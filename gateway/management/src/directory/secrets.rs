//! Secrets of applications. The gateway makes them, shows them once and keeps a hash.

use std::fmt;

use portcullis_crypto::jose::base64url;
use portcullis_crypto::{Random, SecretHash};
use portcullis_identity::{ClientSecret, Principal, Registration};
use portcullis_model::directory::{DirectoryOutcome, ObjectRef, ObjectType, PasswordDescription, WantedPassword};
use portcullis_model::{PrincipalId, SecretText};
use zeroize::Zeroizing;

use super::{Context, DirectoryRefusal, describe, find};
use crate::ManagementError;
use crate::record::Record;
use crate::service::Change;

/// A secret that was just made.
pub(crate) struct NewSecret {
    id: String,
    hash: SecretHash,
    text: SecretText,
}

impl NewSecret {
    /// Makes a secret of 256 random bits.
    pub(crate) fn make(random: &dyn Random) -> Result<Self, ManagementError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut *bytes).map_err(|_| ManagementError::Seal)?;
        let text = SecretText::new(base64url::encode(&*bytes));
        let hash = SecretHash::new(text.expose().as_bytes(), random).map_err(|_| ManagementError::Seal)?;
        Ok(Self { id: PrincipalId::random().to_string(), hash, text })
    }
}

impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSecret").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Puts the secret into the outcome that tells of it, once it is stored.
pub(crate) fn reveal(outcome: DirectoryOutcome, secret: Option<NewSecret>) -> DirectoryOutcome {
    match (outcome, secret) {
        (DirectoryOutcome::Password(told, _), Some(secret)) => DirectoryOutcome::Password(told, secret.text),
        (other, _) => other,
    }
}

impl Context<'_> {
    pub(super) fn password_add(
        &self,
        of: ObjectType,
        object: &ObjectRef,
        wanted: &WantedPassword,
        made: &NewSecret,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let now = self.asker.now;
        let invalid = |property, why: &str| DirectoryRefusal::Invalid { property, why: why.to_owned() };
        if wanted.starts.is_some_and(|starts| starts > now.plus(CLOCK_SKEW)) {
            let why = "a secret is accepted from the moment on that it is made";
            return Err(invalid("passwordCredential.startDateTime", why).into());
        }
        let expires = wanted.expires.unwrap_or_else(|| now.plus(USUAL_SECONDS));
        if expires <= now {
            return Err(invalid("passwordCredential.endDateTime", "the secret would be over already").into());
        }
        let secret = ClientSecret {
            id: made.id.clone(),
            name: wanted.name.clone(),
            hash: made.hash.clone(),
            expires: Some(expires),
        };
        let told: PasswordDescription = describe::password(&secret);
        let change = self.with_secrets(of, object, |secrets| {
            // Those that are over make room.
            secrets.retain(|known| known.expires.is_none_or(|expires| now < expires));
            if secrets.len() >= MOST_SECRETS {
                return Err(DirectoryRefusal::Full { most: MOST_SECRETS, what: "secrets of an application" });
            }
            secrets.push(secret);
            Ok(())
        })?;
        Ok((change, DirectoryOutcome::Password(told, SecretText::new(String::new()))))
    }

    pub(super) fn password_remove(
        &self,
        of: ObjectType,
        object: &ObjectRef,
        key: &str,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let change = self.with_secrets(of, object, |secrets| {
            let before = secrets.len();
            secrets.retain(|known| known.id != key);
            if secrets.len() == before {
                return Err(find::not_found("secret", &ObjectRef::Name(key.to_owned())));
            }
            Ok(())
        })?;
        Ok((change, DirectoryOutcome::Done))
    }

    fn with_secrets(
        &self,
        of: ObjectType,
        object: &ObjectRef,
        change: impl FnOnce(&mut Vec<ClientSecret>) -> Result<(), DirectoryRefusal>,
    ) -> Result<Change, DirectoryRefusal> {
        let record = if of == ObjectType::ServicePrincipal {
            let stored = self.find().service_principal(object)?;
            self.declared.check(stored.id)?;
            // Groups come from the groups.
            let mut changed = Principal { groups: Vec::new(), ..Principal::clone(stored) };
            change(&mut changed.secrets)?;
            Record::Principal(Box::new(changed))
        } else {
            let stored = self.find().registration(object)?;
            self.declared.check_application(stored.id, (stored.tenant, stored.application))?;
            let mut changed = Registration::clone(stored);
            change(&mut changed.secrets)?;
            Record::Registration(Box::new(changed))
        };
        Ok(Change { puts: vec![record], deletes: Vec::new() })
    }
}

/// By how much a client's clock may be ahead of ours.
const CLOCK_SKEW: i64 = 300;
/// For how long a secret is accepted whose end is not said: two years, as in the reference.
const USUAL_SECONDS: i64 = 730 * 86_400;
const MOST_SECRETS: usize = 20;
