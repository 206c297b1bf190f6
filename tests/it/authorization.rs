//! Who may do what: every operation and every built-in role, written to `expected/authorization.txt` and compared.
//! `PORTCULLIS_BLESS=1 cargo test -p portcullis-tests` writes the file anew; review it as code.

use std::fmt::Write as _;
use std::path::Path;

use portcullis_management::{Declaration, DeclaredApplication, DeclaredAssignment};
use portcullis_model::{Operation, Plane, RoleAssignmentId, SecretText};
use portcullis_tests::{Application, Sent, TestGateway};
use serde_json::json;

use crate::bodies;

/// All of wire contract, section 14.2, but the one whose condition is not evaluated.
const ROLES: &[(&str, &str)] = &[
    ("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483"),
    ("Key Vault Reader", "21090545-7ca7-4776-b22c-e363652d74d2"),
    ("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("Key Vault Crypto Officer", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"),
    ("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424"),
    ("Key Vault Crypto Service Encryption User", "e147488a-f6f5-4113-8e2d-b22465e65bf6"),
    ("Key Vault Crypto Service Release User", "08bbd89e-9f13-488c-ac41-acfcb10c90ab"),
    ("Key Vault Certificates Officer", "a4417e6f-fecd-4de8-b567-7b0420556985"),
    ("Key Vault Certificate User", "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba"),
    ("Key Vault Purge Operator", "a68e7c17-0ab2-4c09-9a58-125dae29748c"),
    ("Key Vault Contributor", "f25e0fa2-a7c8-4377-a976-54943a77a395"),
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
    ("Role Based Access Control Administrator", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
];
const DATA_ACCESS_ADMINISTRATOR: &str = "8b54135c-b56d-4d72-a534-26097cfdc8d8";

fn request(gateway: &TestGateway, operation: Operation, data: &str, management: &str) -> Sent {
    let row = operation.row();
    let path = row.paths[0]
        .replace("{name}", "some-name")
        .replace("{issuer}", "some-issuer")
        .replace("{subscription}", &gateway.setup.subscription.to_string())
        .replace("{group}", "rg")
        .replace("{vault}", "kv1")
        .replace("{location}", "local")
        .replace("{issuer}", "some-issuer")
        .replace("{assignment}", &RoleAssignmentId::random().to_string());
    let (host, version, token) = match row.plane {
        Plane::Data => (gateway.host("kv1.vault"), "7.6", data),
        Plane::Management if row.name.contains("Vault") => (gateway.host("management"), "2026-02-01", management),
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
        // No vault has this tag: a permitted deletion deletes nothing.
        headers: vec![("authorization".into(), format!("Bearer {token}")), ("if-match".into(), "\"none\"".into())],
        body: body.to_string(),
    }
}

/// Someone who has one role at one scope, and nothing else.
async fn holder(gateway: &TestGateway, role: &str, scope: &str) -> Application {
    let holder = Application::new(gateway.setup.tenant);
    let declaration = Declaration {
        applications: vec![DeclaredApplication {
            principal: holder.principal,
            application: holder.id,
            tenant: holder.tenant,
            display_name: format!("{role} at {scope}"),
            enabled: true,
            secret: Some(SecretText::new(holder.secret.clone())),
        }],
        assignments: vec![DeclaredAssignment {
            principal: holder.principal,
            role: role.to_owned(),
            scope: scope.to_owned(),
        }],
        ..Declaration::default()
    };
    gateway.running.gateway().management().declare(&declaration).await.unwrap();
    holder
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_and_role_is_as_expected() {
    let gateway = TestGateway::start().await;
    let vault = gateway.setup.vault_id("kv1");
    let scopes = [
        ("subscription", format!("/subscriptions/{}", gateway.setup.subscription)),
        ("group", format!("/subscriptions/{}/resourceGroups/rg", gateway.setup.subscription)),
        ("vault", vault.clone()),
        ("secret", format!("{vault}/secrets/some-name")),
        ("key", format!("{vault}/keys/some-name")),
        ("certificate", format!("{vault}/certificates/some-name")),
    ];
    let mut table = String::from(
        "# operation: where each role permits it, assigned at the subscription, the group, the vault or one object\n",
    );
    let mut rows: Vec<String> =
        Operation::ALL.iter().map(|operation| format!("\n{}\n", operation.row().name)).collect();
    for (name, id) in ROLES {
        let mut marks = vec![String::new(); Operation::ALL.len()];
        for (at, scope) in &scopes {
            // By its name and by its id, as declarations may say it.
            let role = if *at == "group" { id } else { name };
            let holder = holder(&gateway, role, scope).await;
            let data = gateway.token(&holder).await;
            let management = gateway.token_for(&holder, &gateway.management_scope()).await;
            for (mark, operation) in marks.iter_mut().zip(Operation::ALL) {
                let reply = gateway.client.send(request(&gateway, *operation, &data, &management)).await;
                assert_ne!(reply.status, 401, "{operation:?}");
                // An object's state refuses with 403 as well, to callers who have the right.
                let (code, inner) = if reply.status == 403 { reply.error() } else { Default::default() };
                if inner != "ForbiddenByRbac" && code != "AuthorizationFailed" {
                    write!(mark, " {at}").unwrap();
                }
            }
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

/// A role that says more than can be understood grants nothing, rather than what is left of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_with_a_condition_cannot_be_assigned() {
    let gateway = TestGateway::start().await;
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let scope = gateway.setup.vault_id("kv1");
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", RoleAssignmentId::random());
    let body = json!({"properties": {
        "principalId": gateway.setup.nobody.principal.to_string(),
        "roleDefinitionId":
            format!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{DATA_ACCESS_ADMINISTRATOR}"),
    }});
    let put = gateway.management("PUT", &path, "2022-04-01", &admin, body).await;
    assert_eq!((put.status, put.error().0.as_str()), (404, "RoleDefinitionDoesNotExist"), "{:?}", put.body);
}
