//! A listener with a small handler, and clients for it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::{Body, Frame, Incoming};
use portcullis_listener::{
    BodyError, Certificates, Connection, Drained, Limits, ListenerSettings, Listeners, OnRejected, PemIdentity,
    RejectReason, RejectedConnection, TlsPolicy, TlsSettings, TlsVersion, read_body,
};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) const NAME: &str = "vault.example";

/// How long a test waits for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// A timeout under test.
pub(crate) const SHORT: Duration = Duration::from_millis(150);

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) roots: RootCertStore,
    pub(crate) rejected: mpsc::UnboundedReceiver<RejectedConnection>,
    /// Lets `/wait` answer.
    pub(crate) release: Arc<Notify>,
    /// Is told when `/wait` was reached.
    pub(crate) reached: Arc<Notify>,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) running: JoinHandle<Drained>,
}

/// A self-signed certificate for names.
pub(crate) fn identity(names: &[&str]) -> (PemIdentity, CertificateDer<'static>) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let identity =
        PemIdentity::new("test", made.cert.pem().into_bytes(), made.signing_key.serialize_pem().into_bytes());
    (identity, made.cert.der().clone())
}

pub(crate) fn settings(limits: Limits) -> ListenerSettings {
    ListenerSettings { limits, ..ListenerSettings::at(SocketAddr::from(([127, 0, 0, 1], 0))) }
}

impl Gateway {
    pub(crate) fn start(limits: Limits) -> Self {
        Self::start_with(settings(limits), TlsVersion::Tls12)
    }

    pub(crate) fn start_with(settings: ListenerSettings, minimum: TlsVersion) -> Self {
        let (first, first_der) = identity(&[NAME, "*.vault.example", "127.0.0.1"]);
        let (second, second_der) = identity(&["other.example"]);
        let certificates = Certificates::new(&[first, second]).expect("certificates");
        let mut roots = RootCertStore::empty();
        roots.add(first_der).expect("a root");
        roots.add(second_der).expect("a root");

        let tls = TlsPolicy::new(TlsSettings { certificates: certificates.clone(), minimum }).expect("a policy");
        let (rejections, rejected) = mpsc::unbounded_channel();
        let on_rejected: OnRejected = Arc::new(move |refused| drop(rejections.send(refused)));
        let listeners = Listeners::bind(vec![settings], &tls, &on_rejected).expect("a free port");
        let address = listeners.local_addrs()[0];
        let (stop, stopped) = oneshot::channel::<()>();
        let (release, reached) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let handler = handler(release.clone(), reached.clone());
        let running = tokio::spawn(listeners.run(handler, async move { drop(stopped.await) }));
        Self { address, certificates, roots, rejected, release, reached, stop: Some(stop), running }
    }

    pub(crate) fn client_config(&self, alpn: &[&[u8]]) -> ClientConfig {
        self.client_config_for(&[&rustls::version::TLS13, &rustls::version::TLS12], alpn)
    }

    pub(crate) fn client_config_for(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
        alpn: &[&[u8]],
    ) -> ClientConfig {
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config
    }

    pub(crate) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("the port accepts")
    }

    pub(crate) async fn try_tls(&self, config: ClientConfig, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(self.address).await?).await
    }

    pub(crate) async fn tls(&self) -> TlsStream<TcpStream> {
        self.try_tls(self.client_config(&[]), NAME).await.expect("a handshake")
    }

    /// The reason of the next refusal.
    pub(crate) async fn rejection(&mut self) -> RejectReason {
        let refused = tokio::time::timeout(PATIENCE, self.rejected.recv()).await.expect("a refusal in time");
        let refused = refused.expect("a listener that still runs");
        assert!(refused.client.ip().is_loopback());
        refused.reason
    }

    /// A refused client must never disturb the next one.
    pub(crate) async fn assert_serves(&self) {
        assert!(get(&mut self.tls().await, "/").await.starts_with("HTTP/1.1 200 OK"));
    }

    pub(crate) fn begin_shutdown(&mut self) {
        self.stop.take().expect("only once").send(()).expect("a listener that runs");
    }

    pub(crate) async fn ended(self) -> Drained {
        tokio::time::timeout(PATIENCE, self.running).await.expect("an end in time").expect("no panic")
    }
}

/// Sends a GET and reads one response with a `content-length`.
pub(crate) async fn get(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the request is sent");
    response(stream).await
}

pub(crate) async fn response(stream: &mut TlsStream<TcpStream>) -> String {
    let mut text = String::new();
    let complete = |text: &str| {
        text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            body.len() >= length.unwrap_or(0_usize)
        })
    };
    while !complete(&text) {
        let mut piece = [0; 4096];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut piece)).await.expect("a response in time");
        match read {
            Ok(length @ 1..) => text.push_str(std::str::from_utf8(&piece[..length]).expect("text")),
            _ => break,
        }
    }
    text
}

/// Reads until the other end closes, in whatever manner.
pub(crate) async fn closed(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    let read = async {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut piece).await {
            all.extend_from_slice(&piece[..length]);
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the listener closes in time");
    all
}

type Answer = Pin<Box<dyn Future<Output = Response<Large>> + Send>>;

fn handler(
    release: Arc<Notify>,
    reached: Arc<Notify>,
) -> impl Fn(Arc<Connection>, Request<Incoming>) -> Answer + Send + Sync + 'static {
    move |connection, request| {
        let (release, reached) = (release.clone(), reached.clone());
        Box::pin(async move {
            match request.uri().path() {
                "/facts" => text(StatusCode::OK, facts(&connection)),
                "/wait" => {
                    reached.notify_one();
                    release.notified().await;
                    text(StatusCode::OK, "waited".to_owned())
                }
                "/body" => match read_body(request.into_body(), 16, SHORT).await {
                    Ok(body) => text(StatusCode::OK, format!("{} bytes", body.len())),
                    Err(BodyError::TooLarge { .. }) => text(StatusCode::PAYLOAD_TOO_LARGE, String::new()),
                    Err(BodyError::TooSlow) => text(StatusCode::REQUEST_TIMEOUT, String::new()),
                    Err(BodyError::Broken { .. }) => text(StatusCode::BAD_REQUEST, String::new()),
                },
                "/large" => Response::new(Large { piece: Bytes::from(vec![b'x'; 64 * 1024]), left: 4096 }),
                "/panic" => std::panic::resume_unwind(Box::new("a handler that panics")),
                _ => text(StatusCode::OK, "hello".to_owned()),
            }
        })
    }
}

fn facts(connection: &Connection) -> String {
    let tls = &connection.tls;
    let alpn = tls.alpn.map_or("none", portcullis_listener::Alpn::as_str);
    let sni = tls.sni.as_deref().unwrap_or("none");
    let binding = connection.binding.as_deref().unwrap_or("none");
    let covers = connection.covers("b.vault.example");
    format!("{} {alpn} {sni} {} {binding} {covers}", tls.version, connection.client.ip())
}

fn text(status: StatusCode, text: String) -> Response<Large> {
    let mut response = Response::new(Large { left: usize::from(!text.is_empty()), piece: text.into() });
    *response.status_mut() = status;
    response
}

/// The same piece many times.
pub(crate) struct Large {
    piece: Bytes,
    left: usize,
}

impl Body for Large {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(self.piece.clone()))))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(u64::try_from(self.piece.len() * self.left).expect("a small number"))
    }
}
