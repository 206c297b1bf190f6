//! The certificates that are served, and which of them answers to which name.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use webpki::EndEntityCert;
use zeroize::Zeroizing;

use crate::tls::names::ServedNames;

/// A certificate chain with its private key, as PEM, not yet parsed.
pub struct PemIdentity {
    source: String,
    chain: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl PemIdentity {
    /// Takes PEM bytes; `source` names them in errors.
    #[must_use]
    pub fn new(source: impl Into<String>, chain: Vec<u8>, key: Vec<u8>) -> Self {
        Self { source: source.into(), chain, key: Zeroizing::new(key) }
    }

    /// Reads two PEM files: the chain, leaf first, and the key. Blocks.
    pub fn read(chain: &Path, key: &Path) -> Result<Self, CertificateError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|source| CertificateError::Unreadable { path: path.into(), source })
        };
        Ok(Self::new(chain.display().to_string(), read(chain)?, read(key)?))
    }
}

impl fmt::Debug for PemIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PemIdentity").field("source", &self.source).finish_non_exhaustive()
    }
}

/// Why certificates cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The chain is no PEM, or a block of it is broken.
    #[error("the certificate chain in {origin} is not valid PEM")]
    BadChain {
        /// Where it came from.
        origin: String,
        /// What is wrong with it.
        #[source]
        source: pem::Error,
    },
    /// The chain holds no certificate.
    #[error("there is no certificate in {origin}")]
    EmptyChain {
        /// Where it came from.
        origin: String,
    },
    /// There is no private key, or it is broken.
    #[error("the private key that belongs to {origin} is missing or not valid PEM")]
    BadKey {
        /// Where the chain came from.
        origin: String,
        /// What is wrong with it.
        #[source]
        source: pem::Error,
    },
    /// The key is of a kind that cannot be used, or does not belong to the certificate.
    #[error("certificate and private key of {origin} cannot be used together")]
    Mismatch {
        /// Where the chain came from.
        origin: String,
        /// What is wrong with it.
        #[source]
        source: rustls::Error,
    },
    /// The leaf is no certificate that could be parsed.
    #[error("the leaf certificate in {origin} cannot be parsed")]
    BadLeaf {
        /// Where it came from.
        origin: String,
        /// What is wrong with it.
        #[source]
        source: webpki::Error,
    },
    /// There is nothing to serve.
    #[error("no certificate is configured")]
    None,
}

/// The certificates that are served; they can be replaced while connections come in.
///
/// A server name meets the certificate with exactly that name, else the one with a wildcard for it; between two with
/// the same name the first wins. A client that names no server meets the first certificate.
pub struct Certificates(ArcSwap<Table>);

impl Certificates {
    /// Parses and checks certificates. The first is the default.
    pub fn new(identities: &[PemIdentity]) -> Result<Arc<Self>, CertificateError> {
        Ok(Arc::new(Self(ArcSwap::from_pointee(Table::new(identities)?))))
    }

    /// Replaces all certificates for the handshakes that follow. On an error the old ones stay.
    pub fn reload(&self, identities: &[PemIdentity]) -> Result<(), CertificateError> {
        self.0.store(Arc::new(Table::new(identities)?));
        Ok(())
    }

    /// The names of the certificate that a client meets, if any answers to the server name.
    pub(crate) fn names(&self, sni: Option<&str>) -> Option<Arc<ServedNames>> {
        self.0.load().find(sni).map(|served| served.names.clone())
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("default", &self.0.load().default.names).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let sni = hello.server_name().map(str::to_ascii_lowercase);
        self.0.load().find(sni.as_deref()).map(|served| served.key.clone())
    }
}

/// One state of the certificates.
struct Table {
    default: Arc<Served>,
    exact: HashMap<String, Arc<Served>>,
    /// By what follows `*.`.
    wildcard: HashMap<String, Arc<Served>>,
}

struct Served {
    key: Arc<CertifiedKey>,
    names: Arc<ServedNames>,
}

impl Table {
    fn new(identities: &[PemIdentity]) -> Result<Self, CertificateError> {
        let served = identities.iter().map(|identity| parse(identity).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
        let mut table = Self {
            default: served.first().cloned().ok_or(CertificateError::None)?,
            exact: HashMap::new(),
            wildcard: HashMap::new(),
        };
        for served in served {
            for name in &served.names.exact {
                table.exact.entry(name.clone()).or_insert_with(|| served.clone());
            }
            for suffix in &served.names.wildcard {
                table.wildcard.entry(suffix.clone()).or_insert_with(|| served.clone());
            }
        }
        Ok(table)
    }

    /// `sni` is in lower case.
    fn find(&self, sni: Option<&str>) -> Option<&Arc<Served>> {
        let Some(name) = sni else { return Some(&self.default) };
        self.exact.get(name).or_else(|| self.wildcard.get(name.split_once('.')?.1))
    }
}

fn parse(identity: &PemIdentity) -> Result<Served, CertificateError> {
    let origin = || identity.source.clone();
    let chain = CertificateDer::pem_slice_iter(&identity.chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| CertificateError::BadChain { origin: origin(), source })?;
    let leaf = chain.first().ok_or_else(|| CertificateError::EmptyChain { origin: origin() })?;
    let names = EndEntityCert::try_from(leaf)
        .map(|leaf| ServedNames::from_dns_names(leaf.valid_dns_names()))
        .map_err(|source| CertificateError::BadLeaf { origin: origin(), source })?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key)
        .map_err(|source| CertificateError::BadKey { origin: origin(), source })?;
    let key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
        .map_err(|source| CertificateError::Mismatch { origin: origin(), source })?;
    Ok(Served { key: Arc::new(key), names: Arc::new(names) })
}
