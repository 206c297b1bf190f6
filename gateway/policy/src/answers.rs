//! Who answers the questions of plugins.

use std::fmt;
use std::sync::Arc;

use portcullis_model::{Operation, PrincipalId, UnixTime};

use crate::{Answer, Asker, Counted, Facts, ObjectAddress, PolicyHook, Question, StoredObject};

/// Says that whoever stands in for a request does not know an answer, as a recorded trace does not know what was never
/// asked. The facts of a request know every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not known")]
pub struct Unanswered;

/// Answers questions: the facts of a request, or what stands in for them in tests and in replays.
///
/// The same question must have the same answer for as long as the value lives, since plugins' decisions are remembered
/// by what was asked and answered.
pub trait Answers: Send + Sync + fmt::Debug + 'static {
    /// The answer to a question.
    ///
    /// # Errors
    /// When it is not known; the evaluation that asked then fails.
    fn answer(&self, question: &Question) -> Result<Answer, Unanswered>;

    /// The revision of the control state that the answers are of.
    fn revision(&self) -> u64;

    /// For whom, when and under what it is counted. None when counting questions are answered like others, as a
    /// recorded trace does.
    fn counting(&self) -> Option<(PrincipalId, UnixTime, &Counted)> {
        None
    }

    /// Whether plugins may ask for a header, by its name in lower case.
    fn may_ask_for_header(&self, _name: &str) -> bool {
        true
    }

    /// The operation that the request is made as, if it is not the one that it is judged as here. No plugin can ask: it
    /// tells the host which plugins are concerned.
    fn made_as(&self) -> Option<Operation> {
        None
    }

    /// The stored object, and where it stands, if it is read only when it is asked for.
    fn stored(&self) -> Option<(&StoredObject, Option<ObjectAddress>)> {
        None
    }

    /// The plugins that are installed in the control state that the answers are of.
    fn installed_plugins(&self) -> Option<&Arc<dyn PolicyHook>> {
        None
    }
}

impl<C: Asker> Answers for Facts<C> {
    fn answer(&self, question: &Question) -> Result<Answer, Unanswered> {
        Ok(Self::answer(self, question))
    }

    fn revision(&self) -> u64 {
        self.directory.revision()
    }

    fn counting(&self) -> Option<(PrincipalId, UnixTime, &Counted)> {
        Some((self.caller.principal().id, self.request.time, &self.counted))
    }

    fn made_as(&self) -> Option<Operation> {
        self.request.made_as
    }

    fn may_ask_for_header(&self, name: &str) -> bool {
        self.request.headers.may_be_asked(name)
    }

    fn stored(&self) -> Option<(&StoredObject, Option<ObjectAddress>)> {
        Some((&self.object, self.object_address()))
    }

    fn installed_plugins(&self) -> Option<&Arc<dyn PolicyHook>> {
        self.directory.installed_plugins()
    }
}
