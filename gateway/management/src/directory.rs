//! The directory as it is administered through its REST plane: one function each, state and arguments in, change and
//! outcome out. Every call concerns the caller's own tenant; objects of others do not exist for it.
//!
//! What the configuration declares is read only here: the file is the truth for it, and would undo a change.

mod applications;
mod describe;
mod find;
mod groups;
mod list;
mod refusal;
mod secrets;
mod users;

use std::collections::HashSet;

use portcullis_crypto::PasswordHash;
use portcullis_model::directory::{DirectoryCall, DirectoryOutcome, ObjectType};
use portcullis_model::{ApplicationId, PrincipalId, SecretText, TenantId, UnixTime};

use crate::record::{Record, SignedOut};
use crate::service::Change;
use crate::{ControlState, Declaration, ManagementError};

pub use refusal::DirectoryRefusal;
pub(crate) use secrets::{NewSecret, reveal};

/// Who asks, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) tenant: TenantId,
    pub(crate) principal: PrincipalId,
    pub(crate) now: UnixTime,
}

/// What was made for a call before the state was looked at.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    pub(crate) password: Option<PasswordHash>,
    pub(crate) secret: Option<&'a NewSecret>,
}

/// What the configuration declares of the directory.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    objects: HashSet<PrincipalId>,
    applications: HashSet<(TenantId, ApplicationId)>,
}

impl Declared {
    pub(crate) fn of(declaration: &Declaration) -> Self {
        let applications = declaration.applications.iter().map(|it| it.principal);
        let users = declaration.users.iter().map(|it| it.principal);
        let groups = declaration.groups.iter().map(|it| it.id);
        let of_applications = declaration.applications.iter().map(|it| (it.tenant, it.application));
        let registrations = declaration.registrations.iter().map(|it| (it.tenant, it.application));
        Self {
            objects: applications.chain(users).chain(groups).collect(),
            applications: of_applications.chain(registrations).collect(),
        }
    }

    /// Refuses what would change a declared user, group or service principal.
    fn check(&self, id: PrincipalId) -> Result<(), DirectoryRefusal> {
        if self.objects.contains(&id) { Err(DirectoryRefusal::Declared { id }) } else { Ok(()) }
    }

    /// Refuses what would change the registration of a declared application.
    fn check_application(&self, id: PrincipalId, key: (TenantId, ApplicationId)) -> Result<(), DirectoryRefusal> {
        if self.applications.contains(&key) { Err(DirectoryRefusal::Declared { id }) } else { Ok(()) }
    }
}

/// Answers a call that changes nothing.
pub(crate) fn read(
    state: &ControlState,
    call: &DirectoryCall,
    asker: Asker,
) -> Result<DirectoryOutcome, ManagementError> {
    list::read(state, call, asker.tenant)
}

/// Takes the password out of a call, if it brings one and it can be one.
pub(crate) fn password(call: &mut DirectoryCall) -> Result<Option<SecretText>, DirectoryRefusal> {
    let password = match call {
        DirectoryCall::UserCreate(wanted) => wanted.password.take(),
        DirectoryCall::UserUpdate { changes, .. } => changes.password.take(),
        _ => None,
    };
    let fits = |password: &SecretText| {
        let text = password.expose();
        text.len() <= PasswordHash::MAX_BYTES && text.chars().count() >= PasswordHash::MIN_CHARACTERS
    };
    if password.as_ref().is_none_or(fits) {
        return Ok(password);
    }
    let (fewest, most) = (PasswordHash::MIN_CHARACTERS, PasswordHash::MAX_BYTES);
    let why = format!("a password has at least {fewest} characters and at most {most} bytes");
    Err(DirectoryRefusal::Invalid { property: "passwordProfile.password", why })
}

/// Carries out a call that changes something.
pub(crate) fn write(
    state: &ControlState,
    declared: &Declared,
    call: &DirectoryCall,
    prepared: &Prepared<'_>,
    asker: Asker,
) -> Result<(Change, DirectoryOutcome), ManagementError> {
    let context = Context { state, declared, asker };
    match call {
        DirectoryCall::UserCreate(wanted) => context.user_create(wanted, prepared.password.clone()),
        DirectoryCall::UserUpdate { user, changes } => context.user_update(user, changes, prepared.password.clone()),
        DirectoryCall::Delete { of: ObjectType::User, object } => context.user_delete(object),
        DirectoryCall::GroupCreate(changes) => context.group_create(changes),
        DirectoryCall::GroupUpdate { group, changes } => context.group_update(group, changes),
        DirectoryCall::Delete { of: ObjectType::Group, object } => context.group_delete(object),
        DirectoryCall::MemberAdd { group, member } => context.member_add(group, *member),
        DirectoryCall::MemberRemove { group, member } => context.member_remove(group, *member),
        DirectoryCall::ApplicationCreate(changes) => context.application_create(changes),
        DirectoryCall::ApplicationUpdate { application, changes } => context.application_update(application, changes),
        DirectoryCall::Delete { of: ObjectType::Application, object } => context.application_delete(object),
        DirectoryCall::PrincipalCreate { application, enabled } => context.principal_create(*application, *enabled),
        DirectoryCall::PrincipalUpdate { principal, display_name, enabled } => {
            context.principal_update(principal, display_name.as_ref(), *enabled)
        }
        DirectoryCall::Delete { of: ObjectType::ServicePrincipal, object } => context.principal_delete(object),
        DirectoryCall::SignOut { of, object } => context.sign_out(*of, object),
        DirectoryCall::TokenRevoke { id, ends } => context.token_revoke(id, *ends),
        DirectoryCall::PasswordAdd { of, object, wanted } => {
            context.password_add(*of, object, wanted, prepared.secret.ok_or(ManagementError::Seal)?)
        }
        DirectoryCall::PasswordRemove { of, object, key } => context.password_remove(*of, object, key),
        DirectoryCall::List { .. }
        | DirectoryCall::Get { .. }
        | DirectoryCall::MemberList { .. }
        | DirectoryCall::ByIds { .. }
        | DirectoryCall::MemberGroups { .. }
        | DirectoryCall::MemberCheck { .. }
        | DirectoryCall::MemberOf { .. }
        | DirectoryCall::OwnerList { .. } => Ok((Change::none(), read(state, call, asker)?)),
    }
}

/// What a write looks at.
struct Context<'a> {
    state: &'a ControlState,
    declared: &'a Declared,
    asker: Asker,
}

impl Context<'_> {
    /// All objects of a tenant are held in memory, and each write reads all of them again.
    fn check_room(&self) -> Result<(), DirectoryRefusal> {
        let (directory, tenant) = (self.state.directory(), self.asker.tenant);
        let principals = directory.principals().filter(|it| it.tenant == tenant).count();
        let groups = directory.groups().filter(|it| it.tenant == tenant).count();
        let registrations = directory.registrations().filter(|it| it.tenant == tenant).count();
        if principals + groups + registrations < MOST_OBJECTS {
            return Ok(());
        }
        Err(DirectoryRefusal::Full { most: MOST_OBJECTS, what: "objects of a tenant" })
    }

    /// Whoever removes or disables himself may be the last who could undo it.
    fn check_not_self(&self, id: PrincipalId) -> Result<(), DirectoryRefusal> {
        if id == self.asker.principal { Err(DirectoryRefusal::Oneself) } else { Ok(()) }
    }

    /// That a principal's sessions and tokens of up to now are over.
    fn signed_out(&self, principal: PrincipalId) -> Record {
        // Times are whole seconds, and what was issued in this one is over too.
        Record::SignedOut(SignedOut { principal, before: self.asker.now.plus(1) })
    }

    fn sign_out(
        &self,
        of: ObjectType,
        object: &portcullis_model::directory::ObjectRef,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let principal = match of {
            ObjectType::ServicePrincipal => self.find().service_principal(object)?,
            ObjectType::User | ObjectType::Group | ObjectType::Application => self.find().user(object)?,
        };
        let puts = vec![self.signed_out(principal.id)];
        Ok((Change { puts, deletes: Vec::new() }, DirectoryOutcome::SignedOut))
    }

    fn token_revoke(&self, id: &[u8], ends: Option<UnixTime>) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let now = self.asker.now;
        let ends = ends.unwrap_or_else(|| now.plus(LONGEST_TOKEN));
        if ends <= now || ends > now.plus(LONGEST_REVOCATION) {
            let why = "the token would be over already, or ends more than a year from now".to_owned();
            return Err(DirectoryRefusal::Invalid { property: "endDateTime", why }.into());
        }
        let change = crate::revocations::by_administrator(self.state, self.asker.tenant, id, ends, now)?;
        Ok((change, DirectoryOutcome::Done))
    }

    const fn find(&self) -> find::Find<'_> {
        find::Find { directory: self.state.directory(), tenant: self.asker.tenant }
    }
}

/// No token of ours is valid for longer, in seconds.
const LONGEST_TOKEN: i64 = 86_400;
/// Tokens of other issuers may be; a year, in seconds.
const LONGEST_REVOCATION: i64 = 366 * 86_400;
/// Objects of a tenant: users, groups, registrations and service principals.
const MOST_OBJECTS: usize = 20_000;
