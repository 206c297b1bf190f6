//! Calls about privileged access: who may take a role for a while, and who has taken one.

use crate::{Operation, PrincipalId, ResourcePath, RoleAssignmentId, RoleDefinitionId, UnixTime};

/// What a request about a schedule wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// Somebody else is made eligible, or has the role.
    AdminAssign,
    /// That is taken back.
    AdminRemove,
    /// The caller takes a role that he is eligible for.
    SelfActivate,
    /// The caller gives it back.
    SelfDeactivate,
}

impl RequestKind {
    /// It as the wire shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdminAssign => "AdminAssign",
            Self::AdminRemove => "AdminRemove",
            Self::SelfActivate => "SelfActivate",
            Self::SelfDeactivate => "SelfDeactivate",
        }
    }

    /// Whether it is about others, which takes the right to assign roles.
    #[must_use]
    pub const fn is_for_others(self) -> bool {
        match self {
            Self::AdminAssign | Self::AdminRemove => true,
            Self::SelfActivate | Self::SelfDeactivate => false,
        }
    }
}

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiration {
    /// Never.
    Never,
    /// At a time.
    At(UnixTime),
    /// So many seconds after it began.
    After(i64),
}

/// A request about a schedule, as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedSchedule {
    /// What it wants.
    pub kind: RequestKind,
    /// For whom.
    pub principal: PrincipalId,
    /// Which role.
    pub role: RoleDefinitionId,
    /// From when on; at once, if it is not said.
    pub starts: Option<UnixTime>,
    /// Until when, if it is said.
    pub expiration: Option<Expiration>,
    /// Why.
    pub justification: Option<String>,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum RequestStatus {
    /// It was carried out.
    Provisioned,
    /// Somebody else must approve it.
    PendingApproval,
    /// Somebody else did not.
    Denied,
    /// What it gave was taken back.
    Revoked,
}

impl RequestStatus {
    /// It as the wire shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisioned => "Provisioned",
            Self::PendingApproval => "PendingApproval",
            Self::Denied => "Denied",
            Self::Revoked => "Revoked",
        }
    }
}

/// A request, an eligibility or a taken role, as the management plane tells it.
#[derive(Debug, Clone)]
pub struct ScheduleDescription {
    /// Its id.
    pub id: RoleAssignmentId,
    /// Where.
    pub scope: String,
    /// For whom.
    pub principal: PrincipalId,
    /// What that is, if it is known.
    pub principal_type: Option<&'static str>,
    /// Which role.
    pub role: RoleDefinitionId,
    /// What was wanted.
    pub kind: RequestKind,
    /// What came of it.
    pub status: RequestStatus,
    /// From when on.
    pub starts: UnixTime,
    /// Until when.
    pub ends: Option<UnixTime>,
    /// The eligibility that it rests on.
    pub eligibility: Option<RoleAssignmentId>,
    /// Why.
    pub justification: Option<String>,
    /// Who asked for it.
    pub requestor: PrincipalId,
    /// When.
    pub created: UnixTime,
}

/// What can be asked about privileged access.
#[derive(Debug)]
pub enum ScheduleCall {
    /// Makes somebody eligible for a role, or takes that back.
    EligibilityPut {
        /// Where.
        scope: ResourcePath,
        /// The request's id.
        id: RoleAssignmentId,
        /// What is wanted.
        wanted: WantedSchedule,
    },
    /// Gives a role for a time, takes one that the caller is eligible for, or takes that back.
    AssignmentPut {
        /// Where.
        scope: ResourcePath,
        /// The request's id.
        id: RoleAssignmentId,
        /// What is wanted.
        wanted: WantedSchedule,
    },
    /// Lists who is eligible at a scope and above it.
    EligibilityList {
        /// Where.
        scope: ResourcePath,
        /// Only what is for the caller.
        own: bool,
    },
    /// Lists the roles that are held for a time at a scope and above it.
    AssignmentList {
        /// Where.
        scope: ResourcePath,
        /// Only what is for the caller.
        own: bool,
    },
    /// Lists the requests to take a role at a scope, those that wait among them.
    RequestList {
        /// Where.
        scope: ResourcePath,
        /// Only what is for the caller.
        own: bool,
    },
    /// Approves a request to take a role, or does not.
    ApprovalDecide {
        /// Where.
        scope: ResourcePath,
        /// The request.
        id: RoleAssignmentId,
        /// Whether it is approved.
        approve: bool,
    },
}

impl ScheduleCall {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::EligibilityPut { .. } => Operation::RoleEligibilityScheduleRequestPut,
            Self::AssignmentPut { .. } => Operation::RoleAssignmentScheduleRequestPut,
            Self::EligibilityList { .. } => Operation::RoleEligibilityScheduleInstanceList,
            Self::AssignmentList { .. } => Operation::RoleAssignmentScheduleInstanceList,
            Self::RequestList { .. } => Operation::RoleAssignmentScheduleRequestList,
            Self::ApprovalDecide { .. } => Operation::RoleAssignmentApprovalPatch,
        }
    }
}

/// What came of a call about privileged access.
#[derive(Debug)]
pub enum ScheduleOutcome {
    /// A request about an eligibility.
    Eligibility(ScheduleDescription),
    /// A request about a role.
    Assignment(ScheduleDescription),
    /// Who is eligible.
    Eligibilities(Vec<ScheduleDescription>),
    /// Roles that are held for a time.
    Assignments(Vec<ScheduleDescription>),
    /// Requests.
    Requests(Vec<ScheduleDescription>),
    /// Whether a request was approved.
    Decided(RoleAssignmentId, bool),
}
