//! `directory`: what the control state knows.

use portcullis_policy::{
    Answer, ParseQuestionError, PermissionBlock, Question, RoleAssignmentFact, RoleDefinitionFact,
};

use super::wrong_form;
use crate::bindings::directory::{Assignment, Host, Permissions, Role};
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

impl Host for Sandbox {
    fn role_assignments(&mut self) -> wasmtime::Result<Vec<Assignment>> {
        match self.ask(Question::RoleAssignments)? {
            Answer::Assignments(list) => Ok(list.items().iter().map(Assignment::from).collect()),
            _ => Err(wrong_form()),
        }
    }

    fn role_definition(&mut self, id: String) -> wasmtime::Result<Option<Role>> {
        self.count_text(id.len())?;
        let id = id.parse().map_err(|_| Stopped::nonsense(ParseQuestionError::Id))?;
        match self.ask(Question::RoleDefinition(id))? {
            Answer::RoleDefinition(role) => Ok(Some(Role::from(role.as_ref()))),
            Answer::Nothing => Ok(None),
            _ => Err(wrong_form()),
        }
    }
}

impl From<&RoleAssignmentFact> for Assignment {
    fn from(fact: &RoleAssignmentFact) -> Self {
        Self { id: fact.id.to_string(), scope: fact.scope.as_ref().to_owned(), role: fact.role.to_string() }
    }
}

impl From<&RoleDefinitionFact> for Role {
    fn from(fact: &RoleDefinitionFact) -> Self {
        Self {
            id: fact.id.to_string(),
            name: fact.name.clone(),
            permissions: fact.permissions.iter().map(Permissions::from).collect(),
        }
    }
}

impl From<&PermissionBlock> for Permissions {
    fn from(fact: &PermissionBlock) -> Self {
        Self {
            actions: fact.actions.clone(),
            not_actions: fact.not_actions.clone(),
            data_actions: fact.data_actions.clone(),
            not_data_actions: fact.not_data_actions.clone(),
        }
    }
}
