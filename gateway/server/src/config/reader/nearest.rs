//! The nearest of known words, for suggestions.

/// The known word that differs least from `word`, if it differs so little that it was probably meant.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > LONGEST {
        return None;
    }
    let folded = word.to_ascii_lowercase();
    let near = known.into_iter().map(|known| (difference(&folded, &known.to_ascii_lowercase()), known));
    near.filter(|(distance, known)| *distance <= (known.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// The distance of two words; one that begins with the other is near, however long the rest is.
fn difference(word: &str, known: &str) -> usize {
    let begins = |long: &str, short: &str| short.len() >= BEGINNING && long.starts_with(short);
    let distance = distance(word, known);
    if begins(known, word) || begins(word, known) { distance.min(1) } else { distance }
}

/// How many letters must be changed, added, removed or swapped with their neighbour (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let change = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

/// Longer words are not looked up: the table above grows with their length.
const LONGEST: usize = 128;
/// Shorter beginnings say nothing.
const BEGINNING: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_probably_meant() {
        let known = ["address", "subnet", "chain", "key"];
        for (word, expected) in [
            ("adress", Some("address")),
            ("Address", Some("address")),
            ("subent", Some("subnet")),
            ("keys", Some("key")),
            ("sub", None),
            ("subn", Some("subnet")),
            ("addresses_v4", Some("address")),
            ("colour", None),
            ("", None),
            (&"address".repeat(1000), None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn a_swap_counts_once() {
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
