//! Rotation policies: the body of `PUT /keys/{name}/rotationpolicy`, and the answer (wire contract, section 10.4).

use portcullis_model::keys::KeyCall;
use portcullis_model::{ObjectName, Period, RotationPolicy, RotationTrigger};
use serde::{Deserialize, Serialize};

use crate::ApiError;
use crate::json::{self, Member, Object, WrongType};
use crate::member::{invalid, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default, rename = "lifetimeActions")]
    actions: Member<Vec<Member<Object<ActionBody>>>>,
    #[serde(default)]
    attributes: Member<Object<PolicyAttributesBody>>,
}

#[derive(Debug, Deserialize)]
struct ActionBody {
    #[serde(default)]
    trigger: Member<Object<TriggerBody>>,
    #[serde(default)]
    action: Member<Object<ActionTypeBody>>,
}

#[derive(Debug, Deserialize)]
struct TriggerBody {
    #[serde(default, rename = "timeAfterCreate")]
    after_create: Member<String>,
    #[serde(default, rename = "timeBeforeExpiry")]
    before_expiry: Member<String>,
}

#[derive(Debug, Deserialize)]
struct ActionTypeBody {
    #[serde(default, rename = "type")]
    kind: Member<String>,
}

#[derive(Debug, Deserialize)]
struct PolicyAttributesBody {
    #[serde(default, rename = "expiryTime")]
    expiry: Member<String>,
}

const ACTIONS: &str = "lifetimeActions";
const TRIGGER: &str = "lifetimeActions.trigger";

pub(crate) fn parse(name: ObjectName, body: &[u8]) -> Result<KeyCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let mut policy = RotationPolicy::default();
    if let Some(Object(attributes)) = body.attributes.optional().map_err(invalid("attributes"))? {
        policy.expiry = period(attributes.expiry, "attributes.expiryTime")?;
    }
    for action in body.actions.optional().map_err(invalid(ACTIONS))?.unwrap_or_default() {
        let Member::Given(Object(action)) = action else { return Err(invalid(ACTIONS)(WrongType)) };
        add(&mut policy, action)?;
    }
    Ok(KeyCall::RotationPolicySet { name, policy })
}

fn add(policy: &mut RotationPolicy, body: ActionBody) -> Result<(), ApiError> {
    let Member::Given(Object(ActionTypeBody { kind })) = body.action else {
        return Err(invalid("lifetimeActions.action")(WrongType));
    };
    let Member::Given(kind) = kind else { return Err(invalid("lifetimeActions.action.type")(WrongType)) };
    let Member::Given(Object(trigger)) = body.trigger else { return Err(invalid(TRIGGER)(WrongType)) };
    let after = period(trigger.after_create, "lifetimeActions.trigger.timeAfterCreate")?;
    let before = period(trigger.before_expiry, "lifetimeActions.trigger.timeBeforeExpiry")?;
    let twice = || ApiError::bad_parameter("Property lifetimeActions has more than one action of a type");
    if kind.eq_ignore_ascii_case("rotate") {
        let trigger = match (after, before) {
            (Some(after), None) => RotationTrigger::AfterCreate(after),
            (None, Some(before)) => RotationTrigger::BeforeExpiry(before),
            (Some(_), Some(_)) | (None, None) => return Err(invalid(TRIGGER)(WrongType)),
        };
        if policy.rotate.replace(trigger).is_some() { Err(twice()) } else { Ok(()) }
    } else if kind.eq_ignore_ascii_case("notify") {
        let (None, Some(before)) = (after, before) else { return Err(invalid(TRIGGER)(WrongType)) };
        if policy.notify.replace(before).is_some() { Err(twice()) } else { Ok(()) }
    } else {
        Err(invalid("lifetimeActions.action.type")(WrongType))
    }
}

fn period(member: Member<String>, property: &'static str) -> Result<Option<Period>, ApiError> {
    let Some(text) = member.optional().map_err(invalid(property))? else { return Ok(None) };
    text.parse().map(Some).map_err(|error| ApiError::bad_parameter(format!("Property {property}: {error}")))
}

/// A rotation policy as answers tell it.
#[derive(Debug, Serialize)]
pub(super) struct PolicyTold {
    id: String,
    #[serde(rename = "lifetimeActions")]
    actions: Vec<ActionTold>,
    attributes: AttributesTold,
}

#[derive(Debug, Serialize)]
struct ActionTold {
    trigger: TriggerTold,
    action: TypeTold,
}

#[derive(Debug, Default, Serialize)]
struct TriggerTold {
    #[serde(rename = "timeAfterCreate", skip_serializing_if = "Option::is_none")]
    after_create: Option<String>,
    #[serde(rename = "timeBeforeExpiry", skip_serializing_if = "Option::is_none")]
    before_expiry: Option<String>,
}

#[derive(Debug, Serialize)]
struct TypeTold {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct AttributesTold {
    #[serde(rename = "expiryTime", skip_serializing_if = "Option::is_none")]
    expiry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<i64>,
}

impl PolicyTold {
    pub(super) fn new(vault_url: &str, name: &ObjectName, policy: &RotationPolicy) -> Self {
        let rotate = policy.rotate.map(|trigger| match trigger {
            RotationTrigger::AfterCreate(after) => {
                TriggerTold { after_create: Some(after.to_string()), ..TriggerTold::default() }
            }
            RotationTrigger::BeforeExpiry(before) => TriggerTold::before(before),
        });
        let action = |kind| move |trigger| ActionTold { trigger, action: TypeTold { kind } };
        let notify = policy.notify.map(TriggerTold::before).map(action("Notify"));
        let (created, updated) = policy.times.map(|(created, updated)| (created.0, updated.0)).unzip();
        Self {
            id: format!("{vault_url}/keys/{name}/rotationpolicy"),
            actions: rotate.map(action("Rotate")).into_iter().chain(notify).collect(),
            attributes: AttributesTold { expiry: policy.expiry.map(|expiry| expiry.to_string()), created, updated },
        }
    }
}

impl TriggerTold {
    fn before(period: Period) -> Self {
        Self { before_expiry: Some(period.to_string()), ..Self::default() }
    }
}
