//! Calls about the directory of the caller's tenant: users, groups, registrations of applications, service principals.

use crate::{ApplicationId, Operation, PrincipalId, SecretText, UnixTime};

/// The greatest number of objects that are asked for by their ids at once, as in the reference.
pub const MOST_IDS: usize = 1_000;
/// The greatest page of a list.
pub const MOST_LISTED: usize = 999;

/// What an object of the directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectType {
    /// A person.
    User,
    /// A group.
    Group,
    /// The registration of an application.
    Application,
    /// An application's presence in the tenant.
    ServicePrincipal,
}

/// Which object: by its id, or a user by the name that they sign in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectRef {
    /// By object id.
    Id(PrincipalId),
    /// By name.
    Name(String),
}

/// A property that a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// `id`
    Id,
    /// `appId`
    ApplicationId,
    /// `displayName`
    DisplayName,
    /// `userPrincipalName`
    UserName,
    /// `mailNickname`
    Nickname,
    /// `identifierUris`, one of them.
    IdentifierUris,
    /// `servicePrincipalNames`, one of them.
    Names,
}

/// What a property must be like. Texts are compared without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Equal to a text.
    Equals(String),
    /// Beginning with a text.
    StartsWith(String),
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// All of these must hold.
    pub terms: Vec<(Property, Test)>,
    /// Objects after this id.
    pub after: Option<PrincipalId>,
    /// As many at most.
    pub most: usize,
}

/// A user as it is asked for.
#[derive(Debug)]
pub struct WantedUser {
    /// The name that they sign in with.
    pub name: String,
    /// A name for people.
    pub display_name: String,
    /// Whether they may act.
    pub enabled: bool,
    /// Their password.
    pub password: Option<SecretText>,
}

/// A change of a user; what is absent stays.
#[derive(Debug, Default)]
pub struct UserChanges {
    /// The name that they sign in with.
    pub name: Option<String>,
    /// A name for people.
    pub display_name: Option<String>,
    /// Whether they may act.
    pub enabled: Option<bool>,
    /// Their password.
    pub password: Option<SecretText>,
}

/// A change of a group; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupChanges {
    /// A name for people.
    pub display_name: Option<String>,
    /// Words for people; empty removes them.
    pub description: Option<String>,
    /// A short name.
    pub nickname: Option<String>,
}

/// Certificates that an application shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedCertificate {
    /// One that it has already, by its id.
    Known(String),
    /// A new one.
    New {
        /// Its id.
        id: String,
        /// The certificate in DER form.
        der: Vec<u8>,
    },
}

/// A change of an application, or a new one; what is absent stays, or is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationChanges {
    /// A name for people.
    pub display_name: Option<String>,
    /// The names under which tokens for the application itself are asked.
    pub identifier_uris: Option<Vec<String>>,
    /// Where people are sent back to.
    pub redirect_uris: Option<Vec<String>>,
    /// Whether it may act without showing who it is.
    pub public_client: Option<bool>,
    /// Its certificates.
    pub certificates: Option<Vec<WantedCertificate>>,
}

/// A secret as it is asked for. The gateway makes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedPassword {
    /// A name for people.
    pub name: Option<String>,
    /// From when on it is accepted: no later than it is made.
    pub starts: Option<UnixTime>,
    /// From when on it is not accepted.
    pub expires: Option<UnixTime>,
}

/// What can be asked of the directory.
#[derive(Debug)]
pub enum DirectoryCall {
    /// Lists objects.
    List {
        /// Of which type.
        of: ObjectType,
        /// Which ones.
        selection: Selection,
    },
    /// Reads an object.
    Get {
        /// Of which type.
        of: ObjectType,
        /// Which one.
        object: ObjectRef,
    },
    /// Removes an object.
    Delete {
        /// Of which type.
        of: ObjectType,
        /// Which one.
        object: ObjectRef,
    },
    /// Makes a user.
    UserCreate(WantedUser),
    /// Changes a user.
    UserUpdate {
        /// Which one.
        user: ObjectRef,
        /// How.
        changes: UserChanges,
    },
    /// Makes a group, with a name.
    GroupCreate(GroupChanges),
    /// Changes a group.
    GroupUpdate {
        /// Which one.
        group: ObjectRef,
        /// How.
        changes: GroupChanges,
    },
    /// Registers an application, with a name.
    ApplicationCreate(ApplicationChanges),
    /// Changes the registration of an application.
    ApplicationUpdate {
        /// Which one.
        application: ObjectRef,
        /// How.
        changes: ApplicationChanges,
    },
    /// Makes the service principal of an application.
    PrincipalCreate {
        /// The application.
        application: ApplicationId,
        /// Whether it may act.
        enabled: bool,
    },
    /// Changes a service principal.
    PrincipalUpdate {
        /// Which one.
        principal: ObjectRef,
        /// A name for people.
        display_name: Option<String>,
        /// Whether it may act.
        enabled: Option<bool>,
    },
    /// Ends all sessions and tokens of a user or a service principal.
    SignOut {
        /// Of which type.
        of: ObjectType,
        /// Which one.
        object: ObjectRef,
    },
    /// Ends a token, and those made from it.
    TokenRevoke {
        /// The revocation id of one of its blocks, 16 to 64 bytes.
        id: Vec<u8>,
        /// From when on the token would have ended anyway; a day from now if nothing is said.
        ends: Option<UnixTime>,
    },
    /// Gives an application a secret.
    PasswordAdd {
        /// Whether its registration or its service principal is named.
        of: ObjectType,
        /// Which one.
        object: ObjectRef,
        /// The secret.
        wanted: WantedPassword,
    },
    /// Takes a secret from an application.
    PasswordRemove {
        /// Whether its registration or its service principal is named.
        of: ObjectType,
        /// Which one.
        object: ObjectRef,
        /// The secret's id.
        key: String,
    },
    /// Lists who is in a group directly.
    MemberList {
        /// The group.
        group: ObjectRef,
        /// Which part of the list.
        selection: Selection,
    },
    /// Takes somebody into a group.
    MemberAdd {
        /// The group.
        group: ObjectRef,
        /// Whom.
        member: PrincipalId,
    },
    /// Takes somebody out of a group.
    MemberRemove {
        /// The group.
        group: ObjectRef,
        /// Whom.
        member: PrincipalId,
    },
    /// Reads objects by their ids, at most [`MOST_IDS`].
    ByIds {
        /// The ids.
        ids: Vec<PrincipalId>,
        /// Of which types; all if none is named.
        types: Vec<ObjectType>,
    },
    /// Tells the ids of the groups that somebody is in, directly or not.
    MemberGroups {
        /// Who.
        object: ObjectRef,
    },
    /// Tells in which of some groups somebody is.
    MemberCheck {
        /// Who.
        object: ObjectRef,
        /// The groups.
        groups: Vec<PrincipalId>,
    },
    /// Lists the groups that somebody is in directly.
    MemberOf {
        /// Who.
        object: ObjectRef,
        /// Which part of the list.
        selection: Selection,
    },
    /// Lists the owners of an object.
    OwnerList {
        /// Of which object.
        object: ObjectRef,
    },
}

impl DirectoryCall {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        use {ObjectType as T, Operation as O};
        match self {
            Self::List { of: T::User, .. } => O::DirectoryUserList,
            Self::List { of: T::Group, .. } => O::DirectoryGroupList,
            Self::List { of: T::Application, .. } => O::DirectoryApplicationList,
            Self::List { of: T::ServicePrincipal, .. } => O::DirectoryPrincipalList,
            Self::Get { of: T::User, .. } => O::DirectoryUserGet,
            Self::Get { of: T::Group, .. } => O::DirectoryGroupGet,
            Self::Get { of: T::Application, .. } => O::DirectoryApplicationGet,
            Self::Get { of: T::ServicePrincipal, .. } => O::DirectoryPrincipalGet,
            Self::Delete { of: T::User, .. } => O::DirectoryUserDelete,
            Self::Delete { of: T::Group, .. } => O::DirectoryGroupDelete,
            Self::Delete { of: T::Application, .. } => O::DirectoryApplicationDelete,
            Self::Delete { of: T::ServicePrincipal, .. } => O::DirectoryPrincipalDelete,
            Self::UserCreate(_) => O::DirectoryUserCreate,
            Self::UserUpdate { .. } => O::DirectoryUserUpdate,
            Self::GroupCreate(_) => O::DirectoryGroupCreate,
            Self::GroupUpdate { .. } => O::DirectoryGroupUpdate,
            Self::ApplicationCreate(_) => O::DirectoryApplicationCreate,
            Self::ApplicationUpdate { .. } => O::DirectoryApplicationUpdate,
            Self::PrincipalCreate { .. } => O::DirectoryPrincipalCreate,
            Self::PrincipalUpdate { .. } => O::DirectoryPrincipalUpdate,
            Self::SignOut { of: T::ServicePrincipal, .. } => O::DirectoryPrincipalSignOut,
            Self::SignOut { of: T::User | T::Group | T::Application, .. } => O::DirectoryUserSignOut,
            Self::TokenRevoke { .. } => O::DirectoryTokenRevoke,
            Self::PasswordAdd { of: T::ServicePrincipal, .. } => O::DirectoryPrincipalPasswordAdd,
            Self::PasswordAdd { of: T::User | T::Group | T::Application, .. } => O::DirectoryApplicationPasswordAdd,
            Self::PasswordRemove { of: T::ServicePrincipal, .. } => O::DirectoryPrincipalPasswordRemove,
            Self::PasswordRemove { of: T::User | T::Group | T::Application, .. } => {
                O::DirectoryApplicationPasswordRemove
            }
            Self::MemberList { .. } => O::DirectoryMemberList,
            Self::MemberAdd { .. } => O::DirectoryMemberAdd,
            Self::MemberRemove { .. } => O::DirectoryMemberRemove,
            Self::ByIds { .. } => O::DirectoryObjectsByIds,
            Self::MemberGroups { .. } => O::DirectoryMemberGroups,
            Self::MemberCheck { .. } => O::DirectoryMemberCheck,
            Self::MemberOf { .. } => O::DirectoryMemberOf,
            Self::OwnerList { .. } => O::DirectoryOwnerList,
        }
    }
}

/// A secret as it is told, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordDescription {
    /// Its id.
    pub id: String,
    /// A name for people.
    pub name: Option<String>,
    /// From when on it is not accepted.
    pub expires: Option<UnixTime>,
}

/// A certificate as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateDescription {
    /// Its id.
    pub id: String,
    /// The SHA-1 of it.
    pub thumbprint: [u8; 20],
    /// From when on it is valid.
    pub not_before: UnixTime,
    /// Until when.
    pub expires: UnixTime,
}

/// An object of the directory as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryObject {
    /// A user.
    User {
        /// Its id.
        id: PrincipalId,
        /// The name that they sign in with, if they can.
        name: Option<String>,
        /// A name for people.
        display_name: String,
        /// Whether they may act.
        enabled: bool,
    },
    /// A group.
    Group {
        /// Its id.
        id: PrincipalId,
        /// A name for people.
        display_name: String,
        /// Words for people.
        description: Option<String>,
        /// A short name.
        nickname: Option<String>,
    },
    /// The registration of an application.
    Application {
        /// Its id.
        id: PrincipalId,
        /// Its client id.
        application: ApplicationId,
        /// A name for people.
        display_name: String,
        /// The names under which tokens for the application itself are asked.
        identifier_uris: Vec<String>,
        /// Where people are sent back to.
        redirect_uris: Vec<String>,
        /// Whether it may act without showing who it is.
        public_client: bool,
        /// Its secrets.
        passwords: Vec<PasswordDescription>,
        /// Its certificates.
        certificates: Vec<CertificateDescription>,
    },
    /// A service principal.
    ServicePrincipal {
        /// Its id.
        id: PrincipalId,
        /// The client id of its application.
        application: ApplicationId,
        /// A name for people.
        display_name: String,
        /// Whether it may act.
        enabled: bool,
        /// The names of its application: the client id and the identifier URIs.
        names: Vec<String>,
        /// Whether it is a managed identity.
        managed: bool,
        /// Its secrets.
        passwords: Vec<PasswordDescription>,
        /// The certificates of its application.
        certificates: Vec<CertificateDescription>,
    },
}

impl DirectoryObject {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> PrincipalId {
        match self {
            Self::User { id, .. }
            | Self::Group { id, .. }
            | Self::Application { id, .. }
            | Self::ServicePrincipal { id, .. } => *id,
        }
    }

    /// What it is.
    #[must_use]
    pub const fn object_type(&self) -> ObjectType {
        match self {
            Self::User { .. } => ObjectType::User,
            Self::Group { .. } => ObjectType::Group,
            Self::Application { .. } => ObjectType::Application,
            Self::ServicePrincipal { .. } => ObjectType::ServicePrincipal,
        }
    }
}

/// What came of a call about the directory.
#[derive(Debug)]
pub enum DirectoryOutcome {
    /// An object.
    Object(Box<DirectoryObject>),
    /// An object that was made.
    Created(Box<DirectoryObject>),
    /// Objects, and the last one's id if there are more.
    Objects(Vec<DirectoryObject>, Option<PrincipalId>),
    /// The ids of objects.
    Ids(Vec<PrincipalId>),
    /// A secret, shown this once.
    Password(PasswordDescription, SecretText),
    /// All sessions ended.
    SignedOut,
    /// It was done, and there is nothing to tell.
    Done,
}
