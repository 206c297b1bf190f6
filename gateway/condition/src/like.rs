//! `StringLike`: `*` stands for any run of characters, `?` for one, and `\` before either, or before itself, for the
//! character as it is.

/// Whether a text matches a pattern as a whole. It takes time in proportion to the product of their lengths at most.
pub(crate) fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let parts = parts(pattern);
    let (mut at, mut part) = (0, 0);
    // The last star and where in the text it has come to: the only place to go back to.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(at) {
        match parts.get(part) {
            Some(Part::Run) => {
                star = Some((part, at));
                part += 1;
            }
            Some(Part::One) => (at, part) = (at + 1, part + 1),
            Some(Part::Letter(wanted)) if wanted == letter => (at, part) = (at + 1, part + 1),
            Some(Part::Letter(_)) | None => {
                let Some((star_part, star_at)) = star else { return false };
                star = Some((star_part, star_at + 1));
                (at, part) = (star_at + 1, star_part + 1);
            }
        }
    }
    parts.get(part..).unwrap_or_default().iter().all(|part| *part == Part::Run)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Letter(char),
    One,
    Run,
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut letters = pattern.chars().peekable();
    let mut parts = Vec::new();
    while let Some(letter) = letters.next() {
        parts.push(match letter {
            '*' => Part::Run,
            '?' => Part::One,
            '\\' => match letters.next_if(|next| matches!(next, '*' | '?' | '\\')) {
                Some(escaped) => Part::Letter(escaped),
                None => Part::Letter('\\'),
            },
            other => Part::Letter(other),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_take_any_run_and_question_marks_one_character() {
        for (text, pattern) in [
            ("", ""),
            ("", "*"),
            ("app-db", "app-*"),
            ("app-", "app-*"),
            ("app-db", "*"),
            ("app-db", "a*d?"),
            ("aab", "*ab"),
            ("abab", "*a*b"),
            ("a*b", r"a\*b"),
            ("a?b", r"a\?b"),
            (r"a\b", r"a\b"),
            (r"a\b", r"a\\b"),
            ("k\u{e4}se", "k?se"),
        ] {
            assert!(is_like(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in
            [("a", ""), ("", "?"), ("app", "app-*"), ("axb", r"a\*b"), ("App-db", "app-*"), ("ab", "a*bc"), ("b", "?b")]
        {
            assert!(!is_like(text, pattern), "{text} {pattern}");
        }
    }
}
