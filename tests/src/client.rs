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

/// What came back over HTTP/2, as far as it can be told without a library.
#[derive(Debug, Default)]
pub struct RawH2 {
    /// The status, where HPACK's static table has it: 200, 204, 206, 304, 400, 404 or 500.
    pub status: Option<u16>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the stream or the connection was ended with an error.
    pub refused: bool,
}

impl RawH2 {
    /// Takes whole frames out of what was read; says whether the stream has ended.
    fn take(&mut self, bytes: &mut Vec<u8>) -> bool {
        while let [a, b, c, kind, flags, _, _, _, stream, rest @ ..] = bytes.as_slice() {
            let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).expect("fits");
            let Some(payload) = rest.get(..length) else { return false };
            match (*kind, *stream) {
                (HEADERS, 1) => self.status = payload.first().and_then(|first| static_status(*first)),
                (DATA, 1) => self.body.extend_from_slice(payload),
                (RST_STREAM, 1) | (GOAWAY, _) => self.refused = true,
                _ => {}
            }
            if self.refused || (*stream == 1 && matches!(*kind, HEADERS | DATA) && flags & END_STREAM != 0) {
                return true;
            }
            bytes.drain(..9 + length);
        }
        false
    }
}

/// A status as HPACK's static table has it (RFC 7541, appendix A).
fn static_status(first: u8) -> Option<u16> {
    let statuses = [200, 204, 206, 304, 400, 404, 500];
    statuses.get(usize::from(first.checked_sub(0x88)?)).copied()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Literal fields, neither indexed nor compressed (RFC 7541, section 6.2.2).
fn header_block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    let text = |text: &str, block: &mut Vec<u8>| {
        let mut left = text.len();
        if let (true, Ok(length)) = (left < 127, u8::try_from(left)) {
            block.push(length);
        } else {
            block.push(127);
            left -= 127;
            while left >= 128 {
                block.push(u8::try_from(left % 128).expect("below 128") | 128);
                left /= 128;
            }
            block.push(u8::try_from(left).expect("below 128"));
        }
        block.extend(text.as_bytes());
    };
    for (name, value) in fields {
        block.push(0);
        text(name, &mut block);
        text(value, &mut block);
    }
    block
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

    /// The same with a body that is no text.
    pub async fn send_bytes(&self, sent: Sent, body: Vec<u8>) -> Reply {
        let host = sent.host.split(':').next().unwrap_or_default().to_owned();
        let stream = self.tls(&host, rustls::ALL_VERSIONS, &["http/1.1"]).await.expect("a TLS connection");
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("an HTTP/1.1 connection");
        let driver = tokio::spawn(connection);
        let request = sent.into_request(false).map(|_| Full::new(Bytes::from(body)));
        let reply = read(sender.send_request(request).await.expect("an answer")).await;
        driver.abort();
        reply
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
        self.send_all_h2(&host, vec![sent]).await.remove(0)
    }

    /// Sends requests one after another over one HTTP/2 connection, with a server name that need not agree with hosts.
    pub async fn send_all_h2(&self, sni: &str, all: Vec<Sent>) -> Vec<Reply> {
        let stream = self.tls(sni, rustls::ALL_VERSIONS, &["h2"]).await.expect("a TLS connection");
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("an HTTP/2 connection");
        let driver = tokio::spawn(connection);
        let mut replies = Vec::new();
        for sent in all {
            sender.ready().await.expect("the connection is kept open");
            replies.push(read(sender.send_request(sent.into_request(true)).await.expect("an answer")).await);
        }
        driver.abort();
        replies
    }

    /// Sends header fields over HTTP/2 as they are, pseudo-headers too, which no client library would let through.
    /// Gives all that comes back for the stream.
    pub async fn raw_h2(&self, sni: &str, fields: &[(&str, &str)]) -> RawH2 {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = self.tls(sni, rustls::ALL_VERSIONS, &["h2"]).await.expect("a TLS connection");
        let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        sent.extend(frame(SETTINGS, 0, 0, &[]));
        sent.extend(frame(HEADERS, END_STREAM | END_HEADERS, 1, &header_block(fields)));
        stream.write_all(&sent).await.expect("the bytes are taken");
        let (mut bytes, mut came) = (Vec::new(), RawH2::default());
        let reading = async {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                bytes.extend_from_slice(&buffer[..read]);
                if came.take(&mut bytes) {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), reading).await;
        came
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
