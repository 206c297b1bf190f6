//! What is negotiated, and what is refused.

use std::sync::Arc;

use portcullis_listener::{Certificates, Limits, ListenerSettings, PemIdentity, RejectReason, TlsVersion};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConnection, HandshakeKind, NamedGroup};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use crate::gateway::{Gateway, NAME, PATIENCE, SHORT, closed, get, identity, settings};

#[tokio::test]
async fn accepts_tls_1_2_and_1_3_and_tells_which() {
    let gateway = Gateway::start(Limits::default());
    for (version, expected) in [(&TLS12, "TLS1_2"), (&TLS13, "TLS1_3")] {
        let config = gateway.client_config_for(&[version], &[b"http/1.1"]);
        let mut stream = gateway.try_tls(config, NAME).await.expect("a handshake");
        let facts = get(&mut stream, "/facts").await;
        assert!(facts.ends_with(&format!("{expected} http/1.1 vault.example 127.0.0.1 none true")), "{facts}");
    }
}

#[tokio::test]
async fn prefers_the_post_quantum_hybrid() {
    let gateway = Gateway::start(Limits::default());
    let stream = gateway.tls().await;
    let group = stream.get_ref().1.negotiated_key_exchange_group().expect("a group");
    assert_eq!(group.name(), NamedGroup::X25519MLKEM768);
}

/// A ClientHello of TLS 1.1: version 0x0302 and no `supported_versions`.
#[tokio::test]
async fn refuses_tls_1_1_with_alert_protocol_version() {
    let mut gateway = Gateway::start(Limits::default());
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 4, 0xc0, 0x14, 0x00, 0x2f, 1, 0]);
    // signature_algorithms and supported_groups, so that the version alone is to blame.
    hello.extend([0, 16, 0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 29]);
    let length = u8::try_from(hello.len()).expect("short");
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);

    let mut stream = gateway.tcp().await;
    stream.write_all(&record).await.expect("sent");
    assert_eq!(closed(&mut stream).await, [21, 3, 3, 0, 2, 2, 70]);
    assert_eq!(gateway.rejection().await, RejectReason::ProtocolVersion);
    gateway.assert_serves().await;
}

#[tokio::test]
async fn refuses_tls_1_2_where_1_3_is_the_minimum() {
    let mut gateway = Gateway::start_with(settings(Limits::default()), TlsVersion::Tls13);
    let config = gateway.client_config_for(&[&TLS12], &[]);
    assert!(gateway.try_tls(config, NAME).await.is_err());
    assert_eq!(gateway.rejection().await, RejectReason::ProtocolVersion);
    gateway.assert_serves().await;
}

#[tokio::test]
async fn refuses_an_unknown_server_name_with_its_alert() {
    let mut gateway = Gateway::start(Limits::default());
    for name in ["unknown.example", "a.b.vault.example", "example"] {
        let error = gateway.try_tls(gateway.client_config(&[]), name).await.expect_err("no such name");
        let alert = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        assert_eq!(alert, Some(&rustls::Error::AlertReceived(rustls::AlertDescription::UnrecognisedName)));
        assert_eq!(gateway.rejection().await, RejectReason::UnknownServerName);
    }
    gateway.assert_serves().await;
}

#[tokio::test]
async fn chooses_certificates_by_exact_name_then_wildcard() {
    let gateway = Gateway::start(Limits::default());
    for (name, covers) in [("a.vault.example", true), ("A.Vault.Example", true), ("other.example", false)] {
        let mut stream = gateway.try_tls(gateway.client_config(&[]), name).await.expect("its certificate");
        let facts = get(&mut stream, "/facts").await;
        let expected = format!("TLS1_3 none {} 127.0.0.1 none {covers}", name.to_ascii_lowercase());
        assert!(facts.ends_with(&expected), "{facts}");
    }
}

#[tokio::test]
async fn serves_clients_without_server_name_the_default_certificate() {
    let gateway = Gateway::start(Limits::default());
    let mut stream = gateway.try_tls(gateway.client_config(&[]), "127.0.0.1").await.expect("the default");
    assert!(get(&mut stream, "/facts").await.ends_with("TLS1_3 none none 127.0.0.1 none true"));
}

#[tokio::test]
async fn resumes_sessions_without_early_data() {
    let gateway = Gateway::start(Limits::default());
    let mut config = gateway.client_config(&[]);
    config.enable_early_data = true;
    for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let mut stream = gateway.try_tls(config.clone(), NAME).await.expect("a handshake");
        assert!(get(&mut stream, "/facts").await.contains("TLS1_3 none vault.example"));
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(kind));
        assert!(!stream.get_ref().1.is_early_data_accepted());
    }
}

#[tokio::test]
async fn reloads_certificates_without_restart() {
    let mut gateway = Gateway::start(Limits::default());
    let mut old = gateway.tls().await;
    let (renewed, der) = identity(&["new.example"]);
    gateway.certificates.reload(&[renewed]).expect("reloaded");
    gateway.roots.add(der).expect("a root");

    assert!(gateway.try_tls(gateway.client_config(&[]), "new.example").await.is_ok());
    assert!(gateway.try_tls(gateway.client_config(&[]), NAME).await.is_err());
    assert!(get(&mut old, "/").await.contains("200 OK"), "open connections go on");

    gateway.certificates.reload(&[]).expect_err("nothing to serve");
    assert!(gateway.try_tls(gateway.client_config(&[]), "new.example").await.is_ok(), "the old ones stay");
}

#[test]
fn refuses_certificates_that_cannot_work() {
    let made = |names: &str| rcgen::generate_simple_self_signed(vec![names.to_owned()]).expect("a certificate");
    let (one, other) = (made("a.example"), made("b.example"));
    let chain = || one.cert.pem().into_bytes();
    for (what, chain, key) in [
        ("no certificate", Vec::new(), one.signing_key.serialize_pem().into_bytes()),
        ("no key", chain(), Vec::new()),
        ("a key of another", chain(), other.signing_key.serialize_pem().into_bytes()),
        ("a broken block", b"-----BEGIN CERTIFICATE-----\n!".to_vec(), one.signing_key.serialize_pem().into_bytes()),
        ("a certificate as the key", chain(), chain()),
    ] {
        let error = Certificates::new(&[PemIdentity::new("test.pem", chain, key)]).expect_err(what);
        assert!(error.to_string().contains("test.pem"), "{error}");
    }
}

#[test]
fn shows_no_key_in_debug_output() {
    let identity = PemIdentity::new("test.pem", Vec::new(), b"CANARY".to_vec());
    assert_eq!(format!("{identity:?}"), r#"PemIdentity { source: "test.pem", .. }"#);
}

#[test]
fn reads_pem_files_and_names_those_it_cannot_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let error = PemIdentity::read(&chain, &key).expect_err("no such file");
    assert!(error.to_string().contains("chain.pem"), "{error}");
    let made = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).expect("a certificate");
    std::fs::write(&chain, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    assert!(Certificates::new(&[PemIdentity::read(&chain, &key).expect("readable")]).is_ok());
}

#[tokio::test]
async fn tells_plain_http_clients_to_speak_tls() {
    let mut gateway = Gateway::start(Limits::default());
    for request in ["GET /secrets HTTP/1.1\r\nhost: a\r\n\r\n", "POST / HTTP/1.1\r\n", "G", "PRI * HTTP/2.0\r\n"] {
        let mut stream = gateway.tcp().await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        let answer = String::from_utf8(closed(&mut stream).await).expect("text");
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{request}: {answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"));
        assert!(
            answer.ends_with(r#"{"error":{"code":"BadRequest","message":"this port speaks TLS only; use https://"}}"#)
        );
        assert_eq!(gateway.rejection().await, RejectReason::PlainHttp);
    }
    gateway.assert_serves().await;
}

#[tokio::test]
async fn closes_on_bytes_that_are_no_handshake() {
    let mut gateway = Gateway::start(Limits::default());
    for garbage in [&b"SSH-2.0-x\r\n"[..], &[0x16, 3, 1, 0xff, 0xff, 0], &[0x80, 0x2e, 1, 3, 1, 0, 0, 0, 0], &[0; 64]] {
        let mut stream = gateway.tcp().await;
        stream.write_all(garbage).await.expect("sent");
        let _ = stream.shutdown().await;
        closed(&mut stream).await;
        let reason = gateway.rejection().await;
        let expected = [RejectReason::MalformedHandshake, RejectReason::ClosedDuringHandshake];
        assert!(expected.contains(&reason), "{reason}");
    }
    gateway.assert_serves().await;
}

#[tokio::test]
async fn notes_clients_that_do_not_trust_the_certificate() {
    let mut gateway = Gateway::start(Limits::default());
    let trusted = std::mem::replace(&mut gateway.roots, rustls::RootCertStore::empty());
    gateway.roots.add(identity(&["stranger.example"]).1).expect("a root");
    assert!(gateway.try_tls(gateway.client_config(&[]), NAME).await.is_err());
    assert_eq!(gateway.rejection().await, RejectReason::RefusedByClient);
    gateway.roots = trusted;
    gateway.assert_serves().await;
}

#[tokio::test]
async fn gives_up_on_slow_handshakes() {
    let mut gateway = Gateway::start(Limits { handshake_timeout: SHORT, ..Limits::default() });
    for begun in [&b""[..], &[0x16], &[0x16, 3, 1, 0, 100, 1]] {
        let mut stream = gateway.tcp().await;
        stream.write_all(begun).await.expect("sent");
        closed(&mut stream).await;
        assert_eq!(gateway.rejection().await, RejectReason::HandshakeTimeout);
    }
}

#[tokio::test]
async fn lets_handshakes_wait_for_their_turn() {
    let gateway = Gateway::start(Limits { max_handshakes_per_client: 1, ..Limits::default() });
    tokio::join!(gateway.assert_serves(), gateway.assert_serves(), gateway.assert_serves(), gateway.assert_serves());
}

/// Four addresses, each with its share of stalled handshakes, once kept out everybody.
#[tokio::test]
async fn serves_while_others_stall_in_their_handshakes() {
    let gateway = Gateway::start(Limits { handshake_timeout: PATIENCE * 10, ..Limits::default() });
    let config = Arc::new(gateway.client_config(&[]));
    let mut stalled = Vec::new();
    for address in 2..7 {
        for _ in 0..Limits::default().max_handshakes_per_client {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(([127, 0, 0, address], 0).into()).expect("a loopback address");
            let mut stream = socket.connect(gateway.address).await.expect("the port accepts");
            let name = NAME.try_into().expect("a name");
            let mut hello = Vec::new();
            let mut client = ClientConnection::new(config.clone(), name).expect("a client");
            client.write_tls(&mut hello).expect("a ClientHello");
            stream.write_all(&hello).await.expect("sent");
            // The handshake is past the ClientHello when its answer comes.
            let answer = tokio::time::timeout(PATIENCE, stream.readable()).await;
            answer.expect("an answer in time").expect("an answer");
            stalled.push(stream);
        }
    }
    gateway.assert_serves().await;
    drop(stalled);
}

#[tokio::test]
async fn writes_mapped_addresses_of_dual_stack_sockets_as_ipv4() {
    let everywhere = ListenerSettings {
        binding: Some("/subnets/app".to_owned()),
        ..ListenerSettings::at("[::]:0".parse().expect("an address"))
    };
    let mut gateway = Gateway::start_with(everywhere, TlsVersion::Tls12);
    gateway.address = format!("127.0.0.1:{}", gateway.address.port()).parse().expect("an address");
    let facts = get(&mut gateway.tls().await, "/facts").await;
    assert!(facts.ends_with("vault.example 127.0.0.1 /subnets/app true"), "{facts}");
}
