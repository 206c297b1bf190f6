//! Who may do what: every operation and every built-in role, written to `expected/authorization.txt` and compared.
//! `PORTCULLIS_BLESS=1 cargo test -p portcullis-tests` writes the file anew; review it as code.

use std::fmt::Write as _;
use std::path::Path;

use portcullis_model::{Operation, Plane, RoleAssignmentId};
use portcullis_tests::{Sent, TestGateway};
use serde_json::{Value, json};

use crate::bodies;

const ROLES: &[(&str, &str)] = &[
    ("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483"),
    ("Key Vault Reader", "21090545-7ca7-4776-b22c-e363652d74d2"),
    ("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("Key Vault Crypto Officer", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"),
    ("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424"),
    ("Key Vault Crypto Service Encryption User", "e147488a-f6f5-4113-8e2d-b22465e65bf6"),
    ("Key Vault Certificate User", "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba"),
    ("Key Vault Contributor", "f25e0fa2-a7c8-4377-a976-54943a77a395"),
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
];

fn request(gateway: &TestGateway, operation: Operation, data: &str, management: &str) -> Sent {
    let row = operation.row();
    let path = row.paths[0]
        .replace("{name}", "some-name")
        .replace("{subscription}", &gateway.setup.subscription.to_string())
        .replace("{group}", "rg")
        .replace("{vault}", "kv1")
        .replace("{assignment}", &RoleAssignmentId::random().to_string());
    let (host, version, token) = match row.plane {
        Plane::Data => (gateway.host("kv1.vault"), "7.6", data),
        Plane::Management if row.name.starts_with("Vault") => (gateway.host("management"), "2026-02-01", management),
        Plane::Management => (gateway.host("management"), "2022-04-01", management),
    };
    let body = match operation {
        // A principal that does not exist: a permitted call changes nothing.
        Operation::RoleAssignmentPut => json!({"properties": {
            "principalId": "00000000-0000-4000-8000-000000000000",
            "roleDefinitionId": format!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{}", ROLES[0].1),
        }}),
        _ => bodies::data(operation),
    };
    Sent {
        method: row.method.as_str(),
        host,
        target: format!("{path}?api-version={version}"),
        headers: vec![("authorization".into(), format!("Bearer {token}"))],
        body: body.to_string(),
    }
}

async fn assign(gateway: &TestGateway, admin: &str, scope: &str, role: &str) -> String {
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", RoleAssignmentId::random());
    let body = json!({"properties": {
        "principalId": gateway.setup.nobody.principal.to_string(),
        "roleDefinitionId": format!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{role}"),
    }});
    let put = gateway.management("PUT", &path, "2022-04-01", admin, body).await;
    assert_eq!(put.status, 201, "{:?}", put.body);
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_and_role_is_as_expected() {
    let gateway = TestGateway::start().await;
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let data = gateway.token(&gateway.setup.nobody).await;
    let management = gateway.token_for(&gateway.setup.nobody, &gateway.management_scope()).await;
    let vault = gateway.setup.vault_id("kv1");
    let mut table =
        String::from("# operation: where each role, assigned at the vault, at the secret or at the key, permits it\n");
    let mut rows: Vec<String> =
        Operation::ALL.iter().map(|operation| format!("\n{}\n", operation.row().name)).collect();
    for (name, role) in ROLES {
        let mut marks = vec![String::new(); Operation::ALL.len()];
        for (at, scope) in [
            ("vault", vault.clone()),
            ("secret", format!("{vault}/secrets/some-name")),
            ("key", format!("{vault}/keys/some-name")),
        ] {
            let assignment = assign(&gateway, &admin, &scope, role).await;
            for (mark, operation) in marks.iter_mut().zip(Operation::ALL) {
                let reply = gateway.client.send(request(&gateway, *operation, &data, &management)).await;
                assert_ne!(reply.status, 401, "{operation:?}");
                // An object's state refuses with 403 as well, to callers who have the right.
                let (code, inner) = if reply.status == 403 { reply.error() } else { Default::default() };
                if inner != "ForbiddenByRbac" && code != "AuthorizationFailed" {
                    write!(mark, " {at}").unwrap();
                }
            }
            assert_eq!(gateway.management("DELETE", &assignment, "2022-04-01", &admin, Value::Null).await.status, 200);
        }
        for (row, mark) in rows.iter_mut().zip(marks) {
            let mark = if mark.is_empty() { " -" } else { &mark };
            writeln!(row, "  {name:<40}{mark}").unwrap();
        }
    }
    table.push_str(&rows.concat());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/authorization.txt");
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(table == expected, "the matrix changed; PORTCULLIS_BLESS=1 writes it anew:\n{table}");
}
