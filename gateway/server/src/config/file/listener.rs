//! `[[listener]]` and `[[certificate]]`: where connections come in, and with which certificates.

use std::net::SocketAddr;
use std::path::Path;

use super::super::reader::{Noted, Reader, Unique};
use super::super::{CertificateConfig, ListenerConfig, ListenerSource};
use super::named_file;

/// Reads `[[listener]]`.
pub(super) fn listeners(root: &mut Reader<'_>) -> Result<Vec<ListenerConfig>, Noted> {
    let mut addresses = Unique::new("address");
    let example = "address = \"0.0.0.0:8443\"";
    root.some_tables("listener", example, |reader| listener(reader, &mut addresses))
}

fn listener(reader: &mut Reader<'_>, addresses: &mut Unique<SocketAddr>) -> Result<ListenerConfig, Noted> {
    let address = reader.required("address", "\"0.0.0.0:8443\"").and_then(|value| {
        let expected = "an address with a port, such as `0.0.0.0:8443` or `[::]:8443`";
        let address: SocketAddr = value.parsed_with(expected, |text| text.parse().ok())?;
        // Port 0 is any free port, each time another.
        if address.port() != 0 {
            addresses.add(address, &value)?;
        }
        Ok(address)
    });
    let subnet = reader.optional("subnet").map(|value| value.parsed()).transpose();
    let endpoint = reader.optional("private_endpoint");
    let through = endpoint.as_ref().map(|value| value.parsed()).transpose();
    let source = match (subnet?, through?, endpoint) {
        (Some(_), Some(_), Some(value)) => {
            return Err(value.wrong("not together with `subnet`: a listener has one source".to_owned()));
        }
        (Some(subnet), ..) => Some(ListenerSource::Subnet(subnet)),
        (None, Some(endpoint), _) => Some(ListenerSource::PrivateEndpoint(endpoint)),
        (None, None, _) => None,
    };
    Ok(ListenerConfig { address: address?, source })
}

/// Reads `[[certificate]]`.
pub(super) fn certificates(root: &mut Reader<'_>, folder: &Path) -> Result<Vec<CertificateConfig>, Noted> {
    root.some_tables("certificate", "chain = \"tls.pem\", key = \"tls.key\"", |reader| {
        let chain = reader.required("chain", "\"tls.pem\"").and_then(|value| named_file::readable(&value, folder));
        let key = reader.required("key", "\"tls.key\"").and_then(|value| named_file::readable(&value, folder));
        Ok(CertificateConfig { chain: chain?, key: key? })
    })
}
