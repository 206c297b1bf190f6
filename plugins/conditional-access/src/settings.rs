//! The policies, parsed and checked as a whole: one that is not understood makes all of them invalid, so that no
//! misspelt policy is one that never applies.

use portcullis_plugin::Problem;

use crate::conditions::{Conditions, Selection};
use crate::grant::{GrantControls, context_id, sign_in_within};
use crate::json::{Members, Node, parse, shown};
use crate::location::{Locations, Place};
use crate::strength::Strengths;

/// Policies in the order of the settings, and what they refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The policies; none when the member is absent.
    pub policies: Vec<Policy>,
    /// The authentication contexts: which requests are within them.
    pub contexts: Vec<Context>,
    /// The locations that are trusted.
    pub trusted: Vec<Place>,
}

/// One policy: whoever meets all conditions is subject to the controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The policy's id: the rule that decisions name.
    pub id: String,
    /// The policy's name, for people.
    pub display_name: String,
    /// Whether it counts.
    pub state: State,
    /// Whom and what it is about.
    pub conditions: Conditions,
    /// What it demands of who calls; there is this or the next.
    pub grant_controls: Option<GrantControls>,
    /// The seconds within which the caller must have signed in.
    pub sign_in_within: Option<u32>,
}

/// Whether a policy counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does.
    Enabled,
    /// It is as if it were not there.
    Disabled,
    /// It is evaluated, and the decision names it, but it does not block.
    ReportOnly,
}

/// An authentication context: a name for some requests, so that policies can be about those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its id: `c1` to `c99`.
    pub id: String,
    /// The operations; any when absent.
    pub operations: Option<Selection>,
    /// Resource ids, one of which covers the request's resource; any when empty.
    pub scopes: Vec<String>,
    /// How the names of objects begin; any when empty.
    pub prefixes: Vec<String>,
}

impl Settings {
    /// Parses and checks settings.
    ///
    /// # Errors
    /// What is wrong with them: the first thing of each policy, or of what they refer to.
    pub fn parse(json: &str) -> Result<Self, Vec<Problem>> {
        let value = parse(json).map_err(|problem| vec![problem])?;
        read(&Node::root(&value))
    }
}

fn read(node: &Node<'_>) -> Result<Settings, Vec<Problem>> {
    let one = |problem| vec![problem];
    let mut members = node.members().map_err(one)?;
    let world = World::read(&mut members).map_err(one)?;
    let nodes = members.list("policies").map_err(one)?;
    members.end().map_err(one)?;
    let (mut policies, mut problems): (Vec<Policy>, _) = (Vec::new(), Vec::new());
    for node in &nodes {
        match Policy::read(node, &world) {
            Ok(policy) if policies.iter().any(|other| other.id == policy.id) => {
                problems.push(node.wrong(format!("has the id of another policy: {}", shown(&policy.id))));
            }
            Ok(policy) => policies.push(policy),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Settings { policies, contexts: world.contexts, trusted: world.locations.trusted().to_vec() })
}

/// What policies refer to.
pub(crate) struct World {
    pub(crate) contexts: Vec<Context>,
    pub(crate) locations: Locations,
    pub(crate) strengths: Strengths,
}

impl World {
    fn read(members: &mut Members<'_>) -> Result<Self, Problem> {
        let (named, trusted) = (members.list("namedLocations")?, members.list("trustedLocations")?);
        let mut contexts: Vec<Context> = Vec::new();
        for node in members.list("authenticationContextClassReferences")? {
            let context = Context::read(&node)?;
            if contexts.iter().any(|other| other.id == context.id) {
                return Err(node.wrong("has the id of another authentication context"));
            }
            contexts.push(context);
        }
        Ok(Self {
            contexts,
            locations: Locations::read(&named, &trusted)?,
            strengths: Strengths::read(&members.list("authenticationStrengths")?)?,
        })
    }
}

impl Context {
    fn read(node: &Node<'_>) -> Result<Self, Problem> {
        let mut members = node.members()?;
        members.ignored(&["displayName", "description"]);
        if let Some(available) = members.optional("isAvailable") {
            available.flag()?;
        }
        let id = context_id(&members.required("id")?)?;
        let mut requests = members.required("requests")?.members()?;
        let operations = requests.optional("operations").map(|node| Selection::operations(&node)).transpose()?;
        let texts = |nodes: Vec<Node<'_>>| nodes.iter().map(|node| node.text().map(str::to_owned)).collect();
        let scopes: Result<Vec<_>, _> = texts(requests.list("scopes")?);
        let prefixes: Result<Vec<_>, _> = texts(requests.list("objectNamePrefixes")?);
        let (scopes, prefixes) = (scopes?, prefixes?);
        if operations.is_none() && scopes.is_empty() && prefixes.is_empty() {
            return Err(requests.wrong("says nothing of the requests; `operations` that include `All` mean every one"));
        }
        requests.end()?;
        members.end()?;
        Ok(Self { id, operations, scopes, prefixes })
    }
}

impl Policy {
    fn read(node: &Node<'_>, world: &World) -> Result<Self, Problem> {
        let mut members = node.members()?;
        let id = members.required("id")?;
        if id.text()?.len() > ID_BYTES {
            return Err(id.wrong(format!("has more than {ID_BYTES} bytes")));
        }
        // What Graph adds to a policy that it shows.
        members.ignored(&[
            "@odata.context",
            "@odata.type",
            "createdDateTime",
            "modifiedDateTime",
            "templateId",
            "description",
        ]);
        let state = members.required("state")?.one_of(&[
            ("enabled", State::Enabled),
            ("disabled", State::Disabled),
            ("enabledForReportingButNotEnforced", State::ReportOnly),
        ])?;
        let display_name = members.required("displayName")?.text()?.to_owned();
        let conditions = Conditions::read(&members.required("conditions")?, world)?;
        let grant = members.optional("grantControls");
        let grant_controls = grant.map(|node| GrantControls::read(&node, &world.strengths)).transpose()?;
        let session = members.optional("sessionControls").map(|node| sign_in_within(&node)).transpose()?;
        let sign_in_within = session.flatten();
        if grant_controls.is_none() && sign_in_within.is_none() {
            return Err(members.wrong("demands nothing: it has neither `grantControls` nor a `signInFrequency`"));
        }
        members.end()?;
        Ok(Self { id: id.text()?.to_owned(), display_name, state, conditions, grant_controls, sign_in_within })
    }
}

/// Leaves room for a prefix within the 256 bytes of a rule.
const ID_BYTES: usize = 200;

#[cfg(test)]
mod tests;
