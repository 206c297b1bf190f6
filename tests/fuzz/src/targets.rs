//! One call into each parser that takes bytes from a stranger, with what must hold of whatever it accepts.
//!
//! The fuzzer's programs and the ordinary test that runs all seeds (tests/it/fuzz.rs) have this file in common.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use portcullis_api::{HostRole, Hosts, PositionSeal, authority, check_head, graph, management, oauth};
use portcullis_crypto::jose::KeySet;
use portcullis_crypto::material::{KeyMaterial, PrivateJwk as Jwk};
use portcullis_crypto::x509::{
    Bundle, PublicKey, parse_certificate, public_key_matches, read_pem_bundle, read_pkcs7, read_pkcs12_within,
};
use portcullis_crypto::{SecretHash, SeededRandom};
use portcullis_engine::fuzzing::{BackupReader, read_contents, would_release};
use portcullis_identity::{
    Audience, Audiences, AuthenticateError, Authenticator, ClientSecret, Directory, Expected, Principal, PrincipalKind,
    TokenIssuer, TokenLifetime, TokenLimits, TokenRequest,
};
use portcullis_model::keys::{KeyCall, PrivateBytes, PrivateJwk, PrivateRsa};
use portcullis_model::{
    ApplicationId, Call, ManualClock, ObjectKind, Operation, Plane, PrincipalId, TenantId, UnixTime, VaultName,
};
use zeroize::Zeroizing;

/// Takes positions in lists as they are.
#[derive(Debug)]
struct NoPositions;

impl PositionSeal for NoPositions {
    fn seal(&self, _: &str, position: &str) -> Option<Vec<u8>> {
        Some(position.as_bytes().to_vec())
    }

    fn open(&self, _: &str, sealed: &[u8]) -> Option<String> {
        String::from_utf8(sealed.to_vec()).ok()
    }
}

/// A target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is that of its program and of the folder of its seeds.
    pub name: &'static str,
    /// What it does with an input. It panics if something does not hold.
    pub run: fn(&[u8]),
}

impl Target {
    const fn new(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run }
    }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target::new("route", route),
    Target::new("body", body),
    Target::new("jwk", jwk),
    Target::new("pem", pem),
    Target::new("pkcs12", pkcs12),
    Target::new("pkcs7", pkcs7),
    Target::new("certificate", certificate),
    Target::new("backup", backup),
    Target::new("backup_contents", backup_contents),
    Target::new("attestation", attestation),
    Target::new("key_set", key_set),
    Target::new("token", token),
    Target::new("token_request", token_request),
];

/// A request's head: method, space, target. It is routed by each of the three roles of a host.
pub fn route(data: &[u8]) {
    let Some((method, target)) = split(data, b' ') else { return };
    let (Ok(method), Ok(target)) = (Method::from_bytes(method), std::str::from_utf8(target)) else { return };
    let Some(head) = head(method, target, None) else { return };
    if check_head(&head).is_err() {
        return;
    }
    if let Ok(routed) = portcullis_api::route(&head, &vault(), &NoPositions) {
        assert_eq!(routed.operation.row().plane, Plane::Data);
        assert_eq!(routed.operation.row().method.as_str(), head.method.as_str());
        let _ = routed.parse(b"");
    }
    if let Ok(routed) = management::route(&head) {
        assert_eq!(routed.operation.row().plane, Plane::Management);
    }
    if let Ok(routed) = graph::route(&head) {
        assert_eq!(routed.operation.row().plane, Plane::Directory);
        let _ = routed.parse(b"{}");
    }
    let _ = oauth::route(&head);
    if let Ok(authority) = authority(&head) {
        assert!(!matches!(hosts().classify(authority), Ok(HostRole::Management)), "the host is a vault's");
    }
}

/// The body of an operation: a line with its name, and the body. Another name stands for any operation.
pub fn body(data: &[u8]) {
    let Some((name, body)) = split(data, b'\n') else { return };
    let any = || Operation::ALL[name.iter().map(|byte| usize::from(*byte)).sum::<usize>() % Operation::ALL.len()];
    let operation = std::str::from_utf8(name).ok().and_then(Operation::from_name).unwrap_or_else(any);
    let row = operation.row();
    let path = sample(row.paths[0]);
    let method = Method::from_bytes(row.method.as_str().as_bytes()).expect("a method");
    let version = match row.plane {
        Plane::Data => "7.6",
        Plane::Management if row.name.starts_with("Role") => "2022-04-01",
        Plane::Management | Plane::Directory => "2026-02-01",
    };
    let head = head(method, &format!("{path}?api-version={version}"), None).expect("a head");
    let call = match row.plane {
        Plane::Data => portcullis_api::route(&head, &vault(), &NoPositions).expect("a path of the table").parse(body),
        Plane::Management => management::route(&head).expect("a path of the table").parse(body),
        Plane::Directory => graph::route(&head).expect("a path of the table").parse(body),
    };
    if let Ok(call) = call {
        assert_eq!(call.operation(), operation);
    }
}

/// A JSON Web Key, as `import` takes it.
pub fn jwk(data: &[u8]) {
    let head = head(Method::PUT, "/keys/name?api-version=7.6", None).expect("a head");
    let body = [br#"{"key":"#, data, b"}"].concat();
    let Ok(Call::Key(call)) =
        portcullis_api::route(&head, &vault(), &NoPositions).expect("a path of the table").parse(&body)
    else {
        return;
    };
    let KeyCall::Import { key, .. } = *call else { unreachable!("another call") };
    if let Ok(key) = KeyMaterial::import(&numbers(&key)) {
        let again = KeyMaterial::from_stored(key.spec(), &key.to_stored()).expect("what is kept can be read");
        assert_eq!(again.public(), key.public());
    }
}

/// A PEM file with a key and certificates.
pub fn pem(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(bundle) = read_pem_bundle(text) {
        use_bundle(&bundle);
    }
}

/// A PKCS #12 file whose password is `secret`, with little room for iterations, so that many are tried.
pub fn pkcs12(data: &[u8]) {
    if let Ok(bundle) = read_pkcs12_within(data, "secret", 3_000) {
        use_bundle(&bundle);
    }
}

/// A PKCS #7 file with certificates.
pub fn pkcs7(data: &[u8]) {
    for der in read_pkcs7(data).unwrap_or_default() {
        certificate(der.as_bytes());
    }
}

/// A certificate in DER.
pub fn certificate(data: &[u8]) {
    if let Ok(facts) = parse_certificate(data) {
        let _ = public_key_matches(&facts, KEY.as_slice());
    }
}

/// A backup: one byte that chooses the kind, and the blob.
pub fn backup(data: &[u8]) {
    let Some((kind, blob)) = kind(data) else { return };
    let _ = BACKUPS.read(kind, blob);
}

/// What is in a backup once its seal is open: one byte that chooses the kind, and the contents. Only who has the root
/// key can put anything there.
pub fn backup_contents(data: &[u8]) {
    let Some((kind, contents)) = kind(data) else { return };
    let _ = read_contents(kind, contents);
}

/// A release policy, the header and the claims of an attestation token, a line each. The token is also taken as it came.
pub fn attestation(data: &[u8]) {
    let Some((policy, rest)) = split(data, b'\n') else { return };
    let Some((header, claims)) = split(rest, b'\n') else { return };
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let _ = would_release(policy, &format!("{header}.{claims}.AAAA"));
    if let Ok(token) = std::str::from_utf8(rest) {
        let _ = would_release(policy, token);
    }
}

/// The keys of an attestation authority, as it publishes them.
pub fn key_set(data: &[u8]) {
    if let Ok(keys) = KeySet::parse(data) {
        let _ = keys.find("k");
    }
}

/// A bearer token, before it is written in base64.
pub fn token(data: &[u8]) {
    let _ = TOKENS.check(data);
}

/// The form that is sent to the token endpoint: an `Authorization` header, a line break, and the body.
pub fn token_request(data: &[u8]) {
    let Some((header, body)) = split(data, b'\n') else { return };
    let Some(head) = head(Method::POST, "/t/oauth2/v2.0/token", Some(header)) else { return };
    for version in [oauth::ProtocolVersion::V1, oauth::ProtocolVersion::V2] {
        if let Err(error) = oauth::parse_token_request(&head, version, body) {
            assert!(!error.to_string().is_empty());
        }
    }
}

fn use_bundle(bundle: &Bundle) {
    let Bundle { private_key, certificates } = bundle;
    for der in certificates {
        certificate(der.as_bytes());
    }
    let Some(private) = private_key else { return };
    let _ = PublicKey::from_pkcs8(private);
    if let Ok(key) = KeyMaterial::from_pkcs8(private) {
        let again = KeyMaterial::from_stored(key.spec(), &key.to_stored()).expect("what is kept can be read");
        assert_eq!(again.public(), key.public());
    }
}

fn head(method: Method, target: &str, authorization: Option<&[u8]>) -> Option<Parts> {
    let request = http::Request::builder().method(method).uri(target).header("host", "name.vault.portcullis.test");
    let request = match authorization {
        None | Some([]) => request,
        Some(value) => request.header(AUTHORIZATION, value),
    };
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    Some(request.body(()).ok()?.into_parts().0)
}

fn hosts() -> Hosts {
    Hosts::new("portcullis.test", 443).expect("a domain")
}

fn vault() -> VaultName {
    "name".parse().expect("a vault name")
}

/// A path of the table of operations with something for each parameter.
pub fn sample(path: &str) -> String {
    let guid = "11111111-1111-1111-1111-111111111111";
    [("{name}", "name"), ("{version}", "0123456789abcdef0123456789abcdef"), ("{issuer}", "issuer")]
        .into_iter()
        .chain([("{subscription}", guid), ("{group}", "group"), ("{vault}", "name"), ("{collection}", "secrets")])
        .chain([("{assignment}", guid)])
        .fold(path.to_owned(), |path, (parameter, value)| path.replace(parameter, value))
}

/// The kind of a backup by its first byte, and the rest.
pub fn kind(data: &[u8]) -> Option<(ObjectKind, &[u8])> {
    let (choice, rest) = data.split_first()?;
    let kinds = [ObjectKind::Secret, ObjectKind::Key, ObjectKind::Certificate];
    Some((kinds[usize::from(*choice) % kinds.len()], rest))
}

fn split(data: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = data.iter().position(|byte| *byte == at)?;
    Some((&data[..place], &data[place + 1..]))
}

fn numbers(key: &PrivateJwk) -> Jwk<'_> {
    match key {
        PrivateJwk::Rsa(key) => {
            let PrivateRsa { n, e, d, p, q, dp, dq, qi } = &**key;
            let [d, p, q, dp, dq, qi] = [d, p, q, dp, dq, qi].map(|number| number.as_ref().map(PrivateBytes::expose));
            Jwk::Rsa { n, e, d, dp, dq, qi, p, q }
        }
        PrivateJwk::Ec { curve, x, y, d } => Jwk::Ec { curve: *curve, x, y, d: d.expose() },
        PrivateJwk::Oct { k } => Jwk::Oct { k: k.expose() },
    }
}

/// A key on P-256, to be compared with those of certificates.
pub const KEY: &[u8; 138] = include_bytes!("../key.p8");

/// Always the same root, so that the seeds stay valid.
pub static BACKUPS: LazyLock<BackupReader> = LazyLock::new(|| BackupReader::new(Arc::new(SeededRandom::new(1))));

/// One tenant with one application, and the tokens of an issuer that always has the same key, at always the same time.
pub struct Tokens {
    pub issuer: TokenIssuer,
    pub audiences: Audiences,
    pub directory: Directory,
    authenticator: Authenticator,
}

/// See [`Tokens`].
pub static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let (clock, random) = (Arc::new(ManualClock::at(NOW)), Arc::new(SeededRandom::new(2)));
    let lifetime = TokenLifetime::from_seconds(3_600).expect("a lifetime");
    let issuer = TokenIssuer::new(Zeroizing::new([3; 32]), Arc::clone(&clock) as _, random.clone(), lifetime)
        .expect("randomness");
    let hash = SecretHash::new(b"secret", &*random).expect("randomness");
    let audiences = Audiences::new(
        "https://vault.portcullis.test",
        "https://management.portcullis.test/",
        "https://graph.portcullis.test",
    )
    .expect("audiences");
    let limits = TokenLimits { cached_tokens: 0, ..TokenLimits::default() };
    let authenticator = Authenticator::new(issuer.verifying_key(), audiences.clone(), clock, limits);
    let principal = Principal {
        id: PRINCIPAL,
        tenant: TENANT,
        kind: PrincipalKind::ServicePrincipal,
        application: Some(APPLICATION),
        display_name: "fuzz".to_owned(),
        enabled: true,
        groups: Vec::new(),
        secrets: vec![ClientSecret { id: "one".to_owned(), name: None, hash, expires: None }],
    };
    let directory = Directory::new([TENANT], [principal]).expect("a directory");
    Tokens { issuer, audiences, directory, authenticator }
});

impl Tokens {
    /// Finds out who calls with a token, and whether it may be used for a request.
    pub fn check(&self, token: &[u8]) -> Result<(), AuthenticateError> {
        let text = URL_SAFE_NO_PAD.encode(token);
        let expected = Expected { audience: Audience::Vault, tenant: Some(TENANT) };
        let caller = self.authenticator.authenticate(&text, expected, &self.directory)?;
        assert_eq!(caller.principal().id, PRINCIPAL);
        let request = TokenRequest {
            operation: Operation::SecretGet,
            vault: None,
            object: None,
            source: [192, 0, 2, 1].into(),
            now: NOW,
        };
        let _ = caller.attenuation().map(|attenuation| attenuation.permits(&request));
        Ok(())
    }
}

pub const TENANT: TenantId = TenantId::from_bytes([4; 16]);
pub const APPLICATION: ApplicationId = ApplicationId::from_bytes([5; 16]);
const PRINCIPAL: PrincipalId = PrincipalId::from_bytes([6; 16]);
const NOW: UnixTime = UnixTime(1_800_000_000);
