//! What the checks of a token can cost, counted before they run.
//!
//! biscuit-auth looks at its limits between iterations and between checks, never inside a join, so they do not bound
//! what a hostile block costs. Whoever holds any token can append such a block without a key.

use std::collections::HashMap;

use biscuit_auth::Authorizer;
use biscuit_auth::builder::{Binary, Check, Expression, Fact, MapKey, Op, Predicate, Rule, Term};
use ipnet::IpNet;

/// What makes the blocks of a token too complex to be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Complexity {
    /// A block holds a rule.
    #[error("a block of the token holds a rule")]
    Rule,
    /// A check has terms in its head, where none belong: biscuit-auth writes to standard output about a variable there
    /// that the body does not bind, and standard output may be where the audit log goes.
    #[error("a check of the token has a head")]
    Head,
    /// A check matches a regular expression.
    #[error("a check of the token matches a regular expression")]
    RegularExpression,
    /// The checks can take too many steps.
    #[error("the checks of the token take too many steps")]
    Steps,
}

/// Which facts about the client's networks the checks of a token can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Prefixes {
    /// Checks name these networks and no others.
    Named(Vec<IpNet>),
    /// A check has a variable in the place of the network.
    All,
}

/// Counts what the checks of a token can cost; tells which facts they need.
pub(crate) fn review(authorizer: &Authorizer, most_steps: u64) -> Result<Prefixes, Complexity> {
    let (facts, rules, checks, _) = authorizer.dump();
    if !rules.is_empty() {
        return Err(Complexity::Rule);
    }
    if queries(&checks).any(|query| !query.head.terms.is_empty()) {
        return Err(Complexity::Head);
    }
    let prefixes = Prefixes::of(&checks);
    let steps = Census::new(&facts, &checks, &prefixes).steps(&checks)?;
    if steps > most_steps { Err(Complexity::Steps) } else { Ok(prefixes) }
}

impl Prefixes {
    fn of(checks: &[Check]) -> Self {
        let mut named = Vec::new();
        for predicate in predicates(checks).filter(|predicate| predicate.name == SOURCE_IN) {
            match predicate.terms.as_slice() {
                [Term::Str(text)] => named.extend(canonical(text)),
                _ => return Self::All,
            }
        }
        Self::Named(named)
    }

    fn count(&self) -> usize {
        match self {
            Self::Named(networks) => networks.len(),
            Self::All => 129,
        }
    }
}

/// The network of a text, if the text is its canonical spelling: another spelling matches no fact.
fn canonical(text: &str) -> Option<IpNet> {
    let network: IpNet = text.parse().ok()?;
    (network.trunc().to_string() == text).then_some(network)
}

/// What the joins of a token run over.
struct Census {
    /// Facts of each name.
    named: HashMap<String, u64>,
    /// Facts of all names.
    facts: u64,
    /// Members of all collections and length of all texts of the token: no single term is larger.
    members: u64,
}

impl Census {
    fn new(facts: &[Fact], checks: &[Check], prefixes: &Prefixes) -> Self {
        let mut named: HashMap<String, u64> = HashMap::new();
        for fact in facts {
            *named.entry(fact.predicate.name.clone()).or_default() += 1;
        }
        for name in AMBIENT {
            *named.entry((*name).to_owned()).or_default() += 1;
        }
        *named.entry(SOURCE_IN.to_owned()).or_default() += count(prefixes.count());
        let in_facts = facts.iter().flat_map(|fact| &fact.predicate.terms).map(members);
        let in_predicates = predicates(checks).flat_map(|predicate| &predicate.terms).map(members);
        let in_expressions = expressions(checks).map(|expression| members_of_ops(&expression.ops));
        Self {
            facts: sum(named.values().copied()),
            members: sum(in_facts.chain(in_predicates).chain(in_expressions)).saturating_add(MEMBERS_OF_AMBIENT),
            named,
        }
    }

    fn steps(&self, checks: &[Check]) -> Result<u64, Complexity> {
        queries(checks).try_fold(0_u64, |steps, query| Ok(steps.saturating_add(self.steps_of(query)?)))
    }

    /// A join looks at every fact once for each way in which the predicates before matched, and copies the variables
    /// for each way in which one more matched. The expressions are evaluated for each way in which all matched.
    fn steps_of(&self, query: &Rule) -> Result<u64, Complexity> {
        // A join recurses once for each predicate, on a stack that is not ours to size.
        if query.body.len() > MOST_PREDICATES {
            return Err(Complexity::Steps);
        }
        let copies = self.copies(query);
        let (mut ways, mut steps) = (1_u64, 1_u64);
        for predicate in &query.body {
            steps = steps.saturating_add(ways.saturating_mul(self.facts));
            ways = ways.saturating_mul(self.matches(predicate));
            steps = steps.saturating_add(ways.saturating_mul(copies));
        }
        for expression in &query.expressions {
            let cost = OpCost { copies, largest: self.members.saturating_mul(1 + growth(&expression.ops)) };
            steps = steps.saturating_add(ways.saturating_mul(cost.of(&expression.ops)?));
        }
        Ok(steps)
    }

    /// What it costs to copy all variables of a query.
    fn copies(&self, query: &Rule) -> u64 {
        let terms = query.body.iter().flat_map(|predicate| &predicate.terms);
        let variables = terms.filter(|term| matches!(term, Term::Variable(_))).count();
        count(variables).saturating_mul(self.members).saturating_add(1)
    }

    /// How many facts a predicate can match. The one ambient fact that comes in numbers is about networks, and a
    /// predicate that names its network matches one of them.
    fn matches(&self, predicate: &Predicate) -> u64 {
        if predicate.name == SOURCE_IN && matches!(predicate.terms.as_slice(), [Term::Str(_)]) {
            return 1;
        }
        self.named.get(&predicate.name).copied().unwrap_or(0)
    }
}

/// What the operations of one expression cost.
struct OpCost {
    /// To copy all variables, which every closure does.
    copies: u64,
    /// The size of the largest term that can come about.
    largest: u64,
}

impl OpCost {
    fn of(&self, ops: &[Op]) -> Result<u64, Complexity> {
        let mut steps = 0_u64;
        for op in ops {
            steps = steps.saturating_add(match op {
                Op::Binary(Binary::Regex) => return Err(Complexity::RegularExpression),
                Op::Value(_) | Op::Unary(_) | Op::Binary(_) => self.largest.saturating_add(STEPS_OF_OP),
                Op::Closure(parameters, body) => {
                    let once = self.of(body)?.saturating_add(self.copies);
                    // With a parameter it runs for each member of a collection, else once.
                    if parameters.is_empty() { once } else { once.saturating_mul(self.largest) }
                }
            });
        }
        Ok(steps)
    }
}

/// How many times an expression can put two terms together: its variables are bound before, so that what it makes
/// is never doubled twice.
fn growth(ops: &[Op]) -> u64 {
    sum(ops.iter().map(|op| match op {
        Op::Binary(Binary::Add | Binary::Union) => 1,
        Op::Closure(_, body) => growth(body),
        Op::Value(_) | Op::Unary(_) | Op::Binary(_) => 0,
    }))
}

fn queries(checks: &[Check]) -> impl Iterator<Item = &Rule> {
    checks.iter().flat_map(|check| &check.queries)
}

fn predicates(checks: &[Check]) -> impl Iterator<Item = &Predicate> {
    queries(checks).flat_map(|query| &query.body)
}

fn expressions(checks: &[Check]) -> impl Iterator<Item = &Expression> {
    queries(checks).flat_map(|query| &query.expressions)
}

/// The members of a collection and of the collections in it.
fn members(term: &Term) -> u64 {
    match term {
        Term::Set(terms) => sum(terms.iter().map(|term| members(term).saturating_add(1))),
        Term::Array(terms) => sum(terms.iter().map(|term| members(term).saturating_add(1))),
        Term::Map(entries) => {
            let of_entry = |(_, value): (&MapKey, &Term)| members(value).saturating_add(1);
            sum(entries.iter().map(of_entry))
        }
        // A text counts by its length: `contains` and `starts_with` read it.
        Term::Str(text) => count(text.len() / 64),
        Term::Bytes(bytes) => count(bytes.len() / 64),
        Term::Variable(_) | Term::Integer(_) | Term::Date(_) | Term::Bool(_) | Term::Parameter(_) | Term::Null => 0,
    }
}

fn members_of_ops(ops: &[Op]) -> u64 {
    sum(ops.iter().map(|op| match op {
        Op::Value(term) => members(term),
        Op::Closure(_, body) => members_of_ops(body),
        Op::Unary(_) | Op::Binary(_) => 0,
    }))
}

fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

pub(crate) const SOURCE_IN: &str = "source_in";

/// The facts that are there once for each request, at most.
const AMBIENT: &[&str] = &["operation", "vault", "object", "time"];
/// An object's name counts as two, as every text of at most 128 bytes.
const MEMBERS_OF_AMBIENT: u64 = 2;
const MOST_PREDICATES: usize = 16;
const STEPS_OF_OP: u64 = 4;
