//! The built-in issuer.

use portcullis_crypto::SystemRandom;
use portcullis_crypto::certificates::{CertificateAuthority, Validity};
use portcullis_crypto::x509::{
    AuthorityError, CertificateSpec, Der, IssuingAuthority, KeyError, KeyUsage, MakeError, PublicKey, Role,
    SubjectNames, ValidityMonths, leaf_first, parse_certificate, read_pem_bundle, write_pem,
};

use super::openssl::{self, Folder};
use super::{KEYS, authority_spec, key, leaf_spec, now, sign};

fn public(kind: &str) -> PublicKey {
    PublicKey::from_pkcs8(&key(kind)).unwrap()
}

fn verify(chain: &[Der]) {
    let folder = Folder::new();
    let (root, rest) = chain.split_last().unwrap();
    let root = folder.file("root.pem", write_pem(None, std::slice::from_ref(root)).as_bytes());
    let rest_file = folder.file("rest.pem", write_pem(None, rest).as_bytes());
    let leaf = folder.file("leaf.pem", write_pem(None, &chain[..1]).as_bytes());
    openssl::run(&["verify", "-x509_strict", "-CAfile", &root, "-untrusted", &rest_file, &leaf], b"");
}

/// A root and an authority below it, issued by openssl for want of an issuer of authorities here.
fn intermediate() -> (IssuingAuthority, Vec<Der>) {
    let folder = Folder::new();
    let (root_key, below_key) = (key("P-384"), key("P-256"));
    let root = sign(&authority_spec("CN=root, O=Contoso", 24), &root_key);
    let request = portcullis_crypto::x509::certificate_request(&authority_spec("CN=below", 1), &below_key).unwrap();
    let ca = folder.file("ca.der", root.as_bytes());
    let ca_key = folder.file("ca.key", &root_key);
    let request = folder.file("request", request.as_bytes());
    let arguments = ["-inform", "DER", "-CA", &ca, "-CAkey", &ca_key, "-copy_extensions", "copyall"];
    let below = openssl::run(&[&["x509", "-req", "-outform", "DER", "-in", &request], &arguments[..]].concat(), b"");
    let chain = vec![Der::new(below), root];
    (IssuingAuthority::new(chain.clone(), &below_key).unwrap(), chain)
}

#[test]
fn openssl_verifies_what_is_issued() {
    for (kind, _) in KEYS {
        let authority_key = key(kind);
        let root = sign(&authority_spec("CN=root", 24), &authority_key);
        let authority = IssuingAuthority::new(vec![root], &authority_key).unwrap();
        for subject in ["RSA 2048", "P-256", "P-384", "P-521", "P-256K"] {
            verify(&authority.issue(&leaf_spec(), &public(subject), now(), &SystemRandom::new()).unwrap());
        }
    }
}

#[test]
fn openssl_verifies_a_longer_chain_that_ends_with_its_authority() {
    let (authority, above) = intermediate();
    let chain = authority.issue(&leaf_spec(), &public("P-256"), now(), &SystemRandom::new()).unwrap();
    verify(&chain);
    assert_eq!(chain[1..], above);
    let (leaf, issuer) =
        (parse_certificate(chain[0].as_bytes()).unwrap(), parse_certificate(above[0].as_bytes()).unwrap());
    assert_eq!(leaf.not_after, issuer.not_after);
    assert_eq!(leaf.issuer, issuer.subject);
}

#[test]
fn the_authority_of_the_gateway_can_issue() {
    let validity = Validity::new(now(), now().plus(86_400)).unwrap();
    let pem = CertificateAuthority::create("Portcullis", validity, &SystemRandom::new()).unwrap().to_pem();
    let bundle = read_pem_bundle(&format!("{}{}", pem.certificates, *pem.key)).unwrap();
    let authority = IssuingAuthority::new(bundle.certificates, &bundle.private_key.unwrap()).unwrap();
    let issued = authority.issue(&leaf_spec(), &public("RSA 2048"), now(), &SystemRandom::new()).unwrap();
    verify(&issued);
    let late = authority.issue(&leaf_spec(), &public("P-256"), now().plus(90_000), &SystemRandom::new());
    assert!(matches!(late, Err(MakeError::AuthorityNotValid)));
}

/// Threat: a leaf that is taken for an authority.
#[test]
fn a_leaf_is_no_authority() {
    let key = key("P-256");
    let leaf = sign(&leaf_spec(), &key);
    assert_eq!(IssuingAuthority::new(vec![leaf], &key).unwrap_err(), AuthorityError::NotAuthority);
    let usage = [KeyUsage::DigitalSignature].into();
    let spec = authority_spec("CN=a", 1).with_usage(Role::Authority, usage).unwrap();
    let without_usage = sign(&spec, &key);
    assert_eq!(IssuingAuthority::new(vec![without_usage], &key).unwrap_err(), AuthorityError::NotAuthority);
}

#[test]
fn nobody_becomes_an_authority() {
    let (authority, _) = intermediate();
    let issue = |spec: &CertificateSpec| authority.issue(spec, &public("P-256"), now(), &SystemRandom::new());
    assert!(matches!(issue(&authority_spec("CN=a", 1)), Err(MakeError::AuthorityRequested)));
}

#[test]
fn refuses_certificates_and_keys_that_do_not_belong_together() {
    let (first, second) = (key("P-256"), key("P-256"));
    let (one, two) = (sign(&authority_spec("CN=a", 1), &first), sign(&authority_spec("CN=a", 1), &second));
    let new = |chain: &[&Der], key: &[u8]| IssuingAuthority::new(chain.iter().copied().cloned().collect(), key);
    assert_eq!(new(&[], &first).unwrap_err(), AuthorityError::Count);
    assert_eq!(new(&[&one; 33], &first).unwrap_err(), AuthorityError::Count);
    assert_eq!(new(&[&one], &second).unwrap_err(), AuthorityError::KeyMismatch);
    assert_eq!(new(&[&one], b"").unwrap_err(), AuthorityError::Key(KeyError::Malformed));
    // The names fit, but the signature is not the second one's.
    assert_eq!(new(&[&one, &two], &first).unwrap_err(), AuthorityError::NotChain);
    new(&[&one], &first).unwrap();
}

#[test]
fn refuses_public_keys_that_are_none() {
    let (authority, _) = intermediate();
    let issue = |key: &PublicKey| authority.issue(&leaf_spec(), key, now(), &SystemRandom::new());
    let mut spki = public("P-256").as_spki().to_vec();
    *spki.last_mut().unwrap() ^= 1;
    let off_curve = PublicKey::from_spki(&spki).unwrap();
    assert!(matches!(issue(&off_curve), Err(MakeError::Key(KeyError::Malformed))));
    let private = openssl::generate(&["-algorithm", "ED25519"]);
    let other = openssl::run(&["pkey", "-inform", "DER", "-pubout", "-outform", "DER"], &private);
    let other = PublicKey::from_spki(&other).unwrap();
    assert!(matches!(issue(&other), Err(MakeError::Key(KeyError::Unsupported))));
}

#[test]
fn the_key_decides_which_certificate_is_the_leaf() {
    let (authority, _) = intermediate();
    let key = public("P-256");
    let chain = authority.issue(&leaf_spec(), &key, now(), &SystemRandom::new()).unwrap();
    let shuffled = vec![chain[2].clone(), chain[0].clone(), chain[1].clone()];
    assert_eq!(leaf_first(shuffled.clone(), &key), Some(chain));
    assert_eq!(leaf_first(shuffled, &public("P-256")), None);
    let month = ValidityMonths::new(1).unwrap();
    let other = CertificateSpec::new("CN=other".parse().unwrap(), SubjectNames::default(), month).unwrap();
    let other = sign(&other, &super::key("P-256"));
    assert_eq!(leaf_first(vec![other], &key), None);
}
