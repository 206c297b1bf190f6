//! Keys of authorities that are found by their discovery documents.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use portcullis_crypto::SystemRandom;
use portcullis_crypto::certificates::{CertificateAuthority, Validity};
use portcullis_model::{Clock as _, SystemClock};
use portcullis_tests::DOMAIN;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// An authority's website: documents by their paths, and what was asked for.
#[derive(Clone)]
struct Site {
    issuer: String,
    documents: Arc<Mutex<HashMap<&'static str, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

const DOCUMENT: &str = "/.well-known/openid-configuration";

impl Site {
    /// Serves with the certificate in a folder.
    async fn start(folder: &TempDir) -> Self {
        let chain = CertificateDer::pem_file_iter(folder.path().join("tls.pem")).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(folder.path().join("tls.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let site = Self { issuer, documents: Arc::default(), asked: Arc::default() };
        let serving = site.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut head = vec![0; 4096];
                let length = stream.read(&mut head).await.unwrap_or_default();
                let answer = serving.answer(&String::from_utf8_lossy(&head[..length]));
                drop((stream.write_all(answer.as_bytes()).await, stream.shutdown().await));
            }
        });
        site
    }

    fn answer(&self, head: &str) -> String {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let document = self.documents.lock().unwrap().get(&*path).cloned();
        self.asked.lock().unwrap().push(path);
        let (status, body) = document.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    fn put(&self, path: &'static str, document: &Value) {
        self.documents.lock().unwrap().insert(path, document.to_string());
    }

    /// Publishes keys in the usual way.
    fn publish(&self, keys: &Value) {
        self.put(DOCUMENT, &json!({"issuer": self.issuer, "jwks_uri": format!("{}/certs", self.issuer)}));
        self.put("/certs", keys);
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// A folder with a certificate for the gateway's names and for the site's address.
fn certified() -> TempDir {
    let (folder, random, now) = (TempDir::new().unwrap(), SystemRandom::new(), SystemClock.now());
    let validity = Validity::new(now.plus(-3_600), now.plus(86_400)).unwrap();
    let authority = CertificateAuthority::create("test CA", validity, &random).unwrap();
    let names = ["*.vault.", "login.", "management."].map(|prefix| format!("{prefix}{DOMAIN}"));
    let pair = authority.issue_server(&names, &[IpAddr::V4(Ipv4Addr::LOCALHOST)], validity, &random).unwrap();
    std::fs::write(folder.path().join("tls.pem"), pair.certificates).unwrap();
    std::fs::write(folder.path().join("tls.key"), pair.key.as_bytes()).unwrap();
    std::fs::write(folder.path().join("ca.pem"), authority.certificate_pem()).unwrap();
    folder
}

/// A gateway that trusts a site, and a key of its vault.
async fn world(site: &Site, folder: TempDir) -> World {
    let setup = Setup { discovered_attestation: vec![site.issuer.clone()], ..Setup::default() };
    let gateway = TestGateway::within(setup, folder).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let world = World { gateway, token, authority: Authority::ec("k1"), enclave: Enclave::new() };
    let conditions = json!([{"claim": "yes", "equals": true}]);
    let policy = json!({"version": "1.0.0", "anyOf": [{"authority": site.issuer, "allOf": conditions}]});
    world.create("k", json!({"kty": "EC"}), &policy).await;
    world
}

async fn release(world: &World, site: &Site, authority: &Authority) -> u16 {
    let claims = world.enclave.claims(&world.gateway.clock, &json!({"iss": site.issuer, "yes": true}));
    world.release("k", json!({"target": authority.token(&claims)})).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_fetched_once_and_anew_for_an_unknown_one_at_most_once_a_minute() {
    let folder = certified();
    let site = Site::start(&folder).await;
    let mut world = world(&site, folder).await;
    site.publish(&world.authority.jwks());
    assert!(site.asked().is_empty(), "nothing is fetched before it is needed");
    for _ in 0..3 {
        assert_eq!(release(&world, &site, &world.authority).await, 200);
    }
    assert_eq!(site.asked(), [DOCUMENT, "/certs"]);

    // The authority changes its key. The old one is known for as long as the set is fresh, if it is not replaced.
    let next = Authority::ec("k2");
    site.publish(&next.jwks());
    assert_eq!(release(&world, &site, &next).await, 403, "the minute is not over");
    assert_eq!(site.asked(), Vec::<String>::new());
    world.gateway.clock.advance(60);
    assert_eq!(release(&world, &site, &next).await, 200);
    assert_eq!(release(&world, &site, &world.authority).await, 403, "it is withdrawn");
    assert_eq!(site.asked(), [DOCUMENT, "/certs"]);

    // After an hour what was fetched is too old, and while the authority is away nothing is known.
    site.documents.lock().unwrap().clear();
    world.gateway.clock.advance(3_600);
    world.token = world.gateway.token(&world.gateway.setup.admin).await;
    assert_eq!(release(&world, &site, &next).await, 503);
    assert_eq!(release(&world, &site, &next).await, 503);
    assert_eq!(site.asked(), [DOCUMENT], "once a minute, also when it fails");
    site.publish(&next.jwks());
    world.gateway.clock.advance(60);
    assert_eq!(release(&world, &site, &next).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_lead_elsewhere_are_not_followed() {
    let folder = certified();
    let site = Site::start(&folder).await;
    let elsewhere = Site::start(&folder).await;
    let world = world(&site, folder).await;
    let issuer = &site.issuer;
    site.publish(&world.authority.jwks());
    elsewhere.publish(&world.authority.jwks());
    for document in [
        json!({"issuer": issuer, "jwks_uri": format!("{}/certs", elsewhere.issuer)}),
        json!({"issuer": issuer, "jwks_uri": issuer.replace("https", "http") + "/certs"}),
        json!({"issuer": issuer, "jwks_uri": "/certs"}),
        json!({"issuer": issuer, "jwks_uri": format!("{}@{}/certs", issuer, elsewhere.issuer)}),
        json!({"issuer": issuer}),
        json!({"issuer": elsewhere.issuer, "jwks_uri": format!("{issuer}/certs")}),
        json!({"jwks_uri": format!("{issuer}/certs")}),
        json!([]),
    ] {
        site.put(DOCUMENT, &document);
        world.gateway.clock.advance(60);
        assert_eq!(release(&world, &site, &world.authority).await, 503, "{document}");
        assert_eq!(site.asked(), [DOCUMENT], "{document}");
    }
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
    site.publish(&json!({"keys": []}));
    world.gateway.clock.advance(60);
    assert_eq!(release(&world, &site, &world.authority).await, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_with_a_foreign_certificate_is_not_believed() {
    let (folder, foreign) = (certified(), certified());
    let site = Site::start(&foreign).await;
    let world = world(&site, folder).await;
    site.publish(&world.authority.jwks());
    assert_eq!(release(&world, &site, &world.authority).await, 503);
    assert_eq!(site.asked(), Vec::<String>::new());
}

/// Files are read anew, and what was fetched is forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_takes_the_keys_anew() {
    let folder = certified();
    let site = Site::start(&folder).await;
    let file = folder.path().join("0.jwks");
    let (old, new) = (Authority::ec("k1"), Authority::ec("k1"));
    let setup = Setup {
        discovered_attestation: vec![site.issuer.clone()],
        attestation: vec![(ISSUER.to_owned(), old.jwks())],
        ..Setup::default()
    };
    let gateway = TestGateway::within(setup, folder).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let world = World { gateway, token, authority: old, enclave: Enclave::new() };
    world.create("k", json!({"kty": "EC"}), &policy(&json!([{"claim": "yes", "equals": true}]))).await;
    let claims = world.enclave.claims(&world.gateway.clock, &json!({"yes": true}));
    let ask =
        async |authority: &Authority| world.release("k", json!({"target": authority.token(&claims)})).await.status;
    assert_eq!((ask(&world.authority).await, ask(&new).await), (200, 403));
    std::fs::write(&file, new.jwks().to_string()).unwrap();
    assert_eq!((ask(&world.authority).await, ask(&new).await), (200, 403), "not before it is said");
    world.gateway.running.gateway().reload();
    assert_eq!((ask(&world.authority).await, ask(&new).await), (403, 200));
    std::fs::write(&file, "nonsense").unwrap();
    world.gateway.running.gateway().reload();
    assert_eq!((ask(&world.authority).await, ask(&new).await), (403, 200), "what cannot be read changes nothing");
}
