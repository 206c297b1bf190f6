//! Privileged access: who is eligible takes a role for a while, and nobody more than that.

use portcullis_management::{ActivationRule, ActivationRules, DeclaredAssignment};
use portcullis_model::RoleAssignmentId;
use portcullis_tests::{Application, Reply, Setup, TestGateway};
use serde_json::{Value, json};

const VERSION: &str = "2020-10-01";
const SECRETS_OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
const ADMINISTRATOR: &str = "00482a5a-887f-4fb3-b363-3b7fe8e74483";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

struct World {
    gateway: TestGateway,
}

impl World {
    /// The roles that `reader` has at `kv1` besides being a Secrets User there; to administer takes an approval.
    async fn new(roles: &[&str]) -> Self {
        let mut setup = Setup::default();
        let scope = setup.vault_id("kv1");
        let assign = |role: &&str| DeclaredAssignment {
            principal: setup.reader.principal,
            role: (*role).to_owned(),
            scope: scope.clone(),
        };
        setup.assignments = roles.iter().map(assign).collect();
        let approved = ActivationRule { approval: true, ..ActivationRule::default() };
        setup.activation = ActivationRules::new([("Key Vault Administrator", approved)]).unwrap();
        Self { gateway: TestGateway::with(setup).await }
    }

    async fn ask(&self, who: &Application, method: &'static str, rest: &str, query: &str, body: Value) -> Reply {
        let token = self.gateway.token_for(who, &self.gateway.management_scope()).await;
        let path = format!("{}/providers/Microsoft.Authorization/{rest}", self.gateway.setup.vault_id("kv1"));
        self.gateway.management(method, &path, &format!("{VERSION}{query}"), &token, body).await
    }

    async fn request(&self, who: &Application, kind: &str, properties: Value) -> Reply {
        let id = RoleAssignmentId::random();
        self.ask(who, "PUT", &format!("{kind}/{id}"), "", json!({"properties": properties})).await
    }

    /// Asks for somebody to be eligible for a role.
    async fn make_eligible(&self, by: &Application, whom: &Application, role: &str, expiration: Value) -> Reply {
        let body = json!({
            "principalId": whom.principal.to_string(), "roleDefinitionId": role, "requestType": "AdminAssign",
            "justification": "on call", "scheduleInfo": {"expiration": expiration},
        });
        self.request(by, "roleEligibilityScheduleRequests", body).await
    }

    /// Asks for a role that one is eligible for.
    async fn take(&self, who: &Application, role: &str, change: impl FnOnce(&mut Value)) -> Reply {
        let mut body = json!({
            "principalId": who.principal.to_string(), "roleDefinitionId": role, "requestType": "SelfActivate",
            "justification": "the database is down",
            "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "PT1H"}},
        });
        change(&mut body);
        self.request(who, "roleAssignmentScheduleRequests", body).await
    }

    async fn lists_secrets(&self, who: &Application) -> u16 {
        let token = self.gateway.token(who).await;
        self.gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await.status
    }

    async fn list(&self, who: &Application, kind: &str, query: &str) -> Reply {
        self.ask(who, "GET", kind, query, Value::Null).await
    }
}

fn forever() -> Value {
    json!({"type": "NoExpiration"})
}

fn refused(reply: &Reply) -> (u16, String) {
    (reply.status, reply.error().0)
}

fn invalid() -> (u16, String) {
    (400, "RoleAssignmentRequestPolicyValidationFailed".to_owned())
}

fn forbidden() -> (u16, String) {
    (403, "AuthorizationFailed".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eligible_principal_takes_a_role_and_loses_it_at_the_second() {
    let world = World::new(&[]).await;
    let (admin, nobody) = (&world.gateway.setup.admin, &world.gateway.setup.nobody);
    assert_eq!(refused(&world.take(nobody, SECRETS_OFFICER, |_| {}).await), forbidden(), "he is eligible for nothing");
    let made = world.make_eligible(admin, nobody, SECRETS_OFFICER, forever()).await;
    assert_eq!(
        (made.status, made.json()["properties"]["status"].as_str()),
        (201, Some("Provisioned")),
        "{:?}",
        made.body
    );
    assert_eq!(world.lists_secrets(nobody).await, 403, "to be eligible is to have nothing yet");

    let taken = world.take(nobody, SECRETS_OFFICER, |_| {}).await;
    assert_eq!(
        (taken.status, taken.json()["properties"]["status"].as_str()),
        (201, Some("Provisioned")),
        "{:?}",
        taken.body
    );
    assert_eq!(taken.json()["properties"]["justification"], "the database is down");
    let eligibility = made.json()["name"].as_str().unwrap().to_owned();
    let linked = taken.json()["properties"]["linkedRoleEligibilityScheduleId"].as_str().unwrap().to_owned();
    assert!(linked.ends_with(&eligibility), "{linked}");
    assert_eq!(world.lists_secrets(nobody).await, 200);
    let twice = world.take(nobody, SECRETS_OFFICER, |_| {}).await;
    assert_eq!(refused(&twice), (409, "RoleAssignmentExists".to_owned()));
    let held = world.list(nobody, "roleAssignmentScheduleInstances", "&$filter=asTarget()").await.json();
    assert_eq!(held["value"][0]["properties"]["assignmentType"], "Activated", "{held}");

    world.gateway.clock.advance(3_599);
    assert_eq!(world.lists_secrets(nobody).await, 200);
    world.gateway.clock.advance(1);
    assert_eq!(world.lists_secrets(nobody).await, 403, "at the second");
    let held = world.list(nobody, "roleAssignmentScheduleInstances", "&$filter=asTarget()").await.json();
    assert_eq!(held["value"], json!([]));
    let again = world.take(nobody, SECRETS_OFFICER, |_| {}).await;
    assert_eq!(again.status, 201, "one that is over is in nobody's way: {:?}", again.body);
    world.gateway.clock.advance(3_600);
    world.gateway.running.gateway().do_due_work().await;
    let state = world.gateway.running.gateway().management().state();
    assert!(state.vault(&"kv1".parse().unwrap()).is_some());
    assert_eq!(world.lists_secrets(nobody).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_given_back_and_an_eligibility_is_taken_with_all_that_rests_on_it() {
    let world = World::new(&[]).await;
    let (admin, nobody) = (&world.gateway.setup.admin, &world.gateway.setup.nobody);
    world.make_eligible(admin, nobody, SECRETS_OFFICER, forever()).await;
    let take = async || assert_eq!(world.take(nobody, SECRETS_OFFICER, |_| {}).await.status, 201);
    take().await;
    let back = world.take(nobody, SECRETS_OFFICER, |it| it["requestType"] = json!("SelfDeactivate")).await;
    assert_eq!((back.status, back.json()["properties"]["status"].as_str()), (201, Some("Revoked")), "{:?}", back.body);
    assert_eq!(world.lists_secrets(nobody).await, 403);
    take().await;
    assert_eq!(world.lists_secrets(nobody).await, 200);
    let body = json!({
        "principalId": nobody.principal.to_string(), "roleDefinitionId": SECRETS_OFFICER, "requestType": "AdminRemove",
    });
    let removed = world.request(admin, "roleEligibilityScheduleRequests", body).await;
    assert_eq!(removed.status, 201, "{:?}", removed.body);
    assert_eq!(world.lists_secrets(nobody).await, 403, "what rests on it goes with it");
    assert_eq!(refused(&world.take(nobody, SECRETS_OFFICER, |_| {}).await), forbidden());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_taken_on_its_terms_only() {
    let world = World::new(&[]).await;
    let (admin, nobody, reader) =
        (&world.gateway.setup.admin, &world.gateway.setup.nobody, &world.gateway.setup.reader);
    world.make_eligible(admin, nobody, SECRETS_OFFICER, json!({"type": "AfterDuration", "duration": "PT2H"})).await;
    type Change = fn(&mut Value);
    let wrong: [(&str, Change); 6] = [
        ("expiration", |it| it["scheduleInfo"]["expiration"]["duration"] = json!("PT9H")),
        ("expiration", |it| it["scheduleInfo"]["expiration"] = json!({"type": "NoExpiration"})),
        ("justification", |it| it["justification"] = json!("  ")),
        ("not eligible", |it| it["roleDefinitionId"] = json!(OWNER)),
        ("startDateTime", |it| it["scheduleInfo"]["startDateTime"] = json!("2999-01-01T00:00:00Z")),
        ("expiration", |it| {
            it["scheduleInfo"]["expiration"] = json!({"type": "AfterDateTime", "endDateTime": "2001-01-01T00:00:00Z"});
        }),
    ];
    for (says, change) in wrong {
        let reply = world.take(nobody, SECRETS_OFFICER, change).await;
        assert_eq!(refused(&reply), invalid(), "{says}: {:?}", reply.body);
        assert!(reply.message().contains(says), "{says}: {}", reply.message());
    }
    for (property, change) in [
        ("properties.requestType", (|it| it["requestType"] = json!("SelfExtend")) as Change),
        ("properties.scheduleInfo.expiration.duration", |it| it["scheduleInfo"]["expiration"]["duration"] = json!("8")),
    ] {
        let reply = world.take(nobody, SECRETS_OFFICER, change).await;
        assert_eq!(refused(&reply), (400, "InvalidRequestContent".to_owned()));
        assert!(reply.message().contains(property), "{}", reply.message());
    }
    let reader_id = reader.principal.to_string();
    let other = world.take(nobody, SECRETS_OFFICER, |it| it["principalId"] = json!(reader_id)).await;
    assert_eq!(refused(&other), invalid(), "for oneself alone");
    assert_eq!(refused(&world.take(reader, SECRETS_OFFICER, |_| {}).await), forbidden(), "not with another's");
    assert_eq!(world.lists_secrets(nobody).await, 403);
    // No longer than the eligibility itself.
    let long =
        world.take(nobody, SECRETS_OFFICER, |it| it["scheduleInfo"]["expiration"]["duration"] = json!("PT8H")).await;
    assert_eq!(long.status, 201, "{:?}", long.body);
    world.gateway.clock.advance(2 * 3_600 - 1);
    assert_eq!(world.lists_secrets(nobody).await, 200);
    world.gateway.clock.advance(1);
    assert_eq!(world.lists_secrets(nobody).await, 403);
    assert_eq!(refused(&world.take(nobody, SECRETS_OFFICER, |_| {}).await), forbidden(), "the eligibility is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_somebody_elses() {
    let world = World::new(&["User Access Administrator"]).await;
    let (admin, reader) = (&world.gateway.setup.admin, &world.gateway.setup.reader);
    world.make_eligible(admin, reader, ADMINISTRATOR, forever()).await;
    let decide = async |who: &Application, approval: &str, result: &str| {
        let rest = format!("roleAssignmentApprovals/{approval}/stages/{approval}");
        world.ask(who, "PATCH", &rest, "", json!({"reviewResult": result, "justification": "so be it"})).await
    };
    let asked = world.take(reader, ADMINISTRATOR, |_| {}).await;
    assert_eq!(
        (asked.status, asked.json()["properties"]["status"].as_str()),
        (201, Some("PendingApproval")),
        "{:?}",
        asked.body
    );
    let id = asked.json()["name"].as_str().unwrap().to_owned();
    assert!(asked.json()["properties"]["approvalId"].as_str().unwrap().ends_with(&id));
    assert_eq!(world.lists_secrets(reader).await, 200, "as a Secrets User");
    let token = world.gateway.token(reader).await;
    let set = async || world.gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await.status;
    assert_eq!(set().await, 403);
    let own = decide(reader, &id, "Approve").await;
    assert_eq!(refused(&own), (403, "SelfApprovalForbidden".to_owned()), "whatever roles he has: {:?}", own.body);
    assert_eq!(refused(&decide(&world.gateway.setup.nobody, &id, "Approve").await), forbidden());
    assert_eq!(set().await, 403);
    let waiting = world.list(admin, "roleAssignmentScheduleRequests", "").await.json();
    assert_eq!(waiting["value"][0]["properties"]["justification"], "the database is down");
    let approved = decide(admin, &id, "Approve").await;
    assert_eq!(approved.status, 200, "{:?}", approved.body);
    assert_eq!(set().await, 200);
    assert_eq!(decide(admin, &id, "Approve").await.status, 404, "it waits no more");

    world.take(reader, ADMINISTRATOR, |it| it["requestType"] = json!("SelfDeactivate")).await;
    let asked = world.take(reader, ADMINISTRATOR, |_| {}).await.json();
    let id = asked["name"].as_str().unwrap().to_owned();
    assert_eq!(decide(admin, &id, "Deny").await.status, 200);
    assert_eq!(refused(&decide(admin, &id, "Approve").await), invalid(), "no is no");
    assert_eq!(set().await, 403);
}

/// A condition that forbids a role is met by a request that names none: what is judged as an assignment without naming one
/// must not count as allowed by it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_assign_all_roles_but_one_gives_nobody_that_one_by_other_ways() {
    let world = World::new(&[]).await;
    let Setup { admin, reader, nobody, .. } = &world.gateway.setup;
    let condition = format!(
        "(!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}})) OR \
         (!(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{OWNER}}}))"
    );
    let roles = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions";
    let assign = async |by: &Application, whom: &Application, role: &str, condition: Option<&str>| {
        let token = world.gateway.token_for(by, &world.gateway.management_scope()).await;
        let id = RoleAssignmentId::random();
        let path =
            format!("{}/providers/Microsoft.Authorization/roleAssignments/{id}", world.gateway.setup.vault_id("kv1"));
        let mut properties =
            json!({"principalId": whom.principal.to_string(), "roleDefinitionId": format!("{roles}/{role}")});
        if let Some(condition) = condition {
            properties["condition"] = condition.into();
            properties["conditionVersion"] = "2.0".into();
        }
        world.gateway.management("PUT", &path, "2022-04-01", &token, json!({"properties": properties})).await
    };
    let administrator = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";
    let made = assign(admin, reader, administrator, Some(&condition)).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    assert_eq!(assign(reader, nobody, SECRETS_OFFICER, None).await.status, 201, "the condition lets him");
    assert_eq!(refused(&assign(reader, reader, OWNER, None).await), forbidden(), "and not that");

    assert_eq!(refused(&world.make_eligible(reader, reader, OWNER, forever()).await), forbidden());
    let held = world.take(reader, OWNER, |it| it["requestType"] = json!("AdminAssign")).await;
    assert_eq!(refused(&held), forbidden(), "{:?}", held.body);
    world.make_eligible(admin, nobody, ADMINISTRATOR, forever()).await;
    let id = world.take(nobody, ADMINISTRATOR, |_| {}).await.json()["name"].as_str().unwrap().to_owned();
    let rest = format!("roleAssignmentApprovals/{id}/stages/{id}");
    let approval = json!({"reviewResult": "Approve", "justification": "so be it"});
    assert_eq!(
        refused(&world.ask(reader, "PATCH", &rest, "", approval).await),
        forbidden(),
        "nor approve what he is not told"
    );
    let token = world.gateway.token_for(reader, &world.gateway.management_scope()).await;
    let path = format!("{}/providers/Portcullis.Gateway/plugins/mine", world.gateway.setup.vault_id("kv1"));
    let body = json!({"properties": {"component": "sha256:".to_owned() + &"0".repeat(64), "mode": "enforce"}});
    let plugin = world.gateway.management("PUT", &path, "2026-11-01", &token, body).await;
    assert_eq!(refused(&plugin), forbidden(), "nor install what allows everything: {:?}", plugin.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_others_eligible_or_sees_them_without_the_right_to_assign_roles() {
    // Who may assign some roles under a condition may not do so by schedules.
    let world = World::new(&["Contributor", "Key Vault Data Access Administrator"]).await;
    let (admin, nobody, reader) =
        (&world.gateway.setup.admin, &world.gateway.setup.nobody, &world.gateway.setup.reader);
    world.make_eligible(admin, nobody, SECRETS_OFFICER, forever()).await;
    for who in [nobody, reader] {
        let made = world.make_eligible(who, who, OWNER, forever()).await;
        assert_eq!(refused(&made), forbidden(), "{:?}", made.body);
        let held = world.take(who, OWNER, |it| it["requestType"] = json!("AdminAssign")).await;
        assert_eq!(refused(&held), forbidden(), "{:?}", held.body);
    }
    let all = world.list(nobody, "roleEligibilityScheduleInstances", "").await;
    assert_eq!(refused(&all), forbidden(), "{:?}", all.body);
    assert!(all.message().contains("Microsoft.Authorization/roleAssignments/read"), "{}", all.message());
    let own = world.list(nobody, "roleEligibilityScheduleInstances", "&$filter=asTarget()").await;
    assert_eq!((own.status, own.json()["value"].as_array().map(Vec::len)), (200, Some(1)), "{:?}", own.body);
    let all = world.list(admin, "roleEligibilityScheduleInstances", "").await.json();
    assert_eq!(all["value"][0]["properties"]["principalId"], nobody.principal.to_string());
    let held = world.take(admin, SECRETS_OFFICER, |it| it["requestType"] = json!("AdminAssign")).await;
    assert_eq!(held.status, 201, "a role for a time, to whom one likes: {:?}", held.body);
    let odd = world.list(admin, "roleEligibilityScheduleInstances", "&$filter=principalId").await;
    assert_eq!(refused(&odd), (400, "BadRequest".to_owned()));
}
