//! Secure key release, end to end: an attestation authority and an environment of the test's own.

mod denials;
mod discovery;
mod environment;

use portcullis_crypto::material::{KeyMaterial, PublicKey};
use portcullis_model::SignatureAlgorithm;
use portcullis_tests::{Reply, Setup, TestGateway};
use serde_json::{Value, json};

use environment::{Authority, Enclave, ISSUER, decode, encode, jwk_of, policy};

/// A gateway that trusts `ISSUER`, whose authority and an environment it attests.
struct World {
    gateway: TestGateway,
    token: String,
    authority: Authority,
    enclave: Enclave,
}

impl World {
    async fn start() -> Self {
        let authority = Authority::ec("k1");
        let attestation = vec![(ISSUER.to_owned(), authority.jwks())];
        let gateway = TestGateway::with(Setup { attestation, ..Setup::default() }).await;
        let token = gateway.token(&gateway.setup.admin).await;
        Self { gateway, token, authority, enclave: Enclave::new() }
    }

    async fn create(&self, name: &str, spec: Value, policy: &Value) -> Value {
        let mut body = spec;
        body["attributes"] = json!({"exportable": true});
        body["release_policy"] = json!({"data": encode(policy.to_string().as_bytes())});
        let reply = self.gateway.vault("kv1", "POST", &format!("/keys/{name}/create"), &self.token, body).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.json()
    }

    async fn release(&self, name: &str, body: Value) -> Reply {
        self.gateway.vault("kv1", "POST", &format!("/keys/{name}/release"), &self.token, body).await
    }

    /// A token of the trusted authority for the environment, with more claims.
    fn attest(&self, more: &Value) -> String {
        self.authority.token(&self.enclave.claims(&self.gateway.clock, more))
    }
}

/// Checks the signature of an answer by the published key, and gives what was signed.
async fn verified(world: &World, reply: &Reply) -> Value {
    let jws = reply.json()["value"].as_str().unwrap().to_owned();
    let (signed, signature) = jws.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decode(header)).unwrap();
    let mut sent = world.gateway.call("kv1", "GET", "/.well-known/portcullis/release-keys", None, &Value::Null);
    sent.host = world.gateway.host("login");
    let published = world.gateway.client.send(sent).await.json();
    let key = &published["keys"][0];
    assert_eq!((&header["alg"], &header["kid"]), (&json!("ES256"), &key["kid"]));
    let public = PublicKey::from_jwk(&jwk_of(key)).unwrap();
    assert!(public.verify_message(SignatureAlgorithm::Es256, signed.as_bytes(), &decode(signature)).unwrap());
    serde_json::from_slice(&decode(payload)).unwrap()
}

/// The wrapped key that an answer has.
fn ciphertext(payload: &Value) -> (Value, Vec<u8>) {
    let wrapped = payload["response"]["key"]["key"]["key_hsm"].as_str().unwrap();
    let wrapped: Value = serde_json::from_slice(&decode(wrapped)).unwrap();
    let ciphertext = decode(wrapped["ciphertext"].as_str().unwrap());
    (wrapped["header"].clone(), ciphertext)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_every_type_reach_the_attested_environment() {
    let world = World::start().await;
    for (name, spec) in [
        ("rsa", json!({"kty": "RSA", "key_size": 2048})),
        ("ec", json!({"kty": "EC", "crv": "P-384"})),
        ("oct", json!({"kty": "oct", "key_size": 256})),
    ] {
        let created = world.create(name, spec, &policy(&json!([{"claim": "secure", "equals": true}]))).await;
        let target = world.attest(&json!({"secure": true}));
        for enc in ["CKM_RSA_AES_KEY_WRAP", "RSA_AES_KEY_WRAP_256"] {
            let body = json!({"target": target, "nonce": "n-1", "enc": enc});
            let reply = world.release(name, body).await;
            assert_eq!(reply.status, 200, "{name} {enc}: {:?}", reply.body);
            let payload = verified(&world, &reply).await;
            let kid = &created["key"]["kid"];
            assert_eq!(payload["request"], json!({"api-version": "7.6", "enc": enc, "kid": kid, "nonce": "n-1"}));
            let told = &payload["response"]["key"];
            assert_eq!((&told["key"]["kid"], &told["attributes"]["exportable"]), (kid, &json!(true)));
            assert_eq!(told["release_policy"], created["release_policy"]);
            let (header, wrapped) = ciphertext(&payload);
            assert_eq!(header, json!({"alg": "dir", "enc": enc, "kid": "enclave"}));
            let bare = world.enclave.unwrap(enc, &wrapped);
            if name == "oct" {
                assert_eq!(bare.len(), 32);
            } else {
                let key = KeyMaterial::from_pkcs8(&bare).unwrap();
                assert_eq!(key.public(), jwk_of(&created["key"]), "the key of the vault");
            }
        }
    }
}

/// A symmetric key has no public side to compare: what one side encrypts, the other decrypts.
#[tokio::test(flavor = "multi_thread")]
async fn a_released_symmetric_key_decrypts_what_the_vault_encrypted() {
    let world = World::start().await;
    world
        .create("oct", json!({"kty": "oct", "key_size": 256}), &policy(&json!([{"claim": "a", "exists": false}])))
        .await;
    let path = "/keys/oct/wrapkey";
    let body = json!({"alg": "A256KW", "value": encode(&[7; 32])});
    let wrapped = world.gateway.vault("kv1", "POST", path, &world.token, body).await.json();
    let wrapped = decode(wrapped["value"].as_str().unwrap());
    let reply = world.release("oct", json!({"target": world.attest(&json!({})), "enc": "CKM_RSA_AES_KEY_WRAP"})).await;
    let (_, ciphertext) = ciphertext(&verified(&world, &reply).await);
    let key = environment::oct(&world.enclave.unwrap("CKM_RSA_AES_KEY_WRAP", &ciphertext));
    assert_eq!(*key.unwrap(portcullis_model::WrapAlgorithm::A256Kw, &wrapped).unwrap(), [7; 32]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_key_and_an_old_version_are_released_outside_their_times() {
    let world = World::start().await;
    let policy = policy(&json!([{"claim": "secure", "equals": "true"}]));
    let first = world.create("k", json!({"kty": "EC"}), &policy).await;
    world.create("k", json!({"kty": "EC"}), &policy).await;
    let version = first["key"]["kid"].as_str().unwrap().rsplit('/').next().unwrap();
    let expired = json!({"attributes": {"exp": 1}});
    let patch = world.gateway.vault("kv1", "PATCH", &format!("/keys/k/{version}"), &world.token, expired).await;
    assert_eq!(patch.status, 200);
    let target = world.attest(&json!({"secure": true}));
    for path in [format!("/keys/k/{version}/release"), "/keys/k//release".to_owned()] {
        let reply = world.gateway.vault("kv1", "POST", &path, &world.token, json!({"target": target})).await;
        assert_eq!(reply.status, 200, "{path}: {:?}", reply.body);
    }
    let mut jwk = json!({"kty": "oct", "k": encode(&[9; 32])});
    jwk["key_ops"] = json!(["export"]);
    let body = json!({
        "key": jwk,
        "attributes": {"exportable": true},
        "release_policy": {"data": encode(policy.to_string().as_bytes())},
    });
    assert_eq!(world.gateway.vault("kv1", "PUT", "/keys/imported", &world.token, body).await.status, 200);
    let reply = world.release("imported", json!({"target": target})).await;
    let (_, wrapped) = ciphertext(&verified(&world, &reply).await);
    assert_eq!(*world.enclave.unwrap("CKM_RSA_AES_KEY_WRAP", &wrapped), [9; 32]);
}

/// The key that signs answers is kept: what was told before a restart is verified after it.
#[tokio::test(flavor = "multi_thread")]
async fn the_signing_key_survives_a_restart() {
    let gateway = TestGateway::start().await;
    let ask = async |gateway: &TestGateway| {
        let mut sent = gateway.call("kv1", "GET", "/.well-known/portcullis/release-keys", None, &Value::Null);
        sent.host = gateway.host("login");
        gateway.client.send(sent).await.json()
    };
    let before = ask(&gateway).await;
    assert_eq!(before["keys"][0]["crv"], "P-256");
    let (setup, folder) = gateway.stop().await;
    let gateway = TestGateway::within(setup, folder).await;
    assert_eq!(ask(&gateway).await, before);
}
