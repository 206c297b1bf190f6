//! One exchange over HTTPS.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming as Body;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::HttpsUrl;

/// Fetches documents from hosts whose certificates one set of authorities issued.
#[derive(Clone)]
pub struct HttpsClient {
    connector: TlsConnector,
    time: Duration,
    bytes: usize,
}

/// The authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The text has no certificate that can be an authority's.
    #[error("no certificate in PEM form in it can be used")]
    NoCertificate,
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
}

/// A document was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It was not there in time.
    #[error("no complete answer in time")]
    Time,
    /// The host has a name that no certificate can have.
    #[error("the host's name is none of a certificate")]
    Name,
    /// The host was not reached, or is not who it should be.
    #[error("no connection")]
    Connection(#[from] io::Error),
    /// The host did not speak as it should.
    #[error("no answer")]
    Http(#[from] hyper::Error),
    /// The request could not be made.
    #[error("the request cannot be made")]
    Request(#[from] http::Error),
    /// The host answered with another status; redirects are not followed.
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    /// The document is longer than may be, or broke off.
    #[error("the document is too long or broke off")]
    Document(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is sent on behalf of whoever sits at a command line.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// The headers, besides those that every exchange has.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// What was answered, whatever its status.
#[derive(Debug)]
pub struct Incoming {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: Bytes,
}

impl HttpsClient {
    /// Takes the authorities as PEM, and the bounds: of the time from the first packet to the last, and of a document.
    pub fn new(roots: &[u8], time: Duration, bytes: usize) -> Result<Self, RootsError> {
        let mut store = RootCertStore::empty();
        let certificates = CertificateDer::pem_slice_iter(roots).filter_map(Result::ok);
        let (added, _) = store.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(RootsError::NoCertificate);
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(RootsError::Tls)?
            .with_root_certificates(store)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), time, bytes })
    }

    /// Fetches a document.
    pub async fn get(&self, url: &HttpsUrl) -> Result<Bytes, FetchError> {
        let asked = Outgoing::default();
        let answer =
            tokio::time::timeout(self.time, self.exchange(url, asked)).await.map_err(|_| FetchError::Time)??;
        if answer.status == StatusCode::OK { Ok(answer.body) } else { Err(FetchError::Status(answer.status)) }
    }

    /// Makes a request of any kind. For the command line: nothing that a gateway is asked causes it.
    pub async fn send(&self, url: &HttpsUrl, outgoing: Outgoing) -> Result<Incoming, FetchError> {
        tokio::time::timeout(self.time, self.exchange(url, outgoing)).await.map_err(|_| FetchError::Time)?
    }

    async fn exchange(&self, url: &HttpsUrl, outgoing: Outgoing) -> Result<Incoming, FetchError> {
        let stream = self.connect(url).await?;
        let (mut sender, connection) =
            http1::Builder::new().max_buf_size(MAX_HEAD).handshake(TokioIo::new(stream)).await?;
        let mut answer = pin!(async {
            let response = sender.send_request(request(url, outgoing)?).await?;
            let status = response.status();
            Ok(Incoming { status, body: self.document(response).await? })
        });
        // Nothing is spawned: the connection ends with this call.
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            // What has been read of the answer may still wait to be taken.
            _ = connection => answer.await,
        }
    }

    async fn connect(&self, url: &HttpsUrl) -> Result<TlsStream<TcpStream>, FetchError> {
        let name = ServerName::try_from(url.host().to_owned()).map_err(|_| FetchError::Name)?;
        let stream = if url.is_local() {
            TcpStream::connect((Ipv4Addr::LOCALHOST, url.port())).await?
        } else {
            TcpStream::connect((url.host(), url.port())).await?
        };
        Ok(self.connector.connect(name, stream).await?)
    }

    async fn document(&self, response: Response<Body>) -> Result<Bytes, FetchError> {
        let body = Limited::new(response.into_body(), self.bytes).collect().await;
        Ok(body.map_err(FetchError::Document)?.to_bytes())
    }
}

impl fmt::Debug for HttpsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpsClient").field("time", &self.time).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

fn request(url: &HttpsUrl, outgoing: Outgoing) -> Result<Request<Full<Bytes>>, http::Error> {
    let Outgoing { method, headers, body } = outgoing;
    let mut request = Request::builder()
        .method(method)
        .uri(url.target())
        .header(header::HOST, url.authority())
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, "portcullis")
        .header(header::CONNECTION, "close")
        .body(Full::new(body))?;
    request.headers_mut().extend(headers);
    Ok(request)
}

/// The greatest head of an answer, in bytes; the reader goes up to twice as far before it looks.
const MAX_HEAD: usize = 64 * 1024;
