//! Who may do what: every operation, every built-in role and every permission of access policies, written to
//! `expected/authorization.txt` and compared.
//! `PORTCULLIS_BLESS=1 cargo test -p portcullis-tests` writes the file anew; review it as code.

use std::fmt::Write as _;
use std::path::Path;

use portcullis_management::{
    Declaration, DeclaredAccessPolicy, DeclaredApplication, DeclaredAssignment, DeclaredVault,
};
use portcullis_model::{
    AccessPolicyPermissions, Bypass, DefaultAction, NetworkAcls, NetworkRules, ObjectKind, Operation,
    PermissionCategory, PermissionModel, Plane, PublicNetworkAccess, RoleAssignmentId, SecretText,
};
use portcullis_tests::{Application, Sent, Setup, TestGateway};
use serde_json::json;

use crate::bodies;

/// All of wire contract, section 14.2, with the letters of their columns.
const ROLES: &[(&str, &str, &str)] = &[
    ("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483", "Adm"),
    ("Key Vault Reader", "21090545-7ca7-4776-b22c-e363652d74d2", "Rdr"),
    ("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "SOf"),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6", "SUs"),
    ("Key Vault Crypto Officer", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603", "KOf"),
    ("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424", "KUs"),
    ("Key Vault Crypto Service Encryption User", "e147488a-f6f5-4113-8e2d-b22465e65bf6", "KEn"),
    ("Key Vault Crypto Service Release User", "08bbd89e-9f13-488c-ac41-acfcb10c90ab", "KRe"),
    ("Key Vault Certificates Officer", "a4417e6f-fecd-4de8-b567-7b0420556985", "COf"),
    ("Key Vault Certificate User", "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba", "CUs"),
    ("Key Vault Purge Operator", "a68e7c17-0ab2-4c09-9a58-125dae29748c", "Prg"),
    ("Key Vault Data Access Administrator", "8b54135c-b56d-4d72-a534-26097cfdc8d8", "DAA"),
    ("Key Vault Contributor", "f25e0fa2-a7c8-4377-a976-54943a77a395", "KCo"),
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Own"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c", "Con"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Rea"),
    ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "UAA"),
    ("Role Based Access Control Administrator", "f58310d9-a9f6-439a-9e8d-f62e7b41a168", "RAA"),
];

fn request(gateway: &TestGateway, operation: Operation, [data, management, graph]: &[String; 3]) -> Sent {
    let row = operation.row();
    let path = row.paths[0]
        .replace("{name}", "some-name")
        .replace("{issuer}", "some-issuer")
        .replace("{change}", "add")
        .replace("{request}", &RoleAssignmentId::random().to_string())
        .replace("{stage}", &RoleAssignmentId::random().to_string())
        .replace("{connection}", "some-connection")
        .replace("{id}", &RoleAssignmentId::random().to_string())
        .replace("{member}", &RoleAssignmentId::random().to_string())
        .replace("{subscription}", &gateway.setup.subscription.to_string())
        .replace("{group}", "rg")
        .replace("{vault}", "kv1")
        .replace("{location}", "local")
        .replace("{issuer}", "some-issuer")
        .replace("{plugin}", "some-plugin")
        .replace("{digest}", bodies::DIGEST)
        .replace("{role}", &RoleAssignmentId::random().to_string())
        .replace("{deny}", &RoleAssignmentId::random().to_string())
        .replace("{assignment}", &RoleAssignmentId::random().to_string());
    let (host, version, token) = match row.plane {
        Plane::Data => (gateway.host("kv1.vault"), "7.6", data),
        Plane::Management if ["Microsoft.KeyVault/", "Portcullis."].iter().any(|own| row.action.starts_with(own)) => {
            (gateway.host("management"), "2026-02-01", management)
        }
        Plane::Management if operation.is_about_plugins() => (gateway.host("management"), "2026-11-01", management),
        Plane::Management => (gateway.host("management"), "2022-04-01", management),
        Plane::Directory => (gateway.host("graph"), "1", graph),
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

/// Someone who has a role at these scopes, or access policies, and nothing else.
async fn holder(
    gateway: &TestGateway,
    role: &str,
    scopes: &[String],
    policies: AccessPolicyPermissions,
) -> Application {
    let holder = Application::new(gateway.setup.tenant);
    let assign = |scope: &String| DeclaredAssignment {
        principal: holder.principal,
        role: role.to_owned(),
        scope: scope.clone(),
    };
    let declaration = Declaration {
        applications: vec![DeclaredApplication {
            principal: holder.principal,
            application: holder.id,
            tenant: holder.tenant,
            display_name: "a holder".to_owned(),
            enabled: true,
            secret: Some(SecretText::new(holder.secret.clone())),
        }],
        assignments: scopes.iter().map(assign).collect(),
        ..Declaration::default()
    };
    let management = gateway.running.gateway().management();
    management.declare(&declaration).await.unwrap();
    if policies != AccessPolicyPermissions::default() {
        let policy = DeclaredAccessPolicy {
            vault: "kv1".parse().unwrap(),
            principal: holder.principal,
            application: None,
            permissions: policies,
        };
        let vaults = vec![under_access_policies(gateway)];
        management
            .declare(&Declaration { vaults, access_policies: vec![policy], ..Declaration::default() })
            .await
            .unwrap();
    }
    holder
}

/// The vault `kv1`, switched to the other permission model.
fn under_access_policies(gateway: &TestGateway) -> DeclaredVault {
    DeclaredVault { permission_model: Some(PermissionModel::AccessPolicies), ..gateway.setup.declared_vault("kv1") }
}

/// Tokens for the three planes.
async fn tokens(gateway: &TestGateway, holder: &Application) -> [String; 3] {
    [
        gateway.token(holder).await,
        gateway.token_for(holder, &gateway.management_scope()).await,
        gateway.token_for(holder, &gateway.graph_scope()).await,
    ]
}

/// Which operations a holder may do, in the order of the table.
async fn permitted(gateway: &TestGateway, holder: &Application) -> Vec<bool> {
    let tokens = tokens(gateway, holder).await;
    let mut permitted = Vec::new();
    for operation in Operation::ALL {
        let reply = gateway.client.send(request(gateway, *operation, &tokens)).await;
        assert_ne!(reply.status, 401, "{operation:?}");
        // An object's state refuses with 403 as well, to callers who have the right.
        let (code, inner) = if reply.status == 403 { reply.error() } else { Default::default() };
        let denied = ["AuthorizationFailed", "Authorization_RequestDenied"].contains(&code.as_str())
            || ["ForbiddenByRbac", "AccessDenied", "ForbiddenByPolicy"].contains(&inner.as_str());
        permitted.push(!denied);
    }
    permitted
}

/// What each role permits at four scopes, one letter each.
async fn roles_table(gateway: &TestGateway, scopes: &[(char, Vec<String>)]) -> Vec<Vec<String>> {
    let mut cells = vec![vec![String::new(); ROLES.len()]; Operation::ALL.len()];
    for (column, (name, id, _)) in ROLES.iter().enumerate() {
        for (letter, scopes) in scopes {
            // By its name and by its id, as declarations may say it.
            let role = if *letter == 'g' { id } else { name };
            let holder = holder(gateway, role, scopes, AccessPolicyPermissions::default()).await;
            for (row, permitted) in permitted(gateway, &holder).await.into_iter().enumerate() {
                if permitted {
                    cells[row][column].push(*letter);
                }
            }
        }
    }
    cells
}

fn print(table: &mut String, cells: &[Vec<String>], shown: impl Fn(Operation) -> bool) {
    write!(table, "{:<27}", "").unwrap();
    for (_, _, short) in ROLES {
        write!(table, " {short:<4}").unwrap();
    }
    for (operation, row) in Operation::ALL.iter().zip(cells).filter(|(operation, _)| shown(**operation)) {
        write!(table, "\n{:<27}", operation.row().name).unwrap();
        for cell in row {
            write!(table, " {:<4}", if cell.is_empty() { "-" } else { cell }).unwrap();
        }
        *table = table.trim_end().to_owned();
    }
    table.push('\n');
}

fn scopes(gateway: &TestGateway) -> [(char, Vec<String>); 4] {
    let vault = gateway.setup.vault_id("kv1");
    let object = |kind: &ObjectKind| format!("{vault}/{}/some-name", kind.collection());
    [
        ('s', vec![format!("/subscriptions/{}", gateway.setup.subscription)]),
        ('g', vec![format!("/subscriptions/{}/resourceGroups/rg", gateway.setup.subscription)]),
        ('v', vec![vault.clone()]),
        ('o', ObjectKind::ALL.iter().map(object).collect()),
    ]
}

/// For each operation the permissions of access policies that permit it, each tried alone.
async fn policies_table(gateway: &TestGateway) -> Vec<Vec<String>> {
    let mut cells = vec![Vec::new(); Operation::ALL.len()];
    for category in PermissionCategory::ALL.iter().filter(|category| **category != PermissionCategory::Storage) {
        for name in category.permissions() {
            let mut permissions = AccessPolicyPermissions::default();
            permissions.of_mut(*category).push((*name).to_owned());
            let holder = holder(gateway, "", &[], permissions).await;
            for (row, permitted) in permitted(gateway, &holder).await.into_iter().enumerate() {
                if permitted {
                    cells[row].push(format!("{}/{name}", category.name()));
                }
            }
        }
    }
    cells
}

/// What is told to those who are not who they should be, or not where.
async fn strangers_table() -> String {
    let gateway = TestGateway::start().await;
    let nowhere = NetworkRules {
        public_network_access: PublicNetworkAccess::Enabled,
        acls: Some(NetworkAcls {
            bypass: Bypass::None,
            default_action: DefaultAction::Deny,
            ip_rules: Vec::new(),
            subnet_rules: Vec::new(),
        }),
    };
    let far = TestGateway::with(Setup { network: nowhere, ..Setup::default() }).await;
    let disabled = holder(&gateway, "Owner", &["/".to_owned()], AccessPolicyPermissions::default()).await;
    let own = tokens(&gateway, &disabled).await;
    gateway.set_enabled(&disabled, false).await;
    let foreigner = &gateway.setup.foreigner;
    let foreign = tokens(&gateway, foreigner).await;
    let admin = tokens(&far, &far.setup.admin).await;
    let mut table = format!("{:<27} {:<10} {:<13} {:<10} wrong network\n", "", "no token", "wrong tenant", "disabled");
    for operation in Operation::ALL {
        let mut line = format!("{:<27}", operation.row().name);
        let none = Sent { headers: Vec::new(), ..request(&gateway, *operation, &Default::default()) };
        let sent = [
            (&gateway, none, 10),
            (&gateway, request(&gateway, *operation, &foreign), 13),
            (&gateway, request(&gateway, *operation, &own), 10),
            (&far, request(&far, *operation, &admin), 0),
        ];
        for (gateway, sent, width) in sent {
            let reply = gateway.client.send(sent).await;
            // Whoever lacks a role is refused by policy, not for who or where he is.
            let by_policy = || {
                let (code, inner) = reply.error();
                ["AuthorizationFailed", "Authorization_RequestDenied"].contains(&code.as_str())
                    || inner == "ForbiddenByRbac"
            };
            let refused = reply.status == 401 || (reply.status == 403 && !by_policy());
            let cell = if refused { reply.status.to_string() } else { "not asked".to_owned() };
            write!(line, " {cell:<width$}").unwrap();
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_and_role_is_as_expected() {
    let gateway = TestGateway::start().await;
    // A request that is malformed is refused with 400 whoever makes it, and would be taken for a permitted one. Who has no
    // role is told 403 only where policy was asked, so every request of the table gets that far.
    let without = permitted(&gateway, &gateway.setup.nobody).await;
    let unasked: Vec<_> = Operation::ALL.iter().zip(without).filter(|(_, permitted)| *permitted).collect();
    assert!(unasked.is_empty(), "not judged: {unasked:?}");
    let scopes = scopes(&gateway);
    let mut table = String::from(
        "# Who may do what. PORTCULLIS_BLESS=1 writes this anew; review it as code.\n#\n# Columns are the built-in roles:\n",
    );
    for (name, _, short) in ROLES {
        writeln!(table, "#   {short} {name}").unwrap();
    }
    table.push_str(
        "# A letter says at which scope a role permits the operation: s subscription, g resource group, v vault, o object.\n\n\
         ## Vaults under role-based access control\n\n",
    );
    print(&mut table, &roles_table(&gateway, &scopes).await, |_| true);
    let vaults = vec![under_access_policies(&gateway)];
    let switched = Declaration { vaults, ..Declaration::default() };
    gateway.running.gateway().management().declare(&switched).await.unwrap();
    table.push_str("\n## Vaults under access policies: roles\n\n");
    print(&mut table, &roles_table(&gateway, &scopes[2..3]).await, |_| true);
    table.push_str("\n## Vaults under access policies: the permissions that permit an operation, each given alone\n\n");
    for (operation, cells) in Operation::ALL.iter().zip(policies_table(&gateway).await) {
        let cells = if cells.is_empty() { "-".to_owned() } else { cells.join(" ") };
        writeln!(table, "{:<27} {cells}", operation.row().name).unwrap();
    }
    table.push_str("\n## The directory: roles at the root, above all subscriptions\n\n");
    let root = [('r', vec!["/".to_owned()])];
    print(&mut table, &roles_table(&gateway, &root).await, |operation| operation.row().plane == Plane::Directory);
    table.push_str("\n## Whoever is not who he should be, or not where; the management plane has no network rules\n\n");
    table.push_str(&Box::pin(strangers_table()).await);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/authorization.txt");
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(table == expected, "the matrix changed; PORTCULLIS_BLESS=1 writes it anew:\n{table}");
}
