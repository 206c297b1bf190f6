//! The address a client connects from.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The address of the peer of an accepted socket, with an IPv4-mapped IPv6 address written as IPv4.
///
/// The normal form is made here, once, so that `::ffff:10.0.0.1` and `10.0.0.1` can never meet different rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddr(SocketAddr);

impl ClientAddr {
    /// The address, never IPv4-mapped.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0.ip()
    }

    /// The port the client connects from.
    #[must_use]
    pub const fn port(self) -> u16 {
        self.0.port()
    }

    /// What clients are counted by: the address itself, or the /64 an IPv6 client can move about in.
    #[must_use]
    pub fn bucket(self) -> IpAddr {
        match self.0.ip() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) & SLASH_64).into()),
        }
    }
}

impl From<SocketAddr> for ClientAddr {
    fn from(address: SocketAddr) -> Self {
        Self(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }
}

impl fmt::Display for ClientAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

const SLASH_64: u128 = (u64::MAX as u128) << 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> ClientAddr {
        ClientAddr::from(address.parse::<SocketAddr>().expect("test address"))
    }

    #[test]
    fn writes_mapped_addresses_as_ipv4() {
        assert_eq!(client("[::ffff:10.0.0.1]:443"), client("10.0.0.1:443"));
        assert_eq!(client("[::ffff:10.0.0.1]:443").to_string(), "10.0.0.1:443");
    }

    #[test]
    fn counts_ipv6_clients_by_their_network() {
        assert_eq!(client("[2001:db8::1]:1").bucket(), client("[2001:db8::ffff:2]:9").bucket());
        assert_ne!(client("[2001:db8::1]:1").bucket(), client("[2001:db8:0:1::1]:1").bucket());
        assert_ne!(client("10.0.0.1:1").bucket(), client("10.0.0.2:1").bucket());
    }
}
