//! May it: facts, questions, hooks and the combination of their opinions into a permit.
//!
//! A plugin gets no bag of facts: it asks [`Question`]s, and [`Facts`] answers them. The same function answers a
//! plugin that runs and the memo that replays what a plugin would ask, so the two cannot disagree, and the list of
//! questions and answers (the [`Trace`]) determines the decision.
//!
//! This crate runs no plugins: `plugin-host` implements [`PolicyHook`]. It depends on `model`, `identity` and
//! `network`, never on an engine, a store or wasmtime. A [`Permitted`] call can be made only here, from a `Caller`
//! and a `Verdict`, and engine and management accept nothing else.

mod access;
mod answer;
mod answers;
mod asker;
mod counted;
mod decide;
mod denied;
mod directory;
mod evaluation;
mod facts;
mod filter;
mod headers;
mod hook;
mod obligation;
mod permit;
mod question;
mod signals;
mod stored;
mod trace;
mod window;

pub use access::{AccessPolicyFact, ConditionalAssignmentFact, ConditionalBlock, DenyAssignmentFact, FactList};
pub use answer::Answer;
pub use answers::{Answers, Unanswered};
pub use asker::{Asker, Supposed};
pub use counted::Counted;
pub use decide::{Also, Conclusion, Decided, OtherOperation, Policy};
pub use denied::{Denial, Denied, Stage};
pub use directory::{
    AssignmentList, DirectoryFacts, NamedLocation, PermissionBlock, RoleAssignmentFact, RoleDefinitionFact,
};
pub use evaluation::{Access, Decision, Evaluation, Failure, Installed, Mode, Opinion, Share};
pub use facts::{Attributes, Facts, NetworkFacts, RequestFacts, VaultFacts};
pub use filter::JudgedItem;
pub use headers::{HeaderNames, Headers, SecretHeader};
pub use hook::{Hook, PolicyHook};
pub use obligation::{Creditor, Obligation, Obligations, Owed, ParseObligationError, REASON_HEADER, Settled, Told};
pub use permit::{ByPlane, Grant, Permitted};
pub use question::{ObjectAttribute, ParseQuestionError, Question, Rate, Source};
pub use signals::{Signal, Signals};
pub use stored::{ObjectAddress, ObjectFacts, ObjectReader, StoredObject, Unreadable};
pub use trace::{Asked, Trace};
pub use window::WeeklyWindow;
