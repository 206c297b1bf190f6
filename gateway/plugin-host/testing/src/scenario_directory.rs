//! The control state of a scenario.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_model::{PrincipalId, Resource, RoleDefinitionId};
use portcullis_policy::{AssignmentList, DirectoryFacts, NamedLocation, RoleDefinitionFact};

/// What a scenario says of the control state. Its assignments are those of the caller.
#[derive(Debug)]
pub(crate) struct ScenarioDirectory {
    pub(crate) assignments: Arc<AssignmentList>,
    pub(crate) roles: HashMap<RoleDefinitionId, Arc<RoleDefinitionFact>>,
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

    fn named_location(&self, name: &str) -> Option<&NamedLocation> {
        self.locations.get(name)
    }
}
