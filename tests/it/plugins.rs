//! Plugins that are installed through the management plane.

mod folder;
mod refusals;
mod rights;
mod signed;
mod swap;

use portcullis_management::DeclaredAssignment;
use portcullis_tests::{Application, Reply, Sent, Setup, TestGateway};
use serde_json::{Value, json};

const VERSION: &str = "2026-11-01";
const OWNER: &str = "Owner";

/// A gateway whose administrator owns the tenant, and tokens for both planes.
pub(crate) struct Installed {
    pub(crate) gateway: TestGateway,
    pub(crate) management: String,
    data: String,
}

impl Installed {
    pub(crate) async fn start() -> Self {
        Self::with(setup()).await
    }

    async fn with(setup: Setup) -> Self {
        Self::over(TestGateway::with(setup).await).await
    }

    pub(crate) async fn over(gateway: TestGateway) -> Self {
        let admin = gateway.setup.admin.clone();
        let management = gateway.token_for(&admin, &gateway.management_scope()).await;
        let data = gateway.token(&admin).await;
        Self { gateway, management, data }
    }

    /// Brings a component at a scope.
    pub(crate) async fn bring(&self, scope: &str, bytes: &[u8], token: &str) -> Reply {
        self.bring_as(scope, &digest(bytes), bytes, token).await
    }

    async fn bring_as(&self, scope: &str, digest: &str, bytes: &[u8], token: &str) -> Reply {
        let sent = Sent {
            method: "PUT",
            host: self.gateway.host("management"),
            target: format!("{scope}/providers/Portcullis.Gateway/components/{digest}?api-version={VERSION}"),
            headers: vec![
                ("authorization".to_owned(), format!("Bearer {token}")),
                ("content-type".to_owned(), "application/wasm".to_owned()),
            ],
            body: String::new(),
        };
        self.gateway.client.send_bytes(sent, bytes.to_vec()).await
    }

    pub(crate) async fn at(&self, method: &'static str, scope: &str, tail: &str, body: Value) -> Reply {
        let path = format!("{scope}/providers/Portcullis.Gateway/plugins{tail}");
        self.gateway.management(method, &path, VERSION, &self.management, body).await
    }

    /// Installs the guest that obeys its settings, whose component is there.
    pub(crate) async fn install(&self, scope: &str, name: &str, say: &str, mode: &str) -> Reply {
        let body = json!({"properties": {"component": digest(obeys()), "mode": mode, "settings": {"say": say}}});
        self.at("PUT", scope, &format!("/{name}"), body).await
    }

    pub(crate) async fn list_secrets(&self, vault: &str) -> Reply {
        self.gateway.vault(vault, "GET", "/secrets", &self.data, Value::Null).await
    }

    /// The last decision of a plugin that the audit log has.
    fn decision(&self, plugin: &str) -> Value {
        let records = self.gateway.records();
        let decisions = records.iter().rev().flat_map(|record| record["portcullis"]["decision"].as_array());
        decisions.flatten().find(|decision| decision["plugin"] == plugin).cloned().unwrap_or_default()
    }
}

/// A setup whose administrator owns the whole tenant.
pub(crate) fn setup() -> Setup {
    let mut setup = Setup::default();
    let own = owner(&setup.admin, "/");
    setup.assignments.push(own);
    setup
}

fn owner(application: &Application, scope: &str) -> DeclaredAssignment {
    DeclaredAssignment { principal: application.principal, role: OWNER.to_owned(), scope: scope.to_owned() }
}

pub(crate) fn obeys() -> &'static [u8] {
    portcullis_guests::component("obeys_its_settings")
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    portcullis_model::ComponentDigest::from_bytes(portcullis_crypto::sha256(bytes)).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_installed_changed_rolled_back_and_removed() {
    let it = Installed::start().await;
    let brought = it.bring("", obeys(), &it.management).await;
    assert_eq!(brought.status, 201, "{:?}", brought.body);
    assert_eq!(brought.json()["name"], digest(obeys()));
    assert_eq!(it.list_secrets("kv1").await.status, 200);

    let installed = it.install("", "obeys", "deny", "enforce").await;
    assert_eq!(installed.status, 201, "{:?}", installed.body);
    let told = installed.json();
    assert_eq!(told["id"], "/providers/Portcullis.Gateway/plugins/obeys");
    assert_eq!((&told["properties"]["generation"], &told["properties"]["state"]), (&json!(1), &json!("ready")));
    let refused = it.list_secrets("kv1").await;
    assert_eq!((refused.status, refused.error().1.as_str()), (403, "ForbiddenByPlugin"), "{:?}", refused.body);
    assert!(refused.message().contains("obeys; told: its settings say so"), "{}", refused.message());
    assert_eq!(it.decision("obeys")["scope"], "/");

    let changed = it.install("", "obeys", "abstain", "enforce").await;
    assert_eq!((changed.status, &changed.json()["properties"]["generation"]), (200, &json!(2)));
    assert_eq!(it.list_secrets("kv1").await.status, 200, "it denies no more");
    let same = it.install("", "obeys", "abstain", "enforce").await;
    assert_eq!(same.json()["properties"]["generation"], 2, "nothing was changed");

    let back = it.at("POST", "", "/obeys/rollback", Value::Null).await;
    assert_eq!(back.status, 200, "{:?}", back.body);
    let told = back.json();
    assert_eq!(told["properties"]["settings"], json!({"say": "deny"}));
    let before = told["properties"]["previousGenerations"].as_array().unwrap();
    assert_eq!(before.iter().map(|it| it["generation"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(it.list_secrets("kv1").await.status, 403, "it denies again");
    let chosen = it.at("POST", "", "/obeys/rollback", json!({"generation": 2})).await;
    assert_eq!(chosen.json()["properties"]["settings"], json!({"say": "abstain"}));
    let none = it.at("POST", "", "/obeys/rollback", json!({"generation": 77})).await;
    assert_eq!((none.status, none.error().0.as_str()), (404, "PluginNotFound"), "{:?}", none.body);

    let listed = it.at("GET", "", "", Value::Null).await.json();
    assert_eq!(listed["value"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(it.at("GET", "", "/obeys", Value::Null).await.status, 200);
    assert_eq!(it.at("DELETE", "", "/obeys", Value::Null).await.status, 200);
    assert_eq!(it.at("DELETE", "", "/obeys", Value::Null).await.status, 204);
    assert_eq!(it.at("GET", "", "/obeys", Value::Null).await.status, 404);
}

/// An installation's own bounds are narrower than the gateway's, never wider.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_held_to_the_limits_that_it_is_installed_with() {
    const GATEWAYS: usize = 16 << 20;
    let it = Installed::start().await;
    let limited = async |guest: &str, limits: Value| {
        let component = portcullis_guests::component(guest);
        assert!([200, 201].contains(&it.bring("", component, &it.management).await.status));
        let name = format!("/{}", guest.replace('_', "-"));
        let body = json!({"properties": {"component": digest(component), "mode": "enforce", "limits": limits}});
        let installed = it.at("PUT", "", &name, body).await;
        assert!([200, 201].contains(&installed.status), "{:?}", installed.body);
        assert_eq!(installed.json()["properties"]["limits"], limits);
        let refused = it.list_secrets("kv1").await;
        assert_eq!(refused.status, 403, "{:?}", refused.body);
        assert_eq!(it.at("DELETE", "", &name, Value::Null).await.status, 200);
        refused.message()
    };
    let unlimited = limited("takes_memory", json!({})).await;
    assert!(unlimited.contains(&GATEWAYS.to_string()), "{unlimited}");
    let narrow = limited("takes_memory", json!({"memoryBytes": 3 << 20})).await;
    assert!(narrow.contains(&(3 << 20).to_string()), "{narrow}");
    let wide = limited("takes_memory", json!({"memoryBytes": 2 * GATEWAYS})).await;
    assert!(wide.contains(&GATEWAYS.to_string()), "{wide}");
    let short = limited("loops_forever", json!({"timeMilliseconds": 7})).await;
    assert!(short.contains("7ms") || short.contains("7 ms"), "{short}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_asked_where_it_is_installed_and_nowhere_else() {
    let it = Installed::start().await;
    let subscription = format!("/subscriptions/{}", it.gateway.setup.subscription);
    let scopes = [
        (it.gateway.setup.vault_id("kv1"), 403, 200),
        (it.gateway.setup.vault_id("kv1").to_uppercase(), 403, 200),
        (format!("{subscription}/resourceGroups/rg"), 403, 403),
        (subscription.clone(), 403, 403),
        (String::new(), 403, 403),
    ];
    for (scope, one, two) in scopes {
        let brought = it.bring(&scope, obeys(), &it.management).await;
        assert_eq!(brought.status, 201, "{:?}", brought.body);
        let installed = it.install(&scope, "obeys", "deny", "enforce").await;
        assert!(installed.status < 300, "{scope}: {:?}", installed.body);
        let statuses = (it.list_secrets("kv1").await.status, it.list_secrets("kv2").await.status);
        assert_eq!(statuses, (one, two), "{scope}");
        // The other tenant's requests are none of its business.
        let foreign = it.gateway.token(&it.gateway.setup.foreigner).await;
        assert_eq!(it.gateway.vault("other", "GET", "/secrets", &foreign, Value::Null).await.status, 200, "{scope}");
        assert_eq!(it.at("DELETE", &scope, "/obeys", Value::Null).await.status, 200, "{scope}");
        assert_eq!(it.list_secrets("kv1").await.status, 200, "{scope}");
    }
    let missing = it.install(&format!("{subscription}/resourceGroups/none"), "obeys", "deny", "enforce").await;
    assert_eq!((missing.status, missing.error().0.as_str()), (404, "ResourceGroupNotFound"));
}

/// What is installed stays over a restart, and so does what it decides.
#[tokio::test(flavor = "multi_thread")]
async fn installations_survive_a_restart() {
    let it = Installed::start().await;
    it.bring("", obeys(), &it.management).await;
    assert_eq!(it.install("", "obeys", "deny", "enforce").await.status, 201);
    let (setup, folder) = it.gateway.stop().await;
    let mut again = setup.again();
    let own = owner(&again.admin, "/");
    again.assignments.push(own);
    let it = Installed::over(TestGateway::within(again, folder).await).await;
    assert_eq!(it.list_secrets("kv1").await.status, 403);
    assert_eq!(it.at("GET", "", "/obeys", Value::Null).await.json()["properties"]["state"], "ready");
    assert_eq!(it.at("DELETE", "", "/obeys", Value::Null).await.status, 200);
    assert_eq!(it.list_secrets("kv1").await.status, 200);
}

/// A component that is damaged denies where it is installed and says its name; the gateway starts, and who owns the
/// place takes it away.
#[tokio::test(flavor = "multi_thread")]
async fn a_stored_component_that_does_not_load_denies_and_can_be_removed() {
    let it = Installed::start().await;
    let scope = it.gateway.setup.vault_id("kv1");
    it.bring(&scope, obeys(), &it.management).await;
    assert_eq!(it.install(&scope, "obeys", "abstain", "enforce").await.status, 201);
    assert_eq!(it.list_secrets("kv1").await.status, 200);
    let (setup, folder) = it.gateway.stop().await;
    let pieces = setup.store.scan(b"l/", None, 1).await.unwrap();
    let lost = portcullis_store::Batch::builder().delete(pieces[0].key.clone()).build().unwrap();
    setup.store.commit(lost).await.unwrap();
    let it = Installed::over(TestGateway::within(setup.again(), folder).await).await;
    let refused = it.list_secrets("kv1").await;
    assert_eq!(refused.status, 403, "{:?}", refused.body);
    assert!(refused.message().contains("obeys; fail-closed: the plugin cannot be loaded"), "{}", refused.message());
    assert_eq!(it.list_secrets("kv2").await.status, 200, "elsewhere nothing is lost");
    let told = it.at("GET", &scope, "/obeys", Value::Null).await.json();
    assert_eq!(told["properties"]["state"], "failed", "{told}");
    assert!(told["properties"]["failure"].as_str().unwrap().contains("bytes of the component"), "{told}");
    assert_eq!(it.at("DELETE", &scope, "/obeys", Value::Null).await.status, 200);
    assert_eq!(it.list_secrets("kv1").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn modes_and_failures_count_as_the_installation_says() {
    let it = Installed::start().await;
    it.bring("", obeys(), &it.management).await;
    for (say, mode, status) in [
        ("deny", json!({"mode": "reportOnly"}), 200),
        ("deny", json!({"mode": "off"}), 200),
        ("deny", json!({"mode": "enforce"}), 403),
        ("deny", json!({"mode": "percentage", "percentage": 0}), 200),
        ("deny", json!({"mode": "percentage", "percentage": 100}), 403),
        ("trap", json!({"mode": "enforce"}), 403),
        ("trap", json!({"mode": "reportOnly"}), 200),
        ("trap", json!({"mode": "enforce", "onFailure": "ignore"}), 200),
        ("deny", json!({"mode": "enforce", "onFailure": "ignore"}), 403),
    ] {
        let mut properties = json!({"component": digest(obeys()), "settings": {"say": say}});
        properties.as_object_mut().unwrap().extend(mode.as_object().unwrap().clone());
        let put = it.at("PUT", "", "/obeys", json!({"properties": properties})).await;
        assert!(put.status < 300, "{:?}", put.body);
        let reply = it.list_secrets("kv1").await;
        assert_eq!(reply.status, status, "{say} {mode}: {:?}", reply.body);
        let records = it.gateway.records();
        let last = records.last().unwrap()["portcullis"]["decision"].as_array().unwrap().clone();
        let decision = last.iter().find(|decision| decision["plugin"] == "obeys");
        assert_eq!(decision.is_none(), mode["mode"] == "off", "{last:?}");
        if let Some(decision) = decision {
            let enforced = decision["mode"] == "enforced";
            assert_eq!(enforced, status == 403, "{decision}");
            assert_eq!(decision["percentage"], mode["percentage"], "{decision}");
            assert_eq!(
                decision["failureIgnored"] == true,
                say == "trap" && mode["onFailure"] == "ignore",
                "{decision}"
            );
        }
    }
    let promoted = it.at("POST", "", "/obeys/promote", Value::Null).await;
    assert_eq!(promoted.json()["properties"]["mode"], "enforce", "{:?}", promoted.body);
}

/// Two installations of one plugin count apart, whatever they share.
#[tokio::test(flavor = "multi_thread")]
async fn installations_of_one_plugin_count_apart() {
    let it = Installed::start().await;
    let vaults = ["kv1", "kv2"].map(|vault| (vault, it.gateway.setup.vault_id(vault)));
    for (_, scope) in &vaults {
        it.bring(scope, obeys(), &it.management).await;
        assert_eq!(it.install(scope, "obeys", "often", "enforce").await.status, 201);
    }
    for (vault, _) in &vaults {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(it.list_secrets(vault).await.status);
        }
        assert_eq!(statuses, [200, 200, 403], "{vault}");
    }
}

/// What was installed at a vault that is purged does not come to a new vault of its name.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_vault_of_a_name_has_none_of_the_old_ones_plugins() {
    let mut setup = setup();
    setup.purge_protection = false;
    let it = Installed::with(setup).await;
    let scope = it.gateway.setup.vault_id("kv2");
    it.bring(&scope, obeys(), &it.management).await;
    assert_eq!(it.install(&scope, "obeys", "allow", "enforce").await.status, 201);
    let vaults = "2026-02-01";
    let management = |method, path: String, body| {
        let it = &it;
        async move { it.gateway.management(method, &path, vaults, &it.management, body).await }
    };
    assert_eq!(management("DELETE", scope.clone(), Value::Null).await.status, 200);
    let deleted = format!(
        "/subscriptions/{}/providers/Microsoft.KeyVault/locations/local/deletedVaults/kv2",
        it.gateway.setup.subscription
    );
    let purged = management("POST", format!("{deleted}/purge"), Value::Null).await;
    assert!(purged.status < 300, "{:?}", purged.body);
    let body = json!({"location": "local", "properties": {
        "tenantId": it.gateway.setup.tenant.to_string(), "sku": {"family": "A", "name": "standard"}, "accessPolicies": [],
    }});
    let made = management("PUT", scope.clone(), body).await;
    assert!(made.status < 300, "{:?}", made.body);
    assert_eq!(it.at("GET", &scope, "/obeys", Value::Null).await.status, 404);
    assert_eq!(it.list_secrets("kv2").await.status, 403, "nobody has a role at the new vault");
}

/// Who asks what would come of a request is told what would come of it: installed plugins are asked too.
#[tokio::test(flavor = "multi_thread")]
async fn suppositions_ask_installed_plugins() {
    let it = Installed::start().await;
    let scope = it.gateway.setup.vault_id("kv1");
    it.bring(&scope, obeys(), &it.management).await;
    assert_eq!(it.install(&scope, "obeys", "deny", "enforce").await.status, 201);
    let path = format!("{scope}/providers/Portcullis.Gateway/whatIf");
    let question = json!({"operations": ["SecretList"]});
    let reply = it.gateway.management("POST", &path, "2026-02-01", &it.management, question).await;
    // The plugin judges the question as well, since it denies everything.
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "RequestDisallowedByPolicy"), "{:?}", reply.body);
    let body = json!({"properties": {
        "component": digest(obeys()), "mode": "percentage", "percentage": 100, "settings": {"say": "abstain"},
    }});
    assert_eq!(it.at("PUT", &scope, "/obeys", body).await.status, 200);
    let question = json!({"operations": ["SecretList"], "onlyAllowed": true});
    let reply = it.gateway.management("POST", &path, "2026-02-01", &it.management, question).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    let allowed = reply.json()["value"].as_array().unwrap().len();
    assert_eq!(it.install(&scope, "allows", "allow", "enforce").await.status, 201);
    let question = json!({"operations": ["SecretList"], "onlyAllowed": true});
    let reply = it.gateway.management("POST", &path, "2026-02-01", &it.management, question).await;
    assert!(reply.json()["value"].as_array().unwrap().len() > allowed, "{:?}", reply.body);
}

/// What a plugin would have refused is told with samples, and must be meant before it counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_promoted_when_what_it_would_refuse_is_meant() {
    let it = Installed::start().await;
    it.bring("", obeys(), &it.management).await;
    assert_eq!(it.install("", "obeys", "deny", "reportOnly").await.status, 201);
    let unobserved = it.at("POST", "", "/obeys/promote", json!({"acknowledge": ["told"]})).await;
    assert_eq!((unobserved.status, unobserved.error().0.as_str()), (409, "PluginUnobserved"), "{:?}", unobserved.body);
    for _ in 0..5 {
        assert_eq!(it.list_secrets("kv1").await.status, 200);
    }
    let told = it.at("GET", "", "/obeys", Value::Null).await.json();
    let observed = &told["properties"]["observed"];
    assert_eq!((&observed["requests"], &observed["wouldDeny"][0]["count"]), (&json!(5), &json!(5)), "{told}");
    let sample = observed["wouldDeny"][0]["requestIds"][0].as_str().unwrap();
    assert!(it.gateway.records().iter().any(|record| record.to_string().contains(sample)), "{sample}");
    for body in [Value::Null, json!({"acknowledge": ["something-else"]})] {
        let refused = it.at("POST", "", "/obeys/promote", body).await;
        assert_eq!((refused.status, refused.error().0.as_str()), (409, "PluginWouldDeny"), "{:?}", refused.body);
        let expected = "would have refused 5 of the latest 5 requests: 5 by `told` (its settings say so), such as ";
        assert!(refused.message().contains(expected) && refused.message().contains(sample), "{}", refused.message());
    }
    assert_eq!(it.list_secrets("kv1").await.status, 200, "nothing was changed");
    let promoted = it.at("POST", "", "/obeys/promote", json!({"acknowledge": ["told"]})).await;
    assert_eq!(promoted.status, 200, "{:?}", promoted.body);
    assert_eq!(it.list_secrets("kv1").await.status, 403);

    // Other settings are another plugin: what was seen of the old ones is forgotten.
    assert_eq!(it.install("", "obeys", "abstain", "reportOnly").await.status, 200);
    assert_eq!(it.list_secrets("kv1").await.status, 200);
    assert_eq!(it.at("POST", "", "/obeys/promote", Value::Null).await.status, 200);
    assert_eq!(it.install("", "obeys", "trap", "reportOnly").await.status, 200);
    assert_eq!(it.list_secrets("kv1").await.status, 200);
    let failing = it.at("POST", "", "/obeys/promote", Value::Null).await;
    assert!(failing.message().contains("1 by `fail-closed`"), "{:?}", failing.body);
    assert_eq!(it.at("POST", "", "/obeys/promote", json!({"force": true})).await.status, 200);
    assert_eq!(it.list_secrets("kv1").await.status, 403);
}
