//! Token requests (wire contract, section 3.2) and their answers.

use std::mem;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use portcullis_model::{ApplicationId, SecretText};
use serde::Serialize;
use zeroize::Zeroizing;

use super::claims::RequestedClaims;
use super::error::{OAuthError, OAuthErrorCode};
use super::form::{self, Form};
use super::route::ProtocolVersion;
use crate::Answer;

/// The greatest body of a token request, in bytes: room for a client assertion, and for little else.
pub const MAX_TOKEN_BODY_BYTES: usize = 16 * 1024;

/// A request for an access token.
#[derive(Debug)]
pub struct TokenRequest {
    /// The client application.
    pub client: ApplicationId,
    /// How it shows who it is.
    pub credential: ClientCredential,
    /// By what right it asks.
    pub grant: Grant,
    /// The resource that the token is for: the scope minus `/.default`, without any other clean-up. A device code
    /// names none, since it was named when the code was asked for.
    pub audience: Option<String>,
    /// What the client asks of the token.
    pub claims: RequestedClaims,
}

/// By what right a client asks for a token.
#[derive(Debug)]
pub enum Grant {
    /// Its own.
    Client,
    /// A person signed in and was sent back with a code.
    Code {
        /// The code.
        code: SecretText,
        /// Where the person was sent back to.
        redirect_uri: String,
        /// What the challenge at the beginning was made of (RFC 7636).
        verifier: Option<SecretText>,
    },
    /// A person may have signed in on another device.
    Device {
        /// The code.
        code: SecretText,
    },
    /// A person signed in before.
    Refresh {
        /// The refresh token.
        token: SecretText,
    },
    /// A person gave their token for the client to another client, which gave it to this one.
    OnBehalf {
        /// The person's token.
        assertion: SecretText,
    },
    /// It knows a person's name and password.
    Password {
        /// The name.
        name: String,
        /// The password.
        password: SecretText,
    },
}

/// How an application shows who it is.
#[derive(Debug)]
pub enum ClientCredential {
    /// With its secret.
    Secret(SecretText),
    /// With a signed assertion.
    Assertion(SecretText),
    /// Not at all: a public client.
    None,
}

/// Reads a token request: the form, and client authentication by HTTP Basic (RFC 6749, section 2.3.1).
pub fn parse_token_request(head: &Parts, version: ProtocolVersion, body: &[u8]) -> Result<TokenRequest, OAuthError> {
    if body.len() > MAX_TOKEN_BODY_BYTES {
        return Err(OAuthError::new(OAuthErrorCode::BodyTooLarge, "The request body is over its limit."));
    }
    check_content_type(head)?;
    let mut form = Form::parse(body, FIELDS).map_err(|error| malformed(error.to_string()))?;
    let kind = form.take("grant_type").ok_or_else(|| missing("grant_type"))?;
    let grant = match kind.as_str() {
        "client_credentials" => Grant::Client,
        "authorization_code" => Grant::Code {
            code: required(&mut form, "code")?,
            redirect_uri: form.take("redirect_uri").map(|mut uri| mem::take(&mut *uri)).unwrap_or_default(),
            verifier: form.take("code_verifier").map(secret_text),
        },
        DEVICE_CODE => Grant::Device { code: required(&mut form, "device_code")? },
        "refresh_token" => Grant::Refresh { token: required(&mut form, "refresh_token")? },
        JWT_BEARER => {
            if form.take("requested_token_use").as_deref().map(String::as_str) != Some("on_behalf_of") {
                return Err(malformed("The form field requested_token_use must be on_behalf_of."));
            }
            Grant::OnBehalf { assertion: required(&mut form, "assertion")? }
        }
        "password" => Grant::Password {
            name: form.take("username").map(|mut name| mem::take(&mut *name)).ok_or_else(|| missing("username"))?,
            password: required(&mut form, "password")?,
        },
        _ => return Err(OAuthError::new(OAuthErrorCode::GrantUnsupported, "The grant type is not supported.")),
    };
    let (client, credential) = client(head, &mut form)?;
    let by_itself = matches!(grant, Grant::Client);
    if by_itself && matches!(credential, ClientCredential::None) {
        return Err(credential_missing());
    }
    let audience = match grant {
        Grant::Device { .. } => None,
        _ => Some(audience(&mut form, version, by_itself)?),
    };
    let claims = form.take("claims").map(|claims| RequestedClaims::parse(&claims)).transpose();
    let claims = claims.map_err(|error| malformed(error.to_string()))?.unwrap_or_default();
    Ok(TokenRequest { client, credential, grant, audience, claims })
}

/// A request for a device code: the client, what the token shall be for, and what it must say.
pub fn parse_device_request(body: &[u8]) -> Result<(ApplicationId, String, RequestedClaims), OAuthError> {
    let mut form = Form::parse(body, FIELDS).map_err(|error| malformed(error.to_string()))?;
    let id = form.take("client_id").ok_or_else(|| missing("client_id"))?;
    let id = id.parse().map_err(|_| application_unknown())?;
    let audience = audience(&mut form, ProtocolVersion::V2, false)?;
    let claims = form.take("claims").map(|claims| RequestedClaims::parse(&claims)).transpose();
    Ok((id, audience, claims.map_err(|error| malformed(error.to_string()))?.unwrap_or_default()))
}

/// What the answer of a user flow carries besides the access token.
#[derive(Debug)]
pub struct UserTokens<'a> {
    /// The scopes that were granted.
    pub scope: &'a str,
    /// The refresh token.
    pub refresh_token: Option<&'a SecretText>,
    /// The id token.
    pub id_token: &'a str,
    /// `client_info`: who signed in, in base64url.
    pub client_info: &'a str,
}

/// The answer of a user flow.
#[must_use]
pub fn user_token_answer(access_token: &SecretText, expires_in: u32, user: &UserTokens<'_>) -> Answer {
    let token = access_token.expose();
    let body = UserBody {
        token: TokenBody { token_type: "Bearer", expires_in, ext_expires_in: expires_in, access_token: token },
        scope: user.scope,
        refresh_token: user.refresh_token.map(SecretText::expose),
        id_token: user.id_token,
        client_info: user.client_info,
    };
    not_stored(Answer::json_of_size(StatusCode::OK, &body, token.len() + 2048))
}

/// The answer to a request for a device code.
#[must_use]
pub fn device_answer(device_code: &SecretText, user_code: &str, hosts: &crate::Hosts, expires_in: u32) -> Answer {
    let uri = format!("{}/devicelogin", hosts.login_url());
    let message =
        format!("To sign in, use a web browser to open the page {uri} and enter the code {user_code} to authenticate.");
    not_stored(Answer::json(
        StatusCode::OK,
        &serde_json::json!({
            "user_code": user_code,
            "device_code": device_code.expose(),
            "verification_uri": uri,
            "expires_in": expires_in,
            "interval": DEVICE_INTERVAL_SECONDS,
            "message": message,
        }),
    ))
}

/// How often a client asks whether a person has entered a device code, in seconds.
pub const DEVICE_INTERVAL_SECONDS: u32 = 5;

/// The answer that carries a token; it must not be stored.
#[must_use]
pub fn token_answer(access_token: &SecretText, expires_in: u32) -> Answer {
    let token = access_token.expose();
    let body = TokenBody { token_type: "Bearer", expires_in, ext_expires_in: expires_in, access_token: token };
    not_stored(Answer::json_of_size(StatusCode::OK, &body, token.len() + 128))
}

fn not_stored(mut answer: Answer) -> Answer {
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

#[derive(Serialize)]
struct UserBody<'a> {
    #[serde(flatten)]
    token: TokenBody<'a>,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    id_token: &'a str,
    client_info: &'a str,
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
    "code",
    "redirect_uri",
    "code_verifier",
    "device_code",
    "refresh_token",
    "assertion",
    "requested_token_use",
    "username",
    "password",
];

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Scopes that name no resource.
const OPENID_SCOPES: &[&str] = &["openid", "profile", "email", "offline_access"];

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
    let id = id.parse().map_err(|_| application_unknown())?;
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
        (None, None) => Ok(ClientCredential::None),
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

/// One resource: `az` asks for `https://management.../` with `//.default`, so nothing but the suffix is taken off. A
/// person's scope may name OpenID Connect's scopes beside it.
fn audience(form: &mut Form, version: ProtocolVersion, by_itself: bool) -> Result<String, OAuthError> {
    let mut audience = match version {
        ProtocolVersion::V1 => form.take("resource").ok_or_else(|| missing("resource"))?,
        ProtocolVersion::V2 => {
            let scope = form.take("scope").ok_or_else(|| missing("scope"))?;
            let resource = |scope: &str| {
                let suffixes: &[&str] = if by_itself { &["/.default"] } else { &["/.default", "/user_impersonation"] };
                suffixes.iter().find_map(|suffix| scope.strip_suffix(suffix)).map(ToOwned::to_owned)
            };
            if by_itself {
                Zeroizing::new(resource(&scope).ok_or_else(scope_malformed)?)
            } else {
                let mut named = scope.split(' ').filter(|one| !one.is_empty() && !OPENID_SCOPES.contains(one));
                let first = named.next().and_then(resource).ok_or_else(scope_malformed)?;
                if named.any(|other| resource(other).as_ref() != Some(&first)) {
                    return Err(scope_malformed());
                }
                Zeroizing::new(first)
            }
        }
    };
    let one = (1..=MAX_AUDIENCE_BYTES).contains(&audience.len()) && audience.bytes().all(|b| b.is_ascii_graphic());
    if one { Ok(mem::take(&mut *audience)) } else { Err(scope_malformed()) }
}

fn required(form: &mut Form, name: &'static str) -> Result<SecretText, OAuthError> {
    form.take(name).map(secret_text).ok_or_else(|| missing(name))
}

fn credential_missing() -> OAuthError {
    OAuthError::new(
        OAuthErrorCode::CredentialMissing,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )
}

fn application_unknown() -> OAuthError {
    OAuthError::new(OAuthErrorCode::ApplicationUnknown, "The application was not found in the directory.")
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
