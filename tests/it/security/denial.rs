//! Every operation of the table is refused without a token, from another tenant, from a forbidden network, without a
//! role, and with a token attenuated to something else. An operation that is added to the table is in these tests at
//! once; one that cannot be asked for here does not pass.

use portcullis_model::{
    Bypass, DefaultAction, NetworkAcls, NetworkRules, Operation, Plane, PublicNetworkAccess, RoleAssignmentId,
};
use portcullis_tests::{Reply, Sent, Setup, TestGateway};
use serde_json::json;

use crate::bodies;

/// A request for an operation, well-formed in all but its right to be made.
fn request(gateway: &TestGateway, operation: Operation, token: Option<&str>) -> Sent {
    let row = operation.row();
    let path = row.paths[0]
        .replace("{name}", "some-name")
        .replace("{version}", &"0".repeat(32))
        .replace("{subscription}", &gateway.setup.subscription.to_string())
        .replace("{group}", "rg")
        .replace("{vault}", "kv1")
        .replace("{location}", "local")
        .replace("{collection}", "secrets")
        .replace("{issuer}", "some-issuer")
        .replace("{change}", "add")
        .replace("{request}", &RoleAssignmentId::random().to_string())
        .replace("{stage}", &RoleAssignmentId::random().to_string())
        .replace("{plugin}", "some-plugin")
        .replace("{digest}", bodies::DIGEST)
        .replace("{connection}", "some-connection")
        .replace("{id}", &RoleAssignmentId::random().to_string())
        .replace("{member}", &RoleAssignmentId::random().to_string())
        .replace("{role}", &RoleAssignmentId::random().to_string())
        .replace("{deny}", &RoleAssignmentId::random().to_string())
        .replace("{assignment}", &RoleAssignmentId::random().to_string());
    let role =
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6";
    let body = match operation {
        Operation::RoleAssignmentPut => {
            json!({"properties": {"principalId": gateway.setup.nobody.principal.to_string(), "roleDefinitionId": role}})
        }
        _ => bodies::data(operation),
    };
    let (host, version) = match row.plane {
        Plane::Data => (gateway.host("kv1.vault"), "7.6"),
        Plane::Management
            if ["Microsoft.KeyVault/", "Portcullis."].iter().any(|own| operation.row().action.starts_with(own)) =>
        {
            (gateway.host("management"), "2026-02-01")
        }
        Plane::Management if operation.is_about_plugins() => (gateway.host("management"), "2026-11-01"),
        Plane::Management => (gateway.host("management"), "2022-04-01"),
        Plane::Directory => (gateway.host("graph"), "1"),
    };
    let authorization = token.map(|token| ("authorization".to_owned(), format!("Bearer {token}")));
    Sent {
        method: row.method.as_str(),
        host,
        target: format!("{path}?api-version={version}"),
        headers: authorization
            .into_iter()
            // So that a permitted deletion deletes nothing that the other operations need.
            .chain((operation == Operation::VaultDelete).then(|| ("if-match".to_owned(), "\"none\"".to_owned())))
            .chain([("content-type".to_owned(), "application/json".to_owned())])
            .collect(),
        body: body.to_string(),
    }
}

async fn ask(gateway: &TestGateway, operation: Operation, token: Option<&str>) -> Reply {
    gateway.client.send(request(gateway, operation, token)).await
}

async fn token(gateway: &TestGateway, application: &portcullis_tests::Application, operation: Operation) -> String {
    match operation.row().plane {
        Plane::Data => gateway.token(application).await,
        Plane::Management => gateway.token_for(application, &gateway.management_scope()).await,
        Plane::Directory => gateway.token_for(application, &gateway.graph_scope()).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_challenged_without_a_token() {
    let gateway = TestGateway::start().await;
    for operation in Operation::ALL {
        let reply = ask(&gateway, *operation, None).await;
        assert_eq!(reply.status, 401, "{operation:?}: {:?}", reply.body);
        let challenge = reply.header("www-authenticate");
        let login = format!("\"https://{}/{}\"", gateway.host("login"), gateway.setup.tenant);
        let expected = match operation.row().plane {
            Plane::Data => {
                format!("Bearer authorization={login}, resource=\"https://{}\"", gateway.host("vault"))
            }
            Plane::Management => format!("Bearer authorization_uri={login}, error=\"invalid_token\""),
            // It is for all tenants, so its challenge names any of them.
            Plane::Directory => format!("Bearer authorization_uri=\"https://{}/", gateway.host("login")),
        };
        assert!(challenge.starts_with(&expected), "{operation:?}: {challenge}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_refused_to_another_tenant() {
    let gateway = TestGateway::start().await;
    for operation in Operation::ALL {
        let token = token(&gateway, &gateway.setup.foreigner, *operation).await;
        let reply = ask(&gateway, *operation, Some(&token)).await;
        // Each tenant has a directory of its own, and nobody there gave them a role.
        let status = if operation.row().plane == Plane::Directory { 403 } else { 401 };
        assert_eq!(reply.status, status, "{operation:?}: {:?}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_refused_without_a_role() {
    let gateway = TestGateway::start().await;
    for operation in Operation::ALL {
        let token = token(&gateway, &gateway.setup.nobody, *operation).await;
        let reply = ask(&gateway, *operation, Some(&token)).await;
        let expected = match operation.row().plane {
            Plane::Data => ("Forbidden", "ForbiddenByRbac"),
            Plane::Management => ("AuthorizationFailed", ""),
            Plane::Directory => ("Authorization_RequestDenied", ""),
        };
        let (code, inner) = reply.error();
        assert_eq!((reply.status, (code.as_str(), inner.as_str())), (403, expected), "{operation:?}: {:?}", reply.body);
        assert!(reply.message().contains("azure-rbac"), "{operation:?}: the denial names the plugin");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_data_operation_is_refused_from_a_forbidden_network_and_management_is_not() {
    let acls = NetworkAcls {
        bypass: Bypass::None,
        default_action: DefaultAction::Deny,
        ip_rules: vec!["203.0.113.0/24".parse().unwrap()],
        subnet_rules: vec![],
    };
    let network = NetworkRules { public_network_access: PublicNetworkAccess::Enabled, acls: Some(acls) };
    let gateway = TestGateway::with(Setup { network, ..Setup::default() }).await;
    for operation in Operation::ALL {
        let token = token(&gateway, &gateway.setup.admin, *operation).await;
        let reply = ask(&gateway, *operation, Some(&token)).await;
        match operation.row().plane {
            Plane::Data => {
                assert_eq!((reply.status, reply.error().1.as_str()), (403, "ForbiddenByFirewall"), "{operation:?}");
            }
            // Whether it succeeds depends on what stands there and on the caller's roles, never on the network.
            Plane::Management => {
                let code = if reply.status < 300 { String::new() } else { reply.error().0 };
                assert!(!code.starts_with("Forbidden"), "{operation:?}: {:?}", reply.body);
                let at_vault = operation.row().paths[0].contains("/vaults/{vault}");
                assert!(
                    !at_vault || matches!(reply.status, 200..=299 | 400 | 404 | 412),
                    "{operation:?}: {:?}",
                    reply.body
                );
            }
            Plane::Directory => assert_eq!(reply.error().0, "Authorization_RequestDenied", "{operation:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_refused_to_a_token_attenuated_to_another() {
    let gateway = TestGateway::start().await;
    for operation in Operation::ALL {
        let token = token(&gateway, &gateway.setup.admin, *operation).await;
        let other = Operation::ALL.iter().copied().find(|other| other != operation).unwrap();
        let restrictions = portcullis_identity::Restrictions { operations: vec![other], ..Default::default() };
        let narrowed =
            portcullis_identity::attenuate(&token, &restrictions, &portcullis_crypto::SystemRandom::new()).unwrap();
        let reply = ask(&gateway, *operation, Some(&narrowed)).await;
        assert_eq!(
            (reply.status, reply.error().1.as_str()),
            (403, "ForbiddenByToken"),
            "{operation:?}: {:?}",
            reply.body
        );
    }
}
