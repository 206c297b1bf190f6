//! Varies the answers to what a plugin asks, and looks for what should not be.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_plugin_host::Plugin;
use portcullis_policy::{
    Answer, Answers, AssignmentList, Decision, Evaluation, FactList, Failure, Hook, Question, Unanswered,
};

use crate::Said;

/// What was found.
#[derive(Debug, Default)]
pub struct Exploration {
    /// How many evaluations there were.
    pub evaluations: usize,
    /// What should not be, each once for a question or failure.
    pub findings: Vec<Finding>,
    /// The questions that were asked, with the answers that were given.
    pub asked: BTreeMap<String, Vec<String>>,
    /// The rules that decided.
    pub rules: BTreeMap<String, usize>,
}

/// Something that should not be, with the seed that shows it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The plugin failed.
    Failed {
        /// The seed.
        seed: u64,
        /// How.
        failure: String,
    },
    /// The same answers led to two decisions or traces.
    NotDeterministic {
        /// The seed.
        seed: u64,
    },
    /// The plugin refuses, and lets by once a fact is weaker: a hint, since an exclusion does just that.
    WeakerLetsBy {
        /// The seed.
        seed: u64,
        /// The question whose answer became `no`.
        question: String,
        /// What was said before.
        before: String,
        /// What was said then.
        after: String,
    },
}

/// Answers like another, some of them changed by a seed. The same question always has the same answer.
#[derive(Debug)]
struct Varied {
    base: Arc<dyn Answers>,
    seed: u64,
    weakened: Option<String>,
}

impl Answers for Varied {
    fn answer(&self, question: &Question) -> Result<Answer, Unanswered> {
        let answer = self.base.answer(question)?;
        let text = question.to_string();
        if self.weakened.as_ref() == Some(&text) {
            return Ok(Answer::Bool(false));
        }
        let draw = mix(self.seed, &text);
        Ok(match answer {
            // The first seed leaves the scenario as it is.
            answer if self.seed == 0 => answer,
            Answer::Bool(_) => Answer::Bool(draw & 1 == 1),
            Answer::Assignments(_) if draw.is_multiple_of(4) => Answer::Assignments(Arc::new(AssignmentList::new([]))),
            Answer::ConditionalAssignments(_) if draw.is_multiple_of(4) => {
                Answer::ConditionalAssignments(Arc::new(FactList::new([])))
            }
            Answer::AccessPolicies(_) if draw.is_multiple_of(4) => Answer::AccessPolicies(Arc::new(FactList::new([]))),
            Answer::RoleDefinition(_) if draw.is_multiple_of(4) => Answer::Nothing,
            Answer::Text(_) | Answer::Name(_) if is_optional(question) && draw.is_multiple_of(4) => Answer::Nothing,
            answer => answer,
        })
    }

    fn revision(&self) -> u64 {
        self.base.revision()
    }

    fn may_ask_for_header(&self, name: &str) -> bool {
        self.base.may_ask_for_header(name)
    }
}

/// Varies the answers of a scenario by `rounds` seeds from the first on.
#[must_use]
pub fn explore(plugin: &Plugin, hook: Hook, base: &Arc<dyn Answers>, first: u64, rounds: u64) -> Exploration {
    let mut exploration = Exploration::default();
    for seed in first..first.saturating_add(rounds) {
        exploration.one(plugin, hook, base, seed);
    }
    exploration
}

impl Exploration {
    fn one(&mut self, plugin: &Plugin, hook: Hook, base: &Arc<dyn Answers>, seed: u64) {
        let mut ask = |weakened: Option<String>| -> Option<Evaluation> {
            self.evaluations += 1;
            let answers = Arc::new(Varied { base: Arc::clone(base), seed, weakened }) as Arc<dyn Answers>;
            plugin.suppose(hook, &answers)
        };
        let (Some(first), Some(second)) = (ask(None), ask(None)) else { return };
        let said = Said::of(&first.decision);
        let weaker: Vec<(String, Said)> = if said.lets_by() || matches!(first.decision, Decision::Failed(_)) {
            Vec::new()
        } else {
            let yes = first.trace.entries().iter().filter(|asked| asked.answer == Answer::Bool(true));
            let questions = yes.filter(|asked| grants(&asked.question)).map(|asked| asked.question.to_string());
            let questions: Vec<String> = questions.collect();
            let judged = questions.into_iter().filter_map(|question| {
                let said = Said::of(&ask(Some(question.clone()))?.decision);
                Some((question, said))
            });
            judged.collect()
        };
        if first.decision != second.decision || first.trace != second.trace {
            self.find(Finding::NotDeterministic { seed });
        }
        match &first.decision {
            Decision::Failed(Failure::NoSandbox) => {}
            Decision::Failed(failure) => self.find(Finding::Failed { seed, failure: failure.to_string() }),
            _ => {}
        }
        for (question, after) in weaker.into_iter().filter(|(_, after)| after.lets_by()) {
            self.find(Finding::WeakerLetsBy { seed, question, before: said.line(), after: after.line() });
        }
        for asked in first.trace.entries() {
            let answers = self.asked.entry(asked.question.to_string()).or_default();
            let answer = asked.answer.to_string();
            if answers.len() < ANSWERS_SHOWN && !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        *self.rules.entry(said.rule.unwrap_or_else(|| said.opinion.to_owned())).or_default() += 1;
    }

    /// Keeps a finding unless the same was found with another seed.
    fn find(&mut self, finding: Finding) {
        let same = |known: &Finding| match (known, &finding) {
            (Finding::Failed { failure: left, .. }, Finding::Failed { failure: right, .. }) => left == right,
            (Finding::NotDeterministic { .. }, Finding::NotDeterministic { .. }) => true,
            (Finding::WeakerLetsBy { question: left, .. }, Finding::WeakerLetsBy { question: right, .. }) => {
                left == right
            }
            _ => false,
        };
        if !self.findings.iter().any(same) {
            self.findings.push(finding);
        }
    }
}

/// Whether a yes makes the caller stronger: it belongs somewhere, is someone or comes from somewhere.
fn grants(question: &Question) -> bool {
    matches!(
        question,
        Question::InGroup(_)
            | Question::PrincipalIs(_)
            | Question::NamedLocation(_)
            | Question::SourceIn(_)
            | Question::WithinScope(_)
            | Question::HasRole(_)
            | Question::TagIs(..)
            | Question::AuthenticatedWith(_)
            | Question::AuthenticatedWithin(_)
            | Question::Rate(_)
            | Question::Quota(_)
    )
}

/// Whether there may be no answer.
pub(crate) fn is_optional(question: &Question) -> bool {
    matches!(
        question,
        Question::Application
            | Question::Vault
            | Question::Tag(_)
            | Question::ObjectAttribute(_)
            | Question::Header(_)
            | Question::Claim(_)
            | Question::Device(_)
            | Question::Risk(_)
            | Question::VirtualNetwork
            | Question::PrivateEndpoint
            | Question::ClientCertificate
            | Question::NetworkSignal(_)
            | Question::ObjectKind
            | Question::ObjectName
            | Question::ObjectVersion
            | Question::Subnet
            | Question::PermissionModel
            | Question::AccessPolicyPermission
    )
}

/// A number from a seed and a question: FNV-1a, finished as SplitMix64 does.
fn mix(seed: u64, text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let value = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The answers that are kept of one question.
const ANSWERS_SHOWN: usize = 8;
