//! Reads the `.d` files that cargo writes beside what it builds.

use std::path::PathBuf;

/// The prerequisites of the first rule: the sources, the SDK's among them, and the `.wit` files.
pub(crate) fn prerequisites(text: &str) -> Vec<PathBuf> {
    let Some((_, paths)) = text.lines().next().and_then(|rule| rule.split_once(": ")) else { return Vec::new() };
    let mut found = Vec::new();
    let mut path = String::new();
    let mut letters = paths.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            // A space inside of a path is escaped.
            '\\' if letters.peek() == Some(&' ') => path.extend(letters.next()),
            ' ' => found.push(std::mem::take(&mut path)),
            _ => path.push(letter),
        }
    }
    found.push(path);
    found.into_iter().filter(|path| !path.is_empty()).map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_paths_with_and_without_spaces() {
        let text = "/t/a.wasm: /w/a.rs /w/my\\ folder/b.wit  /w/c.rs\n\n/w/a.rs:\n";
        let expected: Vec<PathBuf> = ["/w/a.rs", "/w/my folder/b.wit", "/w/c.rs"].map(PathBuf::from).into();
        assert_eq!(prerequisites(text), expected);
        assert_eq!(prerequisites(""), Vec::<PathBuf>::new());
    }
}
