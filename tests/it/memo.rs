//! Class 15: the decision memo changes nothing but the time that a decision takes.

use std::collections::HashMap;

use portcullis_model::{Operation, Plane, RoleAssignmentId};
use portcullis_policy::NamedLocation;
use portcullis_tests::{Setup, TestGateway};
use serde_json::{Value, json};

/// A small generator: the sequence is the same in every run, and its seed stands in the failure.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }
}

fn setup() -> Setup {
    let here = NamedLocation { prefixes: vec!["127.0.0.0/8".parse().unwrap()] };
    let mut setup = Setup { locations: HashMap::from([("here".to_owned(), here)]), ..Setup::default() };
    setup.conditional_access = json!({"policies": [{
        "id": "no-delete-for-reader", "displayName": "No delete", "state": "enabled",
        "conditions": {
            "principals": {"include": [setup.reader.principal.to_string()], "exclude": []},
            "operations": {"include": ["SecretDelete", "SecretBackup"], "exclude": []},
            "locations": {"include": ["here"], "exclude": []}
        },
        "grantControls": {"builtInControls": ["block"]}
    }]});
    setup
}

/// What a decision was and rested on; whether it was remembered is left out, and so is what differs by chance.
fn decision(record: &Value) -> Value {
    let mut decisions = record["portcullis"]["decision"].clone();
    for decision in decisions.as_array_mut().into_iter().flatten() {
        decision.as_object_mut().unwrap().remove("memo");
    }
    decisions
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_equal_with_and_without_the_memo() {
    let with = TestGateway::with(setup()).await;
    let without = TestGateway::with(Setup { memo: None, ..with.setup.twin() }).await;
    let seed = 0x5eed_cafe_f00d_u64;
    let mut dice = Dice(seed);
    let mut tokens = Vec::new();
    for gateway in [&with, &without] {
        let mut all = Vec::new();
        for who in [&gateway.setup.admin, &gateway.setup.reader, &gateway.setup.nobody] {
            all.push(gateway.token(who).await);
        }
        tokens.push((all, gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await));
    }
    let operations: Vec<Operation> =
        Operation::ALL.iter().copied().filter(|operation| operation.row().plane == Plane::Data).collect();
    let roles = [
        "4633458b-17de-408a-b874-0445c86b69e6",
        "21090545-7ca7-4776-b22c-e363652d74d2",
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    ];
    let mut assigned: Vec<String> = Vec::new();
    let mut remembered = 0;
    for round in 0..400 {
        if dice.roll(20) == 0 {
            // The world changes: a role comes or goes, in both gateways alike.
            if assigned.len() > 3 {
                let path = assigned.remove(dice.roll(3));
                for (gateway, (_, admin)) in [&with, &without].into_iter().zip(&tokens) {
                    gateway.management("DELETE", &path, "2022-04-01", admin, Value::Null).await;
                }
            } else {
                let object = if dice.roll(2) == 0 { "" } else { "/secrets/a" };
                let scope = format!("{}{object}", with.setup.vault_id("kv1"));
                let path =
                    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", RoleAssignmentId::random());
                let role = format!(
                    "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{}",
                    roles[dice.roll(3)]
                );
                let body = json!({"properties": {"principalId": with.setup.nobody.principal.to_string(), "roleDefinitionId": role}});
                for (gateway, (_, admin)) in [&with, &without].into_iter().zip(&tokens) {
                    gateway.management("PUT", &path, "2022-04-01", admin, body.clone()).await;
                }
                assigned.push(path);
            }
        }
        let operation = operations[dice.roll(operations.len())];
        let (who, vault) = (dice.roll(3), ["kv1", "kv2"][dice.roll(2)]);
        let name = ["a", "b", "c"][dice.roll(3)];
        let path = operation.row().paths[0].replace("{name}", name);
        let body = match operation {
            Operation::SecretSet => json!({"value": "v"}),
            Operation::SecretRestore => json!({"value": "AAAA"}),
            _ => Value::Null,
        };
        let mut outcomes = Vec::new();
        for (gateway, (tokens, _)) in [&with, &without].into_iter().zip(&tokens) {
            let reply = gateway.vault(vault, operation.row().method.as_str(), &path, &tokens[who], body.clone()).await;
            let record = gateway.records().pop().unwrap();
            if record["portcullis"]["decision"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|decision| decision["memo"] == true)
            {
                remembered += 1;
                assert_eq!(gateway.port, with.port, "a gateway without memo remembers nothing");
            }
            outcomes.push((reply.status, reply.error(), decision(&record)));
        }
        assert_eq!(outcomes[0], outcomes[1], "seed {seed:#x}, round {round}: {operation:?} {name} by {who} at {vault}");
    }
    assert!(remembered > 100, "the memo was hit only {remembered} times");
}

/// Revoke, then ask at once: the memo of an older revision is never consulted.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_role_is_gone_with_the_response_to_the_revocation() {
    let gateway = TestGateway::start().await;
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let nobody = gateway.token(&gateway.setup.nobody).await;
    let scope = gateway.setup.vault_id("kv1");
    let role =
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6";
    for _ in 0..20 {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", RoleAssignmentId::random());
        let body = json!({"properties": {"principalId": gateway.setup.nobody.principal.to_string(), "roleDefinitionId": role}});
        gateway.management("PUT", &path, "2022-04-01", &admin, body).await;
        for _ in 0..3 {
            assert_eq!(gateway.vault("kv1", "GET", "/secrets", &nobody, Value::Null).await.status, 200);
        }
        gateway.management("DELETE", &path, "2022-04-01", &admin, Value::Null).await;
        assert_eq!(gateway.vault("kv1", "GET", "/secrets", &nobody, Value::Null).await.status, 403);
    }
}
