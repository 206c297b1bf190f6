//! Where policies apply: named locations of the gateway's configuration, and those that the settings define.

use std::net::IpAddr;

use portcullis_plugin::{Network, Problem};

use crate::json::{Node, shown};

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A named location of the gateway's configuration.
    Configured(String),
    /// Prefixes of addresses (`ipNamedLocation`).
    Addresses(Vec<String>),
    /// Countries (`countryNamedLocation`), in upper case, and whether what has no known country belongs to them.
    Countries(Vec<String>, bool),
}

/// The locations that the settings define, and which are trusted.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    defined: Vec<(String, Place)>,
    trusted: Vec<Place>,
}

/// A policy names a location that the gateway does not know, so whether it applies cannot be said.
#[derive(Debug)]
pub(crate) struct UnknownLocation(pub(crate) String);

impl Place {
    /// Whether the client is there. Whether a location exists is asked only where the address does not lie in it.
    pub(crate) fn is_here(&self, host: &impl Network) -> Result<bool, UnknownLocation> {
        match self {
            Self::Configured(name) => {
                if host.named_location(name) {
                    return Ok(true);
                }
                if host.named_location_exists(name) { Ok(false) } else { Err(UnknownLocation(name.clone())) }
            }
            Self::Addresses(prefixes) => Ok(host.source_in(prefixes)),
            Self::Countries(codes, unknown) => Ok(match host.signal("country") {
                None => *unknown,
                Some(country) => codes.iter().any(|code| code.eq_ignore_ascii_case(&country)),
            }),
        }
    }
}

impl Locations {
    /// Reads `namedLocations` and `trustedLocations`.
    pub(crate) fn read(named: &[Node<'_>], trusted: &[Node<'_>]) -> Result<Self, Problem> {
        let mut locations = Self::default();
        for node in named {
            let mut members = node.members()?;
            let kind = members.required("@odata.type")?;
            let id = members.required("id")?;
            let name = id.text()?;
            if RESERVED.contains(&name) || locations.find(name).is_some() {
                return Err(id.wrong("is the id of another location"));
            }
            members.ignored(&["displayName", "createdDateTime", "modifiedDateTime"]);
            let (place, is_trusted) = match kind.text()? {
                "#microsoft.graph.ipNamedLocation" => {
                    let ranges = members.required("ipRanges")?;
                    let prefixes = ranges.list()?.iter().map(range).collect::<Result<Vec<_>, _>>()?;
                    if prefixes.is_empty() {
                        return Err(ranges.wrong("is empty"));
                    }
                    let trusted = members.optional("isTrusted").map(|flag| flag.flag()).transpose()?;
                    (Place::Addresses(prefixes), trusted.unwrap_or_default())
                }
                "#microsoft.graph.countryNamedLocation" => {
                    let list = members.required("countriesAndRegions")?;
                    let codes = list.list()?.iter().map(country).collect::<Result<Vec<_>, _>>()?;
                    let unknown = members.optional("includeUnknownCountriesAndRegions").map(|flag| flag.flag());
                    if let Some(method) = members.optional("countryLookupMethod") {
                        method.one_of(&[("clientIpAddress", ())])?;
                    }
                    (Place::Countries(codes, unknown.transpose()?.unwrap_or_default()), false)
                }
                _ => return Err(kind.wrong("is neither an ipNamedLocation's nor a countryNamedLocation's")),
            };
            members.end()?;
            if is_trusted {
                locations.trusted.push(place.clone());
            }
            locations.defined.push((name.to_owned(), place));
        }
        for node in trusted {
            let place = locations.place(node)?;
            locations.trusted.push(place);
        }
        Ok(locations)
    }

    /// Whether no location is trusted.
    pub(crate) const fn trusts_none(&self) -> bool {
        self.trusted.is_empty()
    }

    /// Those that are trusted.
    pub(crate) fn trusted(&self) -> &[Place] {
        &self.trusted
    }

    /// The place of an id: one that is defined here, or else one of the gateway's configuration.
    pub(crate) fn place(&self, node: &Node<'_>) -> Result<Place, Problem> {
        let name = node.text()?;
        if RESERVED.contains(&name) {
            return Err(node.wrong(format!("`{name}` cannot stand here")));
        }
        Ok(self.find(name).cloned().unwrap_or_else(|| Place::Configured(name.to_owned())))
    }

    fn find(&self, name: &str) -> Option<&Place> {
        self.defined.iter().find(|(known, _)| known == name).map(|(_, place)| place)
    }
}

fn range(node: &Node<'_>) -> Result<String, Problem> {
    let mut members = node.members()?;
    if let Some(kind) = members.optional("@odata.type") {
        kind.one_of(&[("#microsoft.graph.iPv4CidrRange", ()), ("#microsoft.graph.iPv6CidrRange", ())])?;
    }
    let address = members.required("cidrAddress")?;
    let text = address.text()?;
    members.end()?;
    let (ip, length) = text.split_once('/').unwrap_or((text, ""));
    let most = match ip.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return Err(address.wrong(format!("`{}` is no prefix such as 203.0.113.0/24", shown(text)))),
    };
    let fits = length.parse::<u8>().is_ok_and(|length| length <= most);
    if fits || !text.contains('/') {
        return Ok(text.to_owned());
    }
    Err(address.wrong(format!("`{}` is no prefix such as 203.0.113.0/24", shown(text))))
}

fn country(node: &Node<'_>) -> Result<String, Problem> {
    let text = node.text()?;
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(text.to_ascii_uppercase());
    }
    Err(node.wrong("is no country's code of two letters (ISO 3166-1)"))
}

/// What stands for many locations.
const RESERVED: [&str; 2] = ["All", "AllTrusted"];
