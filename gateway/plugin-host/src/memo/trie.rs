//! The decision trie of one hook.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use portcullis_model::PrincipalId;
use portcullis_policy::{Answer, Asked, Decision, Question, Trace};

/// Says that the same answers led to another question or decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotDeterministic;

/// Questions, answers and decisions as of one revision.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    revision: u64,
    root: Option<Step>,
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
    /// What is kept: a question with its answer counts for one in the trie and for one in the leaf's trace, a leaf for
    /// one, and text for as many more as it is long. The bound is on this.
    entries: usize,
    /// How much of it was learned for which caller.
    spent: HashMap<PrincipalId, usize>,
}

/// Where an answer leads: an index into one of the two lists.
#[derive(Debug, Clone, Copy)]
enum Step {
    Ask(usize),
    Decided(usize),
}

/// Where a path leaves what is known.
enum End {
    /// Nowhere: it leads to this leaf.
    Known(usize),
    /// After this number of entries, at this node by this answer; at the root when nothing is known.
    Open { known: usize, at: Option<(usize, Answer)> },
}

#[derive(Debug)]
struct Node {
    question: Arc<Question>,
    edges: Edges,
}

#[derive(Debug)]
struct Leaf {
    decision: Decision,
    trace: Trace,
}

/// Predicates have two answers, so comparing is quicker than hashing; names of objects have many. The hasher is the
/// standard one, with random keys, because callers choose some of the answers.
#[derive(Debug)]
enum Edges {
    Few(Vec<(Answer, Step)>),
    Many(HashMap<Answer, Step>),
}

/// The number of answers from which on they are hashed.
const MANY: usize = 8;

/// The bytes of text that count for one entry. Without it, a guest whose questions are long and depend on the answers
/// would fill the memory within the bound on entries.
const ENTRY_TEXT: usize = 64;

/// The part of the bound that one caller may have beyond the half of it.
const SHARE: usize = 4;

impl Trie {
    /// Walks the trie by asking.
    pub(crate) fn recall(
        &self,
        revision: u64,
        answer: impl Fn(&Question) -> Option<Answer>,
    ) -> Option<(&Decision, &Trace)> {
        if revision != self.revision {
            return None;
        }
        let mut step = self.root?;
        loop {
            match step {
                Step::Decided(leaf) => return self.leaves.get(leaf).map(|leaf| (&leaf.decision, &leaf.trace)),
                Step::Ask(node) => {
                    let node = self.nodes.get(node)?;
                    step = node.edges.find(&answer(&node.question)?)?;
                }
            }
        }
    }

    /// Adds a path. When the trie is full it starts anew: what is asked often is learned again at once, at the cost of
    /// one evaluation each, whereas a trie that stopped learning would be of no use until the revision changes.
    pub(crate) fn learn(
        &mut self,
        revision: u64,
        caller: PrincipalId,
        trace: &Trace,
        decision: &Decision,
        bound: usize,
    ) -> Result<(), NotDeterministic> {
        let asked = trace.entries();
        let cost = asked.len().saturating_mul(2).saturating_add(1).saturating_add(text(trace) / ENTRY_TEXT);
        // A request that was judged by an older revision than the trie's has nothing to add.
        if revision < self.revision || cost > bound {
            return Ok(());
        }
        // Who varies names, so that every request is another, must not have it start anew again and again: beyond its
        // half, the trie takes no more than a share for each caller.
        let spent = self.spent.get(&caller).copied().unwrap_or_default();
        let greedy = spent.saturating_add(cost) > bound / SHARE && self.entries.saturating_add(cost) > bound / 2;
        if revision == self.revision && greedy && spent > 0 {
            return self.follow(asked).and_then(|end| self.agrees(&end, decision));
        }
        if revision > self.revision || self.entries.saturating_add(cost) > bound {
            *self = Self { revision, ..Self::default() };
        }
        match self.follow(asked)? {
            // Two evaluations of the same may run at once, and both learn: they must have decided the same.
            end @ End::Known(_) => self.agrees(&end, decision),
            End::Open { known, at } => {
                self.entries += cost;
                *self.spent.entry(caller).or_default() += cost;
                self.hang(known, at, trace, decision);
                Ok(())
            }
        }
    }

    /// Whether what is known of a path agrees with a decision.
    fn agrees(&self, end: &End, decision: &Decision) -> Result<(), NotDeterministic> {
        let End::Known(leaf) = end else { return Ok(()) };
        let known = self.leaves.get(*leaf).map(|leaf| &leaf.decision);
        if known == Some(decision) { Ok(()) } else { Err(NotDeterministic) }
    }

    /// How much is kept.
    pub(super) const fn entries(&self) -> usize {
        self.entries
    }

    /// Follows what is known of a path.
    fn follow(&self, asked: &[Asked]) -> Result<End, NotDeterministic> {
        let Some(mut step) = self.root else { return Ok(End::Open { known: 0, at: None }) };
        for (index, Asked { question, answer }) in asked.iter().enumerate() {
            // An earlier evaluation decided where this one went on asking, or asked something else.
            let Step::Ask(at) = step else { return Err(NotDeterministic) };
            let node = self.nodes.get(at).filter(|node| node.question == *question).ok_or(NotDeterministic)?;
            match node.edges.find(answer) {
                Some(next) => step = next,
                None => return Ok(End::Open { known: index + 1, at: Some((at, answer.clone())) }),
            }
        }
        match step {
            Step::Decided(leaf) => Ok(End::Known(leaf)),
            // An earlier evaluation went on asking where this one decided.
            Step::Ask(_) => Err(NotDeterministic),
        }
    }

    /// Hangs the rest of a path where it left what is known.
    fn hang(&mut self, known: usize, at: Option<(usize, Answer)>, trace: &Trace, decision: &Decision) {
        let rest = trace.entries().get(known..).unwrap_or_default();
        self.leaves.push(Leaf { decision: decision.clone(), trace: trace.clone() });
        let next = self.grow(rest, Step::Decided(self.leaves.len() - 1));
        match at {
            None => self.root = Some(next),
            Some((node, answer)) => {
                if let Some(node) = self.nodes.get_mut(node) {
                    node.edges.insert(answer, next);
                }
            }
        }
    }

    /// Makes nodes for the questions from the last to the first and gives the first.
    fn grow(&mut self, asked: &[Asked], end: Step) -> Step {
        asked.iter().rev().fold(end, |next, Asked { question, answer }| {
            let edges = Edges::Few(vec![(answer.clone(), next)]);
            self.nodes.push(Node { question: Arc::clone(question), edges });
            Step::Ask(self.nodes.len() - 1)
        })
    }
}

/// The bytes of a trace as it is shown: near enough to what it occupies, lists of the directory apart, which are shared.
fn text(trace: &Trace) -> usize {
    struct Counter(usize);

    impl fmt::Write for Counter {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.saturating_add(text.len());
            Ok(())
        }
    }

    let mut counter = Counter(0);
    for asked in trace.entries() {
        // Counting cannot fail.
        let _ = write!(counter, "{asked}");
    }
    counter.0
}

impl Edges {
    fn find(&self, answer: &Answer) -> Option<Step> {
        match self {
            Self::Few(edges) => edges.iter().find(|(known, _)| known == answer).map(|(_, step)| *step),
            Self::Many(edges) => edges.get(answer).copied(),
        }
    }

    fn insert(&mut self, answer: Answer, step: Step) {
        match self {
            Self::Few(edges) if edges.len() < MANY => edges.push((answer, step)),
            Self::Few(edges) => {
                let mut many: HashMap<_, _> = std::mem::take(edges).into_iter().collect();
                many.insert(answer, step);
                *self = Self::Many(many);
            }
            Self::Many(edges) => {
                edges.insert(answer, step);
            }
        }
    }
}
