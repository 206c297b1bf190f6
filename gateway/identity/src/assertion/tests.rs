use portcullis_crypto::SystemRandom;
use portcullis_crypto::jose::base64url;
use portcullis_crypto::material::KeyMaterial;
use portcullis_crypto::x509::{CertificateSpec, SubjectNames, ValidityMonths, self_sign};
use portcullis_model::{KeySpec, RsaSize, SignatureAlgorithm};
use serde_json::json;

use super::*;

const NOW: UnixTime = UnixTime(1_795_000_000);
const AUDIENCE: &str = "https://login.example/t/oauth2/v2.0/token";

struct Application {
    key: KeyMaterial,
    registration: Registration,
}

fn application() -> Application {
    let random = SystemRandom::new();
    let key = KeyMaterial::generate(KeySpec::Rsa(RsaSize::Rsa2048), &random).unwrap();
    let validity = ValidityMonths::new(12).unwrap();
    let spec = CertificateSpec::new("CN=app".parse().unwrap(), SubjectNames::default(), validity).unwrap();
    let der = self_sign(&spec, &key.to_pkcs8().unwrap(), NOW, &random).unwrap();
    let certificate = ClientCertificate::new("first".to_owned(), der.as_bytes().to_vec()).unwrap();
    let registration = Registration { certificates: vec![certificate], ..Registration::bare() };
    Application { key, registration }
}

impl Application {
    fn header(&self) -> Value {
        json!({"alg": "RS256", "typ": "JWT", "x5t": format!("{}=", base64url::encode(&self.registration.certificates[0].thumbprint_sha1))})
    }

    fn claims(&self) -> Value {
        let id = self.registration.application.to_string();
        json!({"aud": AUDIENCE, "iss": id, "sub": id, "jti": "1", "exp": 1_795_000_600.5, "iat": 1_795_000_000.25})
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let text = format!("{}.{}", part(header), part(claims));
        let algorithm = if header["alg"] == "PS256" { SignatureAlgorithm::Ps256 } else { SignatureAlgorithm::Rs256 };
        let signature = self.key.sign(algorithm, &sha256(text.as_bytes())).unwrap();
        format!("{text}.{}", base64url::encode(&signature))
    }

    fn verify(&self, header: &Value, claims: &Value) -> Result<AssertionId, AssertionError> {
        self.verify_at(header, claims, NOW)
    }

    fn verify_at(&self, header: &Value, claims: &Value, now: UnixTime) -> Result<AssertionId, AssertionError> {
        let text = self.signed(header, claims);
        Assertion::parse(&text)?.verify_self(&self.registration, &[AUDIENCE.to_owned()], now)
    }
}

fn with(mut value: Value, member: &str, new: Value) -> Value {
    value[member] = new;
    value
}

#[test]
fn an_application_vouches_for_itself_with_its_certificate() {
    let app = application();
    assert!(app.verify(&app.header(), &app.claims()).is_ok(), "as Python's library makes it");
    let name = base64url::encode(&app.registration.certificates[0].thumbprint_sha256);
    let modern = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": name, "x5c": ["AAAA"]});
    let text = app.signed(&modern, &app.claims());
    assert!(app.verify(&modern, &app.claims()).is_ok(), "as JavaScript's library makes it");
    assert!(Assertion::parse(&text).unwrap().is_by(app.registration.application));
    assert!(!Assertion::parse(&text).unwrap().is_by(ApplicationId::random()));
}

#[test]
fn what_is_not_its_own_is_refused() {
    use AssertionError as E;
    let (app, other) = (application(), application());
    let (header, claims) = (app.header(), app.claims());
    assert_eq!(app.verify(&other.header(), &claims).unwrap_err(), E::UnknownCertificate);
    assert_eq!(app.verify(&json!({"alg": "RS256"}), &claims).unwrap_err(), E::UnknownCertificate);
    let forged = other.signed(&header, &claims);
    let forged = Assertion::parse(&forged).unwrap().verify_self(&app.registration, &[AUDIENCE.to_owned()], NOW);
    assert_eq!(forged.unwrap_err(), E::BadSignature);
    for (member, value, error) in [
        ("aud", json!("https://login.example/other/oauth2/v2.0/token"), E::WrongAudience),
        ("aud", json!(null), E::WrongAudience),
        ("exp", json!(NOW.0 - 300), E::Expired),
        ("exp", json!(NOW.0 + 4000), E::TooLong),
        ("exp", json!(1e300), E::Malformed),
        ("exp", json!("soon"), E::Malformed),
        ("nbf", json!(NOW.0 + 301), E::NotYetValid),
        ("nbf", json!("now"), E::Malformed),
        ("jti", json!(""), E::NoId),
        ("jti", json!(null), E::NoId),
        ("sub", json!(""), E::Malformed),
    ] {
        let claims = with(claims.clone(), member, value);
        assert_eq!(app.verify(&header, &claims).map(drop).unwrap_err(), error, "{claims}");
    }
    for header in [with(header.clone(), "alg", json!("none")), with(header.clone(), "alg", json!("HS256"))] {
        assert_eq!(app.verify(&header, &claims).map(drop).unwrap_err(), E::Malformed, "{header}");
    }
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    let app = application();
    let (header, claims) = (app.header(), app.claims());
    for good in [with(claims.clone(), "exp", json!(NOW.0 - 299)), with(claims.clone(), "nbf", json!(NOW.0 + 300))] {
        assert!(app.verify(&header, &good).is_ok(), "{good}");
    }
    let expired = app.verify_at(&header, &with(claims, "exp", json!(NOW.0 + 86_400 * 400)), NOW.plus(86_400 * 399));
    assert_eq!(expired.map(drop).unwrap_err(), AssertionError::CertificateUntimely);
}
