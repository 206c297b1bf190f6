//! The examples of JOSE: whole messages, with private keys in the form in which clients import them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_crypto::material::{Ciphertext, KeyMaterial, PrivateJwk};
use portcullis_model::{EncryptionAlgorithm, SignatureAlgorithm, WrapAlgorithm};
use serde::Deserialize;
use serde_json::Value;

use super::{Hex, digest_of, vectors};

#[derive(Deserialize)]
struct File {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    source: String,
    jwk: Jwk,
    jws: Option<String>,
    jwe: Option<String>,
    plaintext: Option<Hex>,
}

/// A private key, as JSON has it.
#[derive(Deserialize, Clone)]
pub(crate) struct Jwk {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    k: Option<String>,
    pub(crate) e: Option<String>,
    pub(crate) d: Option<String>,
    pub(crate) dp: Option<String>,
    pub(crate) dq: Option<String>,
    pub(crate) qi: Option<String>,
    pub(crate) p: Option<String>,
    pub(crate) q: Option<String>,
}

/// The RSA key of RFC 7515 appendix A.2.
pub(crate) fn rsa_2048() -> Jwk {
    vectors::<File>("jose.json").messages.into_iter().map(|message| message.jwk).find(|jwk| jwk.kty == "RSA").unwrap()
}

impl Jwk {
    /// The members decoded. What they borrow from is leaked, which a test may do.
    pub(crate) fn private(&self) -> PrivateJwk<'static> {
        let decoded =
            |member: &Option<String>| -> Option<&'static [u8]> { member.as_ref().map(|text| &*decode(text).leak()) };
        match self.kty.as_str() {
            "RSA" => PrivateJwk::Rsa {
                n: decoded(&self.n).unwrap(),
                e: decoded(&self.e).unwrap(),
                d: decoded(&self.d),
                dp: decoded(&self.dp),
                dq: decoded(&self.dq),
                qi: decoded(&self.qi),
                p: decoded(&self.p),
                q: decoded(&self.q),
            },
            "EC" => PrivateJwk::Ec {
                curve: self.crv.as_ref().unwrap().parse().unwrap(),
                x: decoded(&self.x).unwrap(),
                y: decoded(&self.y).unwrap(),
                d: decoded(&self.d).unwrap(),
            },
            "oct" => PrivateJwk::Oct { k: decoded(&self.k).unwrap() },
            other => panic!("no key type {other}"),
        }
    }

    /// The same RSA key with every number changed.
    pub(crate) fn map(&self, change: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let mut jwk = self.clone();
        for member in
            [&mut jwk.n, &mut jwk.e, &mut jwk.d, &mut jwk.dp, &mut jwk.dq, &mut jwk.qi, &mut jwk.p, &mut jwk.q]
        {
            *member = member.as_ref().map(|text| URL_SAFE_NO_PAD.encode(change(&decode(text))));
        }
        jwk
    }
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn header(text: &str) -> Value {
    serde_json::from_slice(&decode(text)).unwrap()
}

#[test]
fn signatures_verify_and_the_deterministic_ones_are_made_again() {
    let mut count = 0;
    for message in vectors::<File>("jose.json").messages {
        let Some(jws) = &message.jws else { continue };
        let (input, signature) = jws.rsplit_once('.').unwrap();
        let algorithm = header(input.split('.').next().unwrap())["alg"].as_str().unwrap().to_owned();
        let algorithm: SignatureAlgorithm = algorithm.parse().unwrap();
        let key = KeyMaterial::import(&message.jwk.private()).unwrap();
        let (digest, signature) = (digest_of(algorithm, input.as_bytes()), decode(signature));
        assert_eq!(key.verify(algorithm, &digest, &signature), Ok(true), "{}", message.source);
        if matches!(algorithm, SignatureAlgorithm::Rs256 | SignatureAlgorithm::Hs256) {
            assert_eq!(key.sign(algorithm, &digest).unwrap(), signature, "{}", message.source);
        }
        count += 1;
    }
    assert_eq!(count, 7);
}

#[test]
fn encrypted_messages_are_read() {
    let mut count = 0;
    for message in vectors::<File>("jose.json").messages {
        let Some(jwe) = &message.jwe else { continue };
        let parts: Vec<&str> = jwe.split('.').collect();
        let key = KeyMaterial::import(&message.jwk.private()).unwrap();
        let content_key = match header(parts[0])["alg"].as_str().unwrap() {
            "dir" => key.to_stored(),
            wrap => key.unwrap(wrap.parse::<WrapAlgorithm>().unwrap(), &decode(parts[1])).unwrap(),
        };
        let plaintext = match header(parts[0])["enc"].as_str().unwrap() {
            "A128CBC-HS256" => open_cbc(&content_key, &parts),
            gcm => open_gcm(gcm.parse().unwrap(), &content_key, &parts),
        };
        assert_eq!(plaintext, message.plaintext.unwrap().bytes, "{}", message.source);
        count += 1;
    }
    assert_eq!(count, 7);
}

fn open_gcm(algorithm: EncryptionAlgorithm, key: &[u8], parts: &[&str]) -> Vec<u8> {
    let key = KeyMaterial::import(&PrivateJwk::Oct { k: key }).unwrap();
    let (iv, value, tag) = (decode(parts[2]), decode(parts[3]), decode(parts[4]));
    let aad = Some(parts[0].as_bytes());
    key.decrypt(algorithm, &Ciphertext { value: &value, iv: Some(&iv), tag: Some(&tag), aad }).unwrap().to_vec()
}

/// Opens what was sealed by AES_128_CBC_HMAC_SHA_256 (RFC 7518 section 5.2.3).
fn open_cbc(key: &[u8], parts: &[&str]) -> Vec<u8> {
    let (mac_key, enc_key) = key.split_at(16);
    let (iv, value, tag) = (decode(parts[2]), decode(parts[3]), decode(parts[4]));
    let bits = u64::try_from(parts[0].len() * 8).unwrap().to_be_bytes();
    let authenticated = [parts[0].as_bytes(), &iv, &value, &bits].concat();
    let mac = KeyMaterial::import(&PrivateJwk::Oct { k: mac_key }).unwrap();
    assert_eq!(mac.sign(SignatureAlgorithm::Hs256, &authenticated).unwrap()[..16], tag);
    let key = KeyMaterial::import(&PrivateJwk::Oct { k: enc_key }).unwrap();
    let ciphertext = Ciphertext { value: &value, iv: Some(&iv), tag: None, aad: None };
    key.decrypt(EncryptionAlgorithm::A128CbcPad, &ciphertext).unwrap().to_vec()
}
