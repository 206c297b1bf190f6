//! Answers of the directory.

use http::{HeaderValue, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis_model::UnixTime;
use portcullis_model::directory::{CertificateDescription, DirectoryObject, DirectoryOutcome, PasswordDescription};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::route::DirectoryRouted;
use crate::{Answer, Hosts};

/// The answer that tells an outcome.
#[must_use]
pub fn render(outcome: &DirectoryOutcome, routed: &DirectoryRouted, hosts: &Hosts) -> Answer {
    match outcome {
        DirectoryOutcome::Object(object) => Answer::json(StatusCode::OK, &tell(object)),
        DirectoryOutcome::Created(object) => Answer::json(StatusCode::CREATED, &tell(object)),
        DirectoryOutcome::Objects(objects, more) => {
            let mut body = json!({ "value": objects.iter().map(tell).collect::<Vec<_>>() });
            if let Some(last) = more {
                body["@odata.nextLink"] = next_link(routed, hosts, &last.to_string()).into();
            }
            Answer::json(StatusCode::OK, &body)
        }
        DirectoryOutcome::Ids(ids) => Answer::json(StatusCode::OK, &json!({ "value": ids })),
        DirectoryOutcome::Password(password, secret) => {
            let mut body = tell_password(password);
            body["secretText"] = secret.expose().into();
            body["hint"] = secret.expose().get(..3).into();
            let mut answer = Answer::json(StatusCode::OK, &body);
            answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            answer
        }
        DirectoryOutcome::SignedOut => Answer::json(StatusCode::OK, &json!({ "value": true })),
        DirectoryOutcome::Done => Answer::empty(StatusCode::NO_CONTENT),
    }
}

/// The answer to whoever asks who they are.
#[must_use]
pub fn me(object: &DirectoryObject) -> Answer {
    Answer::json(StatusCode::OK, &tell(object))
}

fn next_link(routed: &DirectoryRouted, hosts: &Hosts, last: &str) -> String {
    let mut link = format!("{}{}?$skiptoken={last}", hosts.graph_url(), routed.path);
    if let Some(top) = routed.top {
        link.push_str(&format!("&$top={top}"));
    }
    if let Some(filter) = &routed.filter {
        link.push_str(&format!("&$filter={}", utf8_percent_encode(filter, NON_ALPHANUMERIC)));
    }
    link
}

fn tell(object: &DirectoryObject) -> Value {
    match object {
        DirectoryObject::User { id, name, display_name, enabled } => json!({
            "@odata.type": "#microsoft.graph.user",
            "id": id,
            "displayName": display_name,
            "userPrincipalName": name,
            "mailNickname": name.as_deref().and_then(|name| name.split('@').next()),
            "accountEnabled": enabled,
        }),
        DirectoryObject::Group { id, display_name, description, nickname } => json!({
            "@odata.type": "#microsoft.graph.group",
            "id": id,
            "displayName": display_name,
            "description": description,
            "mailNickname": nickname,
            "mailEnabled": false,
            "securityEnabled": true,
            "groupTypes": [],
        }),
        DirectoryObject::Application {
            id,
            application,
            display_name,
            identifier_uris,
            redirect_uris,
            public_client,
            passwords,
            certificates,
        } => {
            let (web, public) = if *public_client { (&[][..], &**redirect_uris) } else { (&**redirect_uris, &[][..]) };
            json!({
                "@odata.type": "#microsoft.graph.application",
                "id": id,
                "appId": application,
                "displayName": display_name,
                "identifierUris": identifier_uris,
                "isFallbackPublicClient": public_client,
                "publicClient": { "redirectUris": public },
                "web": { "redirectUris": web },
                "signInAudience": "AzureADMyOrg",
                "passwordCredentials": passwords.iter().map(tell_password).collect::<Vec<_>>(),
                "keyCredentials": certificates.iter().map(tell_certificate).collect::<Vec<_>>(),
                "requiredResourceAccess": [],
                "appRoles": [],
            })
        }
        DirectoryObject::ServicePrincipal {
            id,
            application,
            display_name,
            enabled,
            names,
            managed,
            passwords,
            certificates,
        } => json!({
            "@odata.type": "#microsoft.graph.servicePrincipal",
            "id": id,
            "appId": application,
            "displayName": display_name,
            "appDisplayName": display_name,
            "accountEnabled": enabled,
            "servicePrincipalNames": names,
            "servicePrincipalType": if *managed { "ManagedIdentity" } else { "Application" },
            "passwordCredentials": passwords.iter().map(tell_password).collect::<Vec<_>>(),
            "keyCredentials": certificates.iter().map(tell_certificate).collect::<Vec<_>>(),
        }),
    }
}

fn tell_password(password: &PasswordDescription) -> Value {
    json!({
        "keyId": password.id,
        "displayName": password.name,
        "endDateTime": password.expires.map(date),
        "secretText": null,
        "hint": null,
    })
}

fn tell_certificate(certificate: &CertificateDescription) -> Value {
    let thumbprint = certificate.thumbprint.iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"));
    json!({
        "keyId": certificate.id,
        "customKeyIdentifier": thumbprint,
        "startDateTime": date(certificate.not_before),
        "endDateTime": date(certificate.expires),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": null,
    })
}

fn date(time: UnixTime) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(time.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(&Rfc3339).unwrap_or_default()
}
