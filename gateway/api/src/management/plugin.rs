//! Bodies and answers of installed plugins.

use http::header::ETAG;
use http::{HeaderValue, StatusCode};
use portcullis_model::ResourcePath;
use portcullis_model::plugins::{
    Acknowledged, MAX_PLUGIN_SETTINGS_BYTES, Observed, OnFailure, PluginDescription, PluginGeneration, PluginLimits,
    PluginMode, PluginOutcome, WantedPlugin, WouldDeny,
};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::Marks;
use super::render::list;
use super::vault::{given, invalid, invalid_content, properties};
use crate::json::{self, Member, Object, Shape};
use crate::{Answer, ApiError};

/// Read-only members are ignored, since clients send back what they were told.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    component: Member<String>,
    #[serde(default)]
    settings: Member<Settings>,
    #[serde(default)]
    order: Member<i64>,
    #[serde(default)]
    mode: Member<String>,
    #[serde(default)]
    percentage: Member<i64>,
    #[serde(default)]
    on_failure: Member<String>,
    #[serde(default)]
    limits: Member<Object<Limits>>,
    #[serde(default)]
    signature: Member<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    #[serde(default)]
    memory_bytes: Member<i64>,
    #[serde(default)]
    time_milliseconds: Member<i64>,
}

/// Any JSON object: what is in it is the plugin's affair.
#[derive(Debug)]
struct Settings(Value);

impl<'de> Shape<'de> for Settings {
    fn object<A: serde::de::MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(|value| Some(Self(value)))
    }
}

/// An installation as it is asked for.
pub(super) fn parse(body: &[u8]) -> Result<WantedPlugin, ApiError> {
    let properties: Properties = properties(body)?;
    let component = given(properties.component, "properties.component")?;
    let component = component
        .parse()
        .map_err(|error| invalid_content(format!("Property properties.component has invalid value: {error}")))?;
    let order = optional(properties.order, "properties.order")?.unwrap_or(0);
    let Object(limits) = optional(properties.limits, "properties.limits")?.unwrap_or_else(|| Object(Limits::default()));
    Ok(WantedPlugin {
        component,
        settings: settings(properties.settings)?,
        order: i32::try_from(order).map_err(|_| invalid("properties.order"))?,
        mode: mode(properties.mode, properties.percentage)?,
        on_failure: on_failure(properties.on_failure)?,
        limits: PluginLimits {
            memory: bound(limits.memory_bytes, "properties.limits.memoryBytes", 1 << 20)?,
            time: bound(limits.time_milliseconds, "properties.limits.timeMilliseconds", 1)?,
        },
        signature: signature(properties.signature)?,
    })
}

#[derive(Debug, Default, Deserialize)]
struct RollbackBody {
    #[serde(default)]
    generation: Member<i64>,
}

/// The generation to go back to, if one is named.
pub(super) fn parse_rollback(body: &[u8]) -> Result<Option<u32>, ApiError> {
    if body.is_empty() {
        return Ok(None);
    }
    let body: RollbackBody = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    bound(body.generation, "generation", 1)
}

#[derive(Debug, Default, Deserialize)]
struct PromoteBody {
    #[serde(default)]
    acknowledge: Member<Vec<Member<String>>>,
    #[serde(default)]
    force: Member<bool>,
}

/// Which refusals are meant.
pub(super) fn parse_promote(body: &[u8]) -> Result<Acknowledged, ApiError> {
    if body.is_empty() {
        return Ok(Acknowledged::default());
    }
    let body: PromoteBody = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    let rules = optional(body.acknowledge, "acknowledge")?.unwrap_or_default();
    let rules = rules.into_iter().map(|rule| given(rule, "acknowledge"));
    Ok(Acknowledged { rules: rules.collect::<Result<_, _>>()?, all: optional(body.force, "force")?.unwrap_or(false) })
}

fn optional<T>(member: Member<T>, property: &str) -> Result<Option<T>, ApiError> {
    member.optional().map_err(|_| invalid(property))
}

/// A signature is looked at by who knows the keys; here only its length is.
fn signature(member: Member<String>) -> Result<Option<String>, ApiError> {
    let text = optional(member, "properties.signature")?;
    let fits = text.as_ref().is_none_or(|text| text.len() <= LONGEST_SIGNATURE && text.is_ascii());
    if fits { Ok(text) } else { Err(invalid("properties.signature")) }
}

fn bound(member: Member<i64>, property: &str, least: u32) -> Result<Option<u32>, ApiError> {
    let Some(number) = optional(member, property)? else { return Ok(None) };
    u32::try_from(number).ok().filter(|number| *number >= least).map(Some).ok_or_else(|| invalid(property))
}

/// The settings in one spelling, so that the same settings have the same digest.
fn settings(member: Member<Settings>) -> Result<String, ApiError> {
    let settings = member.optional().map_err(|_| {
        invalid_content("Property properties.settings has invalid value: it must be a JSON object".to_owned())
    })?;
    let text = settings.map_or_else(|| "{}".to_owned(), |Settings(value)| value.to_string());
    if text.len() > MAX_PLUGIN_SETTINGS_BYTES {
        return Err(invalid_content(format!(
            "Property properties.settings has {} bytes, more than the {MAX_PLUGIN_SETTINGS_BYTES} that are allowed",
            text.len()
        )));
    }
    Ok(text)
}

/// How it counts must be said: a plugin that counts by accident shuts people out, and one that does not lets them in.
fn mode(mode: Member<String>, percentage: Member<i64>) -> Result<PluginMode, ApiError> {
    let text = given(mode, "properties.mode")?;
    let percentage = optional(percentage, "properties.percentage")?;
    let known = [("enforce", PluginMode::Enforce), ("reportOnly", PluginMode::ReportOnly), ("off", PluginMode::Off)];
    if text.eq_ignore_ascii_case(PERCENTAGE) {
        let percent = percentage.and_then(|percent| u8::try_from(percent).ok()).filter(|percent| *percent <= 100);
        return percent.map(PluginMode::Percentage).ok_or_else(|| {
            invalid_content("Property properties.percentage is required with this mode: 0 to 100".to_owned())
        });
    }
    if percentage.is_some() {
        return Err(invalid_content(format!(
            "Property properties.percentage belongs to the mode `{PERCENTAGE}` and no other"
        )));
    }
    known.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, mode)| mode).ok_or_else(|| {
        invalid_content(format!(
            "Property properties.mode has invalid value: it is one of enforce, reportOnly, off and {PERCENTAGE}"
        ))
    })
}

fn on_failure(member: Member<String>) -> Result<OnFailure, ApiError> {
    match optional(member, "properties.onFailure")? {
        None => Ok(OnFailure::Deny),
        Some(text) if text.eq_ignore_ascii_case("deny") => Ok(OnFailure::Deny),
        Some(text) if text.eq_ignore_ascii_case("ignore") => Ok(OnFailure::Ignore),
        Some(_) => Err(invalid_content(
            "Property properties.onFailure has invalid value: it is one of deny and ignore".to_owned(),
        )),
    }
}

/// The answer that tells an outcome.
pub(super) fn render(outcome: &PluginOutcome, scope: &ResourcePath) -> Answer {
    match outcome {
        PluginOutcome::Plugin(plugin, new) => {
            let status = if *new { StatusCode::CREATED } else { StatusCode::OK };
            let mut answer = Answer::json(status, &PluginAnswer::new(plugin));
            if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", plugin.etag)) {
                answer.headers.insert(ETAG, etag);
            }
            answer
        }
        PluginOutcome::Plugins(plugins) => list(plugins.iter().map(PluginAnswer::new)),
        PluginOutcome::Removed(true) => Answer::empty(StatusCode::OK),
        PluginOutcome::Removed(false) => Answer::empty(StatusCode::NO_CONTENT),
        PluginOutcome::Component { digest, bytes } => {
            let answer = ComponentAnswer {
                id: id(&scope.id(), "components", &digest.to_string()),
                name: digest.to_string(),
                kind: "Portcullis.Gateway/components",
                properties: ComponentProperties { bytes: *bytes },
            };
            Answer::json(StatusCode::CREATED, &answer)
        }
    }
}

fn id(scope: &str, collection: &str, name: &str) -> String {
    format!("{}/providers/Portcullis.Gateway/{collection}/{name}", scope.trim_end_matches('/'))
}

#[derive(Serialize)]
struct ComponentAnswer {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    properties: ComponentProperties,
}

#[derive(Serialize)]
struct ComponentProperties {
    bytes: u64,
}

#[derive(Serialize)]
struct PluginAnswer<'a> {
    id: String,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    etag: &'a str,
    properties: PluginProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PluginProperties<'a> {
    scope: &'a str,
    #[serde(flatten)]
    current: Generation,
    /// Whether it can be asked. What cannot be loaded denies.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    /// The latest first.
    previous_generations: Vec<Generation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed: Option<ObservedAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObservedAnswer<'a> {
    requests: usize,
    would_deny: Vec<WouldDenyAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WouldDenyAnswer<'a> {
    rule: &'a str,
    reason: &'a str,
    count: usize,
    request_ids: Vec<String>,
}

impl<'a> ObservedAnswer<'a> {
    fn new(observed: &'a Observed) -> Self {
        let told = |it: &'a WouldDeny| WouldDenyAnswer {
            rule: &it.rule,
            reason: &it.reason,
            count: it.count,
            request_ids: it.requests.iter().map(ToString::to_string).collect(),
        };
        Self { requests: observed.requests, would_deny: observed.would_deny.iter().map(told).collect() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Generation {
    generation: u32,
    component: String,
    settings: Value,
    order: i32,
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentage: Option<u8>,
    on_failure: &'static str,
    limits: LimitsAnswer,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(flatten)]
    written: Marks,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LimitsAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_milliseconds: Option<u32>,
}

impl Generation {
    fn new(generation: &PluginGeneration) -> Self {
        let wanted = &generation.wanted;
        let (mode, percentage) = match wanted.mode {
            PluginMode::Enforce => ("enforce", None),
            PluginMode::ReportOnly => ("reportOnly", None),
            PluginMode::Off => ("off", None),
            PluginMode::Percentage(percent) => (PERCENTAGE, Some(percent)),
        };
        Self {
            generation: generation.number,
            component: wanted.component.to_string(),
            settings: serde_json::from_str(&wanted.settings).unwrap_or(Value::Null),
            order: wanted.order,
            mode,
            percentage,
            on_failure: match wanted.on_failure {
                OnFailure::Deny => "deny",
                OnFailure::Ignore => "ignore",
            },
            limits: LimitsAnswer { memory_bytes: wanted.limits.memory, time_milliseconds: wanted.limits.time },
            signature: wanted.signature.clone(),
            written: Marks::new(generation.written),
        }
    }
}

impl<'a> PluginAnswer<'a> {
    fn new(plugin: &'a PluginDescription) -> Self {
        Self {
            id: id(&plugin.scope, "plugins", plugin.name.as_str()),
            name: plugin.name.as_str(),
            kind: "Portcullis.Gateway/plugins",
            etag: &plugin.etag,
            properties: PluginProperties {
                scope: &plugin.scope,
                current: Generation::new(&plugin.current),
                state: if plugin.failure.is_some() { "failed" } else { "ready" },
                failure: plugin.failure.as_deref(),
                previous_generations: plugin.previous.iter().map(Generation::new).collect(),
                observed: plugin.observed.as_ref().map(ObservedAnswer::new),
            },
        }
    }
}

/// The characters of a signature; those of Ed25519 have 86.
const LONGEST_SIGNATURE: usize = 128;
/// The mode in which a plugin counts for some.
const PERCENTAGE: &str = "percentage";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(properties: &Value) -> Vec<u8> {
        json!({ "properties": properties }).to_string().into_bytes()
    }

    #[test]
    fn reads_what_is_given_and_defaults_the_rest() {
        let digest = "ab".repeat(32);
        let wanted = parse(&body(&json!({"component": digest, "mode": "reportOnly"}))).unwrap();
        assert_eq!(wanted.component.to_string(), digest);
        assert_eq!((wanted.settings.as_str(), wanted.order), ("{}", 0));
        assert_eq!((wanted.mode, wanted.on_failure), (PluginMode::ReportOnly, OnFailure::Deny));
        let all = json!({
            "component": digest, "mode": "Percentage", "percentage": 25, "order": -3, "onFailure": "ignore",
            "settings": {"b": [1, {"c": null}], "a": "x"},
            "limits": {"memoryBytes": 4_194_304, "timeMilliseconds": 20},
        });
        let wanted = parse(&body(&all)).unwrap();
        assert_eq!(wanted.settings, r#"{"a":"x","b":[1,{"c":null}]}"#);
        assert_eq!((wanted.mode, wanted.order), (PluginMode::Percentage(25), -3));
        assert_eq!(wanted.limits, PluginLimits { memory: Some(4 << 20), time: Some(20) });
    }

    #[test]
    fn names_the_member_that_is_wrong() {
        let digest = "ab".repeat(32);
        let table = [
            (json!({"mode": "off"}), "properties.component is required"),
            (json!({"component": "x", "mode": "off"}), "properties.component has invalid value: a component is named"),
            (json!({"component": digest}), "properties.mode is required"),
            (json!({"component": digest, "mode": "on"}), "properties.mode has invalid value"),
            (json!({"component": digest, "mode": "percentage"}), "properties.percentage is required"),
            (json!({"component": digest, "mode": "percentage", "percentage": 101}), "properties.percentage"),
            (json!({"component": digest, "mode": "enforce", "percentage": 5}), "belongs to the mode"),
            (json!({"component": digest, "mode": "off", "settings": []}), "it must be a JSON object"),
            (json!({"component": digest, "mode": "off", "onFailure": "open"}), "properties.onFailure"),
            (json!({"component": digest, "mode": "off", "limits": {"memoryBytes": 5}}), "limits.memoryBytes"),
            (json!({"component": digest, "mode": "off", "order": 3_000_000_000_i64}), "properties.order"),
            (
                json!({"component": digest, "mode": "off", "settings": {"a": "x".repeat(MAX_PLUGIN_SETTINGS_BYTES)}}),
                "more than the 65536 that are allowed",
            ),
        ];
        for (properties, expected) in table {
            let error = parse(&body(&properties)).unwrap_err();
            assert!(error.message().contains(expected), "{properties}: {}", error.message());
        }
        assert_eq!(parse_rollback(b"").unwrap(), None);
        assert_eq!(parse_rollback(b"{}").unwrap(), None);
        assert_eq!(parse_rollback(br#"{"generation": 3}"#).unwrap(), Some(3));
        assert!(parse_rollback(br#"{"generation": 0}"#).is_err());
    }
}
