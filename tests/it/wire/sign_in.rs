//! People who sign in, as strangers and thieves try it too.

use portcullis_crypto::jose::base64url;
use portcullis_crypto::{PasswordHash, SystemRandom, TotpKey, sha256};
use portcullis_identity::RegistrationKind;
use portcullis_management::{DeclaredAssignment, DeclaredRegistration, DeclaredUser};
use portcullis_model::{ApplicationId, PrincipalId};
use portcullis_tests::{Reply, Sent, Setup, TestGateway};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";
const VERIFIER: &str = "a-verifier-that-has-at-least-forty-three-characters";
const BACK: &str = "http://localhost:8400";

struct World {
    gateway: TestGateway,
    client: ApplicationId,
}

async fn world() -> World {
    world_with(json!({"policies": []})).await
}

async fn world_with(conditional_access: Value) -> World {
    let mut setup = Setup { conditional_access, ..Setup::default() };
    let (client, user, random) = (ApplicationId::random(), PrincipalId::random(), SystemRandom::new());
    setup.registrations.push(DeclaredRegistration {
        tenant: setup.tenant,
        application: client,
        display_name: "Desktop <b>".to_owned(),
        kind: RegistrationKind::Application,
        identifier_uris: vec![],
        redirect_uris: vec!["http://localhost".to_owned()],
        public_client: true,
        certificates: vec![],
        federated: vec![],
    });
    setup.users.push(DeclaredUser {
        principal: user,
        tenant: setup.tenant,
        name: "ada@example.com".to_owned(),
        display_name: "Ada".to_owned(),
        enabled: true,
        password: Some(PasswordHash::new(PASSWORD.as_bytes(), &random).unwrap()),
        totp: Some(TotpKey::generate(&random).unwrap()),
    });
    let scope = setup.vault_id("kv1");
    setup.assignments.push(DeclaredAssignment { principal: user, role: "Key Vault Secrets Officer".to_owned(), scope });
    World { gateway: TestGateway::with(setup).await, client }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

impl World {
    async fn send(&self, method: &'static str, target: String, headers: Vec<(&str, String)>, body: String) -> Reply {
        let mut headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        self.gateway.client.send(Sent { method, host: self.gateway.host("login"), target, headers, body }).await
    }

    async fn authorize(&self, redirect: &str, more: &str) -> Reply {
        let challenge = base64url::encode(&sha256(VERIFIER.as_bytes()));
        let target = format!(
            "/{}/oauth2/v2.0/authorize?client_id={}&redirect_uri={}&response_type=code&state=s%26t&code_challenge={challenge}\
             &code_challenge_method=S256{more}",
            self.gateway.setup.tenant,
            self.client,
            encoded(redirect),
        );
        self.send("GET", target, vec![], String::new()).await
    }

    /// Begins a sign-in; gives its id and the browser's cookie.
    async fn begin(&self) -> (String, String) {
        let page = self.authorize(BACK, "").await;
        assert_eq!(page.status, 200, "{:?}", page.body);
        (sign_in_id(&page), cookie(&page))
    }

    async fn submit(&self, id: &str, cookie: &str, fields: &str) -> Reply {
        self.send("POST", "/signin".to_owned(), vec![("cookie", cookie.to_owned())], format!("s={id}&{fields}")).await
    }

    /// Signs in with the password; gives the code.
    async fn code(&self) -> String {
        let (id, cookie) = self.begin().await;
        let fields = format!("name=ada%40example.com&password={}", encoded(PASSWORD));
        let back = self.submit(&id, &cookie, &fields).await;
        assert_eq!(back.status, 303, "{:?}", back.body);
        let location = back.headers["location"].to_str().unwrap().to_owned();
        assert!(location.starts_with(&format!("{BACK}?code=")) && location.ends_with("&state=s%26t"), "{location}");
        location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
    }

    async fn redeem(&self, code: &str, verifier: &str, redirect: &str) -> Reply {
        self.redeem_asking(code, verifier, redirect, "").await
    }

    async fn redeem_asking(&self, code: &str, verifier: &str, redirect: &str, more: &str) -> Reply {
        let scope = encoded(&format!("{} offline_access openid profile", self.gateway.vault_scope()));
        self.token(&format!(
            "grant_type=authorization_code&code={code}&code_verifier={verifier}&redirect_uri={}&scope={scope}{more}",
            encoded(redirect)
        ))
        .await
    }

    async fn refresh(&self, token: &str, more: &str) -> Reply {
        let scope = encoded(&self.gateway.vault_scope());
        self.token(&format!("grant_type=refresh_token&refresh_token={token}&scope={scope}{more}")).await
    }

    async fn token(&self, form: &str) -> Reply {
        let target = format!("/{}/oauth2/v2.0/token", self.gateway.setup.tenant);
        self.send("POST", target, vec![], format!("client_id={}&{form}", self.client)).await
    }

    async fn vault_status(&self, token: &str) -> u16 {
        self.gateway.vault("kv1", "PUT", "/secrets/s", token, json!({"value": "v"})).await.status
    }
}

fn sign_in_id(page: &Reply) -> String {
    let text = String::from_utf8_lossy(&page.body).into_owned();
    text.split(r#"name="s" value=""#).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn cookie(page: &Reply) -> String {
    page.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn error(reply: &Reply) -> (u16, String, i64) {
    let json = reply.json();
    (reply.status, json["error"].as_str().unwrap_or_default().to_owned(), json["error_codes"][0].as_i64().unwrap_or(0))
}

fn text(json: &Value, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("{member}: {json}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_used_twice_ends_the_session_that_was_made_of_it() {
    let world = world().await;
    let code = world.code().await;
    let tokens = world.redeem(&code, VERIFIER, BACK).await;
    assert_eq!(tokens.status, 200, "{:?}", tokens.body);
    let json = tokens.json();
    let access = text(&json, "access_token");
    assert!(json["scope"].is_string() && json["id_token"].is_string() && json["client_info"].is_string());
    assert_eq!(world.vault_status(&access).await, 200);
    let again = world.redeem(&code, VERIFIER, BACK).await;
    assert_eq!(error(&again), (400, "invalid_grant".to_owned(), 70_000));
    assert_eq!(world.vault_status(&access).await, 401, "what the code gave was revoked");
    let refreshed = world.refresh(&text(&json, "refresh_token"), "").await;
    assert_eq!(error(&refreshed), (400, "invalid_grant".to_owned(), 50_173));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_for_who_has_the_verifier_and_for_the_place_it_was_sent_to() {
    let world = world().await;
    for (verifier, redirect, code) in [
        ("another-verifier-that-has-at-least-forty-three-characters", BACK, 501_481),
        ("", BACK, 501_481),
        (VERIFIER, "http://localhost:8401", 70_000),
    ] {
        let refused = world.redeem(&world.code().await, verifier, redirect).await;
        assert_eq!(error(&refused), (400, "invalid_grant".to_owned(), code), "{verifier} {redirect}");
    }
    let code = world.code().await;
    world.gateway.clock.advance(301);
    assert_eq!(error(&world.redeem(&code, VERIFIER, BACK).await).2, 70_000, "too late");
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_are_replaced_and_a_replaced_one_ends_the_session() {
    let world = world().await;
    let first = world.redeem(&world.code().await, VERIFIER, BACK).await.json();
    let second = world.refresh(&text(&first, "refresh_token"), "").await;
    assert_eq!(second.status, 200, "{:?}", second.body);
    let second = second.json();
    assert_ne!(text(&first, "refresh_token"), text(&second, "refresh_token"));
    let access = text(&second, "access_token");
    assert_eq!(world.vault_status(&access).await, 200);
    let stolen = world.refresh(&text(&first, "refresh_token"), "").await;
    assert_eq!(error(&stolen), (400, "invalid_grant".to_owned(), 50_173));
    assert_eq!(world.vault_status(&access).await, 401, "all tokens of the session");
    assert_eq!(world.refresh(&text(&second, "refresh_token"), "").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_needs_a_second_factor_must_sign_its_person_in() {
    let world = world().await;
    let first = world.redeem(&world.code().await, VERIFIER, BACK).await.json();
    let claims = r#"{"access_token":{"amr":{"essential":true,"values":["mfa"]}}}"#;
    let refused = world.refresh(&text(&first, "refresh_token"), &format!("&claims={}", encoded(claims))).await;
    assert_eq!(error(&refused), (400, "interaction_required".to_owned(), 50_076));
    assert_eq!(text(&refused.json(), "claims"), claims);
    let page = world.authorize(BACK, &format!("&claims={}", encoded(claims))).await;
    let (id, cookie) = (sign_in_id(&page), cookie(&page));
    let fields = format!("name=ada%40example.com&password={}", encoded(PASSWORD));
    let second = world.submit(&id, &cookie, &fields).await;
    assert!(String::from_utf8_lossy(&second.body).contains(r#"name="otc""#), "the password is not enough");
    for _ in 0..3 {
        let wrong = world.submit(&id, &cookie, "otc=000000").await;
        assert!(wrong.headers.get("location").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_a_place_that_is_not_registered() {
    let world = world().await;
    for place in ["https://evil.example", "http://localhost.evil.example", "http://localhost:1@evil.example", "//evil"]
    {
        for more in ["", "&response_type=token", "&response_mode=fragment", "&code_challenge_method=plain"] {
            let refused = world.authorize(place, more).await;
            assert_eq!(refused.status, 400, "{place}{more}");
            assert!(refused.headers.get("location").is_none(), "{place}{more}");
        }
    }
    let told = world.authorize(BACK, "&response_mode=fragment").await;
    assert_eq!(told.status, 303);
    assert!(told.headers["location"].to_str().unwrap().starts_with(&format!("{BACK}?error=invalid_request")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_goes_on_only_in_the_browser_where_it_began() {
    let world = world().await;
    let (id, cookie) = world.begin().await;
    let (_, other) = world.begin().await;
    let fields = format!("name=ada%40example.com&password={}", encoded(PASSWORD));
    for stranger in [other.as_str(), "", "__Host-portcullis-signin=short"] {
        let refused = world.submit(&id, stranger, &fields).await;
        assert_eq!(refused.status, 400, "{stranger}");
    }
    let body = format!("s={id}&{fields}");
    for header in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let headers = vec![("cookie", cookie.clone()), (header.0, header.1.to_owned())];
        assert_eq!(world.send("POST", "/signin".to_owned(), headers, body.clone()).await.status, 403, "{header:?}");
    }
    assert_eq!(world.submit(&id, &cookie, &fields).await.status, 303, "and there it does");
    assert_eq!(world.submit(&id, &cookie, &fields).await.status, 400, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_cannot_be_framed_and_load_nothing() {
    let world = world().await;
    let page = world.authorize(BACK, "&login_hint=%22%3E%3Cscript%3E").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for part in
        ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self' http://localhost:8400", "base-uri 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(page.headers["x-frame-options"], "DENY");
    assert_eq!(page.headers["cache-control"], "no-store");
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    for part in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let text = String::from_utf8_lossy(&page.body);
    assert!(!text.contains("<script>") && !text.contains("<b>"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_make_the_next_attempt_wait_also_with_the_right_one() {
    let world = world().await;
    let (id, cookie) = world.begin().await;
    let mut last = 0;
    for _ in 0..8 {
        last = world.submit(&id, &cookie, "name=ada%40example.com&password=wrong").await.status;
    }
    assert_eq!(last, 429);
    let fields = format!("name=ada%40example.com&password={}", encoded(PASSWORD));
    assert_eq!(world.submit(&id, &cookie, &fields).await.status, 429);
    world.gateway.clock.advance(60);
    assert_eq!(world.submit(&id, &cookie, &fields).await.status, 303);
}

/// Per request, and not when a token is issued: a token that is good for an hour is of no use once its person's sign-in
/// is too old for what it is used for.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ages_while_its_token_is_valid() {
    let world = world_with(json!({"policies": [{
        "id": "fresh", "displayName": "Fresh", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
            "operations": {"include": ["SecretSet"]}},
        "sessionControls": {"signInFrequency": {"isEnabled": true, "type": "hours", "value": 1}}
    }]}))
    .await;
    let capable = format!("&claims={}", encoded(r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#));
    let first = world.redeem_asking(&world.code().await, VERIFIER, BACK, &capable).await.json();
    world.gateway.clock.advance(3000);
    let refreshed = world.refresh(&text(&first, "refresh_token"), &capable).await.json();
    let token = text(&refreshed, "access_token");
    assert_eq!(world.vault_status(&token).await, 200);
    world.gateway.clock.advance(600);
    assert_eq!(world.vault_status(&token).await, 200, "an hour to the second");
    world.gateway.clock.advance(1);
    let refused = world.gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await;
    assert_eq!(refused.status, 401, "{:?}", refused.body);
    let claims = r#"{"access_token":{"auth_time":{"essential":true,"max_age":3600}}}"#;
    use base64::Engine as _;
    let header = format!("claims=\"{}\"", base64::engine::general_purpose::STANDARD.encode(claims));
    assert!(refused.header("www-authenticate").contains(&header), "{}", refused.header("www-authenticate"));
    let read = world.gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await;
    assert_eq!(read.status, 200, "what the policy is not about goes on: {:?}", read.body);
    // Another token of the same sign-in would be as old.
    let asking = format!("&claims={}", encoded(claims));
    let old = world.refresh(&text(&refreshed, "refresh_token"), &asking).await;
    assert_eq!((error(&old).0, text(&old.json(), "claims").as_str()), (400, claims));
    let page = world.authorize(BACK, &asking).await;
    let fields = format!("name=ada%40example.com&password={}", encoded(PASSWORD));
    let back = world.submit(&sign_in_id(&page), &cookie(&page), &fields).await;
    let location = back.headers["location"].to_str().unwrap().to_owned();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let anew = world.redeem_asking(code, VERIFIER, BACK, &asking).await.json();
    assert_eq!(world.vault_status(&text(&anew, "access_token")).await, 200);
    let asked = world.refresh(&text(&anew, "refresh_token"), &asking).await;
    assert_eq!(asked.status, 200, "the new sign-in is young enough: {:?}", asked.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authentication_context_is_in_the_token_or_demanded() {
    let world = world_with(json!({
        "policies": [{
            "id": "step-up", "displayName": "Production", "state": "enabled",
            "conditions": {"users": {"includeUsers": ["All"]},
                "applications": {"includeAuthenticationContextClassReferences": ["c1"]}},
            "grantControls": {"operator": "OR", "authenticationContext": {"id": "c2"}}
        }],
        "authenticationContextClassReferences": [{"id": "c1", "requests": {"objectNamePrefixes": ["prod-"]}}]
    }))
    .await;
    let capable = format!("&claims={}", encoded(r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#));
    let tokens = world.redeem_asking(&world.code().await, VERIFIER, BACK, &capable).await.json();
    let token = text(&tokens, "access_token");
    assert_eq!(world.vault_status(&token).await, 200, "another secret");
    let refused = world.gateway.vault("kv1", "PUT", "/secrets/PROD-db", &token, json!({"value": "v"})).await;
    assert_eq!(refused.status, 401, "{:?}", refused.body);
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c2"}}}"#;
    let again = world.refresh(&text(&tokens, "refresh_token"), &format!("&claims={}", encoded(claims))).await;
    assert_eq!(error(&again), (400, "interaction_required".to_owned(), 50_076), "the password is not enough");
    let plain = world.redeem(&world.code().await, VERIFIER, BACK).await.json();
    let refused = world
        .gateway
        .vault("kv1", "PUT", "/secrets/prod-db", &text(&plain, "access_token"), json!({"value": "v"}))
        .await;
    assert_eq!(refused.status, 403, "a client that cannot answer a challenge: {:?}", refused.body);
}
