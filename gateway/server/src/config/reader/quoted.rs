//! What the file says, shown in messages.

/// A text in backticks, cut and with control characters escaped, so that a message stays on its line.
pub(crate) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    // A quotation mark would be escaped too, which only confuses here.
    let shown = shown.replace("\\\"", "\"").replace("\\'", "'");
    let rest = if text.chars().nth(LONGEST).is_some() { "..." } else { "" };
    format!("`{shown}{rest}`")
}

/// Enough for a resource id.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_on_its_line() {
        assert_eq!(quoted("it's \"a\"\n\u{1b}[31m"), "`it's \"a\"\\n\\u{1b}[31m`");
        assert_eq!(quoted(&"x".repeat(201)), format!("`{}...`", "x".repeat(200)));
    }
}
