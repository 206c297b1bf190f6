//! The mistakes found so far.

use std::cell::RefCell;

use crate::config::file::Mistake;

/// Says that a mistake was noted: what was being read has no value, and the file will be refused.
///
/// Only [`Mistakes::note`] makes one, so that nothing fails without its reason being told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noted(());

/// Collects mistakes, in whatever order they are found.
#[derive(Debug)]
pub(crate) struct Mistakes<'a> {
    text: &'a str,
    found: RefCell<Vec<(Option<usize>, Mistake)>>,
}

impl<'a> Mistakes<'a> {
    /// None yet; `text` is the whole file.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, found: RefCell::default() }
    }

    /// Notes one. `offset` is where in the file it is, if it is anywhere.
    pub(crate) fn note(&self, path: &str, offset: Option<usize>, message: String) -> Noted {
        let place = self.place(path, offset);
        self.found.borrow_mut().push((offset, Mistake { place, message }));
        Noted(())
    }

    /// A place as mistakes show it: the line, if there is one, and the path of keys.
    pub(crate) fn place(&self, path: &str, offset: Option<usize>) -> String {
        match offset {
            Some(offset) => format!("line {}, {path}", position(self.text.as_bytes(), offset).0),
            None => path.to_owned(),
        }
    }

    /// All of them in the order of the file; those without a line come first.
    pub(crate) fn into_sorted(self) -> Vec<Mistake> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(offset, _)| *offset);
        found.into_iter().map(|(_, mistake)| mistake).collect()
    }
}

/// Line and column of an offset, both from one. Columns count characters, as far as the bytes are such.
pub(crate) fn position(text: &[u8], offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one_and_in_characters() {
        let text = "a\näb\n".as_bytes();
        for (offset, expected) in [(0, (1, 1)), (1, (1, 2)), (2, (2, 1)), (4, (2, 2)), (6, (3, 1)), (99, (3, 1))] {
            assert_eq!(position(text, offset), expected, "{offset}");
        }
    }

    #[test]
    fn mistakes_come_in_the_order_of_the_file() {
        let mistakes = Mistakes::new("a\nb\nc\n");
        for (path, offset) in [("c", Some(4)), ("a", Some(0)), ("absent", None)] {
            let _ = mistakes.note(path, offset, "wrong".to_owned());
        }
        let places: Vec<String> = mistakes.into_sorted().into_iter().map(|mistake| mistake.place).collect();
        assert_eq!(places, ["absent", "line 1, a", "line 3, c"]);
    }
}
