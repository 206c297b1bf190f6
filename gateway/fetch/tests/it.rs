//! The client against hosts that do as they should and hosts that do not.

#![expect(clippy::unwrap_used, reason = "a test whose helper unwraps wrongly shall panic")]

use std::sync::Arc;
use std::time::Duration;

use portcullis_fetch::{FetchError, HttpsClient, HttpsUrl, RootsError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const BYTES: usize = 1000;

/// A host that gives one answer to everybody, or none.
struct Host {
    port: u16,
    roots: String,
}

impl Host {
    /// `answer` is all that it sends; without one it stays silent after the handshake.
    async fn start(name: &str, answer: Option<Vec<u8>>) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                match &answer {
                    Some(answer) => drop((stream.write_all(answer).await, stream.shutdown().await)),
                    None => drop((stream.read(&mut head).await, stream)),
                }
            }
        });
        Self { port, roots: authority.pem() }
    }

    async fn get(&self) -> Result<Vec<u8>, FetchError> {
        self.get_trusting(&self.roots).await
    }

    async fn get_trusting(&self, roots: &str) -> Result<Vec<u8>, FetchError> {
        let client = HttpsClient::new(roots.as_bytes(), Duration::from_millis(500), BYTES).unwrap();
        let url: HttpsUrl = format!("https://127.0.0.1:{}/keys?x=1", self.port).parse().unwrap();
        client.get(&url).await.map(|document| document.to_vec())
    }
}

fn answer(head: &str, body: &[u8]) -> Option<Vec<u8>> {
    Some([format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n").as_bytes(), body].concat())
}

#[tokio::test]
async fn a_document_is_fetched_with_and_without_its_length() {
    for head in ["200 OK\r\ncontent-length: 4", "200 OK"] {
        let host = Host::start("127.0.0.1", answer(head, b"keys")).await;
        assert_eq!(host.get().await.unwrap(), b"keys", "{head}");
    }
}

#[tokio::test]
async fn the_length_is_bounded_at_its_border() {
    let host = Host::start("127.0.0.1", answer("200 OK", &[b'x'; BYTES])).await;
    assert_eq!(host.get().await.unwrap().len(), BYTES);
    let host = Host::start("127.0.0.1", answer("200 OK", &[b'x'; BYTES + 1])).await;
    assert!(matches!(host.get().await, Err(FetchError::Document(_))));
    let host = Host::start("127.0.0.1", answer("200 OK\r\ncontent-length: 9", b"keys")).await;
    assert!(matches!(host.get().await, Err(FetchError::Document(_))), "it broke off");
    let head = format!("200 OK\r\nx: {}", "x".repeat(300_000));
    let host = Host::start("127.0.0.1", answer(&head, b"keys")).await;
    let long = host.get().await;
    assert!(matches!(long, Err(FetchError::Http(_))), "{long:?}");
}

#[tokio::test]
async fn other_answers_are_none_and_redirects_are_not_followed() {
    let redirect = "302 Found\r\nlocation: https://other.example/\r\ncontent-length: 0";
    for (head, status) in [(redirect, 302), ("404 Not Found", 404), ("500 Oops", 500), ("204 No Content", 204)] {
        let host = Host::start("127.0.0.1", answer(head, b"")).await;
        let Err(FetchError::Status(found)) = host.get().await else { panic!("{head}") };
        assert_eq!(found.as_u16(), status);
    }
    let host = Host::start("127.0.0.1", Some(b"nonsense".to_vec())).await;
    assert!(matches!(host.get().await, Err(FetchError::Http(_))));
}

#[tokio::test]
async fn a_host_that_says_nothing_is_given_up() {
    let host = Host::start("127.0.0.1", None).await;
    assert!(matches!(host.get().await, Err(FetchError::Time)));
    // Not even a handshake.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = Host { port: listener.local_addr().unwrap().port(), roots: host.roots };
    assert!(matches!(silent.get().await, Err(FetchError::Time)));
}

#[tokio::test]
async fn a_host_without_the_right_certificate_gets_no_request() {
    let other = Host::start("127.0.0.1", answer("200 OK", b"keys")).await;
    let host = Host::start("127.0.0.1", answer("200 OK", b"keys")).await;
    assert!(matches!(host.get_trusting(&other.roots).await, Err(FetchError::Connection(_))));
    let misnamed = Host::start("attest.example", answer("200 OK", b"keys")).await;
    assert!(matches!(misnamed.get().await, Err(FetchError::Connection(_))));
}

#[tokio::test]
async fn authorities_must_be_some() {
    let with = |roots: &str| HttpsClient::new(roots.as_bytes(), Duration::from_secs(1), BYTES).map(drop);
    for roots in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(matches!(with(roots), Err(RootsError::NoCertificate)), "{roots}");
    }
}
