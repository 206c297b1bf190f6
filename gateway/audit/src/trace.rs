//! What a plugin asked, written out once: a remembered decision is recorded for every request that it answers.

use portcullis_crypto::sha256;

use crate::chain::push_quoted_hex;
use crate::json::JsonLine;

/// The questions of one decision with their answers, as records hold them. An answer of more than 256 bytes, such
/// as a role with its permissions, stands in a record of its own before the first one that refers to it by its digest,
/// once in each file.
#[derive(Debug, Default)]
pub struct TraceNote {
    /// The elements of the array, with commas between them.
    rendered: Vec<u8>,
    /// Where each element ends in `rendered`.
    ends: Vec<usize>,
    long: Vec<LongAnswer>,
}

/// An answer that has a record of its own.
#[derive(Debug)]
pub(crate) struct LongAnswer {
    /// SHA-256 of the whole text.
    pub(crate) digest: [u8; 32],
    pub(crate) text: String,
    /// Its element in the trace.
    element: usize,
}

/// The beginning of a trace.
pub(crate) struct Part<'a> {
    /// The elements of the array, with commas between them.
    pub(crate) rendered: &'a [u8],
    /// The long answers to which they refer.
    pub(crate) long: &'a [LongAnswer],
    /// Whether it is all of the trace.
    pub(crate) whole: bool,
}

impl TraceNote {
    /// A trace from its questions and answers, in the order of asking.
    pub fn new(facts: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut note = Self::default();
        for (question, answer) in facts {
            note.push(&question, answer);
        }
        note
    }

    fn push(&mut self, question: &str, answer: String) {
        if !self.ends.is_empty() {
            self.rendered.push(b',');
        }
        let mut json = JsonLine::begin(&mut self.rendered);
        json.text("question", question, QUESTION);
        if answer.len() > LONG {
            let digest = sha256(answer.as_bytes());
            json.with("answerDigest", |out| push_quoted_hex(out, &digest));
            self.long.push(LongAnswer { digest, text: answer, element: self.ends.len() });
        } else {
            json.text("answer", &answer, LONG);
        }
        json.close();
        self.ends.push(self.rendered.len());
    }

    /// Whether the same was asked and answered. Long answers are compared by their digests.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.rendered == other.rendered
    }

    /// As many elements as fit into some bytes.
    pub(crate) fn within(&self, room: usize) -> Part<'_> {
        let elements = self.ends.partition_point(|end| *end <= room);
        let end = elements.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0);
        let long = self.long.partition_point(|answer| answer.element < elements);
        Part {
            rendered: self.rendered.get(..end).unwrap_or_default(),
            long: self.long.get(..long).unwrap_or_default(),
            whole: elements == self.ends.len(),
        }
    }
}

/// The longest answer that stands in the trace itself, in bytes before escaping.
const LONG: usize = 256;
/// The bound of a question, likewise.
const QUESTION: usize = 512;
