//! `[metrics]`: where a monitoring system reads what is counted.

use std::net::SocketAddr;

use super::super::reader::{Noted, Reader};

/// Reads `[metrics]`. Without an address nothing is served.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<SocketAddr>, Noted> {
    let expected = "an address with a port, such as `127.0.0.1:9464`";
    let address = |value: super::super::reader::Value<'_>| value.parsed_with(expected, |text| text.parse().ok());
    reader.optional("address").map(address).transpose()
}
