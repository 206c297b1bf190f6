//! What may be negotiated.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, cipher_suite as suite, kx_group};
use rustls::server::NoServerSessionStorage;
use rustls::version::{TLS12, TLS13};

use crate::tls::certificates::Certificates;
use crate::tls::facts::{Alpn, TlsVersion};

/// What an operator chooses of TLS.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// The certificates; keep a handle to reload them.
    pub certificates: Arc<Certificates>,
    /// The least version that is spoken.
    pub minimum: TlsVersion,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up TLS")]
pub struct TlsError(#[source] rustls::Error);

/// What is negotiated with clients: TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only, the
/// post-quantum hybrid X25519MLKEM768 first, tickets under rotating keys, and no 0-RTT (its data can be replayed).
#[derive(Debug, Clone)]
pub struct TlsPolicy {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) certificates: Arc<Certificates>,
}

impl TlsPolicy {
    /// Sets TLS up.
    pub fn new(settings: TlsSettings) -> Result<Self, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_protocol_versions(versions(settings.minimum))
            .map_err(TlsError)?
            .with_no_client_auth()
            .with_cert_resolver(settings.certificates.clone());
        config.alpn_protocols = [Alpn::Http2, Alpn::Http1].map(|protocol| protocol.as_str().as_bytes().to_vec()).into();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(TlsError)?;
        config.max_early_data_size = 0;
        config.send_half_rtt_data = false;
        Ok(Self { config: Arc::new(config), certificates: settings.certificates })
    }
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            suite::TLS13_AES_256_GCM_SHA384,
            suite::TLS13_AES_128_GCM_SHA256,
            suite::TLS13_CHACHA20_POLY1305_SHA256,
            suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ],
        kx_groups: vec![kx_group::X25519MLKEM768, kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1],
        ..aws_lc_rs::default_provider()
    }
}

fn versions(minimum: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    match minimum {
        TlsVersion::Tls12 => FROM_TLS12,
        TlsVersion::Tls13 => FROM_TLS13,
    }
}

static FROM_TLS12: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
static FROM_TLS13: &[&SupportedProtocolVersion] = &[&TLS13];
