//! The grammar.

use crate::attribute::Attribute;
use crate::expression::{Expression, Quantifier, Quantity};
use crate::instant::Instant;
use crate::operator::{Comparison, TextOperator, TimeOperator};
use crate::parse_error::{ConditionError, Wrong};
use crate::token::{Kind, Token, tokens};

/// How deep parentheses and negations may be nested.
pub(crate) const MAX_DEPTH: usize = 32;

/// Reads words from left to right.
pub(crate) struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    end: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self, ConditionError> {
        Ok(Self { tokens: tokens(text)?, next: 0, end: text.len(), depth: 0 })
    }

    /// The whole text as one condition.
    pub(crate) fn condition(mut self) -> Result<Expression, ConditionError> {
        let root = self.junction()?;
        match self.peek() {
            None => Ok(root),
            Some(_) => Err(self.wrong(Wrong::Trailing)),
        }
    }

    /// Terms joined by AND alone or by OR alone.
    fn junction(&mut self) -> Result<Expression, ConditionError> {
        let first = self.term()?;
        let Some(joint @ (Kind::And | Kind::Or)) = self.peek().cloned() else { return Ok(first) };
        let mut terms = vec![first];
        while let Some(next @ (Kind::And | Kind::Or)) = self.peek() {
            if *next != joint {
                return Err(self.wrong(Wrong::Mixed));
            }
            self.next += 1;
            terms.push(self.term()?);
        }
        Ok(if joint == Kind::And { Expression::All(terms) } else { Expression::Any(terms) })
    }

    fn term(&mut self) -> Result<Expression, ConditionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong(Wrong::TooDeep));
        }
        let term = match self.peek().cloned() {
            Some(Kind::Not) => {
                self.next += 1;
                Expression::Not(Box::new(self.term()?))
            }
            Some(Kind::Open) => {
                self.next += 1;
                let inner = self.junction()?;
                self.take(&Kind::Close, "`)`")?;
                inner
            }
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("ActionMatches") => {
                self.next += 1;
                self.take(&Kind::OpenSet, "`{`")?;
                let pattern = self.text()?;
                self.take(&Kind::CloseSet, "`}`")?;
                Expression::ActionMatches(pattern.to_owned())
            }
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("SubOperationMatches") => {
                return Err(self.wrong(Wrong::SubOperation));
            }
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("Exists") => {
                self.next += 1;
                Expression::Exists(self.attribute()?)
            }
            Some(Kind::Attribute(_)) => self.comparison()?,
            Some(Kind::Text(_) | Kind::Word(_) | Kind::OpenSet) => return Err(self.wrong(Wrong::AttributeOnTheRight)),
            _ => return Err(self.wrong(Wrong::Expected("an attribute, `ActionMatches`, `Exists`, `!` or `(`"))),
        };
        self.depth -= 1;
        Ok(term)
    }

    /// `@Source[name] Operator value`, or with a quantifier and a set.
    fn comparison(&mut self) -> Result<Expression, ConditionError> {
        let attribute = self.attribute()?;
        let mut name = self.word("an operator")?;
        let quantifier = quantifier(name);
        if quantifier.is_some() {
            self.take(&Kind::Colon, "`:`")?;
            name = self.word("an operator")?;
        }
        if let Some(operator) = TextOperator::of(name) {
            if !operator.fits(attribute) {
                return Err(self.wrong_before(Wrong::OperatorOfAttribute));
            }
            let values = self.values(quantifier.is_some(), operator.compares_guids())?;
            let quantifier = quantifier.unwrap_or(Quantifier { left: Quantity::All, right: Quantity::All });
            return Ok(Expression::Compare { attribute, quantifier, comparison: Comparison::new(operator, values) });
        }
        if quantifier.is_none() && attribute == Attribute::UtcNow {
            let at = self.next.saturating_sub(1);
            let text = self.text()?;
            let instant = Instant::parse(text).ok_or_else(|| self.wrong_before(Wrong::Value))?;
            return TimeOperator::of(name, instant).map(Expression::Time).ok_or_else(|| self.at(at, Wrong::Operator));
        }
        Err(self.wrong_before(Wrong::Operator))
    }

    /// One value, or a set of them where a quantifier says how they count.
    fn values(&mut self, set: bool, guids: bool) -> Result<Vec<String>, ConditionError> {
        if self.peek() != Some(&Kind::OpenSet) {
            return Ok(vec![self.value(guids)?]);
        }
        if !set {
            return Err(self.wrong(Wrong::SetWithoutQuantifier));
        }
        self.next += 1;
        let mut values = vec![self.value(guids)?];
        while self.peek() == Some(&Kind::Comma) {
            self.next += 1;
            values.push(self.value(guids)?);
        }
        self.take(&Kind::CloseSet, "`,` or `}`")?;
        Ok(values)
    }

    /// A text in quotes, or a GUID with or without them.
    fn value(&mut self, guid: bool) -> Result<String, ConditionError> {
        let text = match self.peek() {
            Some(Kind::Text(text)) => *text,
            Some(Kind::Word(word)) if guid => *word,
            Some(Kind::Attribute(_)) => return Err(self.wrong(Wrong::AttributeOnTheRight)),
            _ => return Err(self.wrong(Wrong::Expected("a text in `'`"))),
        };
        if guid && !is_guid(text) {
            return Err(self.wrong(Wrong::Value));
        }
        self.next += 1;
        Ok(text.to_owned())
    }

    fn attribute(&mut self) -> Result<Attribute, ConditionError> {
        let Some(Kind::Attribute(attribute)) = self.peek() else {
            return Err(self.wrong(Wrong::Expected("an attribute")));
        };
        let attribute = *attribute;
        self.next += 1;
        Ok(attribute)
    }

    fn text(&mut self) -> Result<&'a str, ConditionError> {
        let Some(Kind::Text(text)) = self.peek() else { return Err(self.wrong(Wrong::Expected("a text in `'`"))) };
        let text = *text;
        self.next += 1;
        Ok(text)
    }

    fn word(&mut self, what: &'static str) -> Result<&'a str, ConditionError> {
        let Some(Kind::Word(word)) = self.peek() else { return Err(self.wrong(Wrong::Expected(what))) };
        let word = *word;
        self.next += 1;
        Ok(word)
    }

    fn take(&mut self, kind: &Kind<'_>, what: &'static str) -> Result<(), ConditionError> {
        if self.peek() != Some(kind) {
            return Err(self.wrong(Wrong::Expected(what)));
        }
        self.next += 1;
        Ok(())
    }

    fn peek(&self) -> Option<&Kind<'a>> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn wrong(&self, wrong: Wrong) -> ConditionError {
        self.at(self.next, wrong)
    }

    /// What was read last is wrong.
    fn wrong_before(&self, wrong: Wrong) -> ConditionError {
        self.at(self.next.saturating_sub(1), wrong)
    }

    fn at(&self, token: usize, wrong: Wrong) -> ConditionError {
        ConditionError { at: self.tokens.get(token).map_or(self.end, |token| token.at), wrong }
    }
}

fn quantifier(name: &str) -> Option<Quantifier> {
    use Quantity::{All, Any};
    let (left, right) = match name.to_ascii_lowercase().as_str() {
        "foranyofanyvalues" => (Any, Any),
        "forallofanyvalues" => (All, Any),
        "foranyofallvalues" => (Any, All),
        "forallofallvalues" => (All, All),
        _ => return None,
    };
    Some(Quantifier { left, right })
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
