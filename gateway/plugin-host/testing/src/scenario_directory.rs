//! The control state of a scenario.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_model::{PrincipalId, Resource, RoleDefinitionId};
use portcullis_policy::{
    AccessPolicyFact, AssignmentList, ConditionalAssignmentFact, ConditionalBlock, DenyAssignmentFact, DirectoryFacts,
    FactList, NamedLocation, RoleDefinitionFact, VaultFacts,
};

/// What a scenario says of the control state. Its assignments are those of the caller.
#[derive(Debug)]
pub(crate) struct ScenarioDirectory {
    pub(crate) assignments: Arc<AssignmentList>,
    pub(crate) roles: HashMap<RoleDefinitionId, Arc<RoleDefinitionFact>>,
    pub(crate) conditional: Arc<FactList<ConditionalAssignmentFact>>,
    pub(crate) blocks: HashMap<RoleDefinitionId, Arc<FactList<ConditionalBlock>>>,
    pub(crate) denies: Arc<FactList<DenyAssignmentFact>>,
    pub(crate) policies: Arc<FactList<AccessPolicyFact>>,
    pub(crate) locations: HashMap<String, NamedLocation>,
}

impl DirectoryFacts for ScenarioDirectory {
    fn revision(&self) -> u64 {
        1
    }

    fn role_assignments(&self, _: PrincipalId, _: &[PrincipalId], _: &Resource) -> Arc<AssignmentList> {
        Arc::clone(&self.assignments)
    }

    fn role_definition(&self, id: RoleDefinitionId) -> Option<Arc<RoleDefinitionFact>> {
        self.roles.get(&id).cloned()
    }

    fn conditional_assignments(
        &self,
        _: PrincipalId,
        _: &[PrincipalId],
        _: &Resource,
    ) -> Arc<FactList<ConditionalAssignmentFact>> {
        Arc::clone(&self.conditional)
    }

    fn conditional_permissions(&self, id: RoleDefinitionId) -> Arc<FactList<ConditionalBlock>> {
        self.blocks.get(&id).cloned().unwrap_or_else(|| Arc::new(FactList::new([])))
    }

    fn deny_assignments(&self, _: PrincipalId, _: &[PrincipalId], _: &Resource) -> Arc<FactList<DenyAssignmentFact>> {
        Arc::clone(&self.denies)
    }

    fn access_policies(&self, _: PrincipalId, _: &[PrincipalId], _: &VaultFacts) -> Arc<FactList<AccessPolicyFact>> {
        Arc::clone(&self.policies)
    }

    fn named_location(&self, name: &str) -> Option<&NamedLocation> {
        self.locations.get(name)
    }
}
