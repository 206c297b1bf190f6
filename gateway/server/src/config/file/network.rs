//! `[[named_location]]`, `[[virtual_network]]` and `[[trusted_service]]`: what addresses and callers mean to rules.

use std::collections::{HashMap, HashSet};

use ipnet::IpNet;
use portcullis_model::SubnetId;
use portcullis_policy::NamedLocation;

use super::super::reader::{Noted, Reader, Unique, Value};
use super::super::{ListenerConfig, ListenerSource, TrustedServices};

/// Reads `[[named_location]]`.
pub(super) fn locations(root: &mut Reader<'_>) -> Result<HashMap<String, NamedLocation>, Noted> {
    let mut names = Unique::new("location name");
    let locations = root.tables("named_location", |reader| {
        let name = name(reader, "\"office\"", &mut names);
        let prefixes = prefixes(reader, |prefix, _| Ok(prefix));
        Ok((name?, NamedLocation { prefixes: prefixes? }))
    })?;
    Ok(locations.into_iter().collect())
}

/// Reads `[[virtual_network]]`: each prefix with its subnet.
pub(super) fn virtual_networks(root: &mut Reader<'_>) -> Result<Vec<(IpNet, SubnetId)>, Noted> {
    let (mut subnets, mut taken) = (Unique::new("subnet"), Unique::new("prefix"));
    let networks = root.tables("virtual_network", |reader| {
        let subnet = reader.required("subnet", SUBNET).and_then(|value| {
            let subnet: SubnetId = value.parsed()?;
            subnets.add(subnet.clone(), &value)?;
            Ok(subnet)
        });
        let prefixes = prefixes(reader, |prefix, value| taken.add(prefix, value).map(|()| prefix));
        let subnet = subnet?;
        Ok(prefixes?.into_iter().map(|prefix| (prefix, subnet.clone())).collect::<Vec<_>>())
    })?;
    Ok(networks.into_iter().flatten().collect())
}

/// Reads `[[trusted_service]]`. Their names are for people only.
pub(super) fn trusted_services(root: &mut Reader<'_>) -> Result<TrustedServices, Noted> {
    let mut names = Unique::new("name of a trusted service");
    let services = root.tables("trusted_service", |reader| {
        let name = name(reader, "\"backup\"", &mut names);
        let applications = reader.optional("applications").map(|value| value.each(GUIDS, Value::parsed)).transpose();
        let principals = reader.optional("principals").map(|value| value.each(GUIDS, Value::parsed)).transpose();
        let (applications, principals) = (applications?.unwrap_or_default(), principals?.unwrap_or_default());
        if applications.is_empty() && principals.is_empty() {
            return Err(reader.wrong(None, "names nobody; add `applications` or `principals`".to_owned()));
        }
        name.map(|_| TrustedServices { applications, principals })
    })?;
    Ok(services.into_iter().fold(TrustedServices::default(), |mut all, service| {
        all.applications.extend(service.applications);
        all.principals.extend(service.principals);
        all
    }))
}

/// The subnets from which connections can come.
pub(super) fn subnets(
    listeners: &Result<Vec<ListenerConfig>, Noted>,
    networks: &Result<Vec<(IpNet, SubnetId)>, Noted>,
) -> Result<HashSet<SubnetId>, Noted> {
    let bound = listeners.as_ref().map_err(|noted| *noted)?.iter().filter_map(|listener| match &listener.source {
        Some(ListenerSource::Subnet(subnet)) => Some(subnet.clone()),
        Some(ListenerSource::PrivateEndpoint(_)) | None => None,
    });
    let routed = networks.as_ref().map_err(|noted| *noted)?.iter().map(|(_, subnet)| subnet.clone());
    Ok(bound.chain(routed).collect())
}

/// Reads `name`, which each has for itself.
pub(super) fn name(reader: &mut Reader<'_>, example: &str, names: &mut Unique<String>) -> Result<String, Noted> {
    let value = reader.required("name", example)?;
    let name = value.label()?.to_owned();
    names.add(name.clone(), &value)?;
    Ok(name)
}

/// Reads `prefixes`. An empty list is refused: a rule about such a place would never apply, without saying so.
pub(super) fn prefixes(
    reader: &mut Reader<'_>,
    mut check: impl FnMut(IpNet, &Value<'_>) -> Result<IpNet, Noted>,
) -> Result<Vec<IpNet>, Noted> {
    let value = reader.required("prefixes", "[\"10.1.0.0/16\"]")?;
    let prefixes = value.each("a list of prefixes", |value| check(value.prefix()?, value))?;
    if prefixes.is_empty() {
        return Err(value.wrong("is empty; add a prefix, such as `10.1.0.0/16`".to_owned()));
    }
    Ok(prefixes)
}

const GUIDS: &str = "a list of GUIDs";
const SUBNET: &str = "\"/subscriptions/<guid>/resourceGroups/<group>/providers/\
    Microsoft.Network/virtualNetworks/<network>/subnets/<subnet>\"";
