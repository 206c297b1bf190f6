//! A client that sends exactly what it is told, so that tests can send what no well-behaved client would.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Connects to a gateway's port and trusts its authority.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    roots: Arc<RootCertStore>,
}

/// What is sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The method.
    pub method: &'static str,
    /// The `Host` header.
    pub host: String,
    /// The request target as it goes on the wire.
    pub target: String,
    /// Headers besides `Host`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON; `null` when there is none.
    ///
    /// # Panics
    /// When there is a body that is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        if self.body.is_empty() {
            return serde_json::Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// `error.code` and `error.innererror.code`, empty where absent.
    #[must_use]
    pub fn error(&self) -> (String, String) {
        let json = self.json();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        (text(&json["error"]["code"]), text(&json["error"]["innererror"]["code"]))
    }

    /// `error.message`.
    #[must_use]
    pub fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }

    /// A header's text, empty when absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Client {
    /// A client of the gateway at an address, with the authority's certificate.
    #[must_use]
    pub fn new(address: SocketAddr, authority_pem: &str) -> Self {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(authority_pem.as_bytes()).expect("the authority is PEM");
        roots.add(certificate).expect("the authority is a certificate");
        Self { address, roots: Arc::new(roots) }
    }

    /// The gateway's address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A TLS connection with a server name, versions and protocols of choice.
    ///
    /// # Errors
    /// When the handshake fails.
    pub async fn tls(
        &self,
        sni: &str,
        versions: &[&'static SupportedProtocolVersion],
        alpn: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut config = ClientConfig::builder_with_protocol_versions(versions)
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from(sni.to_owned()).expect("a server name");
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// Opens a connection for a host and sends one request over HTTP/1.1.
    pub async fn send(&self, sent: Sent) -> Reply {
        let host = sent.host.split(':').next().unwrap_or_default().to_owned();
        self.send_with_sni(&host, sent).await
    }

    /// The same with a server name that need not agree with the host.
    pub async fn send_with_sni(&self, sni: &str, sent: Sent) -> Reply {
        let stream = self.tls(sni, rustls::ALL_VERSIONS, &["http/1.1"]).await.expect("a TLS connection");
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("an HTTP/1.1 connection");
        let driver = tokio::spawn(connection);
        let reply = read(sender.send_request(sent.into_request(false)).await.expect("an answer")).await;
        driver.abort();
        reply
    }

    /// Sends requests one after another over one HTTP/1.1 connection.
    pub async fn send_all(&self, sni: &str, all: Vec<Sent>) -> Vec<Reply> {
        let stream = self.tls(sni, rustls::ALL_VERSIONS, &["http/1.1"]).await.expect("a TLS connection");
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("an HTTP/1.1 connection");
        let driver = tokio::spawn(connection);
        let mut replies = Vec::new();
        for sent in all {
            sender.ready().await.expect("the connection is kept alive");
            replies.push(read(sender.send_request(sent.into_request(false)).await.expect("an answer")).await);
        }
        driver.abort();
        replies
    }

    /// Sends one request over HTTP/2.
    pub async fn send_h2(&self, sent: Sent) -> Reply {
        let host = sent.host.split(':').next().unwrap_or_default().to_owned();
        let stream = self.tls(&host, rustls::ALL_VERSIONS, &["h2"]).await.expect("a TLS connection");
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("an HTTP/2 connection");
        let driver = tokio::spawn(connection);
        let reply = read(sender.send_request(sent.into_request(true)).await.expect("an answer")).await;
        driver.abort();
        reply
    }

    /// Sends a request whose body's last byte is held back until something has been done.
    ///
    /// # Panics
    /// When the body is empty.
    pub async fn send_held(&self, sent: Sent, meanwhile: impl Future<Output = ()>) -> String {
        use std::fmt::Write as _;
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let sni = sent.host.split(':').next().unwrap_or_default().to_owned();
        let mut stream = self.tls(&sni, rustls::ALL_VERSIONS, &["http/1.1"]).await.expect("a TLS connection");
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", sent.method, sent.target, sent.host);
        for (name, value) in &sent.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "Content-Length: {}\r\nConnection: close\r\n\r\n", sent.body.len());
        let (most, last) = sent.body.as_bytes().split_at(sent.body.len() - 1);
        stream.write_all(&[head.as_bytes(), most].concat()).await.expect("the bytes are taken");
        stream.flush().await.expect("the bytes are taken");
        meanwhile.await;
        stream.write_all(last).await.expect("the last byte is taken");
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all).await;
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Writes bytes over TLS and gives all that comes back until the peer closes or a few seconds pass.
    pub async fn raw(&self, sni: &str, bytes: &[u8]) -> String {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = self.tls(sni, rustls::ALL_VERSIONS, &["http/1.1"]).await.expect("a TLS connection");
        stream.write_all(bytes).await.expect("the bytes are taken");
        let mut all = Vec::new();
        let reading = async {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                all.extend_from_slice(&buffer[..read]);
            }
        };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(3), reading).await;
        String::from_utf8_lossy(&all).into_owned()
    }
}

impl Sent {
    fn into_request(self, h2: bool) -> http::Request<Full<Bytes>> {
        let target = if h2 { format!("https://{}{}", self.host, self.target) } else { self.target };
        let mut request = http::Request::builder().method(self.method).uri(target);
        if !h2 {
            request = request.header("host", self.host);
        }
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(self.body.into())).expect("a request")
    }
}

async fn read(response: http::Response<hyper::body::Incoming>) -> Reply {
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    Reply { status: head.status.as_u16(), headers: head.headers, body }
}
