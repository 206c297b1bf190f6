//! Slow, idle and numerous clients.

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use portcullis_listener::{Limits, RejectReason};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::gateway::{Gateway, NAME, SHORT, closed, get};
use crate::http::served_again;

#[tokio::test]
async fn closes_on_headers_that_do_not_come_to_an_end() {
    let mut gateway = Gateway::start(Limits { header_timeout: SHORT, ..Limits::default() });
    for (alpn, begun) in [(&[][..], ""), (&[], "GET / HTTP/1.1\r\nhost:"), (&[&b"h2"[..]], "")] {
        let mut stream = gateway.try_tls(gateway.client_config(alpn), NAME).await.expect("a handshake");
        stream.write_all(begun.as_bytes()).await.expect("sent");
        closed(&mut stream).await;
        assert_eq!(gateway.rejection().await, RejectReason::SlowHeader);
    }
}

#[tokio::test]
async fn times_the_header_of_later_requests_too() {
    let mut gateway = Gateway::start(Limits { header_timeout: SHORT, ..Limits::default() });
    let mut stream = gateway.tls().await;
    assert!(get(&mut stream, "/").await.ends_with("hello"));
    stream.write_all(b"GET / HT").await.expect("sent");
    closed(&mut stream).await;
    assert_eq!(gateway.rejection().await, RejectReason::SlowHeader);
}

/// Between requests only the idle timeout counts: pools of clients keep connections for minutes.
#[tokio::test]
async fn keeps_connections_open_between_requests() {
    let gateway = Gateway::start(Limits { header_timeout: SHORT, ..Limits::default() });
    let mut stream = gateway.tls().await;
    for _ in 0..2 {
        assert!(get(&mut stream, "/").await.ends_with("hello"));
        let silence = tokio::time::timeout(SHORT * 3, stream.read(&mut [0; 1])).await;
        assert!(silence.is_err(), "nothing comes and nothing closes");
    }
}

#[tokio::test]
async fn closes_idle_connections() {
    let gateway = Gateway::start(Limits { idle_timeout: SHORT, ..Limits::default() });
    for alpn in [&[][..], &[&b"h2"[..]]] {
        let mut stream = gateway.try_tls(gateway.client_config(alpn), NAME).await.expect("a handshake");
        if alpn.is_empty() {
            assert!(get(&mut stream, "/").await.ends_with("hello"));
        }
        closed(&mut stream).await;
    }
}

#[tokio::test]
async fn leaves_slow_handlers_their_time() {
    let gateway = Gateway::start(Limits { idle_timeout: SHORT, header_timeout: SHORT, ..Limits::default() });
    let mut stream = gateway.tls().await;
    stream.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    let silence = tokio::time::timeout(SHORT * 4, stream.read(&mut [0; 1])).await;
    assert!(silence.is_err(), "nothing comes and nothing closes");
    gateway.release.notify_one();
    assert!(crate::gateway::response(&mut stream).await.ends_with("waited"));
}

#[tokio::test]
async fn leaves_clients_that_do_not_read_their_response() {
    let gateway = Gateway::start(Limits { idle_timeout: SHORT, max_connections: 1, ..Limits::default() });
    let mut stream = gateway.tls().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    served_again(&gateway).await;
    drop(stream);
}

/// Over HTTP/2 a response that took longer than the idle timeout was cut off, however briskly it was read.
#[tokio::test]
async fn leaves_http2_responses_the_time_they_take() {
    let gateway = Gateway::start(Limits { idle_timeout: SHORT, ..Limits::default() });
    let mut body = large_over_http2(&gateway).await;
    let begun = std::time::Instant::now();
    while begun.elapsed() < SHORT * 6 {
        let frame = body.frame().await.expect("the response is not at its end");
        assert!(frame.expect("the connection is kept").data_ref().is_some_and(|data| !data.is_empty()));
        tokio::time::sleep(SHORT / 30).await;
    }
}

#[tokio::test]
async fn leaves_http2_clients_that_do_not_read_their_response() {
    let gateway = Gateway::start(Limits { idle_timeout: SHORT, max_connections: 1, ..Limits::default() });
    let body = large_over_http2(&gateway).await;
    served_again(&gateway).await;
    drop(body);
}

/// The window that HTTP/2 begins with; a connection's cannot be made smaller.
const SMALLEST_WINDOW: u32 = 65_535;

/// The body of a response that is larger than any window.
async fn large_over_http2(gateway: &Gateway) -> Incoming {
    let stream = gateway.try_tls(gateway.client_config(&[b"h2"]), NAME).await.expect("a handshake");
    // Small windows, so that what was read is not what waited in them.
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(SMALLEST_WINDOW)
        .initial_connection_window_size(SMALLEST_WINDOW)
        .handshake(TokioIo::new(stream))
        .await
        .expect("an HTTP/2 connection");
    tokio::spawn(connection);
    let request = http::Request::get(format!("https://{NAME}/large")).body(Empty::<Bytes>::new()).expect("a request");
    sender.send_request(request).await.expect("a response").into_body()
}

#[tokio::test]
async fn bounds_connections_of_one_client_and_of_all() {
    for (limits, reason) in [
        (Limits { max_connections_per_client: 1, ..Limits::default() }, RejectReason::TooManyFromClient),
        (Limits { max_connections: 1, ..Limits::default() }, RejectReason::TooManyConnections),
    ] {
        let mut gateway = Gateway::start(limits);
        let mut first = gateway.tls().await;
        assert!(gateway.try_tls(gateway.client_config(&[]), NAME).await.is_err());
        assert_eq!(gateway.rejection().await, reason);
        assert!(get(&mut first, "/").await.ends_with("hello"), "the one within the bound is not disturbed");
        drop(first);
        served_again(&gateway).await;
    }
}
