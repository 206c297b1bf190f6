//! PEM and PKCS #7.

use portcullis_crypto::x509::{KeyError, PemError, Pkcs7Error, PublicKey, read_pem_bundle, read_pkcs7, write_pem};

use super::openssl::{self, Folder};
use super::{KEYS, authority_spec, key, leaf_spec, sign};

#[test]
fn reads_what_it_writes() {
    for (kind, _) in KEYS {
        let key = key(kind);
        let chain = vec![sign(&leaf_spec(), &key), sign(&authority_spec("CN=root", 1), &key)];
        let text = write_pem(Some(&key), &chain);
        let bundle = read_pem_bundle(&text).unwrap();
        assert_eq!(bundle.certificates, chain);
        let read = bundle.private_key.unwrap();
        assert_eq!(PublicKey::from_pkcs8(&read).unwrap(), PublicKey::from_pkcs8(&key).unwrap());
        assert_eq!(*write_pem(Some(&read), &chain), *write_pem(Some(&key), &chain), "{kind}");
        assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_eq!(openssl::pkcs8(text.as_bytes()), *read);
        assert_eq!(openssl::run(&["x509", "-outform", "DER"], text.as_bytes()), chain[0].as_bytes());
    }
}

#[test]
fn reads_the_older_forms_of_keys() {
    for (kind, _) in KEYS {
        let key = key(kind);
        let certificate = write_pem(None, &[sign(&leaf_spec(), &key)]);
        let old = openssl::text(&["pkey", "-inform", "DER", "-traditional"], &key);
        assert!(old.contains(if kind.starts_with("RSA") { "RSA PRIVATE KEY" } else { "EC PRIVATE KEY" }));
        let bundle = read_pem_bundle(&format!("Bag Attributes\n{}{old}", *certificate)).unwrap();
        assert_eq!(*bundle.private_key.unwrap(), key, "{kind}");
    }
}

#[test]
fn reads_the_parameters_before_a_key() {
    let old = openssl::text(&["ecparam", "-name", "prime256v1", "-genkey"], b"");
    assert!(old.contains("EC PARAMETERS"));
    let certificate = write_pem(None, &[sign(&leaf_spec(), &key("P-256"))]);
    assert!(read_pem_bundle(&format!("{old}{}", *certificate)).unwrap().private_key.is_some());
}

#[test]
fn says_what_is_wrong() {
    let key = key("P-256");
    let certificate = sign(&leaf_spec(), &key);
    let text = write_pem(Some(&key), std::slice::from_ref(&certificate));
    let wrong = |text: &str| read_pem_bundle(text).unwrap_err();
    assert_eq!(wrong(""), PemError::NoCertificate);
    assert_eq!(wrong(&write_pem(Some(&key), &[])), PemError::NoCertificate);
    assert_eq!(wrong(&format!("{}{}", *text, *text)), PemError::SeveralKeys);
    assert_eq!(wrong(&text.repeat(600)), PemError::TooLong);
    assert_eq!(wrong(&write_pem(None, &vec![certificate; 33])), PemError::TooManyCertificates);
    assert_eq!(wrong(&text.replace("END CERTIFICATE", "END X")), PemError::Block);
    assert_eq!(wrong(&text.replace("MI", "M*")), PemError::Block);
    let foreign = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n";
    assert_eq!(wrong(foreign), PemError::Label { label: "PUBLIC KEY".to_owned() });
    assert_eq!(wrong(foreign).to_string(), "unexpected PEM block: `PUBLIC KEY`");
    assert_eq!(wrong(&foreign.replace("PUBLIC", "hunter2")).to_string(), "unexpected PEM block");
    let encrypted = openssl::text(&["pkcs8", "-topk8", "-inform", "DER", "-passout", "pass:x"], &key);
    assert_eq!(wrong(&encrypted), PemError::EncryptedKey);
    let old = openssl::text(&["ec", "-inform", "DER", "-aes128", "-passout", "pass:x"], &key);
    assert!(old.contains("Proc-Type"));
    assert_eq!(wrong(&old), PemError::EncryptedKey);
    let other = openssl::text(&["genpkey", "-algorithm", "ED25519"], b"");
    assert_eq!(wrong(&other), PemError::Key(KeyError::Unsupported));
}

#[test]
fn reads_the_certificates_of_pkcs7() {
    let key = key("P-256");
    let chain = vec![sign(&leaf_spec(), &key), sign(&authority_spec("CN=root", 1), &key)];
    let folder = Folder::new();
    let pem = folder.file("chain.pem", write_pem(None, &chain).as_bytes());
    for form in ["DER", "PEM"] {
        let bytes = openssl::run(&["crl2pkcs7", "-nocrl", "-certfile", &pem, "-outform", form], b"");
        let mut read = read_pkcs7(&bytes).unwrap();
        read.sort_by_key(|der| der != &chain[0]);
        assert_eq!(read, chain);
    }
}

/// A signed message in BER: its certificates are read, whatever it signs.
#[test]
fn reads_indefinite_lengths_of_pkcs7() {
    let key = key("P-256");
    let certificate = sign(&leaf_spec(), &key);
    let folder = Folder::new();
    let pem = folder.file("all.pem", write_pem(Some(&key), std::slice::from_ref(&certificate)).as_bytes());
    let arguments = ["cms", "-sign", "-stream", "-nodetach", "-binary", "-outform", "DER", "-signer", &pem];
    let message = openssl::run(&arguments, b"message");
    assert_eq!(message[..2], [0x30, 0x80]);
    assert_eq!(read_pkcs7(&message).unwrap(), [certificate]);
}

#[test]
fn refuses_pkcs7_without_certificates() {
    assert_eq!(
        read_pkcs7(&openssl::run(&["crl2pkcs7", "-nocrl", "-outform", "DER"], b"")),
        Err(Pkcs7Error::NoCertificate)
    );
    assert_eq!(read_pkcs7(b""), Err(Pkcs7Error::Malformed));
    assert_eq!(read_pkcs7(&vec![0; 300_000]), Err(Pkcs7Error::TooLong));
    let certificate = sign(&leaf_spec(), &key("P-256"));
    assert_eq!(read_pkcs7(certificate.as_bytes()), Err(Pkcs7Error::Malformed));
    assert_eq!(read_pkcs7(write_pem(None, &[certificate]).as_bytes()), Err(Pkcs7Error::Malformed));
}
