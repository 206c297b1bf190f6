//! Vaults come and go through the management plane.

use portcullis_management::DeclaredAssignment;
use portcullis_model::{RoleAssignmentId, SubscriptionId};
use portcullis_tests::{Reply, Sent, Setup, TestGateway};
use serde_json::{Value, json};

const VERSION: &str = "2026-02-01";
const GROUPS: &str = "2024-11-01";
const ADMINISTRATOR: &str = "00482a5a-887f-4fb3-b363-3b7fe8e74483";

/// A gateway whose admin is Owner of the subscription.
struct World {
    gateway: TestGateway,
    token: String,
    subscription: String,
}

impl World {
    async fn new() -> Self {
        let mut setup = Setup::default();
        let subscription = format!("/subscriptions/{}", setup.subscription);
        setup.assignments = ["Owner", "Key Vault Administrator"]
            .map(|role| DeclaredAssignment {
                principal: setup.admin.principal,
                role: role.to_owned(),
                scope: subscription.clone(),
            })
            .into();
        let gateway = TestGateway::with(setup).await;
        let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
        Self { gateway, token, subscription }
    }

    fn vault(&self, name: &str) -> String {
        format!("{}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/{name}", self.subscription)
    }

    fn provider(&self, rest: &str) -> String {
        format!("{}/providers/Microsoft.KeyVault/{rest}", self.subscription)
    }

    fn body(&self) -> Value {
        json!({"location": "West Europe", "tags": {"a": "b"}, "properties": {
            "tenantId": self.gateway.setup.tenant.to_string(), "sku": {"family": "A", "name": "standard"},
        }})
    }

    async fn ask(&self, method: &'static str, path: &str, body: Value) -> Reply {
        self.gateway.management(method, path, VERSION, &self.token, body).await
    }

    async fn refused(&self, method: &'static str, path: &str, body: Value, expected: (u16, &str)) -> String {
        let reply = self.ask(method, path, body).await;
        assert_eq!((reply.status, reply.error().0.as_str()), expected, "{method} {path}: {:?}", reply.body);
        reply.message()
    }

    async fn data(&self, vault: &str, method: &'static str, path: &str, body: Value) -> u16 {
        let token = self.gateway.token(&self.gateway.setup.admin).await;
        self.gateway.vault(vault, method, path, &token, body).await.status
    }
}

fn names(list: &Reply) -> Vec<String> {
    let value = list.json()["value"].as_array().expect("a list").clone();
    value.iter().map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_is_made_served_at_once_listed_and_changed() {
    let world = World::new().await;
    let made = world.ask("PUT", &world.vault("Fresh"), world.body()).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    let vault = made.json();
    assert_eq!(vault["location"], "westeurope");
    assert_eq!(vault["properties"]["provisioningState"], "Succeeded");
    assert_eq!(vault["properties"]["softDeleteRetentionInDays"], 90);
    assert_eq!(vault["properties"]["vaultUri"], format!("https://{}/", world.gateway.host("fresh.vault")));
    assert_eq!(world.data("fresh", "PUT", "/secrets/s", json!({"value": "v"})).await, 200);

    for (path, expected) in [
        (world.provider("vaults"), vec!["fresh", "kv1", "kv2"]),
        (world.vault("x").replace("/vaults/x", "/vaults"), vec!["fresh", "kv1", "kv2"]),
        (format!("{}/resources", world.subscription), vec!["fresh", "kv1", "kv2"]),
    ] {
        let list = world.ask("GET", &path, Value::Null).await;
        assert_eq!(names(&list), expected, "{path}");
    }
    let filtered = Sent {
        method: "GET",
        host: world.gateway.host("management"),
        target: format!(
            "{}/resources?$filter=resourceType%20eq%20'Microsoft.KeyVault/vaults'%20and%20name%20eq%20'fresh'&api-version=2015-11-01",
            world.subscription
        ),
        headers: vec![("authorization".to_owned(), format!("Bearer {}", world.token))],
        body: String::new(),
    };
    assert_eq!(names(&world.gateway.client.send(filtered).await), ["fresh"]);

    // Clients send back all that they were told.
    let mut whole = vault.clone();
    whole["tags"] = json!({"c": "d"});
    whole["properties"]["sku"]["name"] = json!("premium");
    let changed = world.ask("PUT", &world.vault("fresh"), whole.clone()).await.json();
    assert_eq!((&changed["tags"], &changed["properties"]["sku"]["name"]), (&json!({"c": "d"}), &json!("premium")));
    whole["properties"]["softDeleteRetentionInDays"] = json!(7);
    let message = world.refused("PUT", &world.vault("fresh"), whole.clone(), (400, "BadRequest")).await;
    assert!(message.contains("properties.softDeleteRetentionInDays"), "{message}");
    whole["properties"]["softDeleteRetentionInDays"] = json!(90);
    whole["location"] = json!("elsewhere");
    world.refused("PUT", &world.vault("fresh"), whole, (400, "BadRequest")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_vault_that_shuts_its_maker_out_is_made_with_a_warning() {
    let world = World::new().await;
    let mut body = world.body();
    body["properties"]["networkAcls"] = json!({"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.7"}]});
    let made = world.ask("PUT", &world.vault("closed"), body.clone()).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    assert!(made.header("x-portcullis-warning").contains("do not admit"), "{:?}", made.headers);
    body["properties"]["networkAcls"]["ipRules"] = json!([{"value": "127.0.0.1"}]);
    let opened = world.ask("PUT", &world.vault("closed"), body.clone()).await;
    assert!(opened.status == 200 && !opened.headers.contains_key("x-portcullis-warning"), "{:?}", opened.headers);
    body["properties"]["networkAcls"]["ipRules"] = json!([]);
    world.refused("PUT", &world.vault("closed"), body.clone(), (400, "NetworkRulesExcludeCaller")).await;
    let forced = Sent {
        method: "PUT",
        host: world.gateway.host("management"),
        target: format!("{}?api-version={VERSION}", world.vault("closed")),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {}", world.token)),
            ("x-portcullis-force".to_owned(), "true".to_owned()),
        ],
        body: body.to_string(),
    };
    let forced = world.gateway.client.send(forced).await;
    assert!(forced.status == 200 && forced.headers.contains_key("x-portcullis-warning"), "{:?}", forced.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_vaults_have_pages() {
    let world = World::new().await;
    for name in ["aaa", "bbb", "ccc"] {
        assert_eq!(world.ask("PUT", &world.vault(name), world.body()).await.status, 200);
    }
    let get = async |target: String| {
        let headers = vec![("authorization".to_owned(), format!("Bearer {}", world.token))];
        let host = world.gateway.host("management");
        world.gateway.client.send(Sent { method: "GET", host, target, headers, body: String::new() }).await
    };
    let resources = format!(
        "{}/resources?$filter=resourceType%20eq%20'Microsoft.KeyVault/vaults'&$top=2&api-version=2015-11-01",
        world.subscription
    );
    for first in [format!("{}?$top=2&api-version={VERSION}", world.provider("vaults")), resources] {
        let (mut next, mut found) = (Some(first), Vec::new());
        while let Some(target) = next.take() {
            let page = get(target).await;
            assert!((1..=2).contains(&names(&page).len()), "{:?}", page.body);
            found.extend(names(&page));
            let link = page.json()["nextLink"].as_str().map(str::to_owned);
            next = link.map(|link| {
                let own = format!("https://{}", world.gateway.host("management"));
                link.strip_prefix(&own).expect("a link to the same host").to_owned()
            });
        }
        assert_eq!(found, ["aaa", "bbb", "ccc", "kv1", "kv2"]);
    }
    for wrong in ["$top=0", "$top=1001", "$top=x", "$skiptoken=a--b"] {
        let refused = get(format!("{}?{wrong}&api-version={VERSION}", world.provider("vaults"))).await;
        assert_eq!((refused.status, refused.error().0.as_str()), (400, "BadRequest"), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_is_refused_by_name() {
    let world = World::new().await;
    let elsewhere = world.vault("new").replace("/rg/", "/none/");
    world.refused("PUT", &elsewhere, world.body(), (404, "ResourceGroupNotFound")).await;
    let group = format!("{}/resourceGroups/none", world.subscription);
    let put = world.gateway.management("PUT", &group, GROUPS, &world.token, json!({"location": "local"})).await;
    assert_eq!(put.status, 201, "{:?}", put.body);
    world.refused("PUT", &elsewhere.replace("/new", "/kv1"), world.body(), (409, "VaultAlreadyExists")).await;
    world.refused("PUT", &world.vault("other"), world.body(), (409, "VaultAlreadyExists")).await;
    let mut foreign = world.body();
    foreign["properties"]["tenantId"] = json!(world.gateway.setup.foreign_tenant.to_string());
    world.refused("PUT", &world.vault("new"), foreign, (400, "BadRequest")).await;
    let mut recover = world.body();
    recover["properties"]["createMode"] = json!("recover");
    world.refused("PUT", &world.vault("new"), recover, (404, "DeletedVaultNotFound")).await;
    let nowhere = world.vault("new").replacen(
        &world.gateway.setup.subscription.to_string(),
        &SubscriptionId::random().to_string(),
        1,
    );
    world.refused("PUT", &nowhere, world.body(), (404, "SubscriptionNotFound")).await;
    for (name, expected) in
        [("new", Value::Null), ("other", "AlreadyExists".into()), ("a--b", "AccountNameInvalid".into())]
    {
        let body = json!({"name": name, "type": "Microsoft.KeyVault/vaults"});
        let check = world.ask("POST", &world.provider("checkNameAvailability"), body).await;
        assert_eq!((check.status, &check.json()["reason"]), (200, &expected), "{name}");
        assert_eq!(check.json()["nameAvailable"], expected.is_null());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_vault_keeps_its_objects_loses_its_roles_and_is_recovered_or_purged() {
    let world = World::new().await;
    let path = world.vault("fresh");
    // Which tenant an unknown vault seems to be of depends on its name, so the same name is asked.
    let token = world.gateway.token(&world.gateway.setup.admin).await;
    let never = world.gateway.vault("fresh", "GET", "/secrets/s", &token, Value::Null).await;
    assert_eq!(world.ask("PUT", &path, world.body()).await.status, 200);
    assert_eq!(world.data("fresh", "PUT", "/secrets/s", json!({"value": "kept"})).await, 200);
    let nobody = &world.gateway.setup.nobody;
    let assignment = format!("{path}/providers/Microsoft.Authorization/roleAssignments/{}", RoleAssignmentId::random());
    let role = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{ADMINISTRATOR}", world.subscription);
    let body = json!({"properties": {"principalId": nobody.principal.to_string(), "roleDefinitionId": role}});
    let put = world.gateway.management("PUT", &assignment, "2022-04-01", &world.token, body).await;
    assert_eq!(put.status, 201, "{:?}", put.body);
    let theirs = world.gateway.token(nobody).await;
    assert_eq!(world.gateway.vault("fresh", "GET", "/secrets/s", &theirs, Value::Null).await.status, 200);

    assert_eq!(world.ask("DELETE", &path, Value::Null).await.status, 200);
    assert_eq!(world.ask("DELETE", &path, Value::Null).await.status, 204);
    world.refused("GET", &path, Value::Null, (404, "ResourceNotFound")).await;
    let gone = world.gateway.vault("fresh", "GET", "/secrets/s", &token, Value::Null).await;
    assert_eq!((gone.status, gone.error()), (never.status, never.error()), "as before there was a vault");
    let message = world.refused("PUT", &path, world.body(), (409, "ConflictError")).await;
    assert!(message.contains("recover"), "{message}");
    assert_eq!(names(&world.ask("GET", &world.provider("deletedVaults"), Value::Null).await), ["fresh"]);
    let deleted = world.provider("locations/westeurope/deletedVaults/fresh");
    let told = world.ask("GET", &deleted, Value::Null).await.json();
    assert_eq!((&told["properties"]["vaultId"], &told["properties"]["tags"]), (&json!(path), &json!({"a": "b"})));

    let mut recover = world.body();
    recover["properties"]["createMode"] = json!("recover");
    recover["location"] = json!("elsewhere");
    world.refused("PUT", &path, recover.clone(), (400, "BadRequest")).await;
    recover["location"] = json!("westeurope");
    let back = world.ask("PUT", &path, recover).await;
    assert_eq!((back.status, &back.json()["tags"]), (200, &json!({"a": "b"})), "{:?}", back.body);
    assert_eq!(world.data("fresh", "GET", "/secrets/s", Value::Null).await, 200);
    let theirs = world.gateway.vault("fresh", "GET", "/secrets/s", &theirs, Value::Null).await.status;
    assert_eq!(theirs, 403, "roles do not come back");

    let name = "fresh".parse().unwrap();
    let id = world.gateway.running.gateway().management().state().vault(&name).unwrap().facts.id;
    let stored = async || {
        let entries = world.gateway.setup.store.scan(b"e/", None, 1000).await.unwrap();
        // Entries of queues begin with a time and go at that time.
        let queue = |key: &[u8]| [b"e/q/", b"e/t/", b"e/g/"].iter().any(|prefix| key.starts_with(*prefix));
        let of_vault = |key: &[u8]| key.windows(16).any(|bytes| bytes == id.as_bytes());
        entries.iter().filter(|entry| !queue(&entry.key) && of_vault(&entry.key)).count()
    };
    assert!(stored().await >= 3, "a data key, a head and a version");
    assert_eq!(world.ask("DELETE", &path, Value::Null).await.status, 200);
    assert_eq!(world.ask("POST", &format!("{deleted}/purge"), Value::Null).await.status, 200);
    world.refused("GET", &deleted, Value::Null, (404, "DeletedVaultNotFound")).await;
    world.gateway.running.gateway().do_due_work().await;
    assert!(world.gateway.running.gateway().management().state().erasures().is_empty());
    assert_eq!(stored().await, 0);
    assert_eq!(world.ask("PUT", &path, world.body()).await.status, 200, "the name is free again");
    assert_eq!(world.data("fresh", "GET", "/secrets/s", Value::Null).await, 404);
}

/// A bug once: the deny assignments of a purged vault stayed, and met the next vault of its name.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_vault_of_a_name_has_no_deny_assignments_of_the_earlier_one() {
    let world = World::new().await;
    let path = world.vault("fresh");
    assert_eq!(world.ask("PUT", &path, world.body()).await.status, 200);
    let deny = |scope: &str| format!("{scope}/providers/Microsoft.Authorization/denyAssignments");
    let body = json!({"properties": {
        "denyAssignmentName": "no reading", "principals": [{"id": world.gateway.setup.nobody.principal.to_string()}],
        "permissions": [{"dataActions": ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]}],
    }});
    for at in [path.clone(), format!("{path}/secrets/s"), world.vault("kv1")] {
        let one = format!("{}/{}", deny(&at), RoleAssignmentId::random());
        let made = world.gateway.management("PUT", &one, "2022-04-01", &world.token, body.clone()).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
    }
    let listed = async |at: &str| {
        let list = world.gateway.management("GET", &deny(at), "2022-04-01", &world.token, Value::Null).await;
        list.json()["value"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(listed(&path).await, 2);
    assert_eq!(world.ask("DELETE", &path, Value::Null).await.status, 200);
    let deleted = world.provider("locations/westeurope/deletedVaults/fresh");
    assert_eq!(world.ask("POST", &format!("{deleted}/purge"), Value::Null).await.status, 200);
    assert_eq!(world.ask("PUT", &path, world.body()).await.status, 200);
    assert_eq!(listed(&path).await, 0);
    assert_eq!(listed(&world.vault("kv1")).await, 1, "those of others stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn purge_protection_holds_until_the_scheduled_time() {
    let world = World::new().await;
    let path = world.vault("safe");
    let mut body = world.body();
    body["properties"]["enablePurgeProtection"] = json!(true);
    body["properties"]["softDeleteRetentionInDays"] = json!(7);
    assert_eq!(world.ask("PUT", &path, body.clone()).await.status, 200);
    body["properties"]["enablePurgeProtection"] = json!(false);
    world.refused("PUT", &path, body, (400, "BadRequest")).await;
    assert_eq!(world.ask("DELETE", &path, Value::Null).await.status, 200);
    let deleted = world.provider("locations/westeurope/deletedVaults/safe");
    world.refused("POST", &format!("{deleted}/purge"), Value::Null, (403, "OperationNotAllowed")).await;
    world.gateway.clock.advance(7 * 86_400 - 60);
    world.gateway.running.gateway().do_due_work().await;
    let kept = world.gateway.token_for(&world.gateway.setup.admin, &world.gateway.management_scope()).await;
    let still = world.gateway.management("GET", &deleted, VERSION, &kept, Value::Null).await;
    assert_eq!(still.status, 200, "{:?}", still.body);
    world.gateway.clock.advance(120);
    world.gateway.running.gateway().do_due_work().await;
    let token = world.gateway.token_for(&world.gateway.setup.admin, &world.gateway.management_scope()).await;
    let gone = world.gateway.management("GET", &deleted, VERSION, &token, Value::Null).await;
    assert_eq!((gone.status, gone.error().0.as_str()), (404, "DeletedVaultNotFound"), "the service purged it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_rests_on_an_old_state_is_refused() {
    let world = World::new().await;
    let path = world.vault("kv1");
    let conditional = |method, tag: String, body: Value| Sent {
        method,
        host: world.gateway.host("management"),
        target: format!("{path}?api-version={VERSION}"),
        headers: vec![("authorization".to_owned(), format!("Bearer {}", world.token)), ("if-match".to_owned(), tag)],
        body: if body.is_null() { String::new() } else { body.to_string() },
    };
    let tag = world.ask("GET", &path, Value::Null).await.header("etag").to_owned();
    let first = world.gateway.client.send(conditional("PATCH", tag.clone(), json!({"tags": {"n": "1"}}))).await;
    assert_eq!(first.status, 200, "{:?}", first.body);
    for method in ["PATCH", "DELETE"] {
        let body = if method == "PATCH" { json!({"tags": {"n": "2"}}) } else { Value::Null };
        let late = world.gateway.client.send(conditional(method, tag.clone(), body)).await;
        assert_eq!((late.status, late.error().0.as_str()), (412, "PreconditionFailed"), "{method}");
    }
    let newer = first.header("etag").to_owned();
    assert_ne!(newer, tag);
    assert_eq!(world.gateway.client.send(conditional("PATCH", newer, json!({"tags": {}}))).await.status, 200);
    assert_eq!(world.gateway.client.send(conditional("PATCH", "*".to_owned(), json!({"tags": {}}))).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_is_told_to_whoever_may_know_it() {
    let world = World::new().await;
    let gateway = &world.gateway;
    let ask = async |path: &str, token: Option<&str>| {
        let headers = token.map(|token| ("authorization".to_owned(), format!("Bearer {token}")));
        let sent = Sent {
            method: "GET",
            host: gateway.host("management"),
            target: format!("{path}?api-version=2022-12-01"),
            headers: headers.into_iter().collect(),
            body: String::new(),
        };
        gateway.client.send(sent).await
    };
    let metadata = ask("/metadata/endpoints", None).await.json();
    assert_eq!(metadata["authentication"]["loginEndpoint"], format!("https://{}", gateway.host("login")));
    assert_eq!(metadata["authentication"]["audiences"][0], format!("https://{}/", gateway.host("management")));
    assert_eq!(metadata["suffixes"]["keyVaultDns"], gateway.host("vault"));

    let nobody = gateway.token_for(&gateway.setup.nobody, &gateway.management_scope()).await;
    let foreigner = gateway.token_for(&gateway.setup.foreigner, &gateway.management_scope()).await;
    let at_vaults = gateway.token(&gateway.setup.admin).await;
    for path in ["/subscriptions", "/tenants", "/providers/Microsoft.KeyVault/operations"] {
        let anonymous = ask(path, None).await;
        assert_eq!((anonymous.status, anonymous.error().0.as_str()), (401, "AuthenticationFailed"), "{path}");
        assert!(anonymous.header("www-authenticate").contains("authorization_uri"), "{path}");
        assert_eq!(ask(path, Some(&at_vaults)).await.status, 401, "{path}: a token for vaults");
    }
    let own = gateway.setup.subscription.to_string();
    let listed = ask("/subscriptions", Some(&world.token)).await.json();
    assert_eq!((&listed["value"][0]["subscriptionId"], listed["value"].as_array().unwrap().len()), (&json!(own), 1));
    for stranger in [&nobody, &foreigner] {
        let listed = ask("/subscriptions", Some(stranger)).await;
        assert_eq!((listed.status, listed.json()), (200, json!({"value": []})));
    }
    let tenants = ask("/tenants", Some(&foreigner)).await.json();
    assert_eq!(tenants["value"][0]["tenantId"], gateway.setup.foreign_tenant.to_string());
    let restrictions = portcullis_identity::Restrictions {
        operations: vec![portcullis_model::Operation::VaultGet],
        ..Default::default()
    };
    let random = portcullis_crypto::SystemRandom::new();
    let narrowed = portcullis_identity::attenuate(&world.token, &restrictions, &random).unwrap();
    assert_eq!(ask("/subscriptions", Some(&narrowed)).await.status, 403, "the token does not cover it");

    let links = world.ask("GET", &format!("{}/privateLinkResources", world.vault("kv1")), Value::Null).await.json();
    assert_eq!(links["value"][0]["properties"]["groupId"], "vault");
    let none = world.ask("GET", &world.provider("managedHSMs"), Value::Null).await.json();
    assert_eq!(none, json!({"value": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn resource_groups_come_and_go_and_those_with_vaults_stay() {
    let world = World::new().await;
    let at = &world;
    let ask =
        |method, path: String, body| async move { at.gateway.management(method, &path, GROUPS, &at.token, body).await };
    let group = format!("{}/resourcegroups/Team", world.subscription);
    assert_eq!(ask("GET", group.clone(), Value::Null).await.status, 404);
    assert_eq!(ask("PUT", group.clone(), json!({})).await.status, 400);
    assert_eq!(ask("PUT", group.clone(), json!({"location": "local"})).await.status, 201);
    let again = ask("PUT", group.to_lowercase(), json!({"location": "local", "tags": {"a": "b"}})).await;
    assert_eq!((again.status, &again.json()["name"], &again.json()["tags"]), (200, &json!("Team"), &json!({"a": "b"})));
    assert_eq!(ask("PUT", group.clone(), json!({"location": "moon"})).await.status, 400);
    let list = ask("GET", format!("{}/resourcegroups", world.subscription), Value::Null).await;
    assert_eq!(names(&list), ["rg", "Team"]);
    assert_eq!(ask("DELETE", group.clone(), Value::Null).await.status, 200);
    assert_eq!(ask("DELETE", group, Value::Null).await.status, 204);
    let used = ask("DELETE", format!("{}/resourcegroups/rg", world.subscription), Value::Null).await;
    assert_eq!((used.status, used.error().0.as_str()), (409, "ConflictError"));
    let subscription = ask("GET", world.subscription.clone(), Value::Null).await.json();
    assert_eq!(subscription["tenantId"], world.gateway.setup.tenant.to_string());
}
