//! From where and how the request came.

use crate::Gateway;
use crate::bindings::imports::network;

/// Questions about the network.
pub trait Network {
    /// The client's address. Ask a predicate where that is the real question.
    fn source(&self) -> String;

    /// Whether the client's address lies in one of these prefixes. An empty list, or a text that is no prefix, fails
    /// the evaluation.
    fn source_in(&self, prefixes: &[String]) -> bool;

    /// Whether the client's address lies in the named location; false when there is no such location.
    fn named_location(&self, name: &str) -> bool;

    /// Whether the gateway's configuration knows the named location.
    fn named_location_exists(&self, name: &str) -> bool;

    /// The virtual network's subnet from which the request came, if it came from one.
    fn subnet(&self) -> Option<String>;

    /// `TLS1_2` or `TLS1_3`. An open list.
    fn tls_version(&self) -> String;

    /// The virtual network from which the request came, if it came from one.
    fn virtual_network(&self) -> Option<String>;

    /// The private endpoint through which the request came, if it came through one.
    fn private_endpoint(&self) -> Option<String>;

    /// The SHA-256 digest of the certificate that the client proved to hold, in lower-case hexadecimal.
    fn client_certificate(&self) -> Option<String>;

    /// What else is known of the client's address, such as `country`.
    fn signal(&self, name: &str) -> Option<String>;
}

impl Network for Gateway {
    fn source(&self) -> String {
        network::source()
    }

    fn source_in(&self, prefixes: &[String]) -> bool {
        network::source_in(prefixes)
    }

    fn named_location(&self, name: &str) -> bool {
        network::named_location(name)
    }

    fn named_location_exists(&self, name: &str) -> bool {
        network::named_location_exists(name)
    }

    fn subnet(&self) -> Option<String> {
        network::subnet()
    }

    fn tls_version(&self) -> String {
        network::tls_version()
    }

    fn virtual_network(&self) -> Option<String> {
        network::virtual_network()
    }

    fn private_endpoint(&self) -> Option<String> {
        network::private_endpoint()
    }

    fn client_certificate(&self) -> Option<String> {
        network::client_certificate()
    }

    fn signal(&self, name: &str) -> Option<String> {
        network::signal(name)
    }
}
