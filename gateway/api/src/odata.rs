//! What `$filter`s of all planes are made of (OData 4.01, URL Conventions, section 5.1.1).

/// The terms between `and`s that stand outside of quotes.
pub(crate) fn terms(text: &str) -> Vec<&str> {
    let (mut terms, mut begin, mut in_quotes) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '\'' => in_quotes = !in_quotes,
            ' ' if !in_quotes
                && at >= begin
                && text.get(at..at + 5).is_some_and(|word| word.eq_ignore_ascii_case(" and ")) =>
            {
                terms.extend(text.get(begin..at));
                begin = at + 5;
            }
            _ => {}
        }
    }
    terms.extend(text.get(begin..));
    terms
}

/// `name eq 'value'`
pub(crate) fn equation(term: &str) -> Option<(&str, String)> {
    let (name, rest) = term.split_once(' ')?;
    let rest = rest.trim_start();
    let value = rest.get(..3).filter(|word| word.eq_ignore_ascii_case("eq ")).and_then(|_| rest.get(3..))?;
    Some((name, quoted(value.trim())?))
}

/// A text in single quotes; two of them inside stand for one.
pub(crate) fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inner.replace("''", "");
    (!plain.contains('\'')).then(|| inner.replace("''", "'"))
}
