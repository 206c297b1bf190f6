//! Documents that lie beside a plugin.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_policy::Answer;
use serde_json::Value;

use crate::LoadError;
use crate::stopped::Stopped;

/// The bytes of one answer.
const ANSWER: usize = 16 << 10;

/// JSON documents by name. Cheap to clone; replaced as a whole.
#[derive(Debug, Clone, Default)]
pub struct Documents(Arc<BTreeMap<String, Value>>);

impl Documents {
    /// Reads documents, with a bound on the bytes of all together.
    ///
    /// # Errors
    /// When one is not JSON, or they are too large.
    pub fn read<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>, limit: usize) -> Result<Self, LoadError> {
        let (mut documents, mut bytes) = (BTreeMap::new(), 0_usize);
        for (name, text) in texts {
            bytes = bytes.saturating_add(text.len()).saturating_add(name.len());
            if bytes > limit {
                return Err(LoadError::DataTooLarge { bytes, limit });
            }
            let value =
                serde_json::from_str(text).map_err(|source| LoadError::Data { name: name.to_owned(), source })?;
            documents.insert(name.to_owned(), value);
        }
        Ok(Self(Arc::new(documents)))
    }

    fn value(&self, document: &str, pointer: &str) -> Option<&Value> {
        self.0.get(document)?.pointer(pointer)
    }

    /// The value as text; an error when it is too long.
    pub(crate) fn text(&self, document: &str, pointer: &str) -> wasmtime::Result<Answer> {
        let Some(value) = self.value(document, pointer) else { return Ok(Answer::Nothing) };
        let text = value.to_string();
        if text.len() > ANSWER {
            Err(Stopped::too_much("bytes of a document's value"))
        } else {
            Ok(Answer::Text(text.into()))
        }
    }

    /// Whether the value is an array with this text, or an object with a member of this name.
    pub(crate) fn contains(&self, document: &str, pointer: &str, text: &str) -> bool {
        match self.value(document, pointer) {
            Some(Value::Array(items)) => items.iter().any(|item| item.as_str() == Some(text)),
            Some(Value::Object(members)) => members.contains_key(text),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_values_by_pointer() {
        let text = r#"{"owners":["ann","bob"],"teams":{"a/b":{"size":3}},"n":null}"#;
        let documents = Documents::read([("d", text)], 1000).unwrap();
        let shown = |document, pointer| documents.text(document, pointer).unwrap().to_string();
        assert_eq!(shown("d", "/teams/a~1b/size"), "3");
        assert_eq!(shown("d", "/owners/1"), r#""bob""#);
        assert_eq!((shown("d", "/nobody"), shown("other", "")), ("none".to_owned(), "none".to_owned()));
        assert_eq!(shown("d", "/n"), "null");
        assert!(documents.contains("d", "/owners", "ann") && !documents.contains("d", "/owners", "eve"));
        assert!(documents.contains("d", "/teams", "a/b") && !documents.contains("x", "", "ann"));
        assert!(!documents.contains("d", "/owners/0", "ann"), "neither array nor object");
    }

    #[test]
    fn bounds_documents_and_answers() {
        assert!(matches!(Documents::read([("d", "[1,2,3]")], 7), Err(LoadError::DataTooLarge { .. })));
        assert!(matches!(Documents::read([("d", "{")], 100), Err(LoadError::Data { .. })));
        let long = format!("\"{}\"", "x".repeat(ANSWER));
        let documents = Documents::read([("d", long.as_str())], 1 << 20).unwrap();
        assert!(documents.text("d", "").is_err());
    }
}
