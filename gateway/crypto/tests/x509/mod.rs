//! The subjects of the tests.

mod authority;
mod certificates;
mod hostile;
mod openssl;
mod pem;
mod pkcs12;
mod requests;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use portcullis_crypto::SystemRandom;
use portcullis_crypto::x509::{CertificateSpec, Der, KeyUsage, Role, SubjectNames, ValidityMonths, self_sign};
use portcullis_model::UnixTime;

/// The present: openssl verifies by the machine's clock.
fn now() -> UnixTime {
    let clock = portcullis_model::SystemClock;
    portcullis_model::Clock::now(&clock)
}

/// Every kind of key that certificates have, and how openssl makes it.
const KEYS: [(&str, &[&str]); 7] = [
    ("RSA 2048", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("RSA 3072", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]),
    ("RSA 4096", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]),
    ("P-256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("P-384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("P-521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
    ("P-256K", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
];

/// A key of a kind, as PKCS #8: a new one on a curve, and always the same of RSA, which takes long to make.
fn key(kind: &str) -> Vec<u8> {
    static RSA: LazyLock<Mutex<HashMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);
    if !kind.starts_with("RSA") {
        return new_key(kind);
    }
    RSA.lock().unwrap().entry(kind.to_owned()).or_insert_with(|| new_key(kind)).clone()
}

fn new_key(kind: &str) -> Vec<u8> {
    let (_, arguments) = KEYS.iter().find(|(name, _)| *name == kind).unwrap();
    openssl::generate(arguments)
}

fn names() -> SubjectNames {
    let mut names = SubjectNames::default();
    names.add_dns_name("example.com").unwrap();
    names.add_dns_name("*.example.com").unwrap();
    names.add_email("admin@example.com").unwrap();
    names.add_upn("admin@contoso.local").unwrap();
    names.add_uri("https://example.com/app").unwrap();
    names.add_ip_address("192.0.2.7".parse().unwrap()).unwrap();
    names.add_ip_address("2001:db8::7".parse().unwrap()).unwrap();
    names
}

fn leaf_spec() -> CertificateSpec {
    let subject = r"CN=example.com, OU=a\, b, OU=c, O=Contoso, L=Köln, S=NRW, C=DE, E=admin@example.com";
    CertificateSpec::new(subject.parse().unwrap(), names(), ValidityMonths::new(12).unwrap())
        .unwrap()
        .with_ekus(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.2.3.4"].map(|eku| eku.parse().unwrap()))
        .unwrap()
        .with_usage(Role::EndEntity, [KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment].into())
        .unwrap()
}

fn authority_spec(subject: &str, months: u32) -> CertificateSpec {
    CertificateSpec::new(subject.parse().unwrap(), SubjectNames::default(), ValidityMonths::new(months).unwrap())
        .unwrap()
        .with_usage(Role::Authority, [KeyUsage::KeyCertSign, KeyUsage::CrlSign].into())
        .unwrap()
}

fn sign(spec: &CertificateSpec, key: &[u8]) -> Der {
    self_sign(spec, key, now(), &SystemRandom::new()).unwrap()
}
