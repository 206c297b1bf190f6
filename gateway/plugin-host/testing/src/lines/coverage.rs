//! What is known of lines after the tests, and how it is told.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;

use portcullis_plugin_host::Marks;

use super::Instrumented;

/// Which lines of a plugin's own sources were reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCoverage {
    /// The files that have code, in the order of their paths.
    pub files: Vec<FileLines>,
}

/// The lines of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLines {
    /// The file's whole path.
    pub path: PathBuf,
    /// Its path in the folder of sources, which stands before it if there are several.
    pub shown: PathBuf,
    /// The lines that have code, counted from 1, and whether they were reached.
    pub lines: BTreeMap<u64, bool>,
}

impl LineCoverage {
    /// What an instrumented component told.
    #[must_use]
    pub fn new(instrumented: &Instrumented, marks: &Marks) -> Self {
        let file = |(path, shown): &(PathBuf, PathBuf)| FileLines {
            path: path.clone(),
            shown: shown.clone(),
            lines: BTreeMap::new(),
        };
        let mut files: Vec<FileLines> = instrumented.files.iter().map(file).collect();
        for (place, line) in instrumented.places.iter().enumerate() {
            if let Some(file) = files.get_mut(line.file) {
                file.lines.insert(line.line, marks.passed(place));
            }
        }
        files.retain(|file| !file.lines.is_empty());
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Self { files }
    }

    /// The lines that were reached, and those that have code.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        self.files.iter().map(FileLines::counts).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// Whether at least this many lines in a hundred were reached.
    #[must_use]
    pub fn is_at_least(&self, percent: u8) -> bool {
        let (reached, all) = self.counts();
        reached.saturating_mul(100) >= all.saturating_mul(usize::from(percent))
    }

    /// Writes a line for each file, and one for all.
    ///
    /// # Errors
    /// When the writer does.
    pub fn write_summary(&self, out: &mut impl Write) -> io::Result<()> {
        for file in &self.files {
            let missed = file.missed();
            let missed = if missed.is_empty() { missed } else { format!("; not reached: {missed}") };
            writeln!(out, "  {}: {}{missed}", file.shown.display(), share(file.counts()))?;
        }
        writeln!(out, "  together: {}", share(self.counts()))
    }

    /// Writes a tracefile of LCOV, as genhtml, editors and CI services read it. Executions are not counted: what was
    /// reached has the count 1.
    ///
    /// # Errors
    /// When the writer does.
    pub fn write_lcov(&self, out: &mut impl Write) -> io::Result<()> {
        for file in &self.files {
            writeln!(out, "TN:\nSF:{}", file.path.display())?;
            for (line, reached) in &file.lines {
                writeln!(out, "DA:{line},{}", u8::from(*reached))?;
            }
            let (reached, all) = file.counts();
            writeln!(out, "LF:{all}\nLH:{reached}\nend_of_record")?;
        }
        Ok(())
    }
}

impl FileLines {
    /// The lines that were reached, and those that have code.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.lines.values().filter(|reached| **reached).count(), self.lines.len())
    }

    /// The lines that were not reached, such as `3, 7-12`. A range goes on over lines without code.
    #[must_use]
    pub fn missed(&self) -> String {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        let mut goes_on = false;
        for (line, reached) in &self.lines {
            match ranges.last_mut().filter(|_| goes_on) {
                _ if *reached => {}
                Some((_, end)) => *end = *line,
                None => ranges.push((*line, *line)),
            }
            goes_on = !reached;
        }
        ranges.iter().enumerate().fold(String::new(), |mut text, (at, (start, end))| {
            let comma = if at == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = if start == end { write!(text, "{comma}{start}") } else { write!(text, "{comma}{start}-{end}") };
            text
        })
    }
}

/// `3 of 4 lines, 75.0 %`; a share is never rounded up.
fn share((reached, all): (usize, usize)) -> String {
    let tenths = reached.saturating_mul(1000).checked_div(all).unwrap_or_default();
    format!("{reached} of {all} lines, {}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, lines: &[(u64, bool)]) -> FileLines {
        FileLines { path: PathBuf::from("/w").join(name), shown: name.into(), lines: lines.iter().copied().collect() }
    }

    #[test]
    fn says_what_was_not_reached_in_ranges_and_rounds_down() {
        let decide = file("decide.rs", &[(1, true), (3, false), (5, false), (6, true), (9, false)]);
        assert_eq!(decide.missed(), "3-5, 9");
        let whole = file("whole.rs", &[(1, true)]);
        let coverage = LineCoverage { files: vec![decide, whole] };
        let mut text = Vec::new();
        coverage.write_summary(&mut text).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "  decide.rs: 2 of 5 lines, 40.0 %; not reached: 3-5, 9\n  whole.rs: 1 of 1 lines, 100.0 %\n  together: 3 of 6 lines, 50.0 %\n"
        );
        assert!(coverage.is_at_least(50) && !coverage.is_at_least(51));
        assert_eq!(share((1999, 2000)), "1999 of 2000 lines, 99.9 %");
        let all_but_one = (1..=200).map(|line| (line, line > 1)).collect::<Vec<_>>();
        assert!(!LineCoverage { files: vec![file("a.rs", &all_but_one)] }.is_at_least(100));
    }

    #[test]
    fn a_tracefile_has_each_line_and_the_sums() {
        let coverage = LineCoverage { files: vec![file("a.rs", &[(2, true), (4, false)])] };
        let mut text = Vec::new();
        coverage.write_lcov(&mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "TN:\nSF:/w/a.rs\nDA:2,1\nDA:4,0\nLF:2\nLH:1\nend_of_record\n");
    }
}
