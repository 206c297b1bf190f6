//! Whoever is disabled, removed or signed out loses all access with the next request, whatever they hold.

use portcullis_identity::{Restrictions, attenuate, revocation_ids};
use portcullis_management::{Declaration, DeclaredAssignment};
use portcullis_model::Operation;
use portcullis_tests::{Application, Reply, Sent, Setup, TestGateway};
use serde_json::{Value, json};

const PASSWORD: &str = "correct%20horse%20battery";

/// A person who uses a desktop program and a backend that acts on their behalf; all of them made over REST.
struct World {
    gateway: TestGateway,
    admin: String,
    user: String,
    desktop: String,
    backend: Application,
    backend_object: String,
}

async fn world() -> World {
    let mut setup = Setup::default();
    let role = "User Access Administrator".to_owned();
    setup.assignments.push(DeclaredAssignment { principal: setup.admin.principal, role, scope: "/".to_owned() });
    let gateway = TestGateway::with(setup).await;
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.graph_scope()).await;
    let post = async |path: &str, body: Value| {
        let reply = gateway.graph("POST", path, &admin, body).await;
        assert!(matches!(reply.status, 200 | 201), "{path}: {:?}", reply.body);
        reply.json()
    };
    let text = |json: &Value, member: &str| json[member].as_str().unwrap().to_owned();
    let user = json!({"accountEnabled": true, "displayName": "Ada", "userPrincipalName": "ada@example.com",
        "passwordProfile": {"password": "correct horse battery"}});
    let user = text(&post("/users", user).await, "id");
    let desktop = json!({"displayName": "desktop", "publicClient": {"redirectUris": ["http://localhost"]}});
    let desktop = text(&post("/applications", desktop).await, "appId");
    let registered = post("/applications", json!({"displayName": "backend"})).await;
    let (backend_object, client) = (text(&registered, "id"), text(&registered, "appId"));
    let principal = text(&post("/servicePrincipals", json!({"appId": client})).await, "id");
    let secret = text(&post(&format!("/applications/{backend_object}/addPassword"), json!({})).await, "secretText");
    let backend = Application {
        principal: principal.parse().unwrap(),
        id: client.parse().unwrap(),
        tenant: gateway.setup.tenant,
        secret,
    };
    let assignments = [user.parse().unwrap(), backend.principal].map(|principal| DeclaredAssignment {
        principal,
        role: "Owner".to_owned(),
        scope: gateway.setup.vault_id("kv1"),
    });
    let more = [user.parse().unwrap(), backend.principal].map(|principal| DeclaredAssignment {
        principal,
        role: "Key Vault Administrator".to_owned(),
        scope: gateway.setup.vault_id("kv1"),
    });
    let declaration =
        Declaration { assignments: assignments.into_iter().chain(more).collect(), ..Declaration::default() };
    gateway.running.gateway().management().declare(&declaration).await.unwrap();
    World { gateway, admin, user, desktop, backend, backend_object }
}

impl World {
    async fn form(&self, form: String) -> Reply {
        self.gateway
            .client
            .send(Sent {
                method: "POST",
                host: self.gateway.host("login"),
                target: format!("/{}/oauth2/v2.0/token", self.gateway.setup.tenant),
                headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
                body: form,
            })
            .await
    }

    /// The user signs in with the desktop program.
    async fn sign_in(&self, scope: &str) -> Reply {
        self.form(format!(
            "grant_type=password&client_id={}&username=ada%40example.com&password={PASSWORD}&scope={scope}%20offline_access",
            self.desktop
        ))
        .await
    }

    async fn tokens(&self, scope: &str) -> (String, String) {
        let reply = self.sign_in(scope).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        let json = reply.json();
        let text = |member: &str| json[member].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    async fn refresh(&self, token: &str) -> Reply {
        let scope = self.gateway.vault_scope();
        self.form(format!("grant_type=refresh_token&client_id={}&refresh_token={token}&scope={scope}", self.desktop))
            .await
    }

    /// The backend exchanges a token that it was given.
    async fn on_behalf(&self, assertion: &str) -> Reply {
        self.form(format!(
            "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&client_id={}&client_secret={}&assertion={assertion}\
             &requested_token_use=on_behalf_of&scope={}",
            self.backend.id,
            self.backend.secret,
            self.gateway.vault_scope()
        ))
        .await
    }

    async fn vault(&self, token: &str) -> u16 {
        self.gateway.vault("kv1", "GET", "/secrets", token, Value::Null).await.status
    }

    async fn management(&self, token: &str) -> u16 {
        let path = self.gateway.setup.vault_id("kv1");
        self.gateway.management("GET", &path, "2026-02-01", token, Value::Null).await.status
    }

    async fn change(&self, method: &'static str, path: String, body: Value) {
        let reply = self.gateway.graph(method, &path, &self.admin, body).await;
        assert!(matches!(reply.status, 200 | 204), "{path}: {:?}", reply.body);
    }

    fn backend_scope(&self) -> String {
        format!("api://{}/.default", self.backend.id)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_is_out_everywhere_and_old_tokens_stay_out() {
    let world = Box::pin(world()).await;
    let (vault, refresh) = world.tokens(&world.gateway.vault_scope()).await;
    let (management, _) = world.tokens(&world.gateway.management_scope()).await;
    let (assertion, _) = world.tokens(&world.backend_scope()).await;
    let exchanged = world.on_behalf(&assertion).await;
    assert_eq!(exchanged.status, 200, "{:?}", exchanged.body);
    let exchanged = exchanged.json()["access_token"].as_str().unwrap().to_owned();
    for token in [&vault, &exchanged] {
        assert_eq!(world.vault(token).await, 200);
    }
    assert_eq!(world.management(&management).await, 200);

    let path = format!("/users/{}", world.user);
    world.change("PATCH", path.clone(), json!({"accountEnabled": false})).await;
    for token in [&vault, &exchanged] {
        assert_eq!(world.vault(token).await, 401);
    }
    assert_eq!(world.management(&management).await, 401);
    assert_eq!(world.gateway.graph("GET", "/me", &management, Value::Null).await.status, 401);
    assert_eq!(world.refresh(&refresh).await.status, 400);
    assert_ne!(world.on_behalf(&assertion).await.status, 200);
    assert_ne!(world.sign_in(&world.gateway.vault_scope()).await.status, 200);

    world.change("PATCH", path, json!({"accountEnabled": true})).await;
    assert_eq!(world.vault(&vault).await, 401, "what was issued before stays over");
    assert_eq!(world.sign_in(&world.gateway.vault_scope()).await.status, 503, "nobody is given a token that is over");
    world.gateway.clock.advance(1);
    let (anew, _) = world.tokens(&world.gateway.vault_scope()).await;
    assert_eq!(world.vault(&anew).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_user_is_out_and_so_is_one_whose_password_is_another() {
    let world = Box::pin(world()).await;
    let (vault, refresh) = world.tokens(&world.gateway.vault_scope()).await;
    let path = format!("/users/{}", world.user);
    world.change("PATCH", path.clone(), json!({"passwordProfile": {"password": "another password"}})).await;
    assert_eq!(world.vault(&vault).await, 401);
    assert_ne!(world.refresh(&refresh).await.status, 200);
    assert_ne!(world.sign_in(&world.gateway.vault_scope()).await.status, 200, "the old password");
    world.change("PATCH", path.clone(), json!({"passwordProfile": {"password": "correct horse battery"}})).await;
    world.gateway.clock.advance(2);
    let (vault, refresh) = world.tokens(&world.gateway.vault_scope()).await;
    assert_eq!(world.vault(&vault).await, 200);
    world.change("DELETE", path, Value::Null).await;
    assert_eq!(world.vault(&vault).await, 401);
    assert_ne!(world.refresh(&refresh).await.status, 200);
    assert_ne!(world.sign_in(&world.gateway.vault_scope()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_or_removed_application_is_out_also_as_the_one_that_acts_for_others() {
    let world = Box::pin(world()).await;
    let own = world.gateway.token(&world.backend).await;
    let (assertion, _) = world.tokens(&world.backend_scope()).await;
    let exchange = async || world.on_behalf(&assertion).await.json()["access_token"].as_str().unwrap().to_owned();
    let exchanged = exchange().await;
    for token in [&own, &exchanged] {
        assert_eq!(world.vault(token).await, 200);
    }
    let path = format!("/servicePrincipals/{}", world.backend.principal);
    world.change("PATCH", path.clone(), json!({"accountEnabled": false})).await;
    for token in [&own, &exchanged] {
        assert_eq!(world.vault(token).await, 401);
    }
    assert_ne!(world.on_behalf(&assertion).await.status, 200);
    let refused = world.gateway.token_reply(&world.backend, &world.backend.secret, &world.gateway.vault_scope()).await;
    assert_ne!(refused.status, 200);
    world.change("PATCH", path, json!({"accountEnabled": true})).await;
    assert_eq!(world.vault(&own).await, 401, "what was issued before stays over");
    let too_early =
        world.gateway.token_reply(&world.backend, &world.backend.secret, &world.gateway.vault_scope()).await;
    assert_eq!((too_early.status, too_early.header("retry-after")), (503, "1"), "nobody is given a token that is over");
    world.gateway.clock.advance(1);
    let (own, exchanged) = (world.gateway.token(&world.backend).await, exchange().await);
    for token in [&own, &exchanged] {
        assert_eq!(world.vault(token).await, 200);
    }
    world.change("DELETE", format!("/applications/{}", world.backend_object), Value::Null).await;
    for token in [&own, &exchanged] {
        assert_eq!(world.vault(token).await, 401);
    }
    let refused = world.gateway.token_reply(&world.backend, &world.backend.secret, &world.gateway.vault_scope()).await;
    assert_ne!(refused.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_out_signs_in_anew_and_declared_ones_can_be() {
    let world = Box::pin(world()).await;
    let (vault, refresh) = world.tokens(&world.gateway.vault_scope()).await;
    let reader = world.gateway.token(&world.gateway.setup.reader).await;
    world.change("POST", format!("/users/{}/revokeSignInSessions", world.user), Value::Null).await;
    let declared = world.gateway.setup.reader.principal;
    world.change("POST", format!("/servicePrincipals/{declared}/revokeSignInSessions"), Value::Null).await;
    for token in [&vault, &reader] {
        assert_eq!(world.vault(token).await, 401);
    }
    assert_ne!(world.refresh(&refresh).await.status, 200);
    world.gateway.clock.advance(2);
    let (vault, _) = world.tokens(&world.gateway.vault_scope()).await;
    assert_eq!(world.vault(&vault).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_takes_those_with_it_that_were_made_from_it_and_no_others() {
    let world = Box::pin(world()).await;
    let (first, other) = (world.gateway.token(&world.backend).await, world.gateway.token(&world.backend).await);
    let restrictions = Restrictions { operations: vec![Operation::SecretList], ..Restrictions::default() };
    let narrow = |token: &str| attenuate(token, &restrictions, &portcullis_crypto::SystemRandom::new()).unwrap();
    let (narrowed, sibling) = (narrow(&first), narrow(&first));
    let revoke = async |id: &[u8]| {
        let digits: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        world.change("POST", "/directory/revokedTokens".to_owned(), json!({"revocationId": digits})).await;
    };
    revoke(revocation_ids(&narrowed).unwrap().last().unwrap()).await;
    assert_eq!(world.vault(&narrowed).await, 401);
    for token in [&first, &sibling, &other] {
        assert_eq!(world.vault(token).await, 200);
    }
    revoke(&revocation_ids(&first).unwrap()[0]).await;
    for token in [&first, &sibling, &narrowed, &narrow(&first)] {
        assert_eq!(world.vault(token).await, 401);
    }
    assert_eq!(world.vault(&other).await, 200);
}
