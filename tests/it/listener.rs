//! The listener as a stranger meets it. Its finer points are tested in its own crate.

use portcullis_tests::TestGateway;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test(flavor = "multi_thread")]
async fn tls_1_2_and_1_3_are_served_in_http_1_and_2() {
    let gateway = TestGateway::start().await;
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        for alpn in ["h2", "http/1.1"] {
            let stream = gateway.client.tls("kv1.vault.portcullis.test", versions, &[alpn]).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(alpn.as_bytes()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_name_that_is_none_of_ours_fails_the_handshake() {
    let gateway = TestGateway::start().await;
    for name in ["evil.example", "portcullis.test", "a.b.vault.portcullis.test"] {
        let refused = gateway.client.tls(name, rustls::ALL_VERSIONS, &["http/1.1"]).await.unwrap_err();
        let alert = refused.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        let expected = rustls::Error::AlertReceived(rustls::AlertDescription::UnrecognisedName);
        assert_eq!(alert, Some(&expected), "{name}: the gateway refuses, not the client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_told_that_the_port_speaks_tls() {
    let gateway = TestGateway::start().await;
    let mut stream = tokio::net::TcpStream::connect(gateway.client.address()).await.unwrap();
    stream
        .write_all(b"GET /secrets?api-version=7.6 HTTP/1.1\r\nHost: kv1.vault.portcullis.test\r\n\r\n")
        .await
        .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 400 ") && reply.contains("\"error\""), "{reply}");
    // A background job writes what was counted.
    let recorded = async {
        while !gateway.audit.lines().iter().any(|line| line.contains("plain-http") && line.contains("127.0.0.1")) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(60), recorded).await;
    assert!(waited.is_ok(), "connections that never became a request are recorded too: {:?}", gateway.audit.lines());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_is_cut_off() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let host = gateway.host("kv1.vault");
    let head = format!(
        "PUT /secrets/s?api-version=7.6 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n{{"
    );
    let reply = gateway.client.raw("kv1.vault.portcullis.test", head.as_bytes()).await;
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains("RequestTimeout"), "{reply}");
}
