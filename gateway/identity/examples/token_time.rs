//! Prints what tokens cost: `cargo run --release -p portcullis-identity --example token_time`.
#![expect(clippy::print_stdout, reason = "it is a program for people")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use biscuit_auth::{BlockBuilder, UnverifiedBiscuit};
use portcullis_crypto::{SecretHash, SystemRandom};
use portcullis_identity::{
    Audience, Audiences, Authenticator, ClientCredentials, ClientSecret, Directory, Expected, Principal, PrincipalKind,
    Restrictions, TokenIssuer, TokenLifetime, TokenLimits, TokenRequest, attenuate,
};
use portcullis_model::{
    ApplicationId, ObjectKind, ObjectName, Operation, PrincipalId, SecretText, SystemClock, TenantId, VaultName,
};
use zeroize::Zeroizing;

fn main() {
    let (tenant, application) = (TenantId::random(), ApplicationId::random());
    let random = Arc::new(SystemRandom::new());
    let principal = Principal {
        id: PrincipalId::random(),
        tenant,
        kind: PrincipalKind::ServicePrincipal,
        application: Some(application),
        display_name: "example".to_owned(),
        enabled: true,
        groups: vec![],
        secrets: vec![ClientSecret {
            name: None,
            id: "a".to_owned(),
            hash: SecretHash::new(b"secret", &*random).expect("randomness"),
            expires: None,
        }],
    };
    let directory = Directory::new([tenant], [principal]).expect("one principal");
    let audiences =
        Audiences::new("https://vault.example", "https://management.example", "https://graph.example").expect("names");
    let clock = Arc::new(SystemClock);
    let seed = Zeroizing::new([1; 32]);
    let issuer = TokenIssuer::new(seed, clock.clone(), random.clone(), TokenLifetime::default()).expect("randomness");
    let secret = SecretText::new("secret".to_owned());
    let request = ClientCredentials {
        tenant,
        client_id: application,
        client_secret: &secret,
        audience: "https://vault.example",
        continuous_access: true,
    };
    let issue = || issuer.issue(&request, &directory, &audiences).expect("the secret is right");
    measure("issue", issue);

    let token = issue().access_token;
    let (vault, name): (VaultName, ObjectName) = ("dev".parse().expect("a name"), "db".parse().expect("a name"));
    let restrictions = Restrictions {
        operations: vec![Operation::SecretGet],
        objects: vec![(ObjectKind::Secret, name.clone())],
        sources: vec!["10.0.0.0/8".parse().expect("a network")],
        ..Restrictions::default()
    };
    let narrowed = attenuate(token.expose(), &restrictions, &*random).expect("a token");
    // The largest join that the bound of steps lets through.
    let facts: String = (0..40).map(|n| format!("a({n});")).collect();
    let costly = BlockBuilder::new().code(format!("{facts} check if a($x), a($y), $x + $y < 0 or vault(\"dev\");"));
    let costly = UnverifiedBiscuit::from_base64(token.expose())
        .and_then(|token| token.append(costly?))
        .and_then(|token| token.to_base64())
        .expect("a block");

    let expected = Expected { audience: Audience::Vault, tenant: Some(tenant) };
    let authenticator = |cached_tokens| {
        let limits = TokenLimits { cached_tokens, ..TokenLimits::default() };
        Authenticator::new(issuer.verifying_key(), audiences.clone(), clock.clone(), limits)
    };
    let (cold, warm) = (authenticator(0), authenticator(4096));
    let request = TokenRequest {
        operation: Operation::SecretGet,
        vault: Some(&vault),
        object: Some((ObjectKind::Secret, &name)),
        source: [10, 1, 2, 3].into(),
        now: portcullis_model::Clock::now(&SystemClock),
    };
    for (what, token) in [("as issued", token.expose()), ("one block more", &narrowed), ("costliest block", &costly)] {
        println!("{what}: {} bytes", token.len());
        measure("  verify, cold", || cold.authenticate(token, expected, &directory).expect("a token"));
        measure("  verify, warm", || warm.authenticate(token, expected, &directory).expect("a token"));
        let caller = warm.authenticate(token, expected, &directory).expect("a token");
        if let Some(attenuation) = caller.attenuation() {
            measure("  permits", || attenuation.permits(&request));
        }
    }
}

/// Prints the median of 2000 runs.
fn measure<T>(what: &str, mut run: impl FnMut() -> T) {
    let mut times: Vec<u128> = (0..2000)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    println!("{what}: {:.2} us", times[times.len() / 2] as f64 / 1000.0);
}
