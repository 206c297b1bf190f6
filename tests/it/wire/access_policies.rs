//! Access policies over REST, and the switch between the two permission models: who may, and what holds afterwards.

use portcullis_management::{AccessPolicyWriters, DeclaredAssignment};
use portcullis_model::PrincipalId;
use portcullis_tests::{Application, Reply, Setup, TestGateway};
use serde_json::{Value, json};

const VERSION: &str = "2026-02-01";

/// A gateway whose `kv1` has secrets, of which `admin` is Owner and `reader` and `nobody` have the roles given.
struct World {
    gateway: TestGateway,
    vault: String,
}

impl World {
    async fn new(roles: [&str; 2], access_policy_writers: AccessPolicyWriters) -> Self {
        let mut setup = Setup { access_policy_writers, ..Setup::default() };
        let vault = setup.vault_id("kv1");
        let group = vault.split("/providers/").next().unwrap().to_owned();
        setup.assignments = [&setup.reader, &setup.nobody]
            .into_iter()
            .zip(roles)
            .filter(|(_, role)| !role.is_empty())
            .map(|(who, role)| DeclaredAssignment {
                principal: who.principal,
                role: role.to_owned(),
                scope: group.clone(),
            })
            .collect();
        let gateway = TestGateway::with(setup).await;
        let token = gateway.token(&gateway.setup.admin).await;
        let set = gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await;
        assert_eq!(set.status, 200, "{:?}", set.body);
        Self { gateway, vault }
    }

    async fn ask(&self, who: &Application, method: &'static str, path: &str, body: Value) -> Reply {
        let token = self.gateway.token_for(who, &self.gateway.management_scope()).await;
        self.gateway.management(method, path, VERSION, &token, body).await
    }

    /// Asks for a change of the access policies of `kv1`.
    async fn change(&self, who: &Application, how: &str, entries: Value) -> Reply {
        let body = json!({"properties": {"accessPolicies": entries}});
        self.ask(who, "PUT", &format!("{}/accessPolicies/{how}", self.vault), body).await
    }

    async fn patch(&self, who: &Application, properties: Value) -> Reply {
        self.ask(who, "PATCH", &self.vault, json!({"properties": properties})).await
    }

    /// Puts `kv1` under access policies, as its owner.
    async fn switch(&self) {
        let switched = self.patch(&self.gateway.setup.admin, json!({"enableRbacAuthorization": false})).await;
        assert_eq!(switched.status, 200, "{:?}", switched.body);
    }

    fn entry(&self, who: PrincipalId, secrets: &[&str]) -> Value {
        json!({
            "tenantId": self.gateway.setup.tenant.to_string(), "objectId": who.to_string(),
            "permissions": {"secrets": secrets},
        })
    }

    async fn read(&self, who: &Application) -> (u16, String) {
        let token = self.gateway.token(who).await;
        let reply = self.gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await;
        (reply.status, reply.error().1)
    }
}

fn refused(reply: &Reply) -> (u16, String) {
    (reply.status, reply.error().0)
}

fn forbidden() -> (u16, String) {
    (403, "AuthorizationFailed".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_added_replaced_and_removed_and_count_at_once() {
    let world = World::new(["Contributor", ""], AccessPolicyWriters::VaultWriters).await;
    let (admin, nobody) = (&world.gateway.setup.admin, &world.gateway.setup.nobody);
    world.switch().await;
    assert_eq!(world.read(nobody).await, (403, "AccessDenied".to_owned()));
    let added = world.change(admin, "add", json!([world.entry(nobody.principal, &["Get"])])).await;
    assert_eq!(added.status, 200, "{:?}", added.body);
    let told = added.json();
    assert_eq!(told["type"], "Microsoft.KeyVault/vaults/accessPolicies");
    assert_eq!(told["properties"]["accessPolicies"][0]["permissions"]["secrets"], json!(["get"]));
    assert_eq!(world.read(nobody).await.0, 200);
    let merged = world.change(admin, "ADD", json!([world.entry(nobody.principal, &["list", "get"])])).await.json();
    assert_eq!(merged["properties"]["accessPolicies"][0]["permissions"]["secrets"], json!(["get", "list"]));
    let vault = world.ask(admin, "GET", &world.vault, Value::Null).await.json();
    assert_eq!(vault["properties"]["accessPolicies"], merged["properties"]["accessPolicies"], "GET tells them");
    assert_eq!(vault["properties"]["enableRbacAuthorization"], false);
    assert_eq!(vault["systemData"]["lastModifiedBy"], admin.principal.to_string());
    assert_eq!(vault["systemData"]["lastModifiedByType"], "Application");

    world.change(admin, "replace", json!([world.entry(nobody.principal, &["list"])])).await;
    assert_eq!(world.read(nobody).await, (403, "ForbiddenByPolicy".to_owned()));
    let gone = world.change(admin, "remove", json!([world.entry(nobody.principal, &["list", "set"])])).await.json();
    assert_eq!(gone["properties"]["accessPolicies"], json!([]), "an entry that permits nothing goes");
    assert_eq!(world.read(nobody).await, (403, "AccessDenied".to_owned()));
    let through = json!([{
        "tenantId": world.gateway.setup.tenant.to_string(), "objectId": nobody.principal.to_string(),
        "applicationId": nobody.id.to_string(), "permissions": {"secrets": ["all"]},
    }]);
    assert_eq!(world.change(admin, "add", through).await.status, 200);
    assert_eq!(world.read(nobody).await.0, 403, "for users through the application alone");
    let nowhere = format!("{}/accessPolicies/merge", world.vault);
    assert_eq!(world.ask(admin, "PUT", &nowhere, json!({})).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_entry_is_named_by_its_place() {
    let world = World::new(["", ""], AccessPolicyWriters::VaultWriters).await;
    let (admin, nobody) = (&world.gateway.setup.admin, &world.gateway.setup.nobody);
    let mut foreign = world.entry(nobody.principal, &["get"]);
    foreign["tenantId"] = json!(world.gateway.setup.foreign_tenant.to_string());
    let good = world.entry(nobody.principal, &["get"]);
    for (entries, place) in [
        (json!([good, foreign]), "properties.accessPolicies[1].tenantId"),
        (
            json!([world.entry(nobody.principal, &["get", "sign"])]),
            "properties.accessPolicies[0].permissions.secrets[1]",
        ),
        (json!([good, good]), "properties.accessPolicies[1]"),
    ] {
        let one_by_one = world.change(admin, "add", entries.clone()).await;
        let whole = world.patch(admin, json!({"accessPolicies": entries})).await;
        for reply in [one_by_one, whole] {
            assert_eq!(refused(&reply), (400, "InvalidRequestContent".to_owned()), "{place}: {:?}", reply.body);
            assert!(reply.message().contains(&format!("Property {place} ")), "{place}: {}", reply.message());
        }
    }
    let many: Vec<Value> = (0..1_024).map(|_| world.entry(PrincipalId::random(), &["get"])).collect();
    let full = world.change(admin, "add", Value::Array(many)).await;
    assert_eq!(full.status, 200, "{}", full.message());
    let more = world.change(admin, "add", json!([good])).await;
    assert_eq!(refused(&more), (400, "InvalidRequestContent".to_owned()));
    assert!(more.message().contains("at most 1024"), "{}", more.message());
}

/// A test that fails when two updates read the same list and the later one writes it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_updates_never_lose_an_entry() {
    const MANY: usize = 24;
    let world = std::sync::Arc::new(World::new(["", ""], AccessPolicyWriters::VaultWriters).await);
    let principals: Vec<PrincipalId> = (0..MANY).map(|_| PrincipalId::random()).collect();
    let token = world.gateway.token_for(&world.gateway.setup.admin, &world.gateway.management_scope()).await;
    let updates: Vec<_> = principals
        .iter()
        .map(|principal| {
            let (world, token) = (std::sync::Arc::clone(&world), token.clone());
            let body = json!({"properties": {"accessPolicies": [world.entry(*principal, &["get"])]}});
            tokio::spawn(async move {
                let path = format!("{}/accessPolicies/add", world.vault);
                world.gateway.management("PUT", &path, VERSION, &token, body).await.status
            })
        })
        .collect();
    for update in updates {
        assert_eq!(update.await.unwrap(), 200);
    }
    let vault = world.ask(&world.gateway.setup.admin, "GET", &world.vault, Value::Null).await.json();
    let mut told: Vec<String> = vault["properties"]["accessPolicies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["objectId"].as_str().unwrap().to_owned())
        .collect();
    let mut expected: Vec<String> = principals.iter().map(ToString::to_string).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_replaces_all_policies_and_a_body_without_them_leaves_them() {
    let world = World::new(["", ""], AccessPolicyWriters::VaultWriters).await;
    let (admin, nobody, reader) =
        (&world.gateway.setup.admin, &world.gateway.setup.nobody, &world.gateway.setup.reader);
    world.change(admin, "add", json!([world.entry(nobody.principal, &["get"])])).await;
    let mut whole = world.ask(admin, "GET", &world.vault, Value::Null).await.json();
    let unchanged = world.ask(admin, "PUT", &world.vault, whole.clone()).await;
    assert_eq!(unchanged.json()["properties"], whole["properties"], "clients send back what they were told");
    whole["properties"]["accessPolicies"] = json!([world.entry(reader.principal, &["get"])]);
    let replaced = world.ask(admin, "PUT", &world.vault, whole.clone()).await.json();
    assert_eq!(replaced["properties"]["accessPolicies"].as_array().unwrap().len(), 1);
    assert_eq!(replaced["properties"]["accessPolicies"][0]["objectId"], reader.principal.to_string());
    whole["properties"].as_object_mut().unwrap().remove("accessPolicies");
    let left = world.ask(admin, "PUT", &world.vault, whole).await.json();
    assert_eq!(left["properties"]["accessPolicies"], replaced["properties"]["accessPolicies"]);
}

/// As in the reference: whoever may write a vault under access policies can let himself in.
#[tokio::test(flavor = "multi_thread")]
async fn a_contributor_can_grant_himself_access_unless_that_is_closed() {
    let world = World::new(["Contributor", "Key Vault Contributor"], AccessPolicyWriters::VaultWriters).await;
    world.switch().await;
    for who in [&world.gateway.setup.reader, &world.gateway.setup.nobody] {
        let own = world.change(who, "add", json!([world.entry(who.principal, &["get"])])).await;
        assert_eq!(own.status, 200, "{:?}", own.body);
        assert_eq!(world.read(who).await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_closed_only_who_assigns_roles_changes_access_policies() {
    let world = World::new(["Contributor", "Key Vault Contributor"], AccessPolicyWriters::RoleAssigners).await;
    let admin = &world.gateway.setup.admin;
    world.switch().await;
    let fresh = world.vault.replace("/kv1", "/fresh");
    for who in [&world.gateway.setup.reader, &world.gateway.setup.nobody] {
        let entries = json!([world.entry(who.principal, &["get"])]);
        for how in ["add", "replace", "remove"] {
            let reply = world.change(who, how, entries.clone()).await;
            assert_eq!(refused(&reply), forbidden(), "{how}: {:?}", reply.body);
            assert!(reply.message().contains("Microsoft.Authorization/roleAssignments/write"), "{}", reply.message());
        }
        let patched = world.patch(who, json!({"accessPolicies": entries.clone()})).await;
        assert_eq!(refused(&patched), forbidden(), "{:?}", patched.body);
        let mut whole = world.ask(who, "GET", &world.vault, Value::Null).await.json();
        let same = world.ask(who, "PUT", &world.vault, whole.clone()).await;
        assert_eq!(same.status, 200, "what changes no policy needs no more than before: {:?}", same.body);
        whole["properties"]["accessPolicies"] = entries;
        assert_eq!(refused(&world.ask(who, "PUT", &world.vault, whole.clone()).await), forbidden());
        whole["properties"]["enableRbacAuthorization"] = json!(false);
        assert_eq!(refused(&world.ask(who, "PUT", &fresh, whole).await), forbidden(), "nor in a new vault");
        assert_eq!(world.read(who).await, (403, "AccessDenied".to_owned()));
    }
    let nobody = world.gateway.setup.nobody.principal;
    let owner = world.change(admin, "add", json!([world.entry(nobody, &["get"])])).await;
    assert_eq!(owner.status, 200, "{:?}", owner.body);
    assert_eq!(world.read(&world.gateway.setup.nobody).await.0, 200);
    let records = world.gateway.records();
    let of = |outcome: &str| {
        let found = records
            .iter()
            .rev()
            .find(|record| record["operationName"] == "AccessPoliciesChange" && record["resultType"] == outcome);
        found.unwrap_or_else(|| panic!("no {outcome} in {records:#?}")).to_string()
    };
    assert!(of("Success").matches("\"plugin\":\"azure-rbac\"").count() == 2, "both judgements are recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_permission_model_is_switched_by_who_assigns_roles_without_conditions() {
    let roles = ["Contributor", "Key Vault Contributor"];
    let world = World::new(roles, AccessPolicyWriters::VaultWriters).await;
    let admin = &world.gateway.setup.admin;
    for switch in [false, true] {
        for who in [&world.gateway.setup.reader, &world.gateway.setup.nobody] {
            let to = json!({"enableRbacAuthorization": switch});
            let mut whole = world.ask(who, "GET", &world.vault, Value::Null).await.json();
            assert_eq!(whole["properties"]["enableRbacAuthorization"], !switch);
            let patched = world.patch(who, to).await;
            assert_eq!(refused(&patched), forbidden(), "{:?}", patched.body);
            assert!(
                patched.message().contains("Microsoft.Authorization/roleAssignments/write"),
                "{}",
                patched.message()
            );
            whole["properties"]["enableRbacAuthorization"] = json!(switch);
            assert_eq!(refused(&world.ask(who, "PUT", &world.vault, whole).await), forbidden());
            let same = world.patch(who, json!({"enableRbacAuthorization": !switch})).await;
            assert_eq!(same.status, 200, "what is so already is no switch: {:?}", same.body);
        }
        let switched = world.patch(admin, json!({"enableRbacAuthorization": switch})).await;
        assert_eq!(switched.status, 200, "{:?}", switched.body);
    }
    // Both rights are needed, and the second one for any role and any principal.
    for roles in [["User Access Administrator", "Key Vault Data Access Administrator"], ["Key Vault Contributor", ""]] {
        let world = World::new(roles, AccessPolicyWriters::VaultWriters).await;
        let reader = &world.gateway.setup.reader;
        let lacks = world.patch(reader, json!({"enableRbacAuthorization": false})).await;
        assert_eq!(refused(&lacks), forbidden(), "{roles:?}: {:?}", lacks.body);
    }
    let world = World::new(["Contributor", ""], AccessPolicyWriters::VaultWriters).await;
    let (admin, reader) = (&world.gateway.setup.admin, &world.gateway.setup.reader);
    let switch = json!({"enableRbacAuthorization": false});
    for (role, status) in [("8b54135c-b56d-4d72-a534-26097cfdc8d8", 403), ("f58310d9-a9f6-439a-9e8d-f62e7b41a168", 200)]
    {
        let token = world.gateway.token_for(admin, &world.gateway.management_scope()).await;
        let path =
            format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", world.vault, PrincipalId::random());
        let body = json!({"properties": {"principalId": reader.principal.to_string(), "roleDefinitionId": role}});
        let made = world.gateway.management("PUT", &path, "2022-04-01", &token, body).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        let switched = world.patch(reader, switch.clone()).await;
        assert_eq!(switched.status, status, "{role}: {:?}", switched.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_narrowed_to_a_vaults_properties_does_not_switch() {
    use portcullis_identity::{Restrictions, attenuate};
    let world = World::new(["", ""], AccessPolicyWriters::VaultWriters).await;
    let gateway = &world.gateway;
    let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let restrictions = Restrictions { operations: vec![portcullis_model::Operation::VaultPatch], ..Default::default() };
    let narrowed = attenuate(&token, &restrictions, &portcullis_crypto::SystemRandom::new()).unwrap();
    let tagged = gateway.management("PATCH", &world.vault, VERSION, &narrowed, json!({"tags": {}})).await;
    assert_eq!(tagged.status, 200, "{:?}", tagged.body);
    let switch = json!({"properties": {"enableRbacAuthorization": false}});
    let switched = gateway.management("PATCH", &world.vault, VERSION, &narrowed, switch).await;
    assert_eq!((switched.status, switched.error().1.as_str()), (403, "ForbiddenByToken"), "{:?}", switched.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_of_a_new_vault_is_by_the_api_version() {
    let world = World::new(["", ""], AccessPolicyWriters::VaultWriters).await;
    let gateway = &world.gateway;
    let mut setup = gateway.setup.again();
    let subscription = format!("/subscriptions/{}", setup.subscription);
    setup.assignments =
        vec![DeclaredAssignment { principal: setup.admin.principal, role: "Owner".to_owned(), scope: subscription }];
    let gateway = TestGateway::with(Setup { store: Setup::default().store, ..setup }).await;
    let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    for (name, version, says, expected) in [
        ("v-2026", "2026-02-01", Value::Null, true),
        ("v-2024", "2024-11-01", Value::Null, false),
        ("v-said-true", "2023-07-01", json!(true), true),
        ("v-said-false", "2026-05-15", json!(false), false),
    ] {
        let mut body = json!({"location": "local", "properties": {
            "tenantId": gateway.setup.tenant.to_string(), "sku": {"family": "A", "name": "standard"},
        }});
        if !says.is_null() {
            body["properties"]["enableRbacAuthorization"] = says;
        }
        let path = gateway.setup.vault_id(name);
        let made = gateway.management("PUT", &path, version, &token, body).await;
        assert_eq!(made.status, 200, "{name}: {:?}", made.body);
        assert_eq!(made.json()["properties"]["enableRbacAuthorization"], expected, "{name}");
        let again = gateway.management("PATCH", &path, "2024-11-01", &token, json!({"tags": {}})).await.json();
        assert_eq!(again["properties"]["enableRbacAuthorization"], expected, "what a PATCH leaves out stays");
    }
}
