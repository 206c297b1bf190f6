//! When a policy applies: whom and what it is about, and under which circumstances.

use portcullis_plugin::Problem;

use crate::filter::Rule;
use crate::json::{Members, Node, shown};
use crate::location::Place;
use crate::settings::World;

/// Conditions, all of which must be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    /// Whom it is about.
    pub who: Who,
    /// Names of operations; any when absent.
    pub operations: Option<Selection>,
    /// What it is about; anything when absent.
    pub target: Option<Target>,
    /// Kinds of clients; any when absent.
    pub clients: Option<Vec<ClientType>>,
    /// Where; anywhere when absent.
    pub locations: Option<Locations>,
    /// What the client runs on; anything when absent.
    pub platforms: Option<Platforms>,
    /// Devices; any when absent.
    pub devices: Option<DeviceFilter>,
    /// The risk of the sign-in; any when empty.
    pub sign_in_risk: Vec<Risk>,
    /// The risk of the person; any when empty.
    pub user_risk: Vec<Risk>,
    /// The risk of the application; any when empty.
    pub application_risk: Vec<Risk>,
}

/// Whom a policy is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The gateway's own form, which makes no difference between people and applications.
    Anybody {
        /// Object ids.
        principals: Option<Selection>,
        /// Object ids of groups: more principals.
        groups: Option<Selection>,
    },
    /// Graph's form.
    Of {
        /// People.
        users: Option<Users>,
        /// Applications.
        applications: Option<Applications>,
    },
}

/// People. Exclusion wins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Users {
    /// Whether all are included.
    pub all: bool,
    /// Whether guests are included.
    pub guests: bool,
    /// Object ids, of groups and of roles that are included.
    pub include: Ids,
    /// Whether guests are excluded.
    pub no_guests: bool,
    /// Those that are excluded.
    pub exclude: Ids,
}

/// Object ids of principals and groups, and ids of role definitions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ids {
    /// Principals.
    pub principals: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Roles.
    pub roles: Vec<String>,
}

/// Applications that act by themselves. Exclusion wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applications {
    /// Whether all are included.
    pub all: bool,
    /// Object ids of those that are included.
    pub include: Vec<String>,
    /// Object ids of those that are excluded.
    pub exclude: Vec<String>,
}

/// What a policy is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Planes: Graph knows them as two applications.
    Planes {
        /// The data plane: Azure Key Vault.
        data: bool,
        /// The management plane: the Azure management API.
        management: bool,
    },
    /// Operations, as user actions.
    Operations(Vec<String>),
    /// Authentication contexts, by their ids.
    Contexts(Vec<String>),
}

/// A selection of the gateway's own form. What is excluded is excluded, whatever is included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Whether everything is included.
    pub all: bool,
    /// What is included.
    pub include: Vec<String>,
    /// What is not selected after all.
    pub exclude: Vec<String>,
}

/// A selection of locations. Exclusion wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locations {
    /// Those that are included.
    pub include: Vec<Where>,
    /// Those that are excluded.
    pub exclude: Vec<Where>,
}

/// A location or many of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// Everywhere.
    All,
    /// Wherever it is trusted.
    AllTrusted,
    /// One.
    Place(Place),
}

/// Kinds of clients, as far as a client's own words tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientType {
    /// Any.
    All,
    /// A browser.
    Browser,
    /// Anything else.
    Other,
    /// One that does not exist here.
    Never,
}

/// What clients run on, by their own words. Exclusion wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platforms {
    /// Whether all are included, unknown ones among them.
    pub all: bool,
    /// Those that are included.
    pub include: Vec<&'static str>,
    /// Those that are excluded.
    pub exclude: Vec<&'static str>,
}

/// A device filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFilter {
    /// Whether the policy is about the devices that match, or about all others.
    pub include: bool,
    /// The rule.
    pub rule: Rule,
}

/// Levels of risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// None was seen.
    None,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Nobody has told.
    Unknown,
}

impl Conditions {
    /// Reads `conditions`.
    pub(crate) fn read(node: &Node<'_>, world: &World) -> Result<Self, Problem> {
        let mut members = node.members()?;
        let conditions = Self {
            who: Who::read(&mut members)?,
            operations: members.optional("operations").map(|node| Selection::operations(&node)).transpose()?,
            target: members.optional("applications").map(|node| Target::read(&node, world)).transpose()?.flatten(),
            clients: clients(&mut members)?,
            locations: members.optional("locations").map(|node| Locations::read(&node, world)).transpose()?,
            platforms: members.optional("platforms").map(|node| Platforms::read(&node)).transpose()?,
            devices: members.optional("devices").map(|node| devices(&node)).transpose()?.flatten(),
            sign_in_risk: risks(&mut members, "signInRiskLevels")?,
            user_risk: risks(&mut members, "userRiskLevels")?,
            application_risk: risks(&mut members, "servicePrincipalRiskLevels")?,
        };
        members.unsupported("insiderRiskLevels", "nothing tells of it")?;
        members.unsupported("authenticationFlows", "tokens do not tell by which flow they came")?;
        members.unsupported("times", "write a plugin that asks the clock")?;
        members.end()?;
        Ok(conditions)
    }
}

impl Who {
    fn read(members: &mut Members<'_>) -> Result<Self, Problem> {
        let (principals, groups) = (members.optional("principals"), members.optional("groups"));
        let (users, applications) = (members.optional("users"), members.optional("clientApplications"));
        match (users.is_some() || applications.is_some(), principals.or_else(|| groups.clone())) {
            (true, Some(own)) => {
                return Err(own.wrong("stands beside `users` or `clientApplications`; use the one form or the other"));
            }
            (false, None) => {
                return Err(members.wrong("says nothing about whom it is for: `users` or `clientApplications`"));
            }
            (true, None) => {}
            (false, Some(_)) => {
                let principals = members.optional("principals").map(|node| Selection::ids(&node, false)).transpose()?;
                let groups = groups.map(|node| Selection::ids(&node, principals.is_some())).transpose()?;
                return Ok(Self::Anybody { principals, groups });
            }
        }
        let users = users.map(|node| Users::read(&node)).transpose()?.flatten();
        let applications = applications.map(|node| Applications::read(&node)).transpose()?.flatten();
        if users.is_none() && applications.is_none() {
            return Err(members.wrong("includes nobody, so that the policy would never apply"));
        }
        Ok(Self::Of { users, applications })
    }
}

impl Users {
    /// None when nobody is included.
    fn read(node: &Node<'_>) -> Result<Option<Self>, Problem> {
        let mut members = node.members()?;
        let mut users = Self::default();
        let mut none = false;
        for node in members.list("includeUsers")? {
            match node.text()? {
                "All" => users.all = true,
                "None" => none = true,
                GUESTS => users.guests = true,
                _ => users.include.principals.push(guid(&node)?),
            }
        }
        for node in members.list("excludeUsers")? {
            match node.text()? {
                GUESTS => users.no_guests = true,
                _ => users.exclude.principals.push(guid(&node)?),
            }
        }
        users.include.groups = guids(&members.list("includeGroups")?)?;
        users.exclude.groups = guids(&members.list("excludeGroups")?)?;
        users.include.roles = guids(&members.list("includeRoles")?)?;
        // Whoever may assign roles at one vault could exclude himself there.
        members.unsupported(
            "excludeRoles",
            "roles are held at places here, so that whoever assigns them at one could exclude himself: exclude a group",
        )?;
        for name in ["includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"] {
            members.unsupported(
                name,
                "guests are told apart from members, but not by kinds: use `GuestsOrExternalUsers`",
            )?;
        }
        let Ids { principals, groups, roles } = &users.include;
        let somebody = users.all || users.guests || ![principals, groups, roles].into_iter().all(Vec::is_empty);
        if none && somebody {
            return Err(members.wrong("includes `None` and somebody"));
        }
        if !none && !somebody {
            return Err(members.wrong("includes nobody; say `None` if that is meant"));
        }
        if users.all && (users.guests || ![principals, groups, roles].into_iter().all(Vec::is_empty)) {
            return Err(members.wrong("includes `All` and more"));
        }
        members.end()?;
        Ok(somebody.then_some(users))
    }
}

impl Applications {
    /// None when none is included.
    fn read(node: &Node<'_>) -> Result<Option<Self>, Problem> {
        let mut members = node.members()?;
        let (mut all, mut none, mut include) = (false, false, Vec::new());
        for node in members.list("includeServicePrincipals")? {
            match node.text()? {
                "ServicePrincipalsInMyTenant" => all = true,
                "None" => none = true,
                _ => include.push(guid(&node)?),
            }
        }
        let exclude = guids(&members.list("excludeServicePrincipals")?)?;
        members.unsupported("servicePrincipalFilter", "applications have no custom attributes")?;
        let somebody = all || !include.is_empty();
        match (none, somebody) {
            (true, true) => return Err(members.wrong("includes `None` and more")),
            (false, false) => return Err(members.wrong("includes none; say `None` if that is meant")),
            _ if all && !include.is_empty() => return Err(members.wrong("includes all and more")),
            _ => {}
        }
        members.end()?;
        Ok(somebody.then_some(Self { all, include, exclude }))
    }
}

impl Target {
    /// None when it is about everything.
    fn read(node: &Node<'_>, world: &World) -> Result<Option<Self>, Problem> {
        let mut members = node.members()?;
        let include = members.list("includeApplications")?;
        let exclude = members.list("excludeApplications")?;
        let actions = members.list("includeUserActions")?;
        let contexts = members.list("includeAuthenticationContextClassReferences")?;
        members.unsupported("applicationFilter", "applications have no custom attributes")?;
        if [&include, &actions, &contexts].into_iter().filter(|list| !list.is_empty()).count() != 1 {
            return Err(members.wrong(
                "is about exactly one of `includeApplications`, `includeUserActions` and \
                 `includeAuthenticationContextClassReferences`",
            ));
        }
        if include.is_empty() && !exclude.is_empty() {
            return Err(members.wrong("excludes applications where none is included"));
        }
        members.end()?;
        if !actions.is_empty() {
            return actions.iter().map(action).collect::<Result<_, _>>().map(|names| Some(Self::Operations(names)));
        }
        if !contexts.is_empty() {
            let known = |node: &Node<'_>| {
                let id = node.text()?;
                let found = world.contexts.iter().any(|context| context.id == id);
                found.then(|| id.to_owned()).ok_or_else(|| {
                    node.wrong(
                        "is no context of `authenticationContextClassReferences`, so that the policy would never apply",
                    )
                })
            };
            return contexts.iter().map(known).collect::<Result<_, _>>().map(|ids| Some(Self::Contexts(ids)));
        }
        planes(&include, &exclude)
    }
}

fn planes(include: &[Node<'_>], exclude: &[Node<'_>]) -> Result<Option<Target>, Problem> {
    let (mut data, mut management) = (false, false);
    for node in include {
        match node.text()? {
            "All" if include.len() == 1 => (data, management) = (true, true),
            id if id.eq_ignore_ascii_case(KEY_VAULT) => data = true,
            id if id.eq_ignore_ascii_case(MANAGEMENT) => management = true,
            id => {
                return Err(node.wrong(format!(
                    "`{}` is no application of this gateway, which are {KEY_VAULT} (vaults), {MANAGEMENT} (management) \
                     and, alone, `All`: the policy would never apply",
                    shown(id)
                )));
            }
        }
    }
    for node in exclude {
        match guid(node)? {
            id if id == KEY_VAULT => data = false,
            id if id == MANAGEMENT => management = false,
            // There is no such application here, so it is excluded already.
            _ => {}
        }
    }
    match (data, management, include.first()) {
        (false, false, Some(first)) => Err(first.wrong("is excluded again, so that the policy would never apply")),
        (true, true, _) => Ok(None),
        _ => Ok(Some(Target::Planes { data, management })),
    }
}

fn action(node: &Node<'_>) -> Result<String, Problem> {
    let name = node.text()?.strip_prefix(ACTION).filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or_else(|| {
        node.wrong(format!("is no action of this gateway; those are operations, such as `{ACTION}SecretGet`"))
    })
}

impl Selection {
    /// Reads operations.
    pub(crate) fn operations(node: &Node<'_>) -> Result<Self, Problem> {
        Self::read(node, false)
    }

    fn ids(node: &Node<'_>, may_exclude_only: bool) -> Result<Self, Problem> {
        let mut members = node.members()?;
        for node in members.list("include")?.iter().chain(&members.list("exclude")?) {
            if node.text()? != "All" {
                guid(node)?;
            }
        }
        Self::read(node, may_exclude_only)
    }

    fn read(node: &Node<'_>, may_exclude_only: bool) -> Result<Self, Problem> {
        let mut members = node.members()?;
        let texts = |nodes: Vec<Node<'_>>| {
            nodes.iter().map(|node| node.text().map(str::to_owned)).collect::<Result<Vec<_>, _>>()
        };
        let (mut include, exclude) = (texts(members.list("include")?)?, texts(members.list("exclude")?)?);
        if include.is_empty() && (exclude.is_empty() || !may_exclude_only) {
            return Err(members.wrong("includes nothing"));
        }
        let all = include.iter().any(|name| name == "All");
        if all && include.len() > 1 {
            return Err(members.wrong("includes `All` and more"));
        }
        if exclude.iter().any(|name| name == "All") {
            return Err(members.wrong("excludes `All`, so that the policy would never apply"));
        }
        members.end()?;
        if all {
            include.clear();
        }
        Ok(Self { all, include, exclude })
    }
}

impl Locations {
    /// Reads locations, by Graph's names of the members or by the gateway's own.
    fn read(node: &Node<'_>, world: &World) -> Result<Self, Problem> {
        let mut members = node.members()?;
        let mut list = |graph, own| {
            let (graph, own) = (members.list(graph)?, members.list(own)?);
            match own.first() {
                Some(own) if !graph.is_empty() => Err(own.wrong("stands beside Graph's member of the same meaning")),
                _ => Ok([graph, own].concat()),
            }
        };
        let (included, excluded) = (list("includeLocations", "include")?, list("excludeLocations", "exclude")?);
        let place = |node: &Node<'_>| match node.text()? {
            "All" => Ok(Where::All),
            "AllTrusted" => Ok(Where::AllTrusted),
            _ => world.locations.place(node).map(Where::Place),
        };
        let include: Vec<Where> = included.iter().map(place).collect::<Result<_, _>>()?;
        let exclude: Vec<Where> = excluded.iter().map(place).collect::<Result<_, _>>()?;
        if include.is_empty() {
            return Err(members.wrong("includes nothing"));
        }
        if include.contains(&Where::All) && include.len() > 1 {
            return Err(members.wrong("includes `All` and more"));
        }
        if exclude.contains(&Where::All) {
            return Err(members.wrong("excludes `All`, so that the policy would never apply"));
        }
        if include.contains(&Where::AllTrusted) && world.locations.trusts_none() {
            return Err(members.wrong("includes `AllTrusted`, and no location is trusted: see `trustedLocations`"));
        }
        members.end()?;
        Ok(Self { include, exclude })
    }
}

impl Platforms {
    fn read(node: &Node<'_>) -> Result<Self, Problem> {
        let mut members = node.members()?;
        let table = PLATFORMS.map(|name| (name, name));
        let read = |nodes: Vec<Node<'_>>| nodes.iter().map(|node| node.one_of(&table)).collect::<Result<Vec<_>, _>>();
        let (include, exclude) = (read(members.list("includePlatforms")?)?, read(members.list("excludePlatforms")?)?);
        if include.is_empty() {
            return Err(members.wrong("includes nothing"));
        }
        if exclude.contains(&"all") {
            return Err(members.wrong("excludes `all`, so that the policy would never apply"));
        }
        members.end()?;
        Ok(Self { all: include.contains(&"all"), include, exclude })
    }
}

fn clients(members: &mut Members<'_>) -> Result<Option<Vec<ClientType>>, Problem> {
    let table = [
        ("all", ClientType::All),
        ("browser", ClientType::Browser),
        ("mobileAppsAndDesktopClients", ClientType::Other),
        ("exchangeActiveSync", ClientType::Never),
        ("easSupported", ClientType::Never),
        ("other", ClientType::Never),
    ];
    let nodes = members.list("clientAppTypes")?;
    let types = nodes.iter().map(|node| node.one_of(&table)).collect::<Result<Vec<_>, _>>()?;
    match nodes.first() {
        None => Ok(None),
        Some(_) if types.contains(&ClientType::All) => Ok(None),
        Some(first) if types.iter().all(|kind| *kind == ClientType::Never) => {
            Err(first
                .wrong("is a kind of client that this gateway does not have, so that the policy would never apply"))
        }
        Some(_) => Ok(Some(types)),
    }
}

fn devices(node: &Node<'_>) -> Result<Option<DeviceFilter>, Problem> {
    let mut members = node.members()?;
    for name in ["includeDevices", "excludeDevices", "includeDeviceStates", "excludeDeviceStates"] {
        members.unsupported(name, "Graph has given it up for `deviceFilter`")?;
    }
    let filter = members.optional("deviceFilter");
    members.end()?;
    let Some(filter) = filter else { return Ok(None) };
    let mut members = filter.members()?;
    let include = members.required("mode")?.one_of(&[("include", true), ("exclude", false)])?;
    let rule = members.required("rule")?;
    members.end()?;
    let rule = Rule::parse(rule.text()?).map_err(|why| rule.wrong(format!("the rule {why}")))?;
    Ok(Some(DeviceFilter { include, rule }))
}

fn risks(members: &mut Members<'_>, name: &'static str) -> Result<Vec<Risk>, Problem> {
    let table = [
        ("none", Risk::None),
        ("low", Risk::Low),
        ("medium", Risk::Medium),
        ("high", Risk::High),
        ("unknown", Risk::Unknown),
    ];
    members.list(name)?.iter().map(|node| node.one_of(&table)).collect()
}

fn guids(nodes: &[Node<'_>]) -> Result<Vec<String>, Problem> {
    nodes.iter().map(guid).collect()
}

/// A GUID, in lower case.
fn guid(node: &Node<'_>) -> Result<String, Problem> {
    let text = node.text()?;
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if fits { Ok(text.to_ascii_lowercase()) } else { Err(node.wrong(format!("`{}` is no GUID", shown(text)))) }
}

/// The application that Azure Key Vault is in Microsoft's directory.
const KEY_VAULT: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";
/// That of the Azure management API.
const MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
const GUESTS: &str = "GuestsOrExternalUsers";
/// What begins an operation as a user action.
const ACTION: &str = "urn:portcullis:operation:";
const PLATFORMS: [&str; 7] = ["all", "android", "iOS", "windows", "windowsPhone", "macOS", "linux"];
