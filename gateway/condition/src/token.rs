//! The words of a condition.

use crate::attribute::Attribute;
use crate::parse_error::{ConditionError, Wrong};

/// A word with the place where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) at: usize,
    pub(crate) kind: Kind<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    Open,
    Close,
    OpenSet,
    CloseSet,
    Comma,
    Colon,
    Not,
    And,
    Or,
    /// `'..'`, without its quotes. A text holds no quote: there is no way to write one.
    Text(&'a str),
    /// `@Source[..]`
    Attribute(Attribute),
    /// A name, a number or a GUID.
    Word(&'a str),
}

/// Splits a condition into words.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ConditionError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with([' ', '\t', '\r', '\n']) {
            at += 1;
            continue;
        }
        let (kind, length) = token(rest).map_err(|wrong| ConditionError { at, wrong })?;
        found.push(Token { at, kind });
        at += length;
    }
    Ok(found)
}

fn token(rest: &str) -> Result<(Kind<'_>, usize), Wrong> {
    const FIXED: [(&str, Kind<'static>); 9] = [
        ("(", Kind::Open),
        (")", Kind::Close),
        ("{", Kind::OpenSet),
        ("}", Kind::CloseSet),
        (",", Kind::Comma),
        (":", Kind::Colon),
        ("!", Kind::Not),
        ("&&", Kind::And),
        ("||", Kind::Or),
    ];
    if let Some((sign, kind)) = FIXED.into_iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Ok((kind, sign.len()));
    }
    if let Some(inner) = rest.strip_prefix('\'') {
        let (inner, _) = inner.split_once('\'').ok_or(Wrong::OpenText)?;
        return Ok((Kind::Text(inner), inner.len() + 2));
    }
    if let Some(inner) = rest.strip_prefix('@') {
        let (inner, _) = inner.split_once(']').ok_or(Wrong::OpenAttribute)?;
        let (source, name) = inner.split_once('[').ok_or(Wrong::Expected("`[` after the source of an attribute"))?;
        let attribute = Attribute::of(source, name).ok_or(Wrong::Attribute)?;
        return Ok((Kind::Attribute(attribute), inner.len() + 2));
    }
    let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)).count();
    let word = rest.get(..length).filter(|word| !word.is_empty()).ok_or(Wrong::Character)?;
    let kind = match word {
        _ if word.eq_ignore_ascii_case("and") => Kind::And,
        _ if word.eq_ignore_ascii_case("or") => Kind::Or,
        _ if word.eq_ignore_ascii_case("not") => Kind::Not,
        _ => Kind::Word(word),
    };
    Ok((kind, length))
}
