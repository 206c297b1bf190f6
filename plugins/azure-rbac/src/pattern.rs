//! Action patterns.

/// Whether an action matches a pattern as a whole. `*` matches any run of characters, `/` among them, even none;
/// everything else compares without case.
pub(crate) fn matches(pattern: &str, action: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = strip_prefix(action, first) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            // The last piece must end the action.
            return rest.len() >= piece.len() && ends_with(rest, piece);
        }
        // The leftmost place is as good as any: what follows is preceded by a star.
        match find(rest, piece) {
            Some(end) => rest = rest.get(end..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..).unwrap_or_default())
}

fn ends_with(text: &str, suffix: &str) -> bool {
    text.len()
        .checked_sub(suffix.len())
        .and_then(|at| text.get(at..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(suffix))
}

/// Where the first occurrence of a piece ends.
fn find(text: &str, piece: &str) -> Option<usize> {
    (0..=text.len().checked_sub(piece.len())?)
        .find(|at| text.get(*at..*at + piece.len()).is_some_and(|window| window.eq_ignore_ascii_case(piece)))
        .map(|at| at + piece.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &str = "Microsoft.KeyVault/vaults/secrets/getSecret/action";

    #[test]
    fn matches_whole_actions_without_case_and_stars_across_slashes() {
        for pattern in [
            GET,
            &GET.to_ascii_uppercase(),
            "*",
            "**",
            "Microsoft.KeyVault/*",
            "microsoft.keyvault/vaults/*",
            "*/getSecret/action",
            "*/secrets/*",
            "Microsoft.KeyVault/*/getsecret/*",
            "Microsoft.KeyVault/vaults/secrets/getSecret/action*",
            "M*t*t*n",
        ] {
            assert!(matches(pattern, GET), "{pattern}");
        }
        for pattern in [
            "",
            "Microsoft.KeyVault/vaults/secrets/getSecret",
            "Microsoft.KeyVault/vaults/secrets/getSecret/actio",
            "Microsoft.KeyVault/vaults/secrets/getSecret/action/x",
            "Microsoft.KeyVault/vaults/keys/*",
            "*/read",
            "icrosoft.KeyVault/*",
            "*getSecret",
            "Microsoft.KeyVault/*/action/action",
            "?icrosoft.KeyVault/*",
        ] {
            assert!(!matches(pattern, GET), "{pattern}");
        }
        assert!(matches("", ""));
        assert!(!matches("ab*ba", "aba"), "the pieces may not overlap");
        assert!(!matches("käse*", "kä"), "cut inside of a letter");
    }
}
