//! The query of a request: names and values percent-decoded, names compared without case.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Says why a query is refused, by the parameter's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("the query parameter {0} is not UTF-8")]
    Encoding(&'static str),
    #[error("the query parameter {0} is given twice")]
    Repeated(&'static str),
}

/// The parameters that the gateway reads, each at most once; all others are ignored.
#[derive(Debug, Default)]
pub(crate) struct Query<'a> {
    pub(crate) api_version: Option<Cow<'a, str>>,
    pub(crate) maxresults: Option<Cow<'a, str>>,
    pub(crate) skiptoken: Option<Cow<'a, str>>,
    pub(crate) out_content_type: Option<Cow<'a, str>>,
    pub(crate) include_pending: Option<Cow<'a, str>>,
    pub(crate) filter: Option<Cow<'a, str>>,
    pub(crate) top: Option<Cow<'a, str>>,
    pub(crate) force: Option<Cow<'a, str>>,
    pub(crate) request_id: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    pub(crate) fn parse(raw: Option<&'a str>) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for pair in raw.unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A name that is not UTF-8 is none of ours.
            let Ok(name) = percent_decode_str(name).decode_utf8() else { continue };
            let Some((slot, spelled)) = query.slot(&name) else { continue };
            let value = percent_decode_str(value).decode_utf8().map_err(|_| QueryError::Encoding(spelled))?;
            if slot.replace(value).is_some() {
                return Err(QueryError::Repeated(spelled));
            }
        }
        Ok(query)
    }

    /// Whether `includePending` asks for them; `false` and its absence do not.
    pub(crate) fn includes_pending(&self) -> Option<bool> {
        match self.include_pending.as_deref() {
            None => Some(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Some(_) => None,
        }
    }

    fn slot(&mut self, name: &str) -> Option<(&mut Option<Cow<'a, str>>, &'static str)> {
        let slots = [
            ("api-version", &mut self.api_version),
            ("maxresults", &mut self.maxresults),
            ("$skiptoken", &mut self.skiptoken),
            ("outContentType", &mut self.out_content_type),
            ("includePending", &mut self.include_pending),
            ("$filter", &mut self.filter),
            ("$top", &mut self.top),
            ("force", &mut self.force),
            ("request_id", &mut self.request_id),
        ];
        slots.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(known, slot)| (slot, known))
    }
}
