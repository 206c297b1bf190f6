//! Sign-ins in a browser: the request that begins one (RFC 6749, section 4.1.1; RFC 7636), and what its pages send.

use http::request::Parts;
use portcullis_model::{ApplicationId, SecretText};
use zeroize::Zeroizing;

use super::claims::RequestedClaims;
use super::form::Form;

/// The beginning of a sign-in. Whether the client and the place to send people back to are known is not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeRequest {
    /// The client application.
    pub client: ApplicationId,
    /// Where to send the person back to.
    pub redirect_uri: String,
    /// Given back as it came.
    pub state: Option<String>,
    /// Put into the id token.
    pub nonce: Option<String>,
    /// The digest of the code verifier, in base64url.
    pub challenge: String,
    /// The name that the client believes the person to have.
    pub login_hint: Option<String>,
    /// Whether the person's browser posts the answer; it stands in the query otherwise.
    pub form_post: bool,
    /// What the client asks of the token.
    pub claims: RequestedClaims,
}

/// Why a sign-in cannot begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadAuthorizeRequest {
    /// It is not even known where to send the person back to: they are told.
    Unaddressed(&'static str),
    /// The client is told by sending the person back, if it may be sent there: the OAuth error and words.
    Addressed {
        /// The client application.
        client: ApplicationId,
        /// Where to send the person back to.
        redirect_uri: String,
        /// Given back as it came.
        state: Option<String>,
        /// The OAuth error.
        error: &'static str,
        /// Why.
        why: &'static str,
    },
}

/// Reads the query of a request that begins a sign-in.
pub fn parse_authorize(head: &Parts) -> Result<AuthorizeRequest, BadAuthorizeRequest> {
    use BadAuthorizeRequest::{Addressed, Unaddressed};
    let query = head.uri.query().unwrap_or_default();
    if query.len() > MOST_QUERY_BYTES {
        return Err(Unaddressed("The request is too long."));
    }
    let mut form = Form::parse(query.as_bytes(), FIELDS).map_err(|_| Unaddressed("The request is malformed."))?;
    let mut take = |name: &str| form.take(name).map(|mut text| std::mem::take(&mut *text));
    let client = take("client_id").and_then(|id| id.parse().ok());
    let client = client.ok_or(Unaddressed("The client_id is missing or is no GUID."))?;
    let redirect_uri = take("redirect_uri").ok_or(Unaddressed("The redirect_uri is missing."))?;
    let state = take("state");
    let refuse =
        |error, why| Err(Addressed { client, redirect_uri: redirect_uri.clone(), state: state.clone(), error, why });
    if take("response_type").as_deref() != Some("code") {
        return refuse("unsupported_response_type", "The response_type must be code.");
    }
    let form_post = match take("response_mode").as_deref() {
        None | Some("query") => false,
        Some("form_post") => true,
        Some(_) => return refuse("invalid_request", "The response_mode must be query or form_post."),
    };
    let method = take("code_challenge_method");
    let digest = |text: &String| {
        text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let Some(challenge) = take("code_challenge").filter(digest).filter(|_| method.as_deref() == Some("S256")) else {
        return refuse("invalid_request", "A code_challenge with the code_challenge_method S256 is required.");
    };
    let claims = match take("claims").map(|text| RequestedClaims::parse(&text)).transpose() {
        Ok(claims) => claims.unwrap_or_default(),
        Err(_) => return refuse("invalid_request", "The claims are malformed."),
    };
    let (nonce, login_hint) = (take("nonce"), take("login_hint"));
    Ok(AuthorizeRequest { client, redirect_uri, state, nonce, challenge, login_hint, form_post, claims })
}

/// What a page of a sign-in sends.
#[derive(Debug)]
pub struct SignInForm {
    /// The sign-in that it belongs to.
    pub sign_in: Option<SecretText>,
    /// What shows that our page sent it.
    pub token: Option<SecretText>,
    /// The name that the person signs in with.
    pub name: Option<String>,
    /// Their password.
    pub password: Option<SecretText>,
    /// The code of their authenticator app.
    pub code: Option<SecretText>,
    /// The code that a device shows.
    pub user_code: Option<String>,
    /// Whether they declined.
    pub declined: bool,
}

/// Reads what a page of a sign-in sends; none if it is malformed.
#[must_use]
pub fn parse_sign_in(body: &[u8]) -> Option<SignInForm> {
    let mut form = Form::parse(body, SIGN_IN_FIELDS).ok()?;
    let mut secret =
        |name: &str| form.take(name).map(|mut text: Zeroizing<String>| SecretText::new(std::mem::take(&mut *text)));
    let (sign_in, token, password, code) = (secret("s"), secret("t"), secret("password"), secret("otc"));
    let mut text = |name: &str| form.take(name).map(|mut text| std::mem::take(&mut *text));
    let (name, user_code, declined) = (text("name"), text("user_code"), text("decline").is_some());
    Some(SignInForm { sign_in, token, name, password, code, user_code, declined })
}

const FIELDS: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
    "claims",
];
const SIGN_IN_FIELDS: &[&str] = &["s", "t", "name", "password", "otc", "user_code", "decline"];
const MOST_QUERY_BYTES: usize = 8 * 1024;
