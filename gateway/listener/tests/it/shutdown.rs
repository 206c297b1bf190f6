//! Beginning and end.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use portcullis_listener::{
    Certificates, Drained, Limits, ListenerSettings, Listeners, OnRejected, TlsPolicy, TlsSettings, TlsVersion,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::gateway::{Gateway, SHORT, closed, get, identity, response};

#[tokio::test]
async fn lets_requests_in_flight_end() {
    let mut gateway = Gateway::start(Limits::default());
    let mut idle = gateway.tls().await;
    assert!(get(&mut idle, "/").await.ends_with("hello"));
    let silent = gateway.tcp().await;
    let mut busy = gateway.tls().await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    gateway.reached.notified().await;

    gateway.begin_shutdown();
    closed(&mut idle).await;
    assert!(TcpStream::connect(gateway.address).await.is_err(), "no new connections");
    gateway.release.notify_one();
    let answer = response(&mut busy).await;
    assert!(answer.ends_with("waited"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    closed(&mut busy).await;
    drop(silent);
    assert_eq!(gateway.ended().await, Drained { aborted: 0 });
}

#[tokio::test]
async fn ends_requests_that_outlast_the_grace_period() {
    let mut gateway = Gateway::start(Limits { drain_grace: SHORT, ..Limits::default() });
    let mut busy = gateway.tls().await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    gateway.reached.notified().await;
    gateway.begin_shutdown();
    closed(&mut busy).await;
    assert_eq!(gateway.ended().await, Drained { aborted: 1 });
}

#[tokio::test]
async fn names_address_and_remedy_when_it_cannot_bind() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address: SocketAddr = taken.local_addr().expect("an address");
    let certificates = Certificates::new(&[identity(&["a.example"]).0]).expect("certificates");
    let tls = TlsPolicy::new(TlsSettings { certificates, minimum: TlsVersion::Tls12 }).expect("a policy");
    let on_rejected: OnRejected = Arc::new(|_| {});
    for (address, remedy) in [(address, "another port"), ("192.0.2.1:0".parse().expect("an address"), "no interface")] {
        let error = Listeners::bind(vec![ListenerSettings::at(address)], &tls, &on_rejected).expect_err("refused");
        let text = error.to_string();
        assert!(text.contains(&address.to_string()) && text.contains(remedy), "{text}");
    }
}
