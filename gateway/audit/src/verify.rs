//! Checking a log after the fact.

use std::io::{self, BufRead, Read};

use portcullis_crypto::Mac;
use serde::Deserialize;

use crate::chain::{Link, parse_hex};
use crate::record::{MARK_CATEGORY, MOST_LINE, RECOVERED, RESUMED};

/// What an unbroken log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// What the first record follows; [`Link::BEGINNING`] if it is the first of all. Otherwise there is an earlier
    /// file, whose `last` should be this.
    pub after: Link,
    /// The last record. A chain cannot show that records behind it were removed.
    pub last: Link,
    /// Records, marks included.
    pub records: u64,
    /// Lines that were not whole and whose loss a later record admits.
    pub torn: u64,
    /// Bytes behind the last record that are no whole line, as a process leaves them that ends while writing.
    pub torn_tail: u64,
}

/// Why a log cannot be trusted from some line on.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log could not be read.
    #[error("cannot read the audit log at line {line}")]
    Unreadable {
        /// The line, counted from 1.
        line: u64,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The chain is broken.
    #[error("the audit log is broken at line {line}, after record {}: {what}", last.sequence)]
    Broken {
        /// The line, counted from 1.
        line: u64,
        /// The last record that could be trusted.
        last: Link,
        /// What is wrong with the line.
        what: Break,
    },
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// It is the first, and says not what it follows: records before it were removed.
    #[error("the log does not begin with a mark of the chain")]
    NoBeginning,
    /// It is no record, and no later record admits that one was lost.
    #[error("the line is no record")]
    NoRecord,
    /// Records before it are missing, or it was moved.
    #[error("record {found} stands where {expected} should")]
    Sequence {
        /// The number that should stand there.
        expected: u64,
        /// The number that does.
        found: u64,
    },
    /// It was changed, or what it follows was, or the key is another.
    #[error("its code is not that of its content and its predecessor")]
    Code,
}

/// Walks a log and checks every link. `after` is the last record of the file before, if it is known; without it the
/// log has to begin with a mark of the chain, as every file does.
pub fn verify(reader: impl BufRead, mac: &Mac, after: Option<&Link>) -> Result<Report, VerifyError> {
    let mut lines = Lines { reader, line: Vec::new(), number: 0 };
    let mut walk = Walk { mac, after: after.copied(), report: None, broken: None, scratch: Vec::new() };
    while lines.advance()? {
        walk.step(&lines)?;
    }
    walk.end()
}

struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads the next line, or as much of it as a record may have.
    fn advance(&mut self) -> Result<bool, VerifyError> {
        self.line.clear();
        self.number += 1;
        let most = u64::try_from(MOST_LINE + 1).unwrap_or(u64::MAX);
        let read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.line);
        let read = read.map_err(|source| VerifyError::Unreadable { line: self.number, source })?;
        Ok(read > 0)
    }
}

struct Walk<'a> {
    mac: &'a Mac,
    after: Option<Link>,
    report: Option<Report>,
    /// The first of the lines just before that are no records.
    broken: Option<Torn>,
    scratch: Vec<u8>,
}

struct Torn {
    line: u64,
    count: u64,
    bytes: u64,
    /// Whether the last of them ended with a line feed.
    whole: bool,
}

impl Walk<'_> {
    fn step<R>(&mut self, lines: &Lines<R>) -> Result<(), VerifyError> {
        let content = lines.line.strip_suffix(b"\n");
        let Some((record, link)) = content.and_then(|record| Some((record, Link::of(record)?))) else {
            self.note_torn(lines, content.is_some());
            return Ok(());
        };
        let mark = Mark::of(record);
        let last = self.last(mark.as_ref());
        let broken = |line, what| Err(VerifyError::Broken { line, last: last.unwrap_or(Link::BEGINNING), what });
        let Some(expected) = last else { return broken(lines.number, Break::NoBeginning) };
        if let Some(torn) = &self.broken
            && !mark.as_ref().is_some_and(|mark| mark.event == RECOVERED || mark.event == RESUMED)
        {
            return broken(torn.line, Break::NoRecord);
        }
        if link.sequence != expected.sequence.saturating_add(1) {
            let expected = expected.sequence.saturating_add(1);
            return broken(lines.number, Break::Sequence { expected, found: link.sequence });
        }
        if !expected.precedes(self.mac, record, &mut self.scratch) {
            return broken(lines.number, Break::Code);
        }
        self.count(expected, link);
        Ok(())
    }

    fn note_torn<R>(&mut self, lines: &Lines<R>, whole: bool) {
        let torn = self.broken.get_or_insert(Torn { line: lines.number, count: 0, bytes: 0, whole });
        torn.count += 1;
        torn.bytes += u64::try_from(lines.line.len()).unwrap_or(u64::MAX);
        torn.whole = whole;
    }

    /// What the next record has to follow.
    fn last(&self, mark: Option<&Mark>) -> Option<Link> {
        self.report.map(|report| report.last).or(self.after).or_else(|| mark?.previous())
    }

    fn count(&mut self, after: Link, link: Link) {
        let torn = self.broken.take().map_or(0, |torn| torn.count);
        let report = self.report.get_or_insert(Report { after, last: after, records: 0, torn: 0, torn_tail: 0 });
        report.last = link;
        report.records += 1;
        report.torn += torn;
    }

    fn end(self) -> Result<Report, VerifyError> {
        let after = self.after.unwrap_or(Link::BEGINNING);
        let report = self.report.unwrap_or(Report { after, last: after, records: 0, torn: 0, torn_tail: 0 });
        match self.broken {
            None => Ok(report),
            // Only the very last line can lack its line feed.
            Some(torn) if torn.count == 1 && !torn.whole => Ok(Report { torn_tail: torn.bytes, ..report }),
            Some(torn) => Err(VerifyError::Broken { line: torn.line, last: report.last, what: Break::NoRecord }),
        }
    }
}

/// A record in which the chain speaks of itself.
#[derive(Deserialize)]
struct Mark {
    category: String,
    event: String,
    #[serde(rename = "previousSequence")]
    sequence: u64,
    #[serde(rename = "previousMac")]
    mac: String,
}

impl Mark {
    fn of(record: &[u8]) -> Option<Self> {
        // Most records are none; parsing all of them would cost more than checking them.
        let start = record.get(..CATEGORY_WITHIN)?;
        start.windows(MARK_CATEGORY.len()).any(|window| window == MARK_CATEGORY.as_bytes()).then_some(())?;
        serde_json::from_slice(record).ok().filter(|mark: &Self| mark.category == MARK_CATEGORY)
    }

    fn previous(&self) -> Option<Link> {
        Some(Link { sequence: self.sequence, mac: parse_hex(self.mac.as_bytes())? })
    }
}

/// The category follows the time, whose length is fixed.
const CATEGORY_WITHIN: usize = 80;
