//! Whether a policy applies.

use portcullis_plugin::{Network, Principal, Request};

use crate::conditions::{
    Applications, ClientType, Conditions, DeviceFilter, Ids, Locations, Platforms, Risk, Selection, Target, Users,
    Where, Who,
};
use crate::filter::{COLLECTIONS, Device, EXTENSION};
use crate::location::{Place, UnknownLocation};
use crate::settings::{Context, Policy, Settings};

/// Beyond this number of principals in one list, the caller's id is asked once in place of a question for each.
const PRINCIPALS_ASKED: usize = 8;

/// Operations and principals first: a policy that names an unknown location stops only those whom it is about.
pub(crate) fn applies(
    host: &(impl Request + Principal + Network),
    policy: &Policy,
    settings: &Settings,
) -> Result<bool, UnknownLocation> {
    let Conditions {
        who,
        operations,
        target,
        clients,
        locations,
        platforms,
        devices,
        sign_in_risk,
        user_risk,
        application_risk,
    } = &policy.conditions;
    if !operations.as_ref().is_none_or(|selection| operation(host, selection))
        || !target.as_ref().is_none_or(|target| targeted(host, target, &settings.contexts))
        || !is_about(host, who)
        || !clients.as_ref().is_none_or(|types| client(host, types))
        || !platforms.as_ref().is_none_or(|platforms| platform(host, platforms))
        || !devices.as_ref().is_none_or(|filter| device(host, filter))
        || !sign_in_risk.is_empty() && !sign_in_risk.contains(&risk(host, "sign-in"))
    {
        return Ok(false);
    }
    if !user_risk.is_empty() || !application_risk.is_empty() {
        let levels = if host.principal_kind() == "application" { application_risk } else { user_risk };
        if !levels.is_empty() && !levels.contains(&risk(host, "principal")) {
            return Ok(false);
        }
    }
    locations.as_ref().map_or(Ok(true), |selection| location(host, selection, &settings.trusted))
}

fn operation(host: &impl Request, Selection { all, include, exclude }: &Selection) -> bool {
    if !exclude.is_empty() && host.operation_in(exclude) {
        return false;
    }
    *all || host.operation_in(include)
}

fn targeted(host: &impl Request, target: &Target, contexts: &[Context]) -> bool {
    match target {
        Target::Planes { data, management } => {
            // A plane that is none of the two is one that no policy leaves out.
            match host.plane().as_str() {
                "data" => *data,
                "management" => *management,
                _ => true,
            }
        }
        Target::Operations(names) => host.operation_in(names),
        Target::Contexts(ids) => contexts.iter().any(|context| ids.contains(&context.id) && within(host, context)),
    }
}

fn within(host: &impl Request, Context { operations, scopes, prefixes, .. }: &Context) -> bool {
    operations.as_ref().is_none_or(|selection| operation(host, selection))
        && (scopes.is_empty() || scopes.iter().any(|scope| host.within_scope(scope)))
        && (prefixes.is_empty() || prefixes.iter().any(|prefix| host.object_name_starts_with(prefix)))
}

fn is_about(host: &impl Principal, who: &Who) -> bool {
    match who {
        Who::Anybody { principals, groups } => anybody(host, principals.as_ref(), groups.as_ref()),
        Who::Of { users, applications } => {
            // Who is neither is one that no policy leaves out.
            let kind = host.principal_kind();
            (kind != "application" && users.as_ref().is_some_and(|users| user(host, users)))
                || (kind != "user" && applications.as_ref().is_some_and(|selected| application(host, selected)))
        }
    }
}

/// Groups are more principals: a caller is excluded by either list and included by either.
fn anybody(host: &impl Principal, principals: Option<&Selection>, groups: Option<&Selection>) -> bool {
    let excluded = principals.is_some_and(|selection| is_one_of(host, &selection.exclude))
        || groups.is_some_and(|selection| in_one_of(host, &selection.exclude));
    if excluded {
        return false;
    }
    principals.is_some_and(|selection| selection.all || is_one_of(host, &selection.include))
        || groups.is_some_and(|selection| selection.all || in_one_of(host, &selection.include))
}

fn user(host: &impl Principal, Users { all, guests, include, no_guests, exclude }: &Users) -> bool {
    if (*no_guests && is_guest(host)) || is_among(host, exclude) {
        return false;
    }
    *all || (*guests && is_guest(host)) || is_among(host, include)
}

/// Whoever signed in elsewhere: a trusted issuer's token says so.
fn is_guest(host: &impl Principal) -> bool {
    host.claim("idp").is_some()
}

fn is_among(host: &impl Principal, Ids { principals, groups, roles }: &Ids) -> bool {
    is_one_of(host, principals) || in_one_of(host, groups) || roles.iter().any(|role| host.has_role(role))
}

fn application(host: &impl Principal, Applications { all, include, exclude }: &Applications) -> bool {
    !is_one_of(host, exclude) && (*all || is_one_of(host, include))
}

fn is_one_of(host: &impl Principal, ids: &[String]) -> bool {
    if ids.len() <= PRINCIPALS_ASKED {
        return ids.iter().any(|id| host.principal_is(id));
    }
    let caller = host.principal_id();
    ids.iter().any(|id| id.eq_ignore_ascii_case(&caller))
}

fn in_one_of(host: &impl Principal, ids: &[String]) -> bool {
    ids.iter().any(|id| host.in_group(id))
}

/// Browsers say that they are Mozilla, every one of them. It is the client's own word.
fn client(host: &impl Request, types: &[ClientType]) -> bool {
    let browser = host.header("user-agent").is_some_and(|agent| agent.starts_with("Mozilla/"));
    types.contains(&if browser { ClientType::Browser } else { ClientType::Other })
}

fn platform(host: &(impl Request + Principal), Platforms { all, include, exclude }: &Platforms) -> bool {
    let known = known_platform(host);
    let is = |list: &[&str]| known.is_some_and(|known| list.contains(&known));
    !is(exclude) && (*all || is(include))
}

/// What the client runs on: as a signal source says, or else by the client's own word.
fn known_platform(host: &(impl Request + Principal)) -> Option<&'static str> {
    if let Some(system) = host.device("operatingSystem") {
        return platform_named(&system.to_ascii_lowercase());
    }
    if let Some(hint) = host.header("sec-ch-ua-platform") {
        return platform_named(&hint.trim_matches('"').to_ascii_lowercase());
    }
    platform_named(&host.header("user-agent")?.to_ascii_lowercase())
}

/// The order matters: Android says that it is Linux, and Windows Phone that it is Windows and Android.
fn platform_named(text: &str) -> Option<&'static str> {
    let table = [
        ("windows phone", "windowsPhone"),
        ("android", "android"),
        ("iphone", "iOS"),
        ("ipad", "iOS"),
        ("ios", "iOS"),
        ("windows", "windows"),
        ("mac os", "macOS"),
        ("macos", "macOS"),
        ("darwin", "macOS"),
        ("linux", "linux"),
    ];
    table.into_iter().find(|(part, _)| text.contains(part)).map(|(_, platform)| platform)
}

fn device(host: &impl Principal, DeviceFilter { include, rule }: &DeviceFilter) -> bool {
    rule.matches(&KnownDevice(host)) == *include
}

/// What signal sources told of the caller's device.
struct KnownDevice<'a, H>(&'a H);

impl<H: Principal> Device for KnownDevice<'_, H> {
    fn values(&self, attribute: &str) -> Vec<String> {
        // A company's own attributes count only where the device is under its control.
        if attribute.starts_with(EXTENSION) && !self.is_controlled() {
            return Vec::new();
        }
        let property = match attribute {
            "deviceId" => "id",
            "isCompliant" => "compliant",
            other => other,
        };
        let Some(value) = self.0.device(property) else { return Vec::new() };
        let list = COLLECTIONS.contains(&attribute).then(|| serde_json::from_str(&value).ok()).flatten();
        list.unwrap_or_else(|| vec![value])
    }
}

impl<H: Principal> KnownDevice<'_, H> {
    fn is_controlled(&self) -> bool {
        let is = |property: &str, value: &str| {
            self.0.device(property).is_some_and(|known| known.eq_ignore_ascii_case(value))
        };
        is("compliant", "true") || is("isManaged", "true") || is("trustType", "ServerAD")
    }
}

/// A level that is none of the known ones is a high one.
fn risk(host: &impl Principal, kind: &str) -> Risk {
    match host.risk(kind).as_deref() {
        None => Risk::Unknown,
        Some("none") => Risk::None,
        Some("low") => Risk::Low,
        Some("medium") => Risk::Medium,
        Some(_) => Risk::High,
    }
}

fn location(
    host: &impl Network,
    Locations { include, exclude }: &Locations,
    trusted: &[Place],
) -> Result<bool, UnknownLocation> {
    if at_one_of(host, exclude, trusted)? {
        return Ok(false);
    }
    at_one_of(host, include, trusted)
}

fn at_one_of(host: &impl Network, places: &[Where], trusted: &[Place]) -> Result<bool, UnknownLocation> {
    for place in places {
        let here = match place {
            Where::All => true,
            Where::AllTrusted => {
                let mut here = false;
                for place in trusted {
                    here = here || place.is_here(host)?;
                }
                here
            }
            Where::Place(place) => place.is_here(host)?,
        };
        if here {
            return Ok(true);
        }
    }
    Ok(false)
}
