//! Where a request comes from.

use std::net::IpAddr;

use ipnet::IpNet;
use portcullis_model::{PrivateEndpointId, SubnetId};

/// The class of path by which a request came; each request has exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ingress {
    /// From a virtual network's subnet: its listener is bound to it, or its address lies in a prefix of it.
    Subnet(SubnetId),
    /// Through a private endpoint, which the listener is bound to.
    PrivateEndpoint(PrivateEndpointId),
    /// From anywhere else.
    Public,
}

/// The effective client address and the class of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    address: IpAddr,
    ingress: Ingress,
}

impl Origin {
    /// The origin of a request through a private endpoint.
    #[must_use]
    pub fn through(endpoint: PrivateEndpointId, address: IpAddr) -> Self {
        Self { address: address.to_canonical(), ingress: Ingress::PrivateEndpoint(endpoint) }
    }

    /// The client's address; an IPv4 address mapped into IPv6 has been turned back into IPv4.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// The id of the private endpoint through which the request came, for the facts of a decision.
    #[must_use]
    pub fn private_endpoint(&self) -> Option<std::sync::Arc<str>> {
        match &self.ingress {
            Ingress::PrivateEndpoint(endpoint) => Some(endpoint.as_str().into()),
            Ingress::Subnet(_) | Ingress::Public => None,
        }
    }

    /// The class of path.
    #[must_use]
    pub const fn ingress(&self) -> &Ingress {
        &self.ingress
    }

    /// The value of the header `x-ms-keyvault-network-info`, as the reference words it.
    #[must_use]
    pub fn network_info(&self) -> String {
        let family = if self.address.is_ipv4() { "InterNetwork" } else { "InterNetworkV6" };
        match &self.ingress {
            Ingress::Subnet(subnet) => {
                format!("conn_type=Subnet;subnet={subnet};addr={};act_addr_fam=InterNetworkV6;", self.address)
            }
            Ingress::PrivateEndpoint(endpoint) => format!(
                "conn_type=PrivateLink;private_endpoint={endpoint};addr={};act_addr_fam=InterNetworkV6;",
                self.address
            ),
            Ingress::Public => {
                let kind = if self.address.is_ipv4() { "Ipv4" } else { "Ipv6" };
                format!("conn_type={kind};addr={};act_addr_fam={family};", self.address)
            }
        }
    }
}

/// The virtual networks that the configuration names: prefixes of addresses, each of one subnet.
#[derive(Debug, Clone, Default)]
pub struct VirtualNetworks {
    /// Longest prefix first, so that the first match is the most specific.
    prefixes: Vec<(IpNet, SubnetId)>,
}

impl VirtualNetworks {
    /// Takes the prefixes of all subnets, in any order.
    #[must_use]
    pub fn new(prefixes: impl IntoIterator<Item = (IpNet, SubnetId)>) -> Self {
        let mut prefixes: Vec<_> = prefixes.into_iter().map(|(net, id)| (net.trunc(), id)).collect();
        prefixes.sort_by_key(|(net, _)| std::cmp::Reverse(net.prefix_len()));
        Self { prefixes }
    }

    /// The origin of a request: a listener's binding wins over the prefixes, the longest prefix over shorter ones.
    #[must_use]
    pub fn origin(&self, address: IpAddr, binding: Option<&SubnetId>) -> Origin {
        let address = address.to_canonical();
        let subnet =
            binding.or_else(|| self.prefixes.iter().find(|(net, _)| net.contains(&address)).map(|(_, subnet)| subnet));
        Origin { address, ingress: subnet.map_or(Ingress::Public, |subnet| Ingress::Subnet(subnet.clone())) }
    }
}
