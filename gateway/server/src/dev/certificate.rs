//! The certificate authority and the server certificate of a development gateway.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use anyhow::Context as _;
use portcullis_crypto::SystemRandom;
use portcullis_crypto::certificates::{CertificateAuthority, Validity};
use portcullis_model::{Clock as _, SystemClock};

use super::DOMAIN;
use super::identity::write_private;
use crate::config::CertificateConfig;

const DAY: i64 = 86_400;

/// Finds the authority or makes it, and issues a server certificate for the names of the gateway.
///
/// The authority lasts, since clients are told to trust it; the server certificate is a new one at each start, so
/// that it never expires in the hands of a developer.
pub(super) fn ensure(data: &Path) -> anyhow::Result<CertificateConfig> {
    let now = SystemClock.now();
    let random = SystemRandom::new();
    let (certificate, key) = (data.join("ca.pem"), data.join("ca.key"));
    let authority = if key.exists() {
        let read = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()));
        CertificateAuthority::from_pem(&read(&certificate)?, &zeroize::Zeroizing::new(read(&key)?)).with_context(
            || {
                format!(
                    "`{}` or `{}` is damaged; remove both to have new ones made",
                    certificate.display(),
                    key.display()
                )
            },
        )?
    } else {
        let validity = Validity::new(now.plus(-DAY), now.plus(3_650 * DAY))?;
        let authority = CertificateAuthority::create("Portcullis development CA", validity, &random)?;
        let pair = authority.to_pem();
        write_private(&certificate, pair.certificates.as_bytes())?;
        write_private(&key, pair.key.as_bytes())?;
        authority
    };
    let names = ["", "*.vault.", "login.", "management.", "graph."].map(|prefix| format!("{prefix}{DOMAIN}"));
    let addresses: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let validity = Validity::new(now.plus(-DAY), now.plus(397 * DAY))?;
    let pair = authority.issue_server(&names, &addresses, validity, &random)?;
    let (chain, key) = (data.join("tls.pem"), data.join("tls.key"));
    write_private(&chain, pair.certificates.as_bytes())?;
    write_private(&key, pair.key.as_bytes())?;
    Ok(CertificateConfig { chain, key })
}
