//! The `claims` parameter: what a client can handle, and what its token must say (OpenID Connect Core 1.0, section 5.5;
//! wire contract, section 2.4).

use portcullis_model::UnixTime;
use serde::Deserialize;
use serde_json::json;

use crate::json::{self, Member, Object};

/// What a client asks of a token. What is not known is ignored, as OpenID Connect has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedClaims {
    /// Whether the client can handle claims challenges (`xms_cc` with `cp1`).
    pub handles_challenges: bool,
    /// Whether there must have been a second factor (`amr` with `mfa`).
    pub multi_factor: bool,
    /// The authentication contexts that must be satisfied (`acrs`).
    pub contexts: Vec<String>,
    /// The time at which, or after which, the person must have signed in (`auth_time`).
    pub signed_in_since: Option<UnixTime>,
    /// The seconds within which the person must have signed in (`auth_time` with `max_age`, a member of our own: a policy
    /// knows no time from which it could tell the other).
    pub signed_in_within: Option<u32>,
}

/// The parameter is no JSON object, or a claim of it has not its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The parameter claims has invalid value.")]
pub struct MalformedClaims;

impl RequestedClaims {
    /// Reads the parameter.
    pub fn parse(text: &str) -> Result<Self, MalformedClaims> {
        let claims: Body = json::parse(text.as_bytes()).map_err(|_| MalformedClaims)?;
        let Some(Object(token)) = claims.access_token.optional().map_err(|_| MalformedClaims)? else {
            return Ok(Self::default());
        };
        let capabilities = values(token.xms_cc)?;
        let mut contexts = values(token.acrs)?;
        contexts.retain(|id| is_context(id));
        contexts.sort_unstable();
        contexts.dedup();
        let (within, auth_time) = max_age(token.auth_time)?;
        let since = values(auth_time)?.into_iter().map(|text| text.parse().map_err(|_| MalformedClaims));
        let since = since.collect::<Result<Vec<i64>, _>>()?.into_iter().max();
        Ok(Self {
            handles_challenges: capabilities.iter().any(|value| value.eq_ignore_ascii_case("cp1")),
            multi_factor: values(token.amr)?.iter().any(|method| method == "mfa"),
            contexts,
            signed_in_since: since.map(UnixTime),
            signed_in_within: within,
        })
    }
}

impl RequestedClaims {
    /// The parameter that asks for the same of a token, for a client that must sign its user in.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut token = serde_json::Map::new();
        let essential = |values: serde_json::Value| json!({"essential": true, "values": values});
        if self.multi_factor {
            token.insert("amr".to_owned(), essential(json!(["mfa"])));
        }
        if !self.contexts.is_empty() {
            token.insert("acrs".to_owned(), essential(json!(self.contexts)));
        }
        let mut auth_time = serde_json::Map::new();
        if let Some(UnixTime(since)) = self.signed_in_since {
            auth_time.insert("value".to_owned(), json!(since.to_string()));
        }
        if let Some(seconds) = self.signed_in_within {
            auth_time.insert("max_age".to_owned(), json!(seconds));
        }
        if !auth_time.is_empty() {
            auth_time.insert("essential".to_owned(), json!(true));
            token.insert("auth_time".to_owned(), auth_time.into());
        }
        json!({ "access_token": token }).to_string()
    }
}

/// `c1` to `c99` (behaviour, section 5.6).
fn is_context(id: &str) -> bool {
    let number = id.strip_prefix('c').filter(|number| !number.starts_with('0'));
    number.and_then(|number| number.parse::<u8>().ok()).is_some_and(|number| number <= 99)
}

/// Takes `max_age` out of a claim.
fn max_age(claim: Member<Object<Claim>>) -> Result<(Option<u32>, Member<Object<Claim>>), MalformedClaims> {
    let Member::Given(Object(mut claim)) = claim else { return Ok((None, claim)) };
    let seconds = std::mem::take(&mut claim.max_age).optional().map_err(|_| MalformedClaims)?;
    let seconds = seconds.map(|seconds| u32::try_from(seconds).map_err(|_| MalformedClaims)).transpose()?;
    Ok((seconds, Member::Given(Object(claim))))
}

/// `value` and `values` of a claim.
fn values(claim: Member<Object<Claim>>) -> Result<Vec<String>, MalformedClaims> {
    let Some(Object(claim)) = claim.optional().map_err(|_| MalformedClaims)? else { return Ok(Vec::new()) };
    let one = claim.value.optional().map_err(|_| MalformedClaims)?;
    let more = claim.values.optional().map_err(|_| MalformedClaims)?.unwrap_or_default();
    let more = more.into_iter().filter_map(|value| if let Member::Given(text) = value { Some(text) } else { None });
    let values: Vec<String> = one.into_iter().chain(more).collect();
    if values.len() > MOST_VALUES { Err(MalformedClaims) } else { Ok(values) }
}

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    access_token: Member<Object<TokenClaims>>,
}

#[derive(Debug, Deserialize)]
struct TokenClaims {
    #[serde(default)]
    xms_cc: Member<Object<Claim>>,
    #[serde(default)]
    amr: Member<Object<Claim>>,
    #[serde(default)]
    acrs: Member<Object<Claim>>,
    #[serde(default)]
    auth_time: Member<Object<Claim>>,
}

#[derive(Debug, Deserialize)]
struct Claim {
    #[serde(default)]
    value: Member<String>,
    #[serde(default)]
    values: Member<Vec<Member<String>>>,
    #[serde(default)]
    max_age: Member<i64>,
}

const MOST_VALUES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_tokens_must_say() {
        let claims = RequestedClaims::parse(
            r#"{"access_token":{"acrs":{"essential":true,"value":"c1"},"amr":{"values":["mfa"]},"nbf":{"value":"1"},
                "auth_time":{"essential":true,"value":"1795000000","max_age":3600},"xms_cc":{"values":["CP1", 1]}},"id_token":{}}"#,
        );
        let wanted = RequestedClaims {
            handles_challenges: true,
            multi_factor: true,
            contexts: vec!["c1".to_owned()],
            signed_in_since: Some(UnixTime(1_795_000_000)),
            signed_in_within: Some(3600),
        };
        let again = RequestedClaims { handles_challenges: false, ..wanted.clone() };
        assert_eq!(RequestedClaims::parse(&wanted.to_json()), Ok(again), "what is asked of the client is asked again");
        assert_eq!(claims, Ok(wanted));
        assert_eq!(RequestedClaims::parse("{}"), Ok(RequestedClaims::default()));
        let others = r#"{"access_token":{"acrs":{"values":["p1","c0","c100","c01","c","C1","c1\n"]}}}"#;
        assert_eq!(RequestedClaims::parse(others), Ok(RequestedClaims::default()));
    }

    #[test]
    fn what_has_not_its_form_is_refused() {
        for text in [
            "",
            "[]",
            r#"{"access_token":1}"#,
            r#"{"access_token":{"acrs":"c1"}}"#,
            r#"{"access_token":{"acrs":{"value":1}}}"#,
            r#"{"access_token":{"auth_time":{"value":"soon"}}}"#,
            r#"{"access_token":{"auth_time":{"max_age":"3600"}}}"#,
            r#"{"access_token":{"auth_time":{"max_age":-1}}}"#,
        ] {
            assert_eq!(RequestedClaims::parse(text), Err(MalformedClaims), "{text}");
        }
    }
}
