//! Requests on one connection.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use crate::activity::{Activity, Turn};
use crate::connection::Connection;
use crate::limits::Limits;
use crate::metered::Metered;
use crate::rejected::RejectReason;
use crate::stopping::Stopping;
use crate::stream_tasks::StreamTasks;
use crate::tls::Alpn;

/// Serves requests until the client leaves, a bound is exceeded, or `stopping` turns true and those in flight are
/// answered. The protocol is the one that ALPN chose, never guessed from bytes; without ALPN it is HTTP/1.1.
pub(crate) async fn serve<S, H, F, B>(
    stream: S,
    connection: Arc<Connection>,
    handler: Arc<H>,
    limits: &Limits,
    stopping: Stopping,
) -> Result<(), RejectReason>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Fn(Arc<Connection>, Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let protocol = connection.tls.alpn.unwrap_or(Alpn::Http1);
    let activity = Activity::new(protocol, limits);
    let stream = TokioIo::new(Metered::new(stream, activity.clone()));
    let service = {
        let activity = activity.clone();
        service_fn(move |request| {
            let serving = activity.serve();
            let response = handler(connection.clone(), request);
            async move {
                let response = response.await;
                serving.answered(response.body().size_hint().lower());
                Ok::<_, Infallible>(response)
            }
        })
    };
    match protocol {
        Alpn::Http1 => drive(http1(limits).serve_connection(stream, service), &activity, limits, stopping).await,
        Alpn::Http2 => {
            let tasks = StreamTasks::default();
            drive(serve_http2(stream, service, &tasks, limits), &activity, limits, stopping).await
        }
    }
}

/// Polls a connection to its end, and keeps its time.
async fn drive<C>(
    connection: C,
    activity: &Activity,
    limits: &Limits,
    mut stopping: Stopping,
) -> Result<(), RejectReason>
where
    C: GracefulConnection<Error = hyper::Error>,
{
    let mut connection = pin!(connection);
    let mut stopping = pin!(stopping.wait());
    let mut timer = pin!(tokio::time::sleep_until(Instant::now() + limits.header_timeout.min(limits.idle_timeout)));
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => return ended.or_else(|error| refusal(&error)),
            () = stopping.as_mut() => {
                connection.as_mut().graceful_shutdown();
                return connection.await.or_else(|error| refusal(&error));
            }
            () = timer.as_mut() => match activity.turn(Instant::now()) {
                Turn::Until(time) => timer.as_mut().reset(time),
                Turn::SlowHeader => return Err(RejectReason::SlowHeader),
                Turn::Idle => {
                    // Over HTTP/2 the client is told (GOAWAY); a client that does not read is left after a moment.
                    connection.as_mut().graceful_shutdown();
                    let _ = tokio::time::timeout(limits.idle_timeout.min(FAREWELL), connection).await;
                    return Ok(());
                }
            },
        }
    }
}

/// Tells apart what we refused, a header or frames that break the rules, from clients that merely went away.
fn refusal(error: &hyper::Error) -> Result<(), RejectReason> {
    let by_us = |error: &h2::Error| error.is_go_away() && error.is_library();
    let framing = error.source().and_then(|source| source.downcast_ref()).is_some_and(by_us);
    if error.is_parse() || framing { Err(RejectReason::MalformedHttp) } else { Ok(()) }
}

fn http1(limits: &Limits) -> http1::Builder {
    let mut http1 = http1::Builder::new();
    http1
        .half_close(false)
        .keep_alive(true)
        .title_case_headers(false)
        .preserve_header_case(false)
        .ignore_invalid_headers(false)
        .allow_multiple_spaces_in_request_line_delimiters(false)
        .max_headers(limits.http1_max_headers)
        .max_header_size(limits.http1_max_header)
        .max_buf_size(limits.http1_max_buf.max(HTTP1_LEAST_BUF))
        // hyper's timer also runs between requests and is made anew for each; `Activity` times headers instead.
        .header_read_timeout(None)
        .auto_date_header(true)
        .pipeline_flush(false)
        .timer(TokioTimer::new());
    http1
}

fn serve_http2<S, V, B>(
    stream: TokioIo<Metered<S>>,
    service: V,
    tasks: &StreamTasks,
    limits: &Limits,
) -> impl GracefulConnection<Error = hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    V: HttpService<Incoming, ResBody = B, Error = Infallible, Future: Send + 'static> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut http2 = http2::Builder::new(tasks.spawner());
    http2
        .max_concurrent_streams(limits.http2_max_concurrent_streams)
        .max_header_list_size(limits.http2_max_header_list)
        .max_pending_accept_reset_streams(limits.http2_max_pending_accept_reset_streams)
        .max_local_error_reset_streams(limits.http2_max_local_error_reset_streams)
        .initial_stream_window_size(HTTP2_STREAM_WINDOW)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
        .adaptive_window(false)
        .max_frame_size(HTTP2_FRAME)
        .max_send_buf_size(HTTP2_SEND_BUFFER)
        .keep_alive_interval(limits.http2_keep_alive_interval)
        .keep_alive_timeout(limits.http2_keep_alive_timeout)
        .auto_date_header(true)
        .timer(TokioTimer::new());
    http2.serve_connection(stream, service)
}

/// How long a client that was told to leave may take to do so.
const FAREWELL: Duration = Duration::from_secs(5);
/// hyper panics below this.
const HTTP1_LEAST_BUF: usize = 8 * 1024;
const HTTP2_STREAM_WINDOW: u32 = 256 * 1024;
const HTTP2_CONNECTION_WINDOW: u32 = 1024 * 1024;
const HTTP2_FRAME: u32 = 16 * 1024;
const HTTP2_SEND_BUFFER: usize = 64 * 1024;
