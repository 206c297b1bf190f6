//! Plain HTTP on the TLS port.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Looks at the first bytes, leaving them where they are, and says whether they begin an HTTP request line.
/// A TLS record begins with 0x16, so the first byte decides; an error is left for the handshake to meet.
pub(crate) async fn speaks_http(socket: &TcpStream) -> bool {
    let mut first = [0; LONGEST_METHOD];
    let Ok(length) = socket.peek(&mut first).await else { return false };
    let seen = first.get(..length).unwrap_or_default();
    !seen.is_empty() && METHODS.iter().any(|method| method.starts_with(seen) || seen.starts_with(method))
}

/// Tells a client that spoke HTTP what to do instead.
pub(crate) async fn refuse(mut socket: TcpStream) {
    let answer = async {
        if socket.write_all(ANSWER.as_bytes()).await.is_ok() {
            part(&mut socket).await;
        }
    };
    let _ = tokio::time::timeout(PATIENCE, answer).await;
}

/// Ends a connection so that the client can read our last words: closing with unread bytes in the buffer would reset
/// it and might destroy them. Bounded in bytes and time.
pub(crate) async fn part(socket: &mut TcpStream) {
    let farewell = async {
        let _ = socket.shutdown().await;
        let mut rest = [0; 1024];
        for _ in 0..MOST_READS {
            if !matches!(socket.read(&mut rest).await, Ok(1..)) {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, farewell).await;
}

const METHODS: [&[u8]; 10] =
    [b"GET ", b"PUT ", b"POST ", b"HEAD ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"CONNECT ", b"TRACE ", b"PRI * "];
const LONGEST_METHOD: usize = 8;
const PATIENCE: Duration = Duration::from_secs(1);
const MOST_READS: usize = 64;
const ANSWER: &str = concat!(
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 83\r\n",
    "Connection: close\r\n\r\n",
    r#"{"error":{"code":"BadRequest","message":"this port speaks TLS only; use https://"}}"#,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announces_the_length_of_its_answer() {
        let (head, body) = ANSWER.split_once("\r\n\r\n").expect("a header and a body");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }

    #[test]
    fn knows_every_method_within_what_it_reads() {
        assert!(METHODS.iter().all(|method| method.len() <= LONGEST_METHOD));
    }
}
