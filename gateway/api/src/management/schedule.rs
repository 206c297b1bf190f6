//! Requests about privileged access, read and told (`roleEligibilityScheduleRequests` and its kin).

use http::StatusCode;
use portcullis_model::schedules::{Expiration, RequestKind, ScheduleDescription, ScheduleOutcome, WantedSchedule};
use portcullis_model::{ResourcePath, RoleAssignmentId, UnixTime};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::access::role_id;
use super::deleted_vault::date;
use super::render::list;
use super::role_assignment::role_definition;
use super::vault::{given, invalid, invalid_content, properties};
use crate::json::{self, Member, Object};
use crate::{Answer, ApiError, ErrorCode};

/// The greatest length of a justification, in characters.
const LONGEST_JUSTIFICATION: usize = 500;
/// The longest term that can be said, in seconds: ten years.
const LONGEST_TERM: i64 = 10 * 366 * 86_400;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    principal_id: Member<String>,
    #[serde(default)]
    role_definition_id: Member<String>,
    #[serde(default)]
    request_type: Member<String>,
    #[serde(default)]
    justification: Member<String>,
    #[serde(default)]
    schedule_info: Member<Object<ScheduleInfo>>,
    #[serde(default)]
    condition: Member<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleInfo {
    #[serde(default)]
    start_date_time: Member<String>,
    #[serde(default)]
    expiration: Member<Object<ExpirationBody>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExpirationBody {
    #[serde(default, rename = "type")]
    kind: Member<String>,
    #[serde(default)]
    end_date_time: Member<String>,
    #[serde(default)]
    duration: Member<String>,
}

/// The request that a body makes.
pub(super) fn parse(body: &[u8]) -> Result<WantedSchedule, ApiError> {
    let properties: Properties = properties(body)?;
    let condition = properties.condition.optional().map_err(|_| invalid("properties.condition"))?;
    if condition.is_some_and(|text| !text.is_empty()) {
        return Err(invalid_content("Property properties.condition is not supported for schedules".to_owned()));
    }
    let role = given(properties.role_definition_id, "properties.roleDefinitionId")?;
    let principal = given(properties.principal_id, "properties.principalId")?;
    let info = properties.schedule_info.optional().map_err(|_| invalid("properties.scheduleInfo"))?;
    let Object(info) = info.unwrap_or_else(|| Object(ScheduleInfo::default()));
    let starts = "properties.scheduleInfo.startDateTime";
    let start = info.start_date_time.optional().map_err(|_| invalid(starts))?;
    Ok(WantedSchedule {
        kind: kind(&given(properties.request_type, "properties.requestType")?)?,
        principal: principal.parse().map_err(|_| {
            ApiError::new(ErrorCode::InvalidPrincipalId, "Property properties.principalId is not a GUID")
        })?,
        role: role_definition(&role).ok_or_else(|| invalid("properties.roleDefinitionId"))?,
        starts: start.map(|text| moment(&text).ok_or_else(|| invalid(starts))).transpose()?,
        expiration: expiration(info.expiration)?,
        justification: justification(properties.justification)?,
    })
}

fn kind(text: &str) -> Result<RequestKind, ApiError> {
    let kinds =
        [RequestKind::AdminAssign, RequestKind::AdminRemove, RequestKind::SelfActivate, RequestKind::SelfDeactivate];
    kinds.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
        let names = kinds.map(RequestKind::name).join(", ");
        invalid_content(format!("Property properties.requestType must be one of {names}"))
    })
}

fn justification(member: Member<String>) -> Result<Option<String>, ApiError> {
    let property = "properties.justification";
    let text = member.optional().map_err(|_| invalid(property))?.map(|text| text.trim().to_owned());
    let text = text.filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_JUSTIFICATION) {
        return Err(invalid_content(format!("Property {property} has more than {LONGEST_JUSTIFICATION} characters")));
    }
    Ok(text)
}

fn expiration(member: Member<Object<ExpirationBody>>) -> Result<Option<Expiration>, ApiError> {
    const PROPERTY: &str = "properties.scheduleInfo.expiration";
    let Some(Object(body)) = member.optional().map_err(|_| invalid(PROPERTY))? else { return Ok(None) };
    let kind = body.kind.optional().map_err(|_| invalid(&format!("{PROPERTY}.type")))?;
    match kind.as_deref() {
        None => Ok(None),
        Some(kind) if kind.eq_ignore_ascii_case("NoExpiration") => Ok(Some(Expiration::Never)),
        Some(kind) if kind.eq_ignore_ascii_case("AfterDateTime") => {
            let property = format!("{PROPERTY}.endDateTime");
            let text = given(body.end_date_time, &property)?;
            moment(&text).map(|time| Some(Expiration::At(time))).ok_or_else(|| invalid(&property))
        }
        Some(kind) if kind.eq_ignore_ascii_case("AfterDuration") => {
            let property = format!("{PROPERTY}.duration");
            let text = given(body.duration, &property)?;
            seconds(&text).map(|seconds| Some(Expiration::After(seconds))).ok_or_else(|| invalid(&property))
        }
        Some(_) => Err(invalid(&format!("{PROPERTY}.type"))),
    }
}

fn moment(text: &str) -> Option<UnixTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(|moment| UnixTime(moment.unix_timestamp()))
}

/// The seconds of a duration of ISO 8601 in days, hours, minutes and seconds, such as `PT8H` or `P1DT30M`.
fn seconds(text: &str) -> Option<i64> {
    let (mut total, mut digits, mut in_time, mut any) = (0_i64, String::new(), false, false);
    for letter in text.strip_prefix('P')?.chars() {
        let unit = match letter {
            '0'..='9' if digits.len() < 9 => {
                digits.push(letter);
                continue;
            }
            'T' if !in_time && digits.is_empty() => {
                in_time = true;
                continue;
            }
            'D' if !in_time => 86_400,
            'H' if in_time => 3_600,
            'M' if in_time => 60,
            'S' if in_time => 1,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
        any = true;
    }
    (any && digits.is_empty() && (1..=LONGEST_TERM).contains(&total)).then_some(total)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewBody {
    #[serde(default)]
    review_result: Member<String>,
    #[serde(default)]
    properties: Member<Object<Review>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review {
    #[serde(default)]
    review_result: Member<String>,
}

/// Whether a body approves. Clients send the result with or without `properties` around it.
pub(super) fn review(body: &[u8]) -> Result<bool, ApiError> {
    let body: ReviewBody = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    let inner = body.properties.optional().map_err(|_| invalid("properties"))?;
    let result = inner.map_or(body.review_result, |Object(review)| review.review_result);
    match given(result, "properties.reviewResult")? {
        text if text.eq_ignore_ascii_case("Approve") => Ok(true),
        text if text.eq_ignore_ascii_case("Deny") => Ok(false),
        _ => Err(invalid_content("Property properties.reviewResult must be Approve or Deny".to_owned())),
    }
}

/// Whether a list is asked for what is for the caller; other filters are refused, since to ignore one would tell more
/// than was asked for.
pub(super) fn is_own(filter: Option<&str>) -> Result<bool, ApiError> {
    match filter.map(str::trim) {
        None | Some("") => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("asTarget()") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("atScope()") => Ok(false),
        Some(_) => {
            let text = "the query parameter $filter has invalid value: there are asTarget() and atScope()";
            Err(ApiError::new(ErrorCode::BadRequest, text))
        }
    }
}

/// The answer that tells an outcome.
pub(super) fn render(outcome: &ScheduleOutcome, scope: &ResourcePath) -> Answer {
    let answer = |kind: &'static Kind, items: &[ScheduleDescription]| {
        list(items.iter().map(|item| ScheduleAnswer::new(item, kind, scope)).collect::<Vec<_>>().into_iter())
    };
    match outcome {
        ScheduleOutcome::Eligibility(told) => {
            Answer::json(StatusCode::CREATED, &ScheduleAnswer::new(told, &ELIGIBILITY_REQUEST, scope))
        }
        ScheduleOutcome::Assignment(told) => {
            Answer::json(StatusCode::CREATED, &ScheduleAnswer::new(told, &ASSIGNMENT_REQUEST, scope))
        }
        ScheduleOutcome::Eligibilities(items) => answer(&ELIGIBILITY_INSTANCE, items),
        ScheduleOutcome::Assignments(items) => answer(&ASSIGNMENT_INSTANCE, items),
        ScheduleOutcome::Requests(items) => answer(&ASSIGNMENT_REQUEST, items),
        ScheduleOutcome::Decided(id, approved) => {
            Answer::json(StatusCode::OK, &ReviewAnswer::new(*id, *approved, scope))
        }
    }
}

/// What a schedule is told as.
struct Kind {
    name: &'static str,
    is_instance: bool,
}

const ELIGIBILITY_REQUEST: Kind = Kind { name: "roleEligibilityScheduleRequests", is_instance: false };
const ASSIGNMENT_REQUEST: Kind = Kind { name: "roleAssignmentScheduleRequests", is_instance: false };
const ELIGIBILITY_INSTANCE: Kind = Kind { name: "roleEligibilityScheduleInstances", is_instance: true };
const ASSIGNMENT_INSTANCE: Kind = Kind { name: "roleAssignmentScheduleInstances", is_instance: true };

#[derive(Debug, Serialize)]
struct ScheduleAnswer<'a> {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    properties: ScheduleProperties<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleProperties<'a> {
    scope: &'a str,
    role_definition_id: String,
    principal_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_type: Option<&'static str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_role_eligibility_schedule_id: Option<String>,
    #[serde(flatten)]
    told: Told<'a>,
    created_on: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Told<'a> {
    #[serde(rename_all = "camelCase")]
    Request {
        request_type: &'static str,
        schedule_info: InfoAnswer,
        #[serde(skip_serializing_if = "Option::is_none")]
        justification: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        approval_id: Option<String>,
        requestor_id: String,
    },
    #[serde(rename_all = "camelCase")]
    Instance {
        start_date_time: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        end_date_time: Option<String>,
        member_type: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        assignment_type: Option<&'static str>,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InfoAnswer {
    start_date_time: String,
    expiration: ExpirationAnswer,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExpirationAnswer {
    #[serde(rename = "type")]
    kind: &'static str,
    end_date_time: Option<String>,
}

fn place(scope: &str, kind: &str, id: RoleAssignmentId) -> String {
    format!("{}/providers/Microsoft.Authorization/{kind}/{id}", scope.trim_end_matches('/'))
}

impl<'a> ScheduleAnswer<'a> {
    fn new(told: &'a ScheduleDescription, kind: &Kind, at: &ResourcePath) -> Self {
        use portcullis_model::schedules::RequestStatus;
        let ends = told.ends.map(date);
        let active = kind.name == ASSIGNMENT_INSTANCE.name;
        let activated = if told.eligibility.is_some() { "Activated" } else { "Assigned" };
        let details = if kind.is_instance {
            Told::Instance {
                start_date_time: date(told.starts),
                end_date_time: ends,
                member_type: "Direct",
                assignment_type: active.then_some(activated),
            }
        } else {
            let waits = told.status == RequestStatus::PendingApproval;
            Told::Request {
                request_type: told.kind.name(),
                schedule_info: InfoAnswer {
                    start_date_time: date(told.starts),
                    expiration: ExpirationAnswer {
                        kind: if ends.is_some() { "AfterDateTime" } else { "NoExpiration" },
                        end_date_time: ends,
                    },
                },
                justification: told.justification.as_deref(),
                approval_id: waits.then(|| place(&told.scope, "roleAssignmentApprovals", told.id)),
                requestor_id: told.requestor.to_string(),
            }
        };
        Self {
            id: place(&told.scope, kind.name, told.id),
            name: told.id.to_string(),
            kind: format!("Microsoft.Authorization/{}", kind.name),
            properties: ScheduleProperties {
                scope: &told.scope,
                role_definition_id: role_id(at, &told.role.to_string()),
                principal_id: told.principal.to_string(),
                principal_type: told.principal_type,
                status: told.status.name(),
                linked_role_eligibility_schedule_id: told
                    .eligibility
                    .map(|id| place(&told.scope, "roleEligibilitySchedules", id)),
                told: details,
                created_on: date(told.created),
            },
        }
    }
}

#[derive(Debug, Serialize)]
struct ReviewAnswer {
    id: String,
    name: String,
    properties: ReviewProperties,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewProperties {
    status: &'static str,
    review_result: &'static str,
}

impl ReviewAnswer {
    fn new(id: RoleAssignmentId, approved: bool, scope: &ResourcePath) -> Self {
        Self {
            id: place(&scope.id(), "roleAssignmentApprovals", id),
            name: id.to_string(),
            properties: ReviewProperties {
                status: "Completed",
                review_result: if approved { "Approve" } else { "Deny" },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_days_hours_minutes_and_seconds() {
        for (text, expected) in [("PT8H", 28_800), ("PT30M", 1_800), ("P1DT1H", 90_000), ("PT1H30M5S", 5_405)] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in
            ["", "P", "PT", "8H", "PT8", "P8H", "PT-8H", "PT8H ", "P1M", "P1Y", "PT0S", "PT9999999999H", "PTT1H"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
