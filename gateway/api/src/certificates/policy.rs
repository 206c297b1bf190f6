//! Certificate policies: as they are sent, whole or in part, and as they are told (wire contract, section 11.1).

use portcullis_model::certificates::CertificateCall;
use portcullis_model::{
    AlternativeNames, CertificatePolicy, Curve, IssuerChoice, KeySpec, KeyType, LifetimeAction, LifetimeTrigger,
    MAX_LIFETIME_ACTIONS, ObjectName, PolicyChanges, RsaSize, SecretForm,
};
use serde::{Deserialize, Serialize};

use super::text::{text, texts};
use crate::ApiError;
use crate::json::{self, Member, Object, WrongType};
use crate::keys::key_type;
use crate::member::{AttributesBody, attributes, invalid, required, unreadable};

/// `policy` as it is sent; members that the service sets are ignored.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PolicyBody {
    #[serde(default)]
    key_props: Member<Object<KeyBody>>,
    #[serde(default)]
    secret_props: Member<Object<SecretBody>>,
    #[serde(default)]
    x509_props: Member<Object<X509Body>>,
    #[serde(default)]
    lifetime_actions: Member<Vec<Member<Object<ActionBody>>>>,
    #[serde(default)]
    issuer: Member<Object<IssuerBody>>,
    #[serde(default)]
    attributes: Member<Object<AttributesBody>>,
}

#[derive(Debug, Default, Deserialize)]
struct KeyBody {
    #[serde(default)]
    exportable: Member<bool>,
    #[serde(default)]
    kty: Member<String>,
    #[serde(default)]
    key_size: Member<i64>,
    #[serde(default)]
    crv: Member<String>,
    #[serde(default)]
    reuse_key: Member<bool>,
}

#[derive(Debug, Deserialize)]
struct SecretBody {
    #[serde(default, rename = "contentType")]
    content_type: Member<String>,
}

#[derive(Debug, Deserialize)]
struct X509Body {
    #[serde(default)]
    subject: Member<String>,
    #[serde(default)]
    sans: Member<Object<NamesBody>>,
    #[serde(default)]
    ekus: Member<Vec<Member<String>>>,
    #[serde(default)]
    key_usage: Member<Vec<Member<String>>>,
    #[serde(default)]
    validity_months: Member<i64>,
}

#[derive(Debug, Deserialize)]
struct NamesBody {
    #[serde(default)]
    emails: Member<Vec<Member<String>>>,
    #[serde(default)]
    dns_names: Member<Vec<Member<String>>>,
    #[serde(default)]
    upns: Member<Vec<Member<String>>>,
    #[serde(default)]
    uris: Member<Vec<Member<String>>>,
    #[serde(default, rename = "ipAddresses")]
    ip_addresses: Member<Vec<Member<String>>>,
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
    #[serde(default)]
    lifetime_percentage: Member<i64>,
    #[serde(default)]
    days_before_expiry: Member<i64>,
}

#[derive(Debug, Deserialize)]
struct ActionTypeBody {
    #[serde(default)]
    action_type: Member<String>,
}

#[derive(Debug, Deserialize)]
struct IssuerBody {
    #[serde(default)]
    name: Member<String>,
    #[serde(default)]
    cty: Member<String>,
    #[serde(default)]
    cert_transparency: Member<bool>,
}

/// UpdateCertificatePolicy: the body of `PATCH /certificates/{name}/policy`.
pub(crate) fn parse(name: ObjectName, body: &[u8]) -> Result<CertificateCall, ApiError> {
    let body: PolicyBody = json::parse(body).map_err(unreadable)?;
    Ok(CertificateCall::PolicyUpdate { name, policy: Box::new(read(body)?) })
}

pub(super) fn policy(member: Member<Object<PolicyBody>>) -> Result<Option<PolicyChanges>, ApiError> {
    let Some(Object(body)) = member.optional().map_err(invalid("policy"))? else { return Ok(None) };
    read(body).map(Some)
}

fn read(body: PolicyBody) -> Result<PolicyChanges, ApiError> {
    let mut changes =
        PolicyChanges { enabled: attributes(body.attributes)?.changes.enabled, ..PolicyChanges::default() };
    if let Some(Object(key)) = body.key_props.optional().map_err(invalid("policy.key_props"))? {
        changes.exportable = key.exportable.optional().map_err(invalid("policy.key_props.exportable"))?;
        changes.reuse = key.reuse_key.optional().map_err(invalid("policy.key_props.reuse_key"))?;
        changes.spec = spec(key.kty, key.key_size, key.crv)?;
    }
    if let Some(Object(secret)) = body.secret_props.optional().map_err(invalid("policy.secret_props"))? {
        const FORM: &str = "policy.secret_props.contentType";
        let given = secret.content_type.optional().map_err(invalid(FORM))?;
        let form = |text: String| SecretForm::from_content_type(&text).ok_or_else(|| invalid(FORM)(WrongType));
        changes.form = given.map(form).transpose()?;
    }
    if let Some(Object(x509)) = body.x509_props.optional().map_err(invalid("policy.x509_props"))? {
        changes.subject = text(x509.subject, "policy.x509_props.subject")?;
        changes.names = names(x509.sans)?;
        changes.ekus = texts(x509.ekus, "policy.x509_props.ekus")?;
        changes.key_usage = texts(x509.key_usage, "policy.x509_props.key_usage")?;
        changes.validity_months = number(x509.validity_months, "policy.x509_props.validity_months")?;
    }
    changes.actions = actions(body.lifetime_actions)?;
    if let Some(Object(issuer)) = body.issuer.optional().map_err(invalid("policy.issuer"))? {
        changes.issuer = self::issuer(issuer)?;
    }
    Ok(changes)
}

/// The kind of key, where something is said of it. Symmetric keys have no certificates.
fn spec(kty: Member<String>, size: Member<i64>, crv: Member<String>) -> Result<Option<KeySpec>, ApiError> {
    const SIZE: &str = "policy.key_props.key_size";
    const CURVE: &str = "policy.key_props.crv";
    let size = size.optional().map_err(invalid(SIZE))?;
    let curve = crv.optional().map_err(invalid(CURVE))?;
    let given = match kty {
        Member::Absent | Member::Null => None,
        given @ (Member::Wrong | Member::Given(_)) => Some(key_type(given, "policy.key_props.kty")?),
    };
    match given {
        Some(KeyType::Oct) => Err(invalid("policy.key_props.kty")(WrongType)),
        Some(KeyType::Ec) => {
            let curve = curve.map(|curve| curve.parse::<Curve>().map_err(|_| invalid(CURVE)(WrongType))).transpose()?;
            let of_size = |size: i64| match size {
                256 => Ok(Curve::P256),
                384 => Ok(Curve::P384),
                521 => Ok(Curve::P521),
                _ => Err(invalid(SIZE)(WrongType)),
            };
            let by_size = size.map(of_size).transpose()?;
            Ok(Some(KeySpec::Ec(curve.or(by_size).unwrap_or(Curve::P256))))
        }
        Some(KeyType::Rsa) | None if size.is_some() || given.is_some() => {
            let bits = usize::try_from(size.unwrap_or(2048)).map_err(|_| invalid(SIZE)(WrongType))?;
            RsaSize::from_bits(bits).map(KeySpec::Rsa).map(Some).ok_or_else(|| invalid(SIZE)(WrongType))
        }
        Some(KeyType::Rsa) | None => Ok(None),
    }
}

fn names(member: Member<Object<NamesBody>>) -> Result<Option<AlternativeNames>, ApiError> {
    let Some(Object(body)) = member.optional().map_err(invalid("policy.x509_props.sans"))? else { return Ok(None) };
    Ok(Some(AlternativeNames {
        emails: texts(body.emails, "policy.x509_props.sans.emails")?.unwrap_or_default(),
        dns_names: texts(body.dns_names, "policy.x509_props.sans.dns_names")?.unwrap_or_default(),
        upns: texts(body.upns, "policy.x509_props.sans.upns")?.unwrap_or_default(),
        uris: texts(body.uris, "policy.x509_props.sans.uris")?.unwrap_or_default(),
        ip_addresses: texts(body.ip_addresses, "policy.x509_props.sans.ipAddresses")?.unwrap_or_default(),
    }))
}

const ACTIONS: &str = "policy.lifetime_actions";

fn actions(
    member: Member<Vec<Member<Object<ActionBody>>>>,
) -> Result<Option<Vec<(LifetimeTrigger, LifetimeAction)>>, ApiError> {
    let Some(given) = member.optional().map_err(invalid(ACTIONS))? else { return Ok(None) };
    if given.len() > MAX_LIFETIME_ACTIONS {
        return Err(invalid(ACTIONS)(WrongType));
    }
    let actions = given.into_iter().map(|action| {
        let Member::Given(Object(action)) = action else { return Err(invalid(ACTIONS)(WrongType)) };
        self::action(action)
    });
    actions.collect::<Result<_, _>>().map(Some)
}

fn action(body: ActionBody) -> Result<(LifetimeTrigger, LifetimeAction), ApiError> {
    const TRIGGER: &str = "policy.lifetime_actions.trigger";
    const ACTION: &str = "policy.lifetime_actions.action.action_type";
    let Member::Given(Object(trigger)) = body.trigger else { return Err(invalid(TRIGGER)(WrongType)) };
    let Member::Given(Object(ActionTypeBody { action_type: Member::Given(kind) })) = body.action else {
        return Err(invalid(ACTION)(WrongType));
    };
    let percentage = number(trigger.lifetime_percentage, TRIGGER)?;
    let days = number(trigger.days_before_expiry, TRIGGER)?;
    let trigger = match (percentage, days) {
        (Some(percentage), None) => {
            u8::try_from(percentage).ok().filter(|p| (1..=99).contains(p)).map(LifetimeTrigger::Percentage)
        }
        (None, Some(days)) => Some(LifetimeTrigger::DaysBeforeExpiry(days)),
        (Some(_), Some(_)) | (None, None) => None,
    };
    let trigger = trigger.ok_or_else(|| invalid(TRIGGER)(WrongType))?;
    if kind.eq_ignore_ascii_case("AutoRenew") {
        Ok((trigger, LifetimeAction::AutoRenew))
    } else if kind.eq_ignore_ascii_case("EmailContacts") {
        Ok((trigger, LifetimeAction::EmailContacts))
    } else {
        Err(invalid(ACTION)(WrongType))
    }
}

/// Nothing where nothing is said: clients send an empty object.
fn issuer(body: IssuerBody) -> Result<Option<IssuerChoice>, ApiError> {
    let name = text(body.name, "policy.issuer.name")?;
    let certificate_type = text(body.cty, "policy.issuer.cty")?;
    let transparency = body.cert_transparency.optional().map_err(invalid("policy.issuer.cert_transparency"))?;
    match name {
        Some(name) => Ok(Some(IssuerChoice { name, certificate_type, transparency })),
        None if certificate_type.is_none() && transparency.is_none() => Ok(None),
        None => Err(required("policy.issuer.name")()),
    }
}

fn number(member: Member<i64>, property: &'static str) -> Result<Option<u16>, ApiError> {
    let Some(number) = member.optional().map_err(invalid(property))? else { return Ok(None) };
    u16::try_from(number).map(Some).map_err(|_| invalid(property)(WrongType))
}

/// A policy as answers tell it.
#[derive(Debug, Serialize)]
pub(super) struct PolicyTold<'a> {
    id: String,
    key_props: KeyTold,
    secret_props: SecretTold,
    x509_props: X509Told<'a>,
    lifetime_actions: Vec<ActionTold>,
    issuer: IssuerTold<'a>,
    attributes: AttributesTold,
}

#[derive(Debug, Serialize)]
struct KeyTold {
    exportable: bool,
    kty: &'static str,
    key_size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    reuse_key: bool,
}

#[derive(Debug, Serialize)]
struct SecretTold {
    #[serde(rename = "contentType")]
    content_type: &'static str,
}

#[derive(Debug, Serialize)]
struct X509Told<'a> {
    subject: &'a str,
    sans: NamesTold<'a>,
    ekus: &'a [String],
    key_usage: &'a [String],
    validity_months: u16,
    basic_constraints: BasicConstraintsTold,
}

#[derive(Debug, Serialize)]
struct BasicConstraintsTold {
    ca: bool,
}

#[derive(Debug, Serialize)]
struct NamesTold<'a> {
    emails: &'a [String],
    dns_names: &'a [String],
    upns: &'a [String],
    uris: &'a [String],
    #[serde(rename = "ipAddresses")]
    ip_addresses: &'a [String],
}

#[derive(Debug, Serialize)]
struct ActionTold {
    trigger: TriggerTold,
    action: ActionTypeTold,
}

#[derive(Debug, Serialize)]
struct TriggerTold {
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime_percentage: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_before_expiry: Option<u16>,
}

#[derive(Debug, Serialize)]
struct ActionTypeTold {
    action_type: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct IssuerTold<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cert_transparency: Option<bool>,
}

#[derive(Debug, Serialize)]
struct AttributesTold {
    enabled: bool,
    created: i64,
    updated: i64,
}

impl<'a> PolicyTold<'a> {
    pub(super) fn new(vault_url: &str, name: &ObjectName, policy: &'a CertificatePolicy) -> Self {
        let (key, x509) = (policy.key, &policy.properties);
        let (kty, key_size, crv) = match key.spec {
            KeySpec::Rsa(size) => ("RSA", size.bits(), None),
            KeySpec::Ec(curve) => ("EC", bits(curve), Some(curve.as_str())),
            KeySpec::Oct(size) => ("oct", size.bits(), None),
        };
        Self {
            id: format!("{vault_url}/certificates/{name}/policy"),
            key_props: KeyTold { exportable: key.exportable, kty, key_size, crv, reuse_key: key.reuse },
            secret_props: SecretTold { content_type: policy.form.content_type() },
            x509_props: X509Told {
                subject: &x509.subject,
                sans: NamesTold {
                    emails: &x509.names.emails,
                    dns_names: &x509.names.dns_names,
                    upns: &x509.names.upns,
                    uris: &x509.names.uris,
                    ip_addresses: &x509.names.ip_addresses,
                },
                ekus: &x509.ekus,
                key_usage: &x509.key_usage,
                validity_months: x509.validity_months,
                basic_constraints: BasicConstraintsTold { ca: false },
            },
            lifetime_actions: policy.actions.iter().map(|(trigger, action)| told(*trigger, *action)).collect(),
            issuer: IssuerTold::new(&policy.issuer),
            attributes: AttributesTold {
                enabled: policy.enabled,
                created: policy.created.0,
                updated: policy.updated.0,
            },
        }
    }
}

impl<'a> IssuerTold<'a> {
    pub(super) fn new(issuer: &'a IssuerChoice) -> Self {
        let IssuerChoice { name, certificate_type, transparency } = issuer;
        Self { name, cty: certificate_type.as_deref(), cert_transparency: *transparency }
    }
}

const fn bits(curve: Curve) -> usize {
    match curve {
        Curve::P256 | Curve::P256K => 256,
        Curve::P384 => 384,
        Curve::P521 => 521,
    }
}

const fn told(trigger: LifetimeTrigger, action: LifetimeAction) -> ActionTold {
    let trigger = match trigger {
        LifetimeTrigger::Percentage(percentage) => {
            TriggerTold { lifetime_percentage: Some(percentage), days_before_expiry: None }
        }
        LifetimeTrigger::DaysBeforeExpiry(days) => {
            TriggerTold { lifetime_percentage: None, days_before_expiry: Some(days) }
        }
    };
    let action_type = match action {
        LifetimeAction::AutoRenew => "AutoRenew",
        LifetimeAction::EmailContacts => "EmailContacts",
    };
    ActionTold { trigger, action: ActionTypeTold { action_type } }
}
