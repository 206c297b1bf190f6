//! `properties.networkAcls`: the rule set of a vault, read and told.

use std::net::IpAddr;

use ipnet::IpNet;
use portcullis_model::{Bypass, DefaultAction, MAX_IP_RULES, MAX_SUBNET_RULES, NetworkAcls, SubnetId};
use serde::{Deserialize, Serialize};

use super::vault::{invalid, invalid_content};
use crate::ApiError;
use crate::json::{Member, Object};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AclsBody {
    #[serde(default)]
    bypass: Member<String>,
    #[serde(default)]
    default_action: Member<String>,
    #[serde(default)]
    ip_rules: Member<Vec<Member<Object<IpRuleBody>>>>,
    #[serde(default)]
    virtual_network_rules: Member<Vec<Member<Object<SubnetRuleBody>>>>,
}

#[derive(Debug, Deserialize)]
struct IpRuleBody {
    #[serde(default)]
    value: Member<String>,
}

#[derive(Debug, Deserialize)]
struct SubnetRuleBody {
    #[serde(default)]
    id: Member<String>,
}

/// The rule set that a body gives, as a whole. An absent `defaultAction` is `Deny`: what a body leaves out never opens
/// a vault.
pub(super) fn parse(member: Member<Object<AclsBody>>) -> Result<Option<NetworkAcls>, ApiError> {
    let Some(Object(body)) = member.optional().map_err(|_| invalid("properties.networkAcls"))? else {
        return Ok(None);
    };
    Ok(Some(NetworkAcls {
        bypass: one_of(
            body.bypass,
            "properties.networkAcls.bypass",
            Bypass::AzureServices,
            [("AzureServices", Bypass::AzureServices), ("None", Bypass::None)],
        )?,
        default_action: one_of(
            body.default_action,
            "properties.networkAcls.defaultAction",
            DefaultAction::Deny,
            [("Allow", DefaultAction::Allow), ("Deny", DefaultAction::Deny)],
        )?,
        ip_rules: rules(body.ip_rules, "properties.networkAcls.ipRules", "value", MAX_IP_RULES, |rule| {
            ip_rule(&rule.value.optional().ok()??)
        })?,
        subnet_rules: rules(
            body.virtual_network_rules,
            "properties.networkAcls.virtualNetworkRules",
            "id",
            MAX_SUBNET_RULES,
            |rule| rule.id.optional().ok()??.parse::<SubnetId>().ok(),
        )?,
    }))
}

/// The rule set as it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AclsAnswer<'a> {
    bypass: &'static str,
    default_action: &'static str,
    ip_rules: Vec<IpRuleAnswer>,
    virtual_network_rules: Vec<SubnetRuleAnswer<'a>>,
}

#[derive(Debug, Serialize)]
struct IpRuleAnswer {
    value: IpNet,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SubnetRuleAnswer<'a> {
    id: &'a SubnetId,
    ignore_missing_vnet_service_endpoint: bool,
}

impl<'a> AclsAnswer<'a> {
    pub(super) fn new(acls: &'a NetworkAcls) -> Self {
        Self {
            bypass: match acls.bypass {
                Bypass::AzureServices => "AzureServices",
                Bypass::None => "None",
            },
            default_action: match acls.default_action {
                DefaultAction::Allow => "Allow",
                DefaultAction::Deny => "Deny",
            },
            ip_rules: acls.ip_rules.iter().map(|net| IpRuleAnswer { value: *net }).collect(),
            virtual_network_rules: acls
                .subnet_rules
                .iter()
                .map(|id| SubnetRuleAnswer { id, ignore_missing_vnet_service_endpoint: false })
                .collect(),
        }
    }
}

fn one_of<T: Copy, const N: usize>(
    member: Member<String>,
    property: &str,
    default: T,
    known: [(&str, T); N],
) -> Result<T, ApiError> {
    let Some(text) = member.optional().map_err(|_| invalid(property))? else { return Ok(default) };
    let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&text));
    found.map(|(_, value)| value).ok_or_else(|| invalid(property))
}

/// The rules of a list, in their order; a rule given twice counts once. More than `most` are refused before any is read.
fn rules<B, T: PartialEq>(
    member: Member<Vec<Member<Object<B>>>>,
    property: &str,
    part: &str,
    most: usize,
    parse: impl Fn(B) -> Option<T>,
) -> Result<Vec<T>, ApiError> {
    let given = member.optional().map_err(|_| invalid(property))?.unwrap_or_default();
    if given.len() > most {
        return Err(invalid_content(format!("Property {property} has more than {most} rules")));
    }
    let mut rules = Vec::with_capacity(given.len());
    for (at, rule) in given.into_iter().enumerate() {
        let rule = match rule {
            Member::Given(Object(rule)) => parse(rule),
            Member::Absent | Member::Null | Member::Wrong => None,
        };
        let rule = rule.ok_or_else(|| invalid(&format!("{property}[{at}].{part}")))?;
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// An address or a prefix without host bits. An IPv4 address mapped into IPv6 would be a second spelling and is refused.
fn ip_rule(text: &str) -> Option<IpNet> {
    let net = if text.contains('/') { text.parse::<IpNet>().ok()? } else { IpNet::from(text.parse::<IpAddr>().ok()?) };
    let mapped = matches!(net.addr(), IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
    (net.trunc() == net && !mapped).then_some(net)
}
