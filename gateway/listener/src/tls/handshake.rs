//! From an accepted socket to a TLS stream.

use std::io;
use std::sync::Arc;

use rustls::server::Acceptor;
use rustls::{Error, PeerIncompatible, ProtocolVersion, ServerConnection};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::{StartHandshake, TlsStream};

use crate::admission::Ticket;
use crate::limits::Limits;
use crate::rejected::RejectReason;
use crate::tls::facts::{Alpn, TlsFacts, TlsVersion};
use crate::tls::names::ServedNames;
use crate::tls::plain_http::{self, part};
use crate::tls::policy::TlsPolicy;

/// A TLS stream and what it agreed on.
pub(crate) struct Secured {
    pub(crate) stream: TlsStream<TcpStream>,
    pub(crate) facts: TlsFacts,
    pub(crate) names: Arc<ServedNames>,
}

/// A handshake that failed, with the socket if the client is still to be taken leave of.
struct Failed {
    reason: RejectReason,
    socket: Option<TcpStream>,
}

/// Does the whole handshake within its timeout.
pub(crate) async fn handshake(
    socket: TcpStream,
    policy: &TlsPolicy,
    ticket: &Ticket,
    limits: &Limits,
) -> Result<Secured, RejectReason> {
    let outcome = tokio::time::timeout(limits.handshake_timeout, negotiate(socket, policy, ticket)).await;
    let Failed { reason, socket } = match outcome {
        Ok(Ok(secured)) => return Ok(secured),
        Ok(Err(failed)) => failed,
        Err(_) => return Err(RejectReason::HandshakeTimeout),
    };
    match (reason, socket) {
        (RejectReason::PlainHttp, Some(socket)) => plain_http::refuse(socket).await,
        (_, Some(mut socket)) => part(&mut socket).await,
        (_, None) => {}
    }
    Err(reason)
}

async fn negotiate(socket: TcpStream, policy: &TlsPolicy, ticket: &Ticket) -> Result<Secured, Failed> {
    if plain_http::speaks_http(&socket).await {
        return Err(Failed { reason: RejectReason::PlainHttp, socket: Some(socket) });
    }
    let start = hello(socket).await?;
    let sni = start.client_hello().server_name().map(str::to_ascii_lowercase);
    let Some(names) = policy.certificates.names(sni.as_deref()) else {
        return Err(refuse_name(start.io).await);
    };
    let permit = ticket.handshake().await;
    let stream = start
        .into_stream(policy.config.clone())
        .into_fallible()
        .await
        .map_err(|(error, socket)| Failed { reason: reason(&error), socket: Some(socket) })?;
    drop(permit);
    let facts =
        facts(stream.get_ref().1, sni).ok_or(Failed { reason: RejectReason::MalformedHandshake, socket: None })?;
    Ok(Secured { stream, facts, names })
}

async fn hello(socket: TcpStream) -> Result<StartHandshake<TcpStream>, Failed> {
    let mut acceptor = LazyConfigAcceptor::new(Acceptor::default(), socket);
    match (&mut acceptor).await {
        Ok(start) => Ok(start),
        Err(error) => Err(Failed { reason: reason(&error), socket: acceptor.take_io() }),
    }
}

/// Sends the alert that RFC 6066 section 3 demands. rustls has no way to send an alert of one's own before it has a
/// certificate, and nothing is encrypted yet, so the record is written as it stands.
async fn refuse_name(mut socket: TcpStream) -> Failed {
    const FATAL_UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];
    let _ = socket.write_all(&FATAL_UNRECOGNIZED_NAME).await;
    Failed { reason: RejectReason::UnknownServerName, socket: Some(socket) }
}

fn facts(session: &ServerConnection, sni: Option<String>) -> Option<TlsFacts> {
    Some(TlsFacts {
        version: match session.protocol_version()? {
            ProtocolVersion::TLSv1_2 => TlsVersion::Tls12,
            ProtocolVersion::TLSv1_3 => TlsVersion::Tls13,
            _ => return None,
        },
        cipher: session.negotiated_cipher_suite()?.suite().as_str().unwrap_or("unknown"),
        sni,
        alpn: session.alpn_protocol().and_then(Alpn::from_wire),
    })
}

fn reason(error: &io::Error) -> RejectReason {
    match error.get_ref().and_then(|cause| cause.downcast_ref::<Error>()) {
        Some(Error::PeerIncompatible(incompatible)) => incompatibility(incompatible),
        Some(Error::AlertReceived(_)) => RejectReason::RefusedByClient,
        Some(_) => RejectReason::MalformedHandshake,
        None => RejectReason::ClosedDuringHandshake,
    }
}

/// The list is rustls's and open: whatever is not about versions is about parameters.
fn incompatibility(incompatible: &PeerIncompatible) -> RejectReason {
    match incompatible {
        PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired => RejectReason::ProtocolVersion,
        _ => RejectReason::NoCommonParameters,
    }
}
