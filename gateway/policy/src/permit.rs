//! The permit: what was authorised, and nothing else, can be executed.

use std::sync::Arc;

use portcullis_identity::Caller;
use portcullis_model::certificates::CertificateCall;
use portcullis_model::keys::KeyCall;
use portcullis_model::management::ManagementCall;
use portcullis_model::secrets::SecretCall;
use portcullis_model::{Call, Operation};

use crate::{Facts, Obligations, VaultFacts};

/// On what grounds and for which vault a call was permitted.
#[derive(Debug, Clone)]
pub struct Grant {
    facts: Arc<Facts>,
    rule: Arc<str>,
    obligations: Obligations,
    also: Vec<Operation>,
}

impl Grant {
    pub(crate) const fn new(facts: Arc<Facts>, rule: Arc<str>, obligations: Obligations) -> Self {
        Self { facts, rule, obligations, also: Vec::new() }
    }

    /// Notes that the request is permitted as another operation too, and what must be done for that.
    pub(crate) fn extend(&mut self, operation: Operation, obligations: &Obligations) {
        self.also.push(operation);
        self.obligations.add_all(obligations);
    }

    /// Whether the request was judged as another operation too and is permitted as that as well. What changes more
    /// than its own operation says asks for this.
    #[must_use]
    pub fn is_also(&self, operation: Operation) -> bool {
        self.also.contains(&operation)
    }

    /// What must be done since it was permitted.
    #[must_use]
    pub const fn obligations(&self) -> &Obligations {
        &self.obligations
    }

    /// The vault that the permit is for, if it is for one. A permit for one vault cannot be used on another.
    #[must_use]
    pub fn vault(&self) -> Option<&Arc<VaultFacts>> {
        self.facts.vault.as_ref()
    }

    /// All that the decision could rest on.
    #[must_use]
    pub const fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// The caller.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.facts.caller
    }

    /// The operation that was decided on.
    #[must_use]
    pub(crate) fn operation(&self) -> Operation {
        self.facts.request.operation
    }

    /// The rule that allowed, such as the id of a role assignment.
    #[must_use]
    pub const fn rule(&self) -> &Arc<str> {
        &self.rule
    }

    /// The revision of the control state by which it was judged.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.facts.directory.revision()
    }
}

/// A call that policy has permitted. Only [`crate::Policy`] makes one; the call travels inside, so what was
/// authorised is what runs.
///
/// ```compile_fail
/// fn forge(call: portcullis_model::Call, grant: portcullis_policy::Grant) -> portcullis_policy::Permitted<portcullis_model::Call> {
///     portcullis_policy::Permitted { call, grant }
/// }
/// ```
#[derive(Debug)]
pub struct Permitted<C> {
    call: C,
    grant: Grant,
}

impl<C> Permitted<C> {
    pub(crate) const fn new(call: C, grant: Grant) -> Self {
        Self { call, grant }
    }

    /// The call. It is permitted; only a whole permit is taken for that by those who carry it out.
    #[must_use]
    pub const fn call(&self) -> &C {
        &self.call
    }

    /// The grant.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Uses the permit up.
    #[must_use]
    pub fn into_parts(self) -> (C, Grant) {
        (self.call, self.grant)
    }

    /// A permit without a decision, for tests of engines.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn for_test(call: C, facts: Arc<Facts>) -> Self {
        Self::new(call, Grant::new(facts, "test".into(), Obligations::default()))
    }
}

/// A permitted call, sorted by who executes it.
#[derive(Debug)]
pub enum ByPlane {
    /// For the engine.
    Secret(Permitted<SecretCall>),
    /// For the engine.
    Key(Permitted<KeyCall>),
    /// For the engine.
    Certificate(Permitted<CertificateCall>),
    /// For management.
    Management(Permitted<ManagementCall>),
}

impl Permitted<Call> {
    /// Sorts the permit by who executes it.
    #[must_use]
    pub fn by_plane(self) -> ByPlane {
        let Self { call, grant } = self;
        match call {
            Call::Secret(call) => ByPlane::Secret(Permitted { call, grant }),
            Call::Key(call) => ByPlane::Key(Permitted { call: *call, grant }),
            Call::Certificate(call) => ByPlane::Certificate(Permitted { call: *call, grant }),
            Call::Management(call) => ByPlane::Management(Permitted { call, grant }),
        }
    }
}
