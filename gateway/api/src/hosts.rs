//! Host names: which of the gateway's roles an authority names, and the addresses made of them.

use std::net::{Ipv4Addr, Ipv6Addr};

use portcullis_model::{TenantId, VaultName};

use crate::{ApiError, ErrorCode};

/// What a host name asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostRole {
    /// The data plane of a vault; whether the vault exists is not known here.
    Vault(VaultName),
    /// The token endpoint.
    Login,
    /// The management plane.
    Management,
    /// The directory.
    Graph,
    /// An address literal: only `/healthstatus` is served there.
    Ip,
    /// A well-formed name that is none of ours.
    Unknown,
}

/// The gateway's domain and port, and with them every address that it tells its clients.
#[derive(Debug, Clone)]
pub struct Hosts {
    vault_suffix: Box<str>,
    login: Box<str>,
    management: Box<str>,
    graph: Box<str>,
    port: u16,
    /// `:8443`, or nothing for 443.
    port_text: Box<str>,
}

/// Says that a domain cannot be the gateway's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a domain has labels of letters, digits and hyphens, separated by single dots, at most 200 characters")]
pub struct DomainError;

impl Hosts {
    /// The names under a domain, on a port. The domain is folded to lower case.
    pub fn new(domain: &str, port: u16) -> Result<Self, DomainError> {
        let domain = domain.to_ascii_lowercase();
        if domain.len() > 200 || !is_host_name(&domain) {
            return Err(DomainError);
        }
        Ok(Self {
            vault_suffix: format!(".vault.{domain}").into(),
            login: format!("login.{domain}").into(),
            management: format!("management.{domain}").into(),
            graph: format!("graph.{domain}").into(),
            port,
            port_text: if port == 443 { "".into() } else { format!(":{port}").into() },
        })
    }

    /// The role that an authority names. Names compare without case and the port must be ours (absent means 443);
    /// user information, trailing dots, empty ports and whatever else no client sends are refused.
    pub fn classify(&self, authority: &str) -> Result<HostRole, ApiError> {
        let (host, port) = split_port(authority).ok_or_else(malformed)?;
        let Host::Name(host) = host else { return Ok(HostRole::Ip) };
        if port != self.port {
            return Err(ApiError::new(ErrorCode::MisdirectedRequest, "the host's port is not the gateway's"));
        }
        let host = host.to_ascii_lowercase();
        if let Some(vault) = host.strip_suffix(&*self.vault_suffix) {
            return Ok(vault.parse().map_or(HostRole::Unknown, HostRole::Vault));
        }
        if host == *self.login {
            return Ok(HostRole::Login);
        }
        if host == *self.management {
            return Ok(HostRole::Management);
        }
        if host == *self.graph {
            return Ok(HostRole::Graph);
        }
        Ok(HostRole::Unknown)
    }

    /// The resource for which tokens for vaults are issued: `https://vault.<domain>[:port]`.
    #[must_use]
    pub fn vault_resource(&self) -> String {
        let suffix = self.vault_suffix.strip_prefix('.').unwrap_or(&self.vault_suffix);
        format!("https://{suffix}{}", self.port_text)
    }

    /// The authority of a tenant, without a trailing slash.
    #[must_use]
    pub fn login_authority(&self, tenant: &TenantId) -> String {
        format!("{}/{tenant}", self.login_url())
    }

    /// The token endpoint's origin.
    #[must_use]
    pub fn login_url(&self) -> String {
        format!("https://{}{}", self.login, self.port_text)
    }

    /// The host of the token endpoint, with the port unless it is 443.
    #[must_use]
    pub fn login_host(&self) -> String {
        format!("{}{}", self.login, self.port_text)
    }

    /// A vault's origin, without a trailing slash.
    #[must_use]
    pub fn vault_url(&self, vault: &VaultName) -> String {
        format!("https://{vault}{}{}", self.vault_suffix, self.port_text)
    }

    /// The management plane's origin, without a trailing slash.
    #[must_use]
    pub fn management_url(&self) -> String {
        format!("https://{}{}", self.management, self.port_text)
    }

    /// The directory's origin, without a trailing slash.
    #[must_use]
    pub fn graph_url(&self) -> String {
        format!("https://{}{}", self.graph, self.port_text)
    }
}

enum Host<'a> {
    Name(&'a str),
    Address,
}

/// Host and port of an authority, if it is well-formed.
fn split_port(authority: &str) -> Option<(Host<'_>, u16)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?;
        let port = if port.is_empty() { 443 } else { parse_port(port.strip_prefix(':')?)? };
        return Some((Host::Address, port));
    }
    let (host, port) = match authority.split_once(':') {
        None => (authority, 443),
        Some((host, port)) => (host, parse_port(port)?),
    };
    if !is_host_name(host) {
        return None;
    }
    // A last label of digits makes a name an address to some parsers (WHATWG URL, "ends in a number").
    if host.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit())) {
        host.parse::<Ipv4Addr>().ok()?;
        return Some((Host::Address, port));
    }
    Some((Host::Name(host), port))
}

fn parse_port(text: &str) -> Option<u16> {
    let canonical = !text.is_empty() && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    canonical.then(|| text.parse().ok())?
}

fn is_host_name(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

fn malformed() -> ApiError {
    ApiError::bad_parameter("the request's host is malformed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(authority: &str) -> Result<HostRole, ErrorCode> {
        let hosts = Hosts::new("Portcullis.Test", 8443).unwrap();
        hosts.classify(authority).map_err(|error| error.code())
    }

    #[test]
    fn names_are_compared_without_case() {
        let dev = || Ok(HostRole::Vault("dev".parse().unwrap()));
        for authority in ["dev.vault.portcullis.test:8443", "DEV.Vault.PORTCULLIS.test:8443"] {
            assert_eq!(role(authority), dev(), "{authority}");
        }
        assert_eq!(role("login.portcullis.test:8443"), Ok(HostRole::Login));
        assert_eq!(role("Management.portcullis.test:8443"), Ok(HostRole::Management));
        assert_eq!(role("Graph.portcullis.test:8443"), Ok(HostRole::Graph));
    }

    #[test]
    fn names_that_are_none_of_ours_are_unknown() {
        for authority in [
            "vault.portcullis.test:8443",
            "portcullis.test:8443",
            "a.b.vault.portcullis.test:8443",
            "a--b.vault.portcullis.test:8443",
            "ab.vault.portcullis.test:8443",
            "dev.vault.portcullis.test.evil.example:8443",
            "dev.vaultportcullis.test:8443",
            "dev.login.portcullis.test:8443",
            "evillogin.portcullis.test:8443",
            "xn--dev-0qa.example:8443",
            "localhost:8443",
        ] {
            assert_eq!(role(authority), Ok(HostRole::Unknown), "{authority}");
        }
    }

    #[test]
    fn refuses_another_port() {
        for authority in ["dev.vault.portcullis.test", "dev.vault.portcullis.test:443", "login.portcullis.test:80"] {
            assert_eq!(role(authority), Err(ErrorCode::MisdirectedRequest), "{authority}");
        }
    }

    #[test]
    fn refuses_odd_authorities() {
        for authority in [
            "",
            ":8443",
            ".",
            "dev.vault.portcullis.test.:8443",
            ".dev.vault.portcullis.test:8443",
            "dev..vault.portcullis.test:8443",
            "dev.vault.portcullis.test:",
            "dev.vault.portcullis.test:08443",
            "dev.vault.portcullis.test:+8443",
            "dev.vault.portcullis.test:8443:8443",
            "dev.vault.portcullis.test:99999",
            "dev.vault.portcullis.test:8443 ",
            " dev.vault.portcullis.test:8443",
            "dev.vault.portcullis.test, login.portcullis.test:8443",
            "dev.vault.portcullis.test,login.portcullis.test",
            "user@dev.vault.portcullis.test:8443",
            "user:pw@dev.vault.portcullis.test:8443",
            "dev%2evault.portcullis.test:8443",
            "dev.vault.portcullis.test/:8443",
            "dev.vault.portcullis.test\\:8443",
            "dev.vault.portcullis.test\u{0}:8443",
            "dév.vault.portcullis.test:8443",
            "dev。vault.portcullis.test:8443",
            "dev_.vault.portcullis.test:8443",
            "-dev.vault.portcullis.test:8443",
            "[::1",
            "[::1]8443",
            "[dev.vault.portcullis.test]:8443",
            "::1",
            "127.0.0.1.:8443",
            "127.1:8443",
            "0x7f.0.0.1.256:8443",
            "999.1.1.1:8443",
        ] {
            assert_eq!(role(authority), Err(ErrorCode::BadParameter), "{authority}");
        }
    }

    #[test]
    fn address_literals_are_addresses_on_every_port() {
        for authority in ["127.0.0.1", "127.0.0.1:8443", "[::1]", "[::1]:8443", "[fe80::1]:443"] {
            assert_eq!(role(authority), Ok(HostRole::Ip), "{authority}");
        }
    }

    #[test]
    fn addresses_carry_the_port_unless_it_is_443() {
        let vault = "dev".parse().unwrap();
        let with = Hosts::new("portcullis.test", 8443).unwrap();
        assert_eq!(with.vault_resource(), "https://vault.portcullis.test:8443");
        assert_eq!(with.vault_url(&vault), "https://dev.vault.portcullis.test:8443");
        let without = Hosts::new("portcullis.test", 443).unwrap();
        assert_eq!(without.vault_resource(), "https://vault.portcullis.test");
        assert_eq!(without.management_url(), "https://management.portcullis.test");
        assert_eq!(without.login_host(), "login.portcullis.test");
        assert_eq!(
            without.classify("dev.vault.portcullis.test").unwrap(),
            without.classify("dev.vault.portcullis.test:443").unwrap()
        );
    }

    #[test]
    fn refuses_domains_that_no_certificate_could_name() {
        for domain in ["", ".", "a..b", "a_b", "https://a", "a:443", "a.", &"x".repeat(64)] {
            assert_eq!(Hosts::new(domain, 443).unwrap_err(), DomainError, "{domain}");
        }
    }
}
