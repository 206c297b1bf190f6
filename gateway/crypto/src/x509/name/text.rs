//! The text form of distinguished names (RFC 4514, with the quotations of RFC 1779 that Azure writes).

use std::iter::Peekable;
use std::str::Chars;

use super::NameError;
use super::attribute::Attribute;

/// Reads `type=value` parts: one list of attributes per relative name, in the order of the text.
pub(super) fn parse(text: &str) -> Result<Vec<Vec<Attribute>>, NameError> {
    if text.len() > MAX_TEXT {
        return Err(NameError::TooLong);
    }
    let mut parts = Parts { rest: text.chars().peekable() };
    let mut names = vec![Vec::new()];
    let mut count = 0_usize;
    loop {
        let (attribute, end) = parts.attribute()?;
        count += 1;
        if count > MAX_ATTRIBUTES {
            return Err(NameError::TooLong);
        }
        if let Some(last) = names.last_mut() {
            last.push(attribute);
        }
        match end {
            None => return Ok(names),
            Some('+') => {}
            Some(_) => names.push(Vec::new()),
        }
    }
}

/// A value as it must stand in the text.
pub(super) fn quote(value: &str) -> String {
    let special = |character| matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#');
    if value.contains(special) || value.starts_with(' ') || value.ends_with(' ') {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

struct Parts<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Parts<'_> {
    /// The next attribute and the separator behind it.
    fn attribute(&mut self) -> Result<(Attribute, Option<char>), NameError> {
        let name = self.name()?;
        self.spaces();
        let (value, end) = if self.rest.next_if_eq(&'"').is_some() { self.quoted()? } else { self.plain()? };
        let value = String::from_utf8(value).map_err(|_| NameError::Value { attribute: name.clone() })?;
        Ok((Attribute::new(&name, value)?, end))
    }

    fn name(&mut self) -> Result<String, NameError> {
        let mut name = String::new();
        for character in self.rest.by_ref() {
            match character {
                '=' => return Ok(name.trim().to_owned()),
                ',' | ';' | '+' => return Err(not_attribute(&name)),
                other => name.push(other),
            }
        }
        Err(not_attribute(&name))
    }

    fn plain(&mut self) -> Result<(Vec<u8>, Option<char>), NameError> {
        let mut value = Vec::new();
        // Spaces at the end fall away, but not escaped ones.
        let mut kept = 0;
        while let Some(character) = self.rest.next() {
            match character {
                ',' | ';' | '+' => {
                    value.truncate(kept);
                    return Ok((value, Some(character)));
                }
                '"' | '<' | '>' => return Err(NameError::Escape),
                '#' if value.is_empty() => return Err(NameError::Escape),
                '\\' => value.extend(self.escaped()?),
                other => push(&mut value, other),
            }
            if character != ' ' {
                kept = value.len();
            }
        }
        value.truncate(kept);
        Ok((value, None))
    }

    fn quoted(&mut self) -> Result<(Vec<u8>, Option<char>), NameError> {
        let mut value = Vec::new();
        loop {
            match self.rest.next().ok_or(NameError::Escape)? {
                // A doubled quotation mark is one of the value.
                '"' if self.rest.next_if_eq(&'"').is_some() => value.push(b'"'),
                '"' => break,
                '\\' => value.extend(self.escaped()?),
                other => push(&mut value, other),
            }
        }
        self.spaces();
        match self.rest.next() {
            end @ (None | Some(',' | ';' | '+')) => Ok((value, end)),
            Some(_) => Err(NameError::Escape),
        }
    }

    /// What follows a backslash: a special character, or a byte as two hexadecimal digits.
    fn escaped(&mut self) -> Result<Vec<u8>, NameError> {
        let first = self.rest.next().ok_or(NameError::Escape)?;
        if let Some(high) = first.to_digit(16) {
            let low = self.rest.next().and_then(|digit| digit.to_digit(16)).ok_or(NameError::Escape)?;
            return u8::try_from(high << 4 | low).map(|byte| vec![byte]).map_err(|_| NameError::Escape);
        }
        match first {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#' | ' ' => Ok(first.to_string().into_bytes()),
            _ => Err(NameError::Escape),
        }
    }

    fn spaces(&mut self) {
        while self.rest.next_if_eq(&' ').is_some() {}
    }
}

fn not_attribute(part: &str) -> NameError {
    if part.trim().is_empty() { NameError::Empty } else { NameError::NotAttribute { part: part.trim().to_owned() } }
}

fn push(value: &mut Vec<u8>, character: char) {
    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

const MAX_TEXT: usize = 2048;
pub(super) const MAX_ATTRIBUTES: usize = 32;
