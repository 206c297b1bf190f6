use http::Method;
use portcullis_model::{RequestId, UnixTime};
use proptest::prelude::*;

use super::*;
use crate::oauth::{OAuthMarks, OAuthRequest, TenantName, openid_configuration, route};
use crate::testing::{head, hosts, json_of, tenant};

const CLIENT: &str = "44444444-4444-4444-4444-444444444444";

fn parse(body: &str) -> Result<TokenRequest, OAuthErrorCode> {
    parse_with(body, &[])
}

fn parse_with(body: &str, authorization: &[&str]) -> Result<TokenRequest, OAuthErrorCode> {
    let mut parts = head("POST", "/t/oauth2/v2.0/token");
    for value in authorization {
        parts.headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    }
    parse_token_request(&parts, ProtocolVersion::V2, body.as_bytes()).map_err(|error| error.code())
}

fn form(rest: &str) -> String {
    format!("grant_type=client_credentials&scope=https%3A%2F%2Fvault.portcullis.test%2F.default&{rest}")
}

fn secret(request: &TokenRequest) -> &str {
    match &request.credential {
        ClientCredential::Secret(secret) => secret.expose(),
        ClientCredential::Assertion(_) | ClientCredential::None => panic!("no secret"),
    }
}

#[test]
fn takes_the_form_that_clients_send() {
    let request = parse(&form(&format!(
        "client_id={CLIENT}&client_secret=a%2Bb+c%26&client_info=1&x-client-SKU=msal.js.node&x-client-SKU=again\
         &claims=%7B%22access_token%22%3A%7B%22xms_cc%22%3A%7B%22values%22%3A%5B%22CP1%22%5D%7D%7D%7D"
    )))
    .unwrap();
    assert_eq!(request.client.to_string(), CLIENT);
    assert_eq!(secret(&request), "a+b c&");
    assert_eq!(request.audience.as_deref(), Some("https://vault.portcullis.test"));
    assert!(request.claims.handles_challenges);
}

#[test]
fn an_assertion_is_taken_with_its_type() {
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let request =
        parse(&form(&format!("client_id={CLIENT}&client_assertion_type={kind}&client_assertion=a.b.c"))).unwrap();
    assert!(matches!(&request.credential, ClientCredential::Assertion(text) if text.expose() == "a.b.c"));
    let error = parse(&form(&format!("client_id={CLIENT}&client_assertion_type=x&client_assertion=a.b.c")));
    assert_eq!(error.unwrap_err(), OAuthErrorCode::RequestMalformed);
}

#[test]
fn the_audience_is_the_scope_minus_its_suffix_and_nothing_else() {
    let audience = |scope: &str| {
        parse(&format!("grant_type=client_credentials&client_id={CLIENT}&client_secret=s&scope={scope}"))
            .map(|request| request.audience.unwrap())
    };
    assert_eq!(
        audience("https://management.portcullis.test//.default").unwrap(),
        "https://management.portcullis.test/"
    );
    assert_eq!(audience("https://vault.portcullis.test:8443/.default").unwrap(), "https://vault.portcullis.test:8443");
    for scope in [
        "/.default",
        "https://v.test",
        "https://v.test/.Default",
        "https://v.test/.default+openid",
        "a+b/.default",
        "%00/.default",
    ] {
        assert_eq!(audience(scope).unwrap_err(), OAuthErrorCode::ScopeMalformed, "{scope}");
    }
}

#[test]
fn basic_authentication_is_taken() {
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let request = parse_with(&form(""), &[&basic(&format!("{CLIENT}:a%2Bb+c%3A:d"))]).unwrap();
    assert_eq!(secret(&request), "a+b c::d");
    let both = parse_with(&form(&format!("client_id={CLIENT}")), &[&basic(&format!("{CLIENT}:s"))]).unwrap();
    assert_eq!(both.client.to_string(), CLIENT);
    let twice = form(&format!("client_id={CLIENT}&client_secret=s"));
    let other = form("client_id=55555555-5555-5555-5555-555555555555");
    let right = basic(&format!("{CLIENT}:s"));
    for (body, headers) in [
        (&twice, &[right.as_str()][..]),
        (&other, &[right.as_str()]),
        (&form(""), &[right.as_str(), right.as_str()]),
        (&form(""), &["Basic !"]),
        (&form(""), &["Basic bm9jb2xvbg=="]),
    ] {
        assert_eq!(parse_with(body, headers).unwrap_err(), OAuthErrorCode::RequestMalformed, "{headers:?}");
    }
    let bearer = parse_with(&form(&format!("client_id={CLIENT}&client_secret=s")), &["Bearer x"]);
    assert!(bearer.is_ok());
}

#[test]
fn refuses_forms_with_their_reasons() {
    for (body, code) in [
        (String::new(), OAuthErrorCode::ParameterMissing),
        ("grant_type=password".to_owned(), OAuthErrorCode::ParameterMissing),
        ("grant_type=implicit".to_owned(), OAuthErrorCode::GrantUnsupported),
        (form("client_secret=s"), OAuthErrorCode::ParameterMissing),
        (form("client_id=my-app&client_secret=s"), OAuthErrorCode::ApplicationUnknown),
        (form(&format!("client_id={CLIENT}")), OAuthErrorCode::CredentialMissing),
        (form(&format!("client_id={CLIENT}&client_secret=")), OAuthErrorCode::CredentialMissing),
        (form(&format!("client_id={CLIENT}&client_id={CLIENT}&client_secret=s")), OAuthErrorCode::RequestMalformed),
        (form(&format!("client_id={CLIENT}&client_secret=s&client%5Fsecret=t")), OAuthErrorCode::RequestMalformed),
        (form(&format!("client_id={CLIENT}&client_secret=%zz")), OAuthErrorCode::RequestMalformed),
        (form(&format!("client_id={CLIENT}&client_secret=%ff")), OAuthErrorCode::RequestMalformed),
        (form(&format!("client_id={CLIENT}&client_secret=s&claims=%7B")), OAuthErrorCode::RequestMalformed),
        (
            form(&format!("client_id={CLIENT}&client_secret=s&claims={}", "%5B".repeat(5_000))),
            OAuthErrorCode::RequestMalformed,
        ),
        ("x".repeat(MAX_TOKEN_BODY_BYTES + 1), OAuthErrorCode::BodyTooLarge),
    ] {
        assert_eq!(parse(&body).unwrap_err(), code, "{}", body.get(..200).unwrap_or(&body));
    }
}

#[test]
fn a_refusal_repeats_nothing_of_the_form() {
    let parts = head("POST", "/t/oauth2/v2.0/token");
    for body in [
        "grant_type=c4n4ry".to_owned(),
        form("client_id=c4n4ry&client_secret=c4n4ry"),
        format!("grant_type=client_credentials&client_id={CLIENT}&client_secret=c4n4ry&scope=c4n4ry"),
        form(&format!("client_id={CLIENT}&client_secret=c4n4ry&claims=c4n4ry")),
        form(&format!("client_id={CLIENT}&client_secret=c4n4ry&client_secret=c4n4ry")),
    ] {
        let error = parse_token_request(&parts, ProtocolVersion::V2, body.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("c4n4ry"), "{error:?}");
    }
}

#[test]
fn the_type_of_the_body_is_checked_where_it_is_named() {
    let body = form(&format!("client_id={CLIENT}&client_secret=s"));
    let parse = |kind: &'static str| {
        let mut parts = head("POST", "/t/oauth2/v2.0/token");
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        parse_token_request(&parts, ProtocolVersion::V2, body.as_bytes()).is_ok()
    };
    assert!(parse("application/x-www-form-urlencoded;charset=utf-8"));
    assert!(!parse("application/json"));
}

#[test]
fn an_answer_carries_the_token_and_is_not_stored() {
    let answer = token_answer(&SecretText::new("abc".to_owned()), 3599);
    assert_eq!(
        json_of(&answer),
        serde_json::json!({ "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "abc" })
    );
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
}

#[test]
fn every_error_renders_with_its_number() {
    let trace: RequestId = "33333333-3333-3333-3333-333333333333".parse().unwrap();
    let (hosts, correlation) = (hosts(), RequestId::from_bytes([0; 16]));
    let marks = OAuthMarks { hosts: &hosts, trace, correlation, now: UnixTime(1_767_225_600) };
    for code in OAuthErrorCode::ALL {
        let answer = OAuthError::new(*code, "A message.").render(marks);
        let body = json_of(&answer);
        assert_eq!(body["error"], code.error());
        assert_eq!(body["error_codes"][0], code.number());
        let uri = format!("https://login.portcullis.test:8443/error?code={}", code.number());
        assert_eq!(body["error_uri"], uri);
        assert_eq!(
            body["error_description"],
            format!(
                "AADSTS{}: A message. Trace ID: {trace} Correlation ID: 00000000-0000-0000-0000-000000000000 \
                 Timestamp: 2026-01-01 00:00:00Z",
                code.number()
            )
        );
        assert_eq!(body["timestamp"], "2026-01-01 00:00:00Z");
        assert_eq!(answer.status, code.status());
        assert_eq!(answer.headers.contains_key(header::WWW_AUTHENTICATE), answer.status == StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn routes_what_clients_ask_for() {
    let tenant = tenant();
    let id = || TenantName::Id(tenant);
    for (method, path, expected) in [
        (
            "GET",
            "/{t}/v2.0/.well-known/openid-configuration",
            OAuthRequest::OpenIdConfiguration { tenant: id(), version: ProtocolVersion::V2 },
        ),
        (
            "GET",
            "/{t}/.well-known/openid-configuration",
            OAuthRequest::OpenIdConfiguration { tenant: id(), version: ProtocolVersion::V1 },
        ),
        ("GET", "/{t}/discovery/v2.0/keys", OAuthRequest::Keys { tenant: id() }),
        ("GET", "/common/discovery/instance?api-version=1.1&authorization_endpoint=x", OAuthRequest::InstanceDiscovery),
        (
            "POST",
            "/{t}/oauth2/v2.0/token?client-request-id=x",
            OAuthRequest::Token { tenant: id(), version: ProtocolVersion::V2 },
        ),
        ("POST", "/{t}/oauth2/token", OAuthRequest::Token { tenant: id(), version: ProtocolVersion::V1 }),
        (
            "POST",
            "/organizations/oauth2/token",
            OAuthRequest::Token { tenant: TenantName::Any, version: ProtocolVersion::V1 },
        ),
        (
            "POST",
            "/Contoso.test/oauth2/token",
            OAuthRequest::Token { tenant: TenantName::Domain("contoso.test".into()), version: ProtocolVersion::V1 },
        ),
    ] {
        let path = path.replace("{t}", &tenant.to_string());
        assert_eq!(route(&head(method, &path)).unwrap(), expected, "{path}");
    }
    for path in [
        "/",
        "//oauth2/token",
        "/t/oauth2/v2.0/token/",
        "/t/OAuth2/token",
        "/t/oauth2/v1.0/token",
        "/%2e/oauth2/token",
        "/common/userrealm/x",
    ] {
        assert!(route(&head("POST", path)).is_err(), "{path}");
    }
    let error = route(&head(Method::GET.as_str(), "/t/oauth2/token")).unwrap_err();
    assert_eq!(error.render().headers[header::ALLOW], "POST");
}

#[test]
fn a_discovery_document_names_the_tenant_first_in_its_token_endpoint() {
    let body = json_of(&openid_configuration(&hosts(), &tenant(), ProtocolVersion::V2));
    let authority = hosts().login_authority(&tenant());
    assert_eq!(body["token_endpoint"], format!("{authority}/oauth2/v2.0/token"));
    assert_eq!(body["issuer"], format!("{authority}/v2.0"));
    for member in ["authorization_endpoint", "device_authorization_endpoint", "jwks_uri"] {
        assert!(body[member].as_str().unwrap().starts_with(&authority), "{member}");
    }
    for member in ["end_session_endpoint", "msgraph_host"] {
        assert_eq!(body.get(member), None, "{member} is not served");
    }
}

proptest! {
    #[test]
    fn no_form_panics(body in prop::collection::vec(any::<u8>(), 0..200), authorization in "[ -~]{0,60}") {
        let mut parts = head("POST", "/t/oauth2/v2.0/token");
        parts.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&authorization).unwrap());
        let _ = parse_token_request(&parts, ProtocolVersion::V2, &body);
        let _ = parse_token_request(&parts, ProtocolVersion::V1, &body);
    }

    #[test]
    fn every_secret_comes_through_as_it_was_sent(secret in "\\PC{1,40}") {
        let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let request = parse(&form(&format!("client_id={CLIENT}&client_secret={encoded}"))).unwrap();
        prop_assert_eq!(self::secret(&request), secret);
    }
}
