//! The routes of a plane, built once from the table of operations.

use http::HeaderValue;
use portcullis_model::{Operation, Plane};

use crate::ApiError;

/// One spelling of a path with the operations that have it.
#[derive(Debug)]
pub(crate) struct Pattern {
    parts: Vec<Part<'static>>,
    operations: Vec<Operation>,
    allow: HeaderValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Word(&'a str),
    Parameter(&'a str),
}

/// The routes of one plane.
#[derive(Debug)]
pub(crate) struct Routes {
    router: matchit::Router<usize>,
    patterns: Vec<Pattern>,
}

impl Routes {
    pub(crate) fn of(plane: Plane) -> Self {
        let mut routes = Self { router: matchit::Router::new(), patterns: Vec::new() };
        for operation in Operation::ALL.iter().filter(|operation| operation.row().plane == plane) {
            for path in operation.row().paths {
                routes.add(path, *operation);
            }
        }
        routes
    }

    /// The pattern that a raw path has, if any. Words match literally; parameters take one non-empty segment.
    pub(crate) fn find(&self, path: &str) -> Option<&Pattern> {
        self.patterns.get(*self.router.at(path).ok()?.value)
    }

    /// Whether a text is, without regard to case, a word that paths of a collection have at a place.
    pub(crate) fn is_reserved(&self, collection: &str, place: usize, text: &str) -> bool {
        self.patterns.iter().filter(|pattern| pattern.parts.get(1) == Some(&part(collection))).any(|pattern| {
            matches!(pattern.parts.get(place), Some(Part::Word(word)) if !word.is_empty() && word.eq_ignore_ascii_case(text))
        })
    }

    fn add(&mut self, path: &'static str, operation: Operation) {
        let parts: Vec<Part<'static>> = path.split('/').map(part).collect();
        if let Some(pattern) = self.patterns.iter_mut().find(|pattern| pattern.parts == parts) {
            pattern.operations.push(operation);
            pattern.allow = allow(&pattern.operations);
            return;
        }
        // INVARIANT: the table has no two paths that differ only in a parameter's name; a test builds both planes.
        self.router.insert(path, self.patterns.len()).expect("the table's paths do not clash");
        let operations = vec![operation];
        self.patterns.push(Pattern { parts, allow: allow(&operations), operations });
    }
}

impl Pattern {
    /// The operation that a method asks for here, or the refusal that lists the methods.
    pub(crate) fn operation(&self, method: &http::Method) -> Result<Operation, ApiError> {
        self.operations
            .iter()
            .copied()
            .find(|operation| operation.row().method.as_str() == method.as_str())
            .ok_or_else(|| ApiError::method_not_allowed(self.allow.clone()))
    }

    /// Where a parameter stands among the segments of a path that this pattern matched, and its raw text.
    pub(crate) fn parameter<'p>(&self, name: &str, path: &'p str) -> Option<(usize, &'p str)> {
        let place = self.parts.iter().position(|part| matches!(part, Part::Parameter(it) if *it == name))?;
        Some((place, path.split('/').nth(place)?))
    }
}

fn part(text: &str) -> Part<'_> {
    text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).map_or(Part::Word(text), Part::Parameter)
}

fn allow(operations: &[Operation]) -> HeaderValue {
    let methods: Vec<&str> = operations.iter().map(|operation| operation.row().method.as_str()).collect();
    HeaderValue::from_str(&methods.join(", ")).expect("methods are ASCII")
}
