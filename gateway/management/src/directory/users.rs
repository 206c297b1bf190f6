//! Users: made, changed, removed.

use portcullis_crypto::PasswordHash;
use portcullis_identity::{Account, Principal, PrincipalKind};
use portcullis_model::PrincipalId;
use portcullis_model::directory::{DirectoryOutcome, ObjectRef, UserChanges, WantedUser};

use super::{Context, DirectoryRefusal};
use crate::ManagementError;
use crate::record::{Record, account_key, principal_key, signed_out_key};
use crate::service::Change;

impl Context<'_> {
    pub(super) fn user_create(
        &self,
        wanted: &WantedUser,
        password: Option<PasswordHash>,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        self.check_room()?;
        let id = PrincipalId::random();
        let name = self.free_name(&wanted.name, id)?;
        let principal = Principal {
            id,
            tenant: self.asker.tenant,
            kind: PrincipalKind::User,
            application: None,
            display_name: wanted.display_name.clone(),
            enabled: wanted.enabled,
            groups: Vec::new(),
            secrets: Vec::new(),
        };
        let account = Account { user: id, name: name.clone(), password, totp: None };
        let outcome = portcullis_model::directory::DirectoryObject::User {
            id,
            name: Some(name),
            display_name: principal.display_name.clone(),
            enabled: principal.enabled,
        };
        let puts = vec![Record::Principal(Box::new(principal)), Record::Account(Box::new(account))];
        Ok((Change { puts, deletes: Vec::new() }, DirectoryOutcome::Created(Box::new(outcome))))
    }

    /// Whoever is disabled, or has another password, is signed out: tokens of before stay over when they are enabled
    /// again.
    pub(super) fn user_update(
        &self,
        user: &ObjectRef,
        changes: &UserChanges,
        password: Option<PasswordHash>,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let stored = self.find().user(user)?;
        self.declared.check(stored.id)?;
        let disables = changes.enabled == Some(false) && stored.enabled;
        if disables {
            self.check_not_self(stored.id)?;
        }
        let changed = Principal {
            display_name: changes.display_name.clone().unwrap_or_else(|| stored.display_name.clone()),
            enabled: changes.enabled.unwrap_or(stored.enabled),
            // Those of groups come from the groups.
            groups: Vec::new(),
            ..Principal::clone(stored)
        };
        let mut puts = vec![Record::Principal(Box::new(changed))];
        let resets = password.is_some();
        if resets || changes.name.is_some() {
            let account = self.state.directory().account(stored.id);
            let name = match &changes.name {
                Some(name) => self.free_name(name, stored.id)?,
                None => account.map(|account| account.name.clone()).ok_or_else(|| DirectoryRefusal::Invalid {
                    property: "passwordProfile.password",
                    why: "the user has no name to sign in with; give userPrincipalName as well".to_owned(),
                })?,
            };
            let password = password.or_else(|| account.and_then(|account| account.password.clone()));
            let totp = account.and_then(|account| account.totp.clone());
            puts.push(Record::Account(Box::new(Account { user: stored.id, name, password, totp })));
        }
        if disables || resets {
            puts.push(self.signed_out(stored.id));
        }
        Ok((Change { puts, deletes: Vec::new() }, DirectoryOutcome::Done))
    }

    pub(super) fn user_delete(&self, user: &ObjectRef) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let stored = self.find().user(user)?;
        self.declared.check(stored.id)?;
        self.check_not_self(stored.id)?;
        let mut change = self.out_of_groups(stored.id);
        change.deletes.extend([
            principal_key(stored.id).into_bytes(),
            account_key(stored.id).into_bytes(),
            signed_out_key(stored.id).into_bytes(),
        ]);
        Ok((change, DirectoryOutcome::Done))
    }

    /// A name to sign in with, which nobody else in any tenant has.
    fn free_name(&self, name: &str, user: PrincipalId) -> Result<String, DirectoryRefusal> {
        let property = "userPrincipalName";
        let folded = Account::fold_name(name).ok_or_else(|| DirectoryRefusal::Invalid {
            property,
            why: "a name is like ada@example.com, with at most 64 letters, digits and `._-'+!#^~` before the @"
                .to_owned(),
        })?;
        match self.state.directory().account_named(&folded) {
            Some(known) if known.user != user => Err(DirectoryRefusal::Taken { property }),
            Some(_) | None => Ok(folded),
        }
    }
}
