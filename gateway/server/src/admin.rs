//! The port of operators: metrics, and whether the gateway lives. Plain HTTP/1.1 without authentication, for a monitoring
//! system on the same machine or behind a network of its own; it tells no names of vaults, objects or callers.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::gateway::Gateway;
use crate::plain_http::answer_one;

/// The media type of the text format.
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
/// How many connections are served at once; more wait in the system's queue.
const CONNECTIONS: usize = 16;
/// How long a connection may take for a request and its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted, most often for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until it is dropped.
pub(crate) async fn serve(gateway: Arc<Gateway>, listener: TcpListener) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection to the port of metrics could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let gateway = Arc::clone(&gateway);
        tokio::spawn(async move {
            answer_one(stream, PATIENCE, |request| std::future::ready(answer(&gateway, &request))).await;
            drop(place);
        });
    }
}

fn answer(gateway: &Gateway, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let mut response = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => match gateway.metrics_text() {
            Ok(text) => {
                let mut response = Response::new(Full::from(text));
                response.headers_mut().insert(CONTENT_TYPE, OPEN_METRICS);
                return response;
            }
            Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written\n"),
        },
        (&Method::GET, "/healthz") => plain(StatusCode::OK, "serving\n"),
        (_, "/metrics" | "/healthz") => plain(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered here\n"),
        _ => plain(StatusCode::NOT_FOUND, "there are /metrics and /healthz\n"),
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}
