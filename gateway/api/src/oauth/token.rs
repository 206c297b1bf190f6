//! Token requests of applications (wire contract, section 3.2) and their answers.

use std::mem;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use portcullis_model::{ApplicationId, SecretText};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::{OAuthError, OAuthErrorCode};
use super::form::{self, Form};
use super::route::ProtocolVersion;
use crate::Answer;
use crate::json::{self, Member, Object};

/// The greatest body of a token request, in bytes: room for a client assertion, and for little else.
pub const MAX_TOKEN_BODY_BYTES: usize = 16 * 1024;

/// A request for an access token by an application.
#[derive(Debug)]
pub struct TokenRequest {
    /// The application.
    pub client: ApplicationId,
    /// How it shows who it is.
    pub credential: ClientCredential,
    /// The resource that the token is for: the scope minus `/.default`, without any other clean-up.
    pub audience: String,
    /// Whether the client can handle claims challenges (`xms_cc` with `cp1`).
    pub handles_claims_challenges: bool,
}

/// How an application shows who it is.
#[derive(Debug)]
pub enum ClientCredential {
    /// With its secret.
    Secret(SecretText),
    /// With a signed assertion.
    Assertion(SecretText),
}

/// Reads a token request: the form, and client authentication by HTTP Basic (RFC 6749, section 2.3.1).
pub fn parse_token_request(head: &Parts, version: ProtocolVersion, body: &[u8]) -> Result<TokenRequest, OAuthError> {
    if body.len() > MAX_TOKEN_BODY_BYTES {
        return Err(OAuthError::new(OAuthErrorCode::BodyTooLarge, "The request body is over its limit."));
    }
    check_content_type(head)?;
    let mut form = Form::parse(body, FIELDS).map_err(|error| malformed(error.to_string()))?;
    match form.take("grant_type").as_deref().map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => return Err(OAuthError::new(OAuthErrorCode::GrantUnsupported, "The grant type is not supported.")),
        None => return Err(missing("grant_type")),
    }
    let (client, credential) = client(head, &mut form)?;
    Ok(TokenRequest {
        client,
        credential,
        audience: audience(&mut form, version)?,
        handles_claims_challenges: capability(&mut form)?,
    })
}

/// The answer that carries a token; it must not be stored.
#[must_use]
pub fn token_answer(access_token: &SecretText, expires_in: u32) -> Answer {
    let token = access_token.expose();
    let body = TokenBody { token_type: "Bearer", expires_in, ext_expires_in: expires_in, access_token: token };
    let mut answer = Answer::json_of_size(StatusCode::OK, &body, token.len() + 128);
    answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}

#[derive(Serialize)]
struct TokenBody<'a> {
    token_type: &'static str,
    expires_in: u32,
    ext_expires_in: u32,
    access_token: &'a str,
}

const FIELDS: &[&str] = &[
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion_type",
    "client_assertion",
    "scope",
    "resource",
    "claims",
];

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The greatest audience, in bytes.
const MAX_AUDIENCE_BYTES: usize = 1024;

type Text = Zeroizing<String>;

fn client(head: &Parts, form: &mut Form) -> Result<(ApplicationId, ClientCredential), OAuthError> {
    let mut id = form.take("client_id");
    let mut secret = form.take("client_secret");
    if let Some((basic_id, basic_secret)) = basic(head)? {
        // RFC 6749, section 2.3: a client must not use more than one method in a request.
        if secret.is_some() || id.as_ref().is_some_and(|id| **id != *basic_id) {
            return Err(malformed("The client authenticates in two ways."));
        }
        (id, secret) = (Some(basic_id), Some(basic_secret).filter(|secret| !secret.is_empty()));
    }
    let id = id.ok_or_else(|| missing("client_id"))?;
    let id = id.parse().map_err(|_| {
        OAuthError::new(OAuthErrorCode::ApplicationUnknown, "The application was not found in the directory.")
    })?;
    Ok((id, credential(secret, form)?))
}

fn credential(secret: Option<Text>, form: &mut Form) -> Result<ClientCredential, OAuthError> {
    let kind = form.take("client_assertion_type");
    match (secret, form.take("client_assertion")) {
        (Some(_), Some(_)) => Err(malformed("The client authenticates in two ways.")),
        (Some(secret), None) => Ok(ClientCredential::Secret(secret_text(secret))),
        (None, Some(assertion)) if kind.as_deref().map(String::as_str) == Some(ASSERTION_TYPE) => {
            Ok(ClientCredential::Assertion(secret_text(assertion)))
        }
        (None, Some(_)) => Err(malformed("The form field client_assertion_type has invalid value.")),
        (None, None) => Err(OAuthError::new(
            OAuthErrorCode::CredentialMissing,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )),
    }
}

/// The client's id and secret from an `Authorization: Basic` header, each form-encoded within it.
fn basic(head: &Parts) -> Result<Option<(Text, Text)>, OAuthError> {
    let refused = || malformed("The Authorization header is not well-formed.");
    let mut values = head.headers.get_all(header::AUTHORIZATION).iter();
    let (value, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(refused());
    }
    let Some(value) = value else { return Ok(None) };
    let text = value.to_str().map_err(|_| refused())?;
    let Some((scheme, encoded)) = text.split_once(' ') else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Ok(None);
    }
    let pair = Zeroizing::new(STANDARD.decode(encoded.trim_matches(' ')).map_err(|_| refused())?);
    let colon = pair.iter().position(|b| *b == b':').ok_or_else(refused)?;
    let (id, secret) = pair.split_at(colon);
    let id = form::decode(id).ok_or_else(refused)?;
    let secret = form::decode(secret.get(1..).unwrap_or_default()).ok_or_else(refused)?;
    Ok(Some((id, secret)))
}

/// One resource: `az` asks for `https://management.../` with `//.default`, so nothing but the suffix is taken off.
fn audience(form: &mut Form, version: ProtocolVersion) -> Result<String, OAuthError> {
    let mut audience = match version {
        ProtocolVersion::V1 => form.take("resource").ok_or_else(|| missing("resource"))?,
        ProtocolVersion::V2 => {
            let scope = form.take("scope").ok_or_else(|| missing("scope"))?;
            let resource = scope.strip_suffix("/.default").ok_or_else(scope_malformed)?;
            Zeroizing::new(resource.to_owned())
        }
    };
    let one = (1..=MAX_AUDIENCE_BYTES).contains(&audience.len()) && audience.bytes().all(|b| b.is_ascii_graphic());
    if one { Ok(mem::take(&mut *audience)) } else { Err(scope_malformed()) }
}

/// Whether `claims` announces that the client handles claims challenges (wire contract, section 2.4).
fn capability(form: &mut Form) -> Result<bool, OAuthError> {
    let Some(claims) = form.take("claims") else { return Ok(false) };
    let refused = || malformed("The form field claims has invalid value.");
    let claims: ClaimsBody = json::parse(claims.as_bytes()).map_err(|_| refused())?;
    let Some(Object(token)) = claims.access_token.optional().map_err(|_| refused())? else { return Ok(false) };
    let Some(Object(capabilities)) = token.xms_cc.optional().map_err(|_| refused())? else { return Ok(false) };
    let values = capabilities.values.optional().map_err(|_| refused())?.unwrap_or_default();
    Ok(values.iter().any(|value| matches!(value, Member::Given(text) if text.eq_ignore_ascii_case("cp1"))))
}

#[derive(Debug, Deserialize)]
struct ClaimsBody {
    #[serde(default)]
    access_token: Member<Object<TokenClaims>>,
}

#[derive(Debug, Deserialize)]
struct TokenClaims {
    #[serde(default)]
    xms_cc: Member<Object<Capabilities>>,
}

#[derive(Debug, Deserialize)]
struct Capabilities {
    #[serde(default)]
    values: Member<Vec<Member<String>>>,
}

fn check_content_type(head: &Parts) -> Result<(), OAuthError> {
    let Some(value) = head.headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(());
    }
    Err(malformed("The request body must be of type application/x-www-form-urlencoded."))
}

fn secret_text(mut text: Text) -> SecretText {
    SecretText::new(mem::take(&mut *text))
}

fn missing(parameter: &'static str) -> OAuthError {
    let message = format!("The request body must contain the following parameter: '{parameter}'.");
    OAuthError::new(OAuthErrorCode::ParameterMissing, message)
}

fn scope_malformed() -> OAuthError {
    OAuthError::new(OAuthErrorCode::ScopeMalformed, "The scope must be one resource followed by /.default.")
}

fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(OAuthErrorCode::RequestMalformed, message)
}

#[cfg(test)]
mod tests;
