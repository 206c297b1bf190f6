//! Requests that do more than their own operation says, and are judged as another operation too.
//!
//! Whoever may write a vault may write its tags; whoever hands out access to its objects must be one who hands out
//! roles. The rule is here, where the change is computed; that it is fulfilled is found out by policy, with a trace, and
//! the permit says so ([`portcullis_policy::Grant::is_also`]).

use portcullis_model::management::{ManagementCall, VaultChanges};
use portcullis_model::plugins::PluginCall;
use portcullis_model::schedules::{RequestKind, ScheduleCall};
use portcullis_model::{Operation, ResourcePath, VaultPath};

use crate::ControlState;
use crate::record::StoredVault;

/// Who may change the access policies of vaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccessPolicyWriters {
    /// Whoever may write the vault or its access policies, as in the reference: a Contributor can grant himself access.
    #[default]
    VaultWriters,
    /// Only who may assign roles there too.
    RoleAssigners,
}

/// As what a call is judged too, as of a state.
///
/// To switch the permission model takes the right to assign roles: it makes another list of people count.
pub(crate) fn also_needed(
    state: &ControlState,
    writers: AccessPolicyWriters,
    call: &ManagementCall,
) -> Option<Operation> {
    let closed = writers == AccessPolicyWriters::RoleAssigners;
    let needs = match call {
        ManagementCall::VaultPatch { vault, changes, .. } => {
            stored(state, vault).is_some_and(|stored| hands_out(stored, changes, closed))
        }
        ManagementCall::VaultPut { vault, wanted, .. } => match stored(state, vault) {
            Some(stored) => hands_out(stored, &wanted.changes, closed),
            // A vault that is recovered gets back what it had.
            None if wanted.recover => false,
            None => closed && wanted.changes.access_policies.as_ref().is_some_and(|policies| !policies.is_empty()),
        },
        ManagementCall::AccessPoliciesChange { .. } => closed,
        // A component can allow anything, so who installs one hands out every role at its scope. Taking one away hands
        // out nothing.
        ManagementCall::Plugin(PluginCall::Put { .. } | PluginCall::Rollback { .. } | PluginCall::Promote { .. }) => {
            true
        }
        ManagementCall::Schedule(
            ScheduleCall::EligibilityPut { wanted, .. } | ScheduleCall::AssignmentPut { wanted, .. },
        ) => match wanted.kind {
            RequestKind::AdminRemove => return Some(Operation::RoleAssignmentDelete),
            kind => kind.is_for_others(),
        },
        // Who is eligible sees what is for himself; all of it sees who may read role assignments.
        ManagementCall::Schedule(
            ScheduleCall::EligibilityList { own: false, .. }
            | ScheduleCall::AssignmentList { own: false, .. }
            | ScheduleCall::RequestList { own: false, .. },
        ) => return Some(Operation::RoleAssignmentList),
        _ => false,
    };
    needs.then_some(Operation::RoleAssignmentPut)
}

fn stored<'a>(state: &'a ControlState, vault: &VaultPath) -> Option<&'a StoredVault> {
    state.vault_at(&ResourcePath::Vault(vault.clone())).map(|view| &view.stored)
}

fn hands_out(stored: &StoredVault, changes: &VaultChanges, closed: bool) -> bool {
    let switches = changes.permission_model.is_some_and(|model| model != stored.permission_model);
    let grants = changes.access_policies.as_ref().is_some_and(|policies| *policies != stored.access_policies);
    switches || (closed && grants)
}
