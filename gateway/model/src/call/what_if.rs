//! Requests that nobody makes: who could do something, and what could somebody do.

use std::net::IpAddr;
use std::sync::Arc;

use crate::{ObjectKind, ObjectName, Operation, Plane, PrincipalId};

/// How many suppositions one answer holds at most. Each costs an evaluation of every plugin.
pub const MAX_SUPPOSITIONS: usize = 1000;
/// How many principals one question may name.
pub const MAX_SUPPOSED_PRINCIPALS: usize = 100;

/// What is supposed of a vault: that each of some principals makes each of some requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// The operations; never empty, each once.
    pub operations: Vec<Operation>,
    /// The object, for the operations that are about one.
    pub object: Option<(ObjectKind, ObjectName)>,
    /// Who; nobody named means every principal of the vault's tenant.
    pub principals: Vec<PrincipalId>,
    /// From where; none means from where the question came.
    pub source: Option<IpAddr>,
    /// The methods of RFC 8176 with which they are supposed to have authenticated just now.
    pub methods: Vec<String>,
    /// Whether only what would be allowed is told.
    pub only_allowed: bool,
    /// The principal at which the answer before this one ended.
    pub after: Option<PrincipalId>,
}

impl WhatIf {
    /// The operations that can be supposed: those of the data plane that fit the object, and those of the management
    /// plane that are about the vault itself.
    pub fn possible(object: Option<ObjectKind>) -> impl Iterator<Item = Operation> {
        Operation::ALL.iter().copied().filter(move |operation| Self::fits(*operation, object))
    }

    /// Whether an operation can be supposed, with an object of this kind or without one.
    #[must_use]
    pub fn fits(operation: Operation, object: Option<ObjectKind>) -> bool {
        let row = operation.row();
        match (row.plane, object) {
            (Plane::Data, None) => row.scope == crate::Scope::Vault,
            (Plane::Data, Some(kind)) => row.scope == crate::Scope::Vault || row.object == Some(kind),
            (Plane::Management, _) => row.paths.iter().any(|path| path.contains("/vaults/{vault}")),
            (Plane::Directory, _) => false,
        }
    }
}

/// What would come of one of the requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supposition {
    /// Who would make it.
    pub principal: PrincipalId,
    /// The name under which the directory shows the principal.
    pub display_name: Arc<str>,
    /// `application` or `user`.
    pub kind: &'static str,
    /// What would be asked for.
    pub operation: Operation,
    /// `allow`, `deny`, or `challenge`: he would be asked for another token.
    pub outcome: &'static str,
    /// The stage that decided: `network`, `conditional-access` or `authorization`.
    pub stage: &'static str,
    /// The plugin that refused, if one did.
    pub plugin: Option<Arc<str>>,
    /// The rule that decided.
    pub rule: Arc<str>,
    /// Why it would be refused.
    pub reason: Option<Arc<str>>,
    /// The facts that a refusal would rest on, as the caller himself would be told them.
    pub facts: Vec<String>,
}

/// What would come of the requests.
#[derive(Debug, Clone, Default)]
pub struct Suppositions {
    /// One for each principal and operation, unless only what is allowed is asked for.
    pub items: Vec<Supposition>,
    /// The principal at which the answer ends, when there are more.
    pub next: Option<PrincipalId>,
}
