//! The decision: behaviour, section 1.5, for vaults without perimeter.

use portcullis_model::{
    Bypass, DefaultAction, NetworkAcls, NetworkRules, PrivateEndpointConnection, PrivateEndpointId, PublicNetworkAccess,
};

use crate::{Ingress, Origin, Refusal, RefusalKind};

/// Whether the caller is on the server's list of trusted services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerTrust {
    /// It is.
    TrustedService,
    /// It is not.
    Ordinary,
}

/// By which rule a request was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The vault has no rule set.
    NoRules,
    /// It came through a private endpoint whose connection to the vault is approved.
    PrivateEndpoint,
    /// The caller is a trusted service and the vault lets those by.
    TrustedService,
    /// The subnet is in the vault's rules.
    Subnet,
    /// The address is in the vault's rules.
    IpRule,
    /// No rule matched and the default is to allow.
    DefaultAction,
}

impl Admission {
    /// The rule's name in explanations and audit records.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NoRules => "network/no-rules",
            Self::PrivateEndpoint => "network/private-endpoint",
            Self::TrustedService => "network/trusted-service",
            Self::Subnet => "network/virtual-network-rule",
            Self::IpRule => "network/ip-rule",
            Self::DefaultAction => "network/default-action",
        }
    }
}

/// Proof that the network rules of the vault admitted the request. Only [`judge`] makes one.
///
/// ```compile_fail
/// let forged = portcullis_network::Verdict { admission: portcullis_network::Admission::NoRules, origin: todo!() };
/// ```
#[derive(Debug, Clone)]
pub struct Verdict {
    admission: Admission,
    origin: Origin,
}

impl Verdict {
    /// By which rule the request was admitted.
    #[must_use]
    pub const fn admission(&self) -> Admission {
        self.admission
    }

    /// Where the request came from.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The value of `addrAuthType` in the audit record.
    #[must_use]
    pub const fn audit_type(&self) -> &'static str {
        match (self.admission, &self.origin.ingress()) {
            (Admission::TrustedService, _) => "TrustedService",
            (_, Ingress::Subnet(_)) => "Subnet",
            (_, Ingress::PrivateEndpoint(_)) => "PrivateLink",
            (_, Ingress::Public) => "PublicIP",
        }
    }
}

/// Judges whether a vault admits a request: what comes through a private endpoint by the state of its connection to this
/// vault, whatever the rules say; everything else by the rules.
///
/// # Errors
/// The refusal, with the reference's text and our rule.
pub fn judge(
    rules: &NetworkRules,
    connections: &[PrivateEndpointConnection],
    origin: &Origin,
    trust: CallerTrust,
) -> Result<Verdict, Refusal> {
    match origin.ingress() {
        Ingress::PrivateEndpoint(endpoint) if connections.iter().any(|connection| connection.admits(endpoint)) => {
            Ok(Verdict { admission: Admission::PrivateEndpoint, origin: origin.clone() })
        }
        Ingress::PrivateEndpoint(endpoint) => Err(not_approved(endpoint, origin)),
        Ingress::Subnet(_) | Ingress::Public => judge_rules(rules, origin, trust),
    }
}

/// Admits a request to the management plane, which no rules of a vault filter: whoever is locked out must be able to open
/// the vault again.
#[must_use]
pub fn unfiltered(origin: &Origin) -> Verdict {
    Verdict { admission: Admission::NoRules, origin: origin.clone() }
}

/// Judges whether a vault's rules admit a request. First hit wins.
fn judge_rules(rules: &NetworkRules, origin: &Origin, trust: CallerTrust) -> Result<Verdict, Refusal> {
    let admit = |admission| Ok(Verdict { admission, origin: origin.clone() });
    let bypass = rules.acls.as_ref().map_or(Bypass::AzureServices, |acls| acls.bypass);
    let bypassed = bypass == Bypass::AzureServices && trust == CallerTrust::TrustedService;
    if rules.public_network_access == PublicNetworkAccess::Disabled {
        return if bypassed { admit(Admission::TrustedService) } else { Err(disabled(bypass, origin)) };
    }
    let Some(acls) = &rules.acls else { return admit(Admission::NoRules) };
    if bypassed {
        return admit(Admission::TrustedService);
    }
    if let Ingress::Subnet(subnet) = origin.ingress()
        && acls.subnet_rules.contains(subnet)
    {
        return admit(Admission::Subnet);
    }
    // A public IP rule does not match traffic of a virtual network, and vice versa (behaviour, section 1.3).
    if *origin.ingress() == Ingress::Public && acls.ip_rules.iter().any(|net| net.contains(&origin.address())) {
        return admit(Admission::IpRule);
    }
    match acls.default_action {
        DefaultAction::Allow => admit(Admission::DefaultAction),
        DefaultAction::Deny => Err(unlisted(acls, origin)),
    }
}

fn not_approved(endpoint: &PrivateEndpointId, origin: &Origin) -> Refusal {
    Refusal {
        kind: RefusalKind::Connection,
        first_line: "Request is not via an approved private link.",
        rule: "network/private-endpoint-not-approved",
        explanation: format!("no approved connection of the private endpoint {endpoint} to this vault"),
        address: origin.address(),
    }
}

fn disabled(bypass: Bypass, origin: &Origin) -> Refusal {
    Refusal {
        kind: RefusalKind::Connection,
        first_line: match bypass {
            Bypass::AzureServices => {
                "Public network access is disabled and request is not from a trusted service nor via an approved private link."
            }
            Bypass::None => {
                "Connection is not an approved private link and caller was ignored because bypass is not set to 'AzureServices' and PublicNetworkAccess is set to 'Disabled'."
            }
        },
        rule: "network/public-access-disabled",
        explanation: "publicNetworkAccess is Disabled, so the network rules are not consulted".to_owned(),
        address: origin.address(),
    }
}

fn unlisted(acls: &NetworkAcls, origin: &Origin) -> Refusal {
    let path = match origin.ingress() {
        Ingress::Subnet(subnet) => {
            format!("subnet {subnet} is in none of the {} virtual-network rules", acls.subnet_rules.len())
        }
        // Judged by its connection and never by rules.
        Ingress::PrivateEndpoint(endpoint) => format!("private endpoint {endpoint} matches no rule"),
        Ingress::Public => format!(
            "{} is in none of the {} IP rules and in no configured virtual network",
            origin.address(),
            acls.ip_rules.len()
        ),
    };
    Refusal {
        kind: RefusalKind::Firewall,
        first_line: match acls.bypass {
            Bypass::AzureServices => "Client address is not authorized and caller is not a trusted service.",
            Bypass::None => "Client address is not authorized and caller was ignored because bypass is set to None",
        },
        rule: "network/default-action",
        explanation: format!("{path}; defaultAction is Deny"),
        address: origin.address(),
    }
}

#[cfg(test)]
mod tests {
    use portcullis_model::SubnetId;

    use super::*;
    use crate::VirtualNetworks;

    fn judge(rules: &NetworkRules, origin: &Origin, trust: CallerTrust) -> Result<Verdict, Refusal> {
        super::judge(rules, &[], origin, trust)
    }

    /// The rows of behaviour, section 1.10: only an approved connection of this very endpoint lets in, and then always.
    #[test]
    fn only_an_approved_connection_lets_a_private_endpoint_in() {
        let id = |name: &str| -> PrivateEndpointId {
            format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateEndpoints/{name}")
                .parse()
                .unwrap()
        };
        let connection = |endpoint, status| PrivateEndpointConnection {
            name: "c".parse().unwrap(),
            endpoint: id(endpoint),
            status,
            description: String::new(),
        };
        let origin = Origin::through(id("pe"), "203.0.113.9".parse().unwrap());
        use portcullis_model::ConnectionStatus::{Approved, Disconnected, Pending, Rejected};
        for (connections, admitted) in [
            (vec![connection("pe", Approved)], true),
            (vec![connection("pe", Rejected), connection("pe", Approved)], true),
            (vec![connection("pe", Pending)], false),
            (vec![connection("pe", Rejected)], false),
            (vec![connection("pe", Disconnected)], false),
            (vec![connection("other", Approved)], false),
            (vec![], false),
        ] {
            for rules in [
                NetworkRules::OPEN,
                rules(PublicNetworkAccess::Enabled, DefaultAction::Allow, Bypass::AzureServices),
                rules(PublicNetworkAccess::Disabled, DefaultAction::Deny, Bypass::None),
            ] {
                for trust in [CallerTrust::Ordinary, CallerTrust::TrustedService] {
                    let verdict = super::judge(&rules, &connections, &origin, trust);
                    assert_eq!(verdict.is_ok(), admitted, "{connections:?} {rules:?}");
                    assert!(verdict.is_ok_and(|it| it.audit_type() == "PrivateLink") || !admitted);
                }
            }
        }
        let outside = networks().origin("198.51.100.1".parse().unwrap(), None);
        let closed = rules(PublicNetworkAccess::Disabled, DefaultAction::Deny, Bypass::None);
        let others = super::judge(&closed, &[connection("pe", Approved)], &outside, CallerTrust::Ordinary);
        assert!(others.is_err(), "an endpoint opens the vault to nobody else");
    }

    const SUBNET: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/app";

    fn subnet() -> SubnetId {
        SUBNET.parse().unwrap()
    }

    fn networks() -> VirtualNetworks {
        let other: SubnetId = SUBNET.replace("app", "wide").parse().unwrap();
        VirtualNetworks::new([("10.0.0.0/8".parse().unwrap(), other), ("10.1.0.0/16".parse().unwrap(), subnet())])
    }

    fn rules(access: PublicNetworkAccess, default_action: DefaultAction, bypass: Bypass) -> NetworkRules {
        NetworkRules {
            public_network_access: access,
            acls: Some(NetworkAcls {
                bypass,
                default_action,
                ip_rules: vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
                subnet_rules: vec![subnet()],
            }),
        }
    }

    fn at(address: &str) -> Origin {
        networks().origin(address.parse().unwrap(), None)
    }

    /// The rows of behaviour, section 1.6, that need neither perimeter nor private endpoint.
    #[test]
    fn follows_the_precedence_table() {
        use {
            Bypass::{AzureServices, None as NoBypass},
            DefaultAction::*,
            PublicNetworkAccess::*,
        };
        let listed = ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1", "10.1.2.3"];
        let other = ["198.51.100.1", "10.2.0.1", "2001:db9::1", "::1"];
        // access, default, bypass, listed, trusted, other
        let table = [
            (Enabled, Allow, AzureServices, true, true, true),
            (Enabled, Allow, NoBypass, true, true, true),
            (Enabled, Deny, AzureServices, true, true, false),
            (Enabled, Deny, NoBypass, true, false, false),
            (Disabled, Allow, AzureServices, false, true, false),
            (Disabled, Deny, AzureServices, false, true, false),
            (Disabled, Deny, NoBypass, false, false, false),
        ];
        for (access, default, bypass, allow_listed, allow_trusted, allow_other) in table {
            let rules = rules(access, default, bypass);
            for address in listed {
                assert_eq!(
                    judge(&rules, &at(address), CallerTrust::Ordinary).is_ok(),
                    allow_listed,
                    "{rules:?} {address}"
                );
            }
            for address in other {
                assert_eq!(
                    judge(&rules, &at(address), CallerTrust::Ordinary).is_ok(),
                    allow_other,
                    "{rules:?} {address}"
                );
                let trusted = judge(&rules, &at(address), CallerTrust::TrustedService);
                assert_eq!(trusted.is_ok(), allow_trusted, "{rules:?} {address} trusted");
            }
        }
    }

    #[test]
    fn a_vault_without_rules_admits_everyone() {
        assert!(judge(&NetworkRules::default(), &at("198.51.100.1"), CallerTrust::Ordinary).is_ok());
    }

    #[test]
    fn an_ip_rule_does_not_match_a_virtual_network() {
        let mut rules = rules(PublicNetworkAccess::Enabled, DefaultAction::Deny, Bypass::None);
        if let Some(acls) = &mut rules.acls {
            acls.ip_rules.push("10.0.0.0/8".parse().unwrap());
        }
        assert!(judge(&rules, &at("10.2.0.1"), CallerTrust::Ordinary).is_err());
    }

    #[test]
    fn a_listener_binding_wins_over_prefixes_and_the_longest_prefix_over_shorter_ones() {
        let networks = networks();
        assert_eq!(*networks.origin("10.1.0.1".parse().unwrap(), None).ingress(), Ingress::Subnet(subnet()));
        assert_eq!(
            *networks.origin("192.0.2.1".parse().unwrap(), Some(&subnet())).ingress(),
            Ingress::Subnet(subnet())
        );
    }

    #[test]
    fn refusals_carry_the_reference_texts() {
        let firewall = judge(
            &rules(PublicNetworkAccess::Enabled, DefaultAction::Deny, Bypass::AzureServices),
            &at("198.51.100.1"),
            CallerTrust::Ordinary,
        )
        .unwrap_err();
        assert_eq!(firewall.kind, RefusalKind::Firewall);
        assert_eq!(firewall.first_line, "Client address is not authorized and caller is not a trusted service.");
        assert!(firewall.explanation.contains("198.51.100.1 is in none of the 2 IP rules"));
    }
}
