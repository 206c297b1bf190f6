//! Bodies of type `application/x-www-form-urlencoded`.

use zeroize::Zeroizing;

/// Says why a form is refused, by the field's name; values may be secrets and are never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FormError {
    #[error("The form field {0} is given twice.")]
    Repeated(&'static str),
    #[error("The form field {0} is not well-formed.")]
    Encoding(&'static str),
}

/// The fields of a form that its reader knows, each at most once; all others are ignored (clients send telemetry).
pub(super) struct Form {
    fields: Vec<(&'static str, Zeroizing<String>)>,
}

impl Form {
    pub(super) fn parse(body: &[u8], known: &[&'static str]) -> Result<Self, FormError> {
        let mut form = Self { fields: Vec::with_capacity(known.len()) };
        for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            let Some(name) = decode(name) else { continue };
            let Some(name) = known.iter().find(|known| **known == name.as_str()) else { continue };
            if form.fields.iter().any(|(given, _)| given == name) {
                return Err(FormError::Repeated(name));
            }
            form.fields.push((name, decode(value).ok_or(FormError::Encoding(name))?));
        }
        Ok(form)
    }

    /// Takes a field out. An empty one counts as absent (RFC 6749, section 3.2).
    pub(super) fn take(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let at = self.fields.iter().position(|(given, _)| *given == name)?;
        Some(self.fields.swap_remove(at).1).filter(|value| !value.is_empty())
    }
}

/// Decodes one name or value, wiping what it leaves behind. A malformed percent-encoding or text that is not UTF-8 has
/// no value.
pub(super) fn decode(raw: &[u8]) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(raw.len()));
    let mut rest = raw.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next()?)? << 4 | hex_digit(rest.next()?)?,
            byte => byte,
        });
    }
    let text = std::str::from_utf8(&bytes).ok()?;
    Some(Zeroizing::new(text.to_owned()))
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
