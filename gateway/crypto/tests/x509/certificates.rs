//! Self-signed certificates, and what is read of certificates.

use portcullis_crypto::x509::{
    Curve, DistinguishedName, FactsError, KeyError, KeyKind, MakeError, PublicKey, SubjectNames, parse_certificate,
    public_key_matches, self_sign, write_pem,
};
use portcullis_crypto::{SystemRandom, x509::Der};
use portcullis_model::UnixTime;

use super::openssl::{self, Folder};
use super::{KEYS, authority_spec, key, leaf_spec, names, now, sign};

#[test]
fn openssl_verifies_every_kind_of_key() {
    let signatures = [
        ("RSA", "sha256WithRSAEncryption"),
        ("P-256", "ecdsa-with-SHA256"),
        ("P-384", "ecdsa-with-SHA384"),
        ("P-521", "ecdsa-with-SHA512"),
    ];
    for (kind, _) in KEYS {
        let certificate = sign(&authority_spec("CN=root", 12), &key(kind));
        let folder = Folder::new();
        let pem = folder.file("root.pem", write_pem(None, std::slice::from_ref(&certificate)).as_bytes());
        openssl::run(&["verify", "-x509_strict", "-check_ss_sig", "-CAfile", &pem, &pem], b"");
        let text = openssl::text(&["x509", "-inform", "DER", "-noout", "-text"], certificate.as_bytes());
        let (_, signature) = signatures.iter().find(|(prefix, _)| kind.starts_with(prefix)).unwrap();
        assert!(text.contains(signature), "{kind}: {text}");
    }
}

#[test]
fn openssl_reads_what_was_asked_for() {
    let certificate = sign(&leaf_spec(), &key("P-256"));
    let text =
        openssl::text(&["x509", "-inform", "DER", "-noout", "-text", "-nameopt", "utf8"], certificate.as_bytes());
    for expected in [
        "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment",
        "CA:FALSE",
        "TLS Web Server Authentication, TLS Web Client Authentication, 1.2.3.4",
        "DNS:example.com, DNS:*.example.com, email:admin@example.com, othername: UPN::admin@contoso.local, \
         URI:https://example.com/app, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7",
        "X509v3 Subject Key Identifier",
        "X509v3 Authority Key Identifier",
        "Version: 3",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let arguments = ["x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8"];
    let subject = openssl::text(&arguments, certificate.as_bytes());
    let expected = r"CN=example.com,OU=a\, b,OU=c,O=Contoso,L=Köln,ST=NRW,C=DE,emailAddress=admin@example.com";
    assert_eq!(subject.trim(), format!("subject={expected}"));
}

#[test]
fn facts_are_what_was_asked_for() {
    let kinds = [
        ("RSA 2048", KeyKind::Rsa { bits: 2048 }),
        ("RSA 3072", KeyKind::Rsa { bits: 3072 }),
        ("RSA 4096", KeyKind::Rsa { bits: 4096 }),
        ("P-256", KeyKind::Ec(Curve::P256)),
        ("P-384", KeyKind::Ec(Curve::P384)),
        ("P-521", KeyKind::Ec(Curve::P521)),
        ("P-256K", KeyKind::Ec(Curve::P256K)),
    ];
    for (name, kind) in kinds {
        let (private, now) = (key(name), now());
        let certificate = sign(&leaf_spec(), &private);
        let facts = parse_certificate(certificate.as_bytes()).unwrap();
        assert_eq!(facts.public_key.kind(), kind);
        assert_eq!(facts.names, names());
        assert_eq!(facts.subject, facts.issuer);
        let subject = r#"CN=example.com, OU="a, b", OU=c, O=Contoso, L=Köln, S=NRW, C=DE, E=admin@example.com"#;
        assert_eq!(facts.subject.to_string(), subject);
        assert_eq!(facts.ekus.iter().map(ToString::to_string).next_back().unwrap(), "1.2.3.4");
        assert_eq!(facts.key_usage.len(), 2);
        assert!(!facts.is_ca);
        assert_eq!((facts.validity_months, facts.serial.len()), (12, 16));
        assert!((now.0 - 600..now.0 - 570).contains(&facts.not_before.0));
        let digest = openssl::text(&["x509", "-inform", "DER", "-noout", "-fingerprint"], certificate.as_bytes());
        let hex: Vec<String> = facts.thumbprint.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(digest.trim().split_once('=').unwrap().1, hex.join(":"));
        assert_eq!(facts.public_key, PublicKey::from_pkcs8(&private).unwrap());
        assert!(public_key_matches(&facts, &private).unwrap());
    }
}

#[test]
fn another_key_does_not_match() {
    let facts = parse_certificate(sign(&leaf_spec(), &key("P-256")).as_bytes()).unwrap();
    assert!(!public_key_matches(&facts, &key("P-256")).unwrap());
    assert!(!public_key_matches(&facts, &key("P-256K")).unwrap());
    assert_eq!(public_key_matches(&facts, b"x"), Err(KeyError::Malformed));
}

#[test]
fn refuses_keys_that_certificates_do_not_have() {
    let keys: [&[&str]; 4] = [
        &["-algorithm", "ED25519"],
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2176"],
        &["-algorithm", "RSA-PSS"],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"],
    ];
    for arguments in keys {
        let key = openssl::generate(arguments);
        let result = self_sign(&leaf_spec(), &key, now(), &SystemRandom::new());
        assert!(matches!(result, Err(MakeError::Key(KeyError::Unsupported))), "{arguments:?}: {result:?}");
    }
}

#[test]
fn a_subject_may_be_missing_if_there_are_names() {
    let month = portcullis_crypto::x509::ValidityMonths::new(1).unwrap();
    let spec = portcullis_crypto::x509::CertificateSpec::new(DistinguishedName::default(), names(), month).unwrap();
    let certificate = sign(&spec, &key("P-256"));
    let text = openssl::text(&["x509", "-inform", "DER", "-noout", "-text"], certificate.as_bytes());
    assert!(text.contains("X509v3 Subject Alternative Name: critical"), "{text}");
    assert!(parse_certificate(certificate.as_bytes()).unwrap().subject.is_empty());
}

#[test]
fn validity_passes_2050() {
    let spec = authority_spec("CN=long", 1200);
    let certificate = self_sign(&spec, &key("P-256"), UnixTime(1_700_000_000), &SystemRandom::new()).unwrap();
    let dates = openssl::text(&["x509", "-inform", "DER", "-noout", "-dates"], certificate.as_bytes());
    assert_eq!(dates, "notBefore=Nov 14 22:03:20 2023 GMT\nnotAfter=Nov 14 22:03:20 2123 GMT\n");
    assert_eq!(parse_certificate(certificate.as_bytes()).unwrap().validity_months, 1200);
}

/// Threat: a name that a C reader cuts short at the NUL.
#[test]
fn refuses_a_nul_in_a_name() {
    let genuine = sign(&leaf_spec(), &key("P-256")).into_bytes();
    for (from, to) in
        [(&b"*.example.com"[..], &b"*.example\0com"[..]), (b"admin@contoso.local", b"admin@contoso\0local")]
    {
        let forged = replace(&genuine, from, to);
        assert_eq!(parse_certificate(&forged), Err(FactsError::Name));
    }
    assert_eq!(parse_certificate(&replace(&genuine, b"Contoso", b"Cont\0so")), Err(FactsError::Name));
}

#[test]
fn refuses_trailing_bytes() {
    let mut bytes = sign(&leaf_spec(), &key("P-256")).into_bytes();
    bytes.push(0);
    assert_eq!(parse_certificate(&bytes), Err(FactsError::Malformed));
    assert_eq!(parse_certificate(&vec![0x30; 70_000]), Err(FactsError::TooLong));
    assert!(parse_certificate(Der::new(Vec::new()).as_bytes()).is_err());
}

/// Other names than ours are left out, and what other tools write can be read.
#[test]
fn reads_certificates_of_openssl() {
    let extension = "subjectAltName=DNS:a.example,RID:1.2.3.4,dirName:dir,otherName:1.2.3.4;UTF8:x\n[dir]\nCN=x\n";
    let config = format!("[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\n{extension}");
    let folder = Folder::new();
    let config = folder.file("config", config.as_bytes());
    let key = folder.file("key", &openssl::run(&["genpkey", "-algorithm", "ED25519"], b""));
    let arguments = ["req", "-x509", "-new", "-key", &key, "-subj", "/CN=x/O=y", "-outform", "DER", "-config", &config];
    let facts = parse_certificate(&openssl::run(&arguments, b"")).unwrap();
    let mut expected = SubjectNames::default();
    expected.add_dns_name("a.example").unwrap();
    assert_eq!(facts.names, expected);
    assert_eq!(facts.public_key.kind(), KeyKind::Other);
    assert_eq!(facts.subject.to_string(), "O=y, CN=x");
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let place = bytes.windows(from.len()).position(|window| window == from).unwrap();
    [&bytes[..place], to, &bytes[place + from.len()..]].concat()
}
