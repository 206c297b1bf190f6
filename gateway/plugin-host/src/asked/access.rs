//! `access`: what grants and what takes away beside plain role assignments.

use portcullis_policy::{
    AccessPolicyFact, Answer, ConditionalAssignmentFact, DenyAssignmentFact, ParseQuestionError, Question,
};

use super::{optional_text, wrong_form};
use crate::bindings::access::{ConditionalAssignment, ConditionalBlock, DenyAssignment, Host, PolicyEntry};
use crate::bindings::directory::Permissions;
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

impl Host for Sandbox {
    fn permission_model(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::PermissionModel)?)
    }

    fn permission(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::AccessPolicyPermission)?)
    }

    fn conditional_assignments(&mut self) -> wasmtime::Result<Vec<ConditionalAssignment>> {
        match self.ask(Question::ConditionalAssignments)? {
            Answer::ConditionalAssignments(list) => Ok(list.items().iter().map(ConditionalAssignment::from).collect()),
            _ => Err(wrong_form()),
        }
    }

    fn conditional_permissions(&mut self, role: String) -> wasmtime::Result<Vec<ConditionalBlock>> {
        self.count_text(role.len())?;
        let role = role.parse().map_err(|_| Stopped::nonsense(ParseQuestionError::Id))?;
        match self.ask(Question::ConditionalPermissions(role))? {
            Answer::ConditionalBlocks(list) => Ok(list.items().iter().map(ConditionalBlock::from).collect()),
            _ => Err(wrong_form()),
        }
    }

    fn deny_assignments(&mut self) -> wasmtime::Result<Vec<DenyAssignment>> {
        match self.ask(Question::DenyAssignments)? {
            Answer::DenyAssignments(list) => Ok(list.items().iter().map(DenyAssignment::from).collect()),
            _ => Err(wrong_form()),
        }
    }

    fn access_policies(&mut self) -> wasmtime::Result<Vec<PolicyEntry>> {
        match self.ask(Question::AccessPolicies)? {
            Answer::AccessPolicies(list) => Ok(list.items().iter().map(PolicyEntry::from).collect()),
            _ => Err(wrong_form()),
        }
    }

    fn request_attribute(&mut self, name: String) -> wasmtime::Result<Vec<String>> {
        self.count_text(name.len())?;
        texts(&self.ask(Question::RequestAttribute(name))?)
    }

    fn resource_attribute(&mut self, name: String) -> wasmtime::Result<Vec<String>> {
        self.count_text(name.len())?;
        texts(&self.ask(Question::ResourceAttribute(name))?)
    }
}

fn texts(answer: &Answer) -> wasmtime::Result<Vec<String>> {
    match answer {
        Answer::Texts(list) => Ok(list.items().to_vec()),
        _ => Err(wrong_form()),
    }
}

impl From<&ConditionalAssignmentFact> for ConditionalAssignment {
    fn from(fact: &ConditionalAssignmentFact) -> Self {
        Self {
            id: fact.id.to_string(),
            scope: fact.scope.as_ref().to_owned(),
            role: fact.role.to_string(),
            condition: fact.condition.as_deref().map(str::to_owned),
            starts: fact.starts.map(|time| time.0),
            ends: fact.ends.map(|time| time.0),
        }
    }
}

impl From<&portcullis_policy::ConditionalBlock> for ConditionalBlock {
    fn from(fact: &portcullis_policy::ConditionalBlock) -> Self {
        Self { permissions: Permissions::from(&fact.block), condition: fact.condition.as_ref().to_owned() }
    }
}

impl From<&DenyAssignmentFact> for DenyAssignment {
    fn from(fact: &DenyAssignmentFact) -> Self {
        Self {
            id: fact.id.to_string(),
            scope: fact.scope.as_ref().to_owned(),
            scope_alone: fact.scope_alone,
            permissions: fact.permissions.iter().map(Permissions::from).collect(),
        }
    }
}

impl From<&AccessPolicyFact> for PolicyEntry {
    fn from(fact: &AccessPolicyFact) -> Self {
        Self { application: fact.application.map(|id| id.to_string()), permissions: fact.permissions.clone() }
    }
}
