//! Plain HTTP/1.1 with one request for each connection: for the ports beside the gateway's own, of operators and of
//! processes on the same machine.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

/// The greatest head of a request, in bytes.
const MOST_HEAD: usize = 16 << 10;

/// Answers the one request of a connection, which may take so long in all.
pub(crate) async fn answer_one<S, A, F>(stream: S, patience: Duration, answer: A)
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<Full<Bytes>>>,
{
    let answer = service_fn(|request| {
        let told = answer(request);
        async move { Ok::<_, Infallible>(told.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(MOST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answer);
    // Whoever asks badly or goes away concerns nobody else.
    let _ = tokio::time::timeout(patience, connection).await;
}
