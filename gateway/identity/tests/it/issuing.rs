//! The token issuer.

use portcullis_identity::{Audience, ClientError, Expected, IssueError, Principal, PrincipalKind};
use portcullis_model::{ApplicationId, TenantId};

use crate::world::{
    APPLICATION, MANAGEMENT, NOW, OTHER_TENANT, PRINCIPAL, SECRET, TENANT, World, directory, principal, secret,
};

#[test]
fn a_token_tells_who_it_was_issued_to() {
    let world = World::new();
    let issued = world.issue_with(|request| request.continuous_access = true).unwrap();
    assert_eq!(issued.expires_in, 3599);
    assert_eq!(issued.principal.id, PRINCIPAL);
    let caller = world.authenticate(issued.access_token.expose()).unwrap();
    assert_eq!(caller.principal().id, PRINCIPAL);
    assert_eq!(caller.tenant(), TENANT);
    assert_eq!(caller.application(), Some(APPLICATION));
    assert_eq!(caller.issued_at(), NOW);
    assert_eq!(caller.expires(), NOW.plus(3600));
    assert_eq!(caller.token_id(), &*issued.token_id);
    assert!(caller.handles_claims_challenges());
    assert!(caller.attenuation().is_none());
    assert_eq!(caller.revocation_ids().len(), 1);
    assert!(!world.authenticate(&world.token()).unwrap().handles_claims_challenges());
}

#[test]
fn no_two_tokens_share_an_id_or_a_revocation_id() {
    let world = World::new();
    let (first, second) = (world.authenticate(&world.token()).unwrap(), world.authenticate(&world.token()).unwrap());
    assert_ne!(first.token_id(), second.token_id());
    assert_ne!(first.revocation_ids(), second.revocation_ids());
}

#[test]
fn a_token_fits_an_authorization_header() {
    let token = World::new().token();
    assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b)), "{token}");
    assert!(token.len() < 1024, "{}", token.len());
}

#[test]
fn refuses_wrong_secrets() {
    let world = World::new();
    for wrong in ["", "canary-of-a-secre", "canary-of-a-secret ", "Canary-of-a-secret", "canary-of-a-secret\0"] {
        assert!(matches!(world.issue_with_secret(wrong), Err(IssueError::Client(ClientError::WrongSecret))), "{wrong}");
    }
}

#[test]
fn refuses_unknown_tenants_applications_and_resources() {
    let world = World::new();
    let unknown = TenantId::from_bytes([9; 16]);
    assert!(matches!(
        world.issue_with(|request| request.tenant = unknown),
        Err(IssueError::Client(ClientError::UnknownTenant))
    ));
    // The application exists, but not in that tenant.
    assert!(matches!(
        world.issue_with(|request| request.tenant = OTHER_TENANT),
        Err(IssueError::Client(ClientError::UnknownApplication))
    ));
    let other = ApplicationId::from_bytes([9; 16]);
    assert!(matches!(
        world.issue_with(|request| request.client_id = other),
        Err(IssueError::Client(ClientError::UnknownApplication))
    ));
    // The object id is not the client id.
    let oid = ApplicationId::from_bytes(*PRINCIPAL.as_bytes());
    assert!(matches!(
        world.issue_with(|request| request.client_id = oid),
        Err(IssueError::Client(ClientError::UnknownApplication))
    ));
    for audience in ["", "/", "https://vault.portcullis.test//", "https://VAULT.portcullis.test", "https://x"] {
        assert!(
            matches!(world.issue_with(|request| request.audience = audience), Err(IssueError::UnknownResource)),
            "{audience}"
        );
    }
}

#[test]
fn accepts_the_audience_of_az_with_its_slash() {
    let world = World::new();
    let issued = world.issue_with(|request| request.audience = "https://management.portcullis.test/").unwrap();
    let expected = Expected { audience: Audience::Management, tenant: None };
    assert!(world.authenticator.authenticate(issued.access_token.expose(), expected, &world.directory).is_ok());
    assert!(world.authenticate(issued.access_token.expose()).unwrap_err().to_string().contains(MANAGEMENT));
}

#[test]
fn any_accepted_secret_will_do_and_an_expired_one_is_named() {
    let mut world = World::new();
    let secrets = vec![secret("old", Some(NOW)), secret("first", None), secret("second", Some(NOW.plus(1)))];
    world.directory = directory([Principal { secrets, ..principal() }]);
    assert!(world.issue_with_secret("first").is_ok());
    assert!(world.issue_with_secret("second").is_ok());
    assert!(matches!(world.issue_with_secret("old"), Err(IssueError::Client(ClientError::SecretExpired))));
    assert!(matches!(world.issue_with_secret("third"), Err(IssueError::Client(ClientError::WrongSecret))));
    world.clock.advance(1);
    assert!(matches!(world.issue_with_secret("second"), Err(IssueError::Client(ClientError::SecretExpired))));
}

#[test]
fn an_expired_copy_does_not_hide_the_secret_that_is_accepted() {
    for secrets in
        [vec![secret(SECRET, Some(NOW)), secret(SECRET, None)], vec![secret(SECRET, None), secret(SECRET, Some(NOW))]]
    {
        let mut world = World::new();
        world.directory = directory([Principal { secrets, ..principal() }]);
        assert!(world.issue_with_secret(SECRET).is_ok());
    }
}

#[test]
fn an_application_without_secrets_gets_no_token() {
    let mut world = World::new();
    world.directory = directory([Principal { secrets: vec![], ..principal() }]);
    for guess in ["", SECRET] {
        assert!(matches!(world.issue_with_secret(guess), Err(IssueError::Client(ClientError::WrongSecret))));
    }
}

#[test]
fn only_who_knows_the_secret_learns_that_the_application_is_disabled() {
    let mut world = World::new();
    world.directory = directory([Principal { enabled: false, ..principal() }]);
    assert!(matches!(world.issue_with_secret(SECRET), Err(IssueError::Client(ClientError::Disabled))));
    assert!(matches!(world.issue_with_secret("wrong"), Err(IssueError::Client(ClientError::WrongSecret))));
}

#[test]
fn a_user_is_not_an_application() {
    let mut world = World::new();
    world.directory = directory([Principal { kind: PrincipalKind::User, ..principal() }]);
    assert!(matches!(world.issue_with_secret(SECRET), Err(IssueError::Client(ClientError::UnknownApplication))));
}

#[test]
fn nothing_that_can_be_printed_holds_a_secret() {
    let world = World::new();
    let issued = world.issue_with(|_| ()).unwrap();
    let token = issued.access_token.expose();
    let caller = world.authenticate(token).unwrap();
    let narrowed = crate::world::append(token, r#"check if vault("dev")"#);
    let narrowed = world.authenticate(&narrowed).unwrap();
    let printed = format!("{issued:?} {caller:?} {narrowed:?} {:?} {:?}", world.issuer, world.authenticator);
    let mut errors = String::new();
    for error in [
        world.issue_with_secret("canary-of-a-secret-too").unwrap_err(),
        world.issue_with(|request| request.audience = "nowhere").unwrap_err(),
    ] {
        errors.push_str(&format!("{error} {error:?}"));
    }
    for (secret, text) in [("canary", &errors), ("canary", &printed), (token, &printed), ("Private", &printed)] {
        assert!(!text.contains(secret), "{text}");
    }
    // The seed of the issuer, however bytes are printed.
    assert!(!printed.contains("7, 7, 7") && !printed.contains("070707"), "{printed}");
}
