//! Requests and responses.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, StatusCode, Version};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use portcullis_listener::{Limits, RejectReason};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::gateway::{Gateway, NAME, PATIENCE, closed, get, response};

#[tokio::test]
async fn serves_several_requests_on_one_connection() {
    let gateway = Gateway::start(Limits::default());
    let mut stream = gateway.tls().await;
    for _ in 0..3 {
        assert!(get(&mut stream, "/").await.ends_with("hello"));
    }
}

#[tokio::test]
async fn speaks_http2() {
    let gateway = Gateway::start(Limits::default());
    let stream = gateway.try_tls(gateway.client_config(&[b"h2", b"http/1.1"]), NAME).await.expect("a handshake");
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("h2");
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::get("https://vault.example/facts").body(Empty::<Bytes>::new()).expect("a request");
        let response = client.send_request(request).await.expect("a response");
        assert_eq!((response.status(), response.version()), (StatusCode::OK, Version::HTTP_2));
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(body, "TLS1_3 h2 vault.example 127.0.0.1 none true");
    }
    drop(client);
    connection.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn prefers_http2_and_never_guesses_it() {
    let mut gateway = Gateway::start(Limits::default());
    let stream = gateway.try_tls(gateway.client_config(&[b"http/1.1", b"h2"]), NAME).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut guessing = gateway.tls().await;
    guessing.write_all(PREFACE).await.expect("sent");
    closed(&mut guessing).await;
    assert_eq!(gateway.rejection().await, RejectReason::MalformedHttp);
}

#[tokio::test]
async fn bounds_bodies() {
    let gateway = Gateway::start(Limits::default());
    for (header_and_body, expected) in [
        ("content-length: 16\r\n\r\n0123456789abcdef", "200"),
        ("content-length: 17\r\n\r\n", "413"),
        ("content-length: 99999999999\r\n\r\n", "413"),
        ("transfer-encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n1\r\nx\r\n0\r\n\r\n", "413"),
        ("content-length: 16\r\n\r\n012", "408"),
    ] {
        let mut stream = gateway.tls().await;
        let request = format!("PUT /body HTTP/1.1\r\nhost: {NAME}\r\n{header_and_body}");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let response = response(&mut stream).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {expected} ")), "{header_and_body}: {response}");
    }
}

#[tokio::test]
async fn refuses_malformed_and_oversized_headers() {
    let mut gateway = Gateway::start(Limits::default());
    let fields = Limits::default().http1_max_headers;
    let most = format!("GET / HTTP/1.1\r\nhost: {NAME}\r\n{}\r\n", "a: b\r\n".repeat(fields - 1));
    let mut stream = gateway.tls().await;
    stream.write_all(most.as_bytes()).await.expect("sent");
    assert!(response(&mut stream).await.starts_with("HTTP/1.1 200 "), "as many as are taken are handed on");
    for (request, expected) in [
        ("GET / HTTP/1.1\r\nbad header\r\n\r\n".to_owned(), "400"),
        (format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "a: b\r\n".repeat(fields)), "431"),
        (format!("GET / HTTP/1.1\r\nhost: a\r\na: {}\r\n\r\n", "b".repeat(96 * 1024)), "431"),
        (format!("GET / HTTP/1.1\r\nhost: a\r\na: {}\r\n\r\n", "b".repeat(200 * 1024)), "431"),
        ("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned(), "400"),
    ] {
        let mut stream = gateway.tls().await;
        let _ = stream.write_all(request.as_bytes()).await;
        let answer = closed(&mut stream).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "no more than a status, since nothing was understood: {answer}");
        assert_eq!(gateway.rejection().await, RejectReason::MalformedHttp);
    }
    gateway.assert_serves().await;
}

/// Threat class 11, CVE-2023-44487: streams opened and reset in one breath end the connection.
/// What is over this bound never becomes a request, so it has no record. docs/configuration.md says so.
#[tokio::test]
async fn answers_header_lists_over_the_bound_of_http2_without_a_request() {
    let gateway = Gateway::start(Limits { http2_max_header_list: 16 * 1024, ..Limits::default() });
    let stream = gateway.try_tls(gateway.client_config(&[b"h2"]), NAME).await.expect("a handshake");
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("h2");
    tokio::spawn(connection);
    let mut ask = async |fields: usize| {
        let mut request = Request::get("https://vault.example/wait");
        for field in 0..fields {
            request = request.header(format!("x-{field}"), "x".repeat(1_000));
        }
        let request = request.body(Empty::<Bytes>::new()).expect("a request");
        client.send_request(request).await.expect("a response").status()
    };
    assert_eq!(ask(20).await, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    gateway.release.notify_one();
    assert_eq!(ask(10).await, StatusCode::OK, "the handler of the one before would have taken the release");
}

#[tokio::test]
async fn ends_connections_that_reset_streams_rapidly() {
    let mut gateway = Gateway::start(Limits::default());
    let mut stream = gateway.try_tls(gateway.client_config(&[b"h2"]), NAME).await.expect("a handshake");
    let mut attack = PREFACE.to_vec();
    attack.extend(frame(4, 0, 0, &[]));
    for stream in 0..2000_u32 {
        let id = stream * 2 + 1;
        // :method GET, :scheme https, :path /, :authority a
        attack.extend(frame(1, 5, id, &[0x82, 0x87, 0x84, 0x41, 1, b'a']));
        attack.extend(frame(3, 0, id, &[0, 0, 0, 8]));
    }
    let _ = stream.write_all(&attack).await;
    let answer = closed(&mut stream).await;
    assert_eq!(goaway(&answer), Some(ENHANCE_YOUR_CALM));
    assert_eq!(gateway.rejection().await, RejectReason::MalformedHttp);
    gateway.assert_serves().await;
}

#[tokio::test]
async fn ends_the_request_when_its_client_leaves() {
    let gateway = Gateway::start(Limits { max_connections: 1, ..Limits::default() });
    let mut stream = gateway.tls().await;
    stream.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    gateway.reached.notified().await;
    drop(stream);
    served_again(&gateway).await;
}

#[tokio::test]
async fn survives_a_handler_that_panics() {
    let gateway = Gateway::start(Limits::default());
    let mut stream = gateway.tls().await;
    stream.write_all(b"GET /panic HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    assert!(closed(&mut stream).await.is_empty());
    gateway.assert_serves().await;
}

/// Tries until the only place is free.
pub(crate) async fn served_again(gateway: &Gateway) {
    let tries = async {
        loop {
            if let Ok(mut stream) = gateway.try_tls(gateway.client_config(&[]), NAME).await
                && stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.is_ok()
                && matches!(stream.read(&mut [0; 64]).await, Ok(1..))
            {
                return Ok::<_, Infallible>(());
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, tries).await.expect("the place becomes free").expect("infallible");
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("short");
    let mut frame = vec![0, 0, length, kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The error code of the last GOAWAY among frames.
fn goaway(mut frames: &[u8]) -> Option<u32> {
    let mut code = None;
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = frames {
        let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).expect("fits");
        let payload = rest.get(..length)?;
        if let (7, [_, _, _, _, e, f, g, h, ..]) = (*kind, payload) {
            code = Some(u32::from_be_bytes([*e, *f, *g, *h]));
        }
        frames = &rest[length..];
    }
    code
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const ENHANCE_YOUR_CALM: u32 = 11;
