//! PKCS #12.

use portcullis_crypto::SystemRandom;
use portcullis_crypto::x509::{Der, IssuingAuthority, Pkcs12Error, PublicKey, read_pkcs12, write_pem, write_pkcs12};

use super::openssl::{self, Folder};
use super::{KEYS, authority_spec, key, leaf_spec, now, sign};

/// A key with its certificate and that of its authority.
pub(super) fn identity(kind: &str) -> (Vec<u8>, Vec<Der>) {
    let (authority_key, key) = (key("P-256"), key(kind));
    let root = sign(&authority_spec("CN=root", 24), &authority_key);
    let authority = IssuingAuthority::new(vec![root], &authority_key).unwrap();
    let public = PublicKey::from_pkcs8(&key).unwrap();
    (key, authority.issue(&leaf_spec(), &public, now(), &SystemRandom::new()).unwrap())
}

/// What `openssl pkcs12 -export` makes of them; the authority comes first in its input.
pub(super) fn export(key: &[u8], chain: &[Der], password: &str, options: &[&str]) -> Vec<u8> {
    let folder = Folder::new();
    let key = folder.file("key.pem", write_pem(Some(key), &[]).as_bytes());
    let backwards: Vec<Der> = chain.iter().rev().cloned().collect();
    let certificates = folder.file("chain.pem", write_pem(None, &backwards).as_bytes());
    let password = format!("pass:{password}");
    let fixed = ["pkcs12", "-export", "-inkey", &key, "-in", &certificates, "-passout", &password];
    openssl::run(&[&fixed, options].concat(), b"")
}

fn forms() -> impl Iterator<Item = &'static [&'static str]> {
    let legacy = openssl::has_legacy();
    FORMS.into_iter().filter(move |options| legacy || !options.contains(&"-legacy"))
}

const FORMS: [&[&str]; 11] = [
    &[],
    &["-legacy"],
    &["-legacy", "-descert"],
    &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-RC2-128", "-legacy"],
    &["-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC", "-macalg", "sha384"],
    &["-keypbe", "DES-EDE3-CBC", "-certpbe", "DES-EDE3-CBC", "-macalg", "sha512"],
    &["-keypbe", "NONE", "-certpbe", "NONE"],
    &["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"],
    &["-nomac"],
    &["-noiter", "-nomaciter", "-name", "alias", "-CSP", "Microsoft"],
];

#[test]
fn reads_what_openssl_writes() {
    for kind in ["RSA 2048", "P-384", "P-256K"] {
        let (key, chain) = identity(kind);
        for options in forms() {
            for password in ["", "päss wörd", "a"] {
                let file = export(&key, &chain, password, options);
                let bundle = read_pkcs12(&file, password).unwrap_or_else(|error| panic!("{options:?}: {error:?}"));
                assert_eq!(*bundle.private_key.unwrap(), key);
                assert_eq!(bundle.certificates, chain, "{options:?}");
            }
        }
    }
}

/// The forms of BER that Bouncy Castle and NSS write.
#[test]
fn reads_indefinite_lengths_and_pieces() {
    let (key, chain) = identity("P-256");
    for options in forms() {
        let file = export(&key, &chain, "a", options);
        let bundle = read_pkcs12(&to_ber(&file), "a").unwrap_or_else(|error| panic!("{options:?}: {error:?}"));
        assert_eq!(*bundle.private_key.unwrap(), key);
        assert_eq!(bundle.certificates, chain, "{options:?}");
        assert!(read_pkcs12(&[to_ber(&file), vec![0]].concat(), "a").is_err());
    }
    // Without authentication the contents can be rewritten as well.
    let file = export(&key, &chain, "a", &["-nomac"]);
    let octets = file.windows(2).position(|window| window == [0x04, 0x82]).unwrap();
    let inner = to_ber(&file[octets + 4..]);
    let data = &file[file.windows(2).position(|window| window == [0x06, 0x09]).unwrap()..][..11];
    let content = [&[0x30, 0x80], data, &[0xa0, 0x80, 0x24, 0x80], &pieces(&inner)[..], &[0; 6]].concat();
    let file = [&[0x30, 0x80, 0x02, 0x01, 0x03], &content[..], &[0, 0]].concat();
    assert_eq!(read_pkcs12(&file, "a").unwrap().certificates, chain);
}

/// The same elements with indefinite lengths, octet strings in pieces, and implicit ones too.
fn to_ber(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = der;
    while let [tag, first, ..] = *rest {
        let digits = if first < 0x80 { 0 } else { usize::from(first & 0x7f) };
        let long = rest[2..2 + digits].iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        let length = if digits == 0 { usize::from(first) } else { long };
        let content = &rest[2 + digits..2 + digits + length];
        out.extend(match tag {
            0x04 => [&[0x24, 0x80], &pieces(content)[..], &[0, 0]].concat(),
            0x80 => [&[0xa0, 0x80], &pieces(content)[..], &[0, 0]].concat(),
            _ if tag & 0x20 != 0 => [&[tag, 0x80], &to_ber(content)[..], &[0, 0]].concat(),
            _ => rest[..2 + digits + length].to_vec(),
        });
        rest = &rest[2 + digits + length..];
    }
    out
}

fn pieces(content: &[u8]) -> Vec<u8> {
    content.chunks(100).flat_map(|piece| [&[0x04, u8::try_from(piece.len()).unwrap()], piece].concat()).collect()
}

#[test]
fn refuses_another_password() {
    let (key, chain) = identity("P-256");
    for options in forms().filter(|options| !options.contains(&"NONE") || !options.contains(&"-nomac")) {
        let file = export(&key, &chain, "right", options);
        for password in ["", "wrong", "Right", "right "] {
            assert_eq!(read_pkcs12(&file, password).unwrap_err(), Pkcs12Error::WrongPassword, "{options:?}");
        }
        let without = export(&key, &chain, "", options);
        assert_eq!(read_pkcs12(&without, "x").unwrap_err(), Pkcs12Error::WrongPassword, "{options:?}");
    }
}

#[test]
fn openssl_reads_what_it_writes() {
    let folder = Folder::new();
    for (kind, _) in KEYS {
        let (key, chain) = identity(kind);
        let file = folder.file("file.pfx", &write_pkcs12(Some(&key), &chain, &SystemRandom::new()).unwrap());
        let arguments = ["pkcs12", "-in", &file, "-passin", "pass:"];
        let read_key = openssl::run(&[&arguments[..], &["-nodes", "-nocerts"]].concat(), b"");
        assert_eq!(openssl::pkcs8(&read_key), key, "{kind}");
        let leaf = openssl::run(&[&arguments[..], &["-nokeys", "-clcerts"]].concat(), b"");
        assert_eq!(openssl::run(&["x509", "-outform", "DER"], &leaf), chain[0].as_bytes());
        let root = openssl::run(&[&arguments[..], &["-nokeys", "-cacerts"]].concat(), b"");
        assert_eq!(openssl::run(&["x509", "-outform", "DER"], &root), chain[1].as_bytes());
        let wrong = openssl::output(&["pkcs12", "-in", &file, "-passin", "pass:x", "-nodes"], b"");
        assert!(!wrong.status.success());
    }
}

#[test]
fn reads_what_it_writes() {
    let (key, chain) = identity("RSA 2048");
    let file = write_pkcs12(Some(&key), &chain, &SystemRandom::new()).unwrap();
    let bundle = read_pkcs12(&file, "").unwrap();
    assert_eq!((*bundle.private_key.unwrap()).as_slice(), key);
    assert_eq!(bundle.certificates, chain);
    let public = write_pkcs12(None, &chain, &SystemRandom::new()).unwrap();
    let bundle = read_pkcs12(&public, "").unwrap();
    assert!(bundle.private_key.is_none());
    assert_eq!(bundle.certificates, chain);
    assert_eq!(write_pkcs12(Some(&key), &[], &SystemRandom::new()), Err(Pkcs12Error::NoCertificate));
}

/// A hostile file must not cost hours: the iterations are counted before the work.
#[test]
fn refuses_a_huge_number_of_iterations() {
    let (key, chain) = identity("P-256");
    let written = [0x02, 0x03, 0x01, 0x00, 0x01];
    let hostile = [0x02, 0x03, 0x7f, 0xff, 0xff];
    for options in [&["-iter", "65537"][..], &["-iter", "65537", "-nomac"]] {
        let file = export(&key, &chain, "a", options);
        read_pkcs12(&file, "a").unwrap();
        let windows = file.windows(written.len()).enumerate();
        // The last one is that of the authentication, if there is one, which is looked at first.
        let place = windows.filter(|(_, window)| *window == written).map(|(place, _)| place).next_back().unwrap();
        let file = [&file[..place], &hostile, &file[place + hostile.len()..]].concat();
        assert_eq!(read_pkcs12(&file, "a").unwrap_err(), Pkcs12Error::TooManyIterations, "{options:?}");
    }
}

#[test]
fn counts_the_iterations_of_all_parts() {
    let (key, chain) = identity("P-256");
    let few = export(&key, &chain, "a", &["-iter", "150000"]);
    read_pkcs12(&few, "a").unwrap();
    let many = export(&key, &chain, "a", &["-iter", "250000"]);
    assert_eq!(read_pkcs12(&many, "a").unwrap_err(), Pkcs12Error::TooManyIterations);
}

#[test]
fn refuses_a_key_without_its_certificate() {
    let ((key, _), (_, chain)) = (identity("P-256"), identity("P-256"));
    let file = write_pkcs12(Some(&key), &chain, &SystemRandom::new()).unwrap();
    assert_eq!(read_pkcs12(&file, "").unwrap_err(), Pkcs12Error::KeyMismatch);
}

#[test]
fn refuses_what_is_too_long_or_has_more_behind_it() {
    let (key, chain) = identity("P-256");
    let mut file = write_pkcs12(Some(&key), &chain, &SystemRandom::new()).unwrap().to_vec();
    assert_eq!(read_pkcs12(&file, &"a".repeat(1025)).unwrap_err(), Pkcs12Error::TooLong);
    file.push(0);
    assert_eq!(read_pkcs12(&file, "").unwrap_err(), Pkcs12Error::Malformed);
    assert_eq!(read_pkcs12(&vec![0x30; 300_000], "").unwrap_err(), Pkcs12Error::TooLong);
    let many = vec![chain[0].clone(); 33];
    let many = write_pkcs12(Some(&key), &many, &SystemRandom::new()).unwrap();
    assert_eq!(read_pkcs12(&many, "").unwrap_err(), Pkcs12Error::TooManyCertificates);
}

#[test]
fn shows_nothing() {
    let (key, chain) = identity("P-256");
    let file = write_pkcs12(Some(&key), &chain, &SystemRandom::new()).unwrap();
    assert_eq!(format!("{:?}", read_pkcs12(&file, "").unwrap()), "Bundle(..)");
}
