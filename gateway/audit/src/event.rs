//! The event of one request.

use std::borrow::Cow;

use crate::note::{DecisionNote, ItemNote, ItemRefusal, NetworkNote, ObjectNote, RequestNote};

/// Text of an event: most of it is borrowed from the program or moved in once.
pub type Text = Cow<'static, str>;

/// What is known of one request. It is filled as the request passes its stages; what was never reached stays empty.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    pub(crate) request: RequestNote,
    /// Whether the caller is known to be who it says it is.
    pub(crate) authenticated: bool,
    pub(crate) operation: &'static str,
    pub(crate) api_version: Option<Text>,
    pub(crate) resource: Option<Text>,
    pub(crate) description: Option<Text>,
    pub(crate) claims: Vec<(&'static str, Text)>,
    pub(crate) claimed_application: Option<Text>,
    pub(crate) object_id: Option<Text>,
    pub(crate) object: Option<ObjectNote>,
    pub(crate) network: Option<NetworkNote>,
    pub(crate) rbac: Option<bool>,
    pub(crate) assignment: Option<Text>,
    pub(crate) revision: Option<u64>,
    pub(crate) stage: &'static str,
    pub(crate) decisions: Vec<DecisionNote>,
    pub(crate) denied_by: Option<Text>,
    pub(crate) obligations: Vec<Text>,
    pub(crate) items: Vec<ItemGroup>,
}

/// Items of a list that were judged alike: each has a line of its own beside the event.
#[derive(Debug, Clone)]
pub(crate) struct ItemGroup {
    pub(crate) operation: &'static str,
    pub(crate) objects: Vec<String>,
    pub(crate) refusal: Option<ItemRefusal>,
    pub(crate) decisions: Vec<DecisionNote>,
}

impl AuditEvent {
    pub(crate) fn new(request: RequestNote) -> Self {
        Self {
            request,
            authenticated: false,
            operation: "Unknown",
            api_version: None,
            resource: None,
            description: None,
            claims: Vec::new(),
            claimed_application: None,
            object_id: None,
            object: None,
            network: None,
            rbac: None,
            assignment: None,
            revision: None,
            stage: "received",
            decisions: Vec::new(),
            denied_by: None,
            obligations: Vec::new(),
            items: Vec::new(),
        }
    }

    /// The operation's audit name as far as it is known by now.
    #[must_use]
    pub const fn operation_name(&self) -> &'static str {
        self.operation
    }

    /// The operation by its audit name, such as `SecretGet`; `Authentication` for calls that end in 401.
    pub fn operation(&mut self, name: &'static str) -> &mut Self {
        self.operation = name;
        self
    }

    /// The api-version the client asked for.
    pub fn api_version(&mut self, version: impl Into<Text>) -> &mut Self {
        self.api_version = Some(version.into());
        self
    }

    /// The ARM id of the vault; it is written in upper case.
    pub fn resource(&mut self, id: impl Into<Text>) -> &mut Self {
        self.resource = Some(id.into());
        self
    }

    /// Says in words how the request ended; for a failure the part of its message that is for the log.
    pub fn description(&mut self, text: impl Into<Text>) -> &mut Self {
        self.description = Some(text.into());
        self
    }

    /// Says that the caller was authenticated. The record is then written in any case and at length; those of others
    /// are short, and few.
    pub fn authenticated(&mut self) -> &mut Self {
        self.authenticated = true;
        self
    }

    /// A claim of the caller's token, such as `oid`. Never the token.
    pub fn claim(&mut self, name: &'static str, value: impl Into<Text>) -> &mut Self {
        self.claims.push((name, value.into()));
        self
    }

    /// The application that a caller who is not authenticated says it is. Apart from the claims, which are true.
    pub fn claimed_application(&mut self, id: impl Into<Text>) -> &mut Self {
        self.claimed_application = Some(id.into());
        self
    }

    /// The id of the object that was returned or changed.
    pub fn object_id(&mut self, id: impl Into<Text>) -> &mut Self {
        self.object_id = Some(id.into());
        self
    }

    /// The attributes of that object.
    pub fn object(&mut self, object: ObjectNote) -> &mut Self {
        self.object = Some(object);
        self
    }

    /// What the firewall found.
    pub fn network(&mut self, network: NetworkNote) -> &mut Self {
        self.network = Some(network);
        self
    }

    /// Whether role assignments authorise the call.
    pub fn rbac_authorized(&mut self, authorized: bool) -> &mut Self {
        self.rbac = Some(authorized);
        self
    }

    /// The role assignment that was applied.
    pub fn applied_assignment(&mut self, id: impl Into<Text>) -> &mut Self {
        self.assignment = Some(id.into());
        self
    }

    /// The revision of the policy that the call was judged by.
    pub fn revision(&mut self, revision: u64) -> &mut Self {
        self.revision = Some(revision);
        self
    }

    /// The stage that the request reached: the place where it was refused, or the last one.
    pub fn stage(&mut self, stage: &'static str) -> &mut Self {
        self.stage = stage;
        self
    }

    /// What one plugin decided; in the order of evaluation.
    pub fn decision(&mut self, decision: DecisionNote) -> &mut Self {
        self.decisions.push(decision);
        self
    }

    /// Forgets who called and what was found and decided: the request is judged again, and the last judgement counts.
    pub fn judged_anew(&mut self) -> &mut Self {
        self.claims.clear();
        self.decisions.clear();
        self.items.clear();
        self.network = None;
        self.rbac = None;
        self.assignment = None;
        self.denied_by = None;
        self
    }

    /// What was done because a policy demanded it.
    pub fn obligation(&mut self, what: impl Into<Text>) -> &mut Self {
        self.obligations.push(what.into());
        self
    }

    /// What came of judging an item of a filtered list. Items of which the same was asked, answered and decided are told
    /// together.
    pub fn list_item(&mut self, item: ItemNote) -> &mut Self {
        let ItemNote { operation, object, refusal, decisions } = item;
        let alike = |group: &&mut ItemGroup| {
            let same = |(a, b): (&DecisionNote, &DecisionNote)| a.is_like(b);
            group.operation == operation
                && group.refusal == refusal
                && group.decisions.len() == decisions.len()
                && group.decisions.iter().zip(&decisions).all(same)
        };
        match self.items.iter_mut().find(alike) {
            Some(group) => group.objects.push(object),
            None => self.items.push(ItemGroup { operation, objects: vec![object], refusal, decisions }),
        }
        self
    }

    /// Who denied: the name of a plugin, or of the stage.
    pub fn denied_by(&mut self, who: impl Into<Text>) -> &mut Self {
        self.denied_by = Some(who.into());
        self
    }
}
