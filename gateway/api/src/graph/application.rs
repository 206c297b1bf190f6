//! The bodies that make and change registrations of applications, service principals and their secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_model::directory::{ApplicationChanges, DirectoryCall, WantedCertificate, WantedPassword};
use portcullis_model::{ApplicationId, UnixTime};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::body::{bad_request, given, invalid, label, optional, parse, texts};
use crate::ApiError;
use crate::json::{Member, Object};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApplicationBody {
    #[serde(default)]
    display_name: Member<String>,
    #[serde(default)]
    identifier_uris: Member<Vec<Member<String>>>,
    #[serde(default)]
    is_fallback_public_client: Member<bool>,
    #[serde(default)]
    sign_in_audience: Member<String>,
    #[serde(default)]
    web: Member<Object<Redirects>>,
    #[serde(default)]
    public_client: Member<Object<Redirects>>,
    #[serde(default)]
    key_credentials: Member<Vec<Member<Object<KeyBody>>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Redirects {
    #[serde(default)]
    redirect_uris: Member<Vec<Member<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyBody {
    #[serde(default)]
    key_id: Member<String>,
    #[serde(default)]
    key: Member<String>,
    #[serde(default, rename = "type")]
    kind: Member<String>,
    #[serde(default)]
    usage: Member<String>,
}

pub(super) fn application(body: &[u8], new: bool) -> Result<ApplicationChanges, ApiError> {
    let body: ApplicationBody = parse(body)?;
    let display_name = label(body.display_name, "displayName")?;
    if new && display_name.is_none() {
        return Err(bad_request("Property displayName is required"));
    }
    match optional(body.sign_in_audience, "signInAudience")?.as_deref() {
        None | Some("AzureADMyOrg") => {}
        Some(_) => {
            return Err(bad_request("Property signInAudience must be AzureADMyOrg: an application is of one tenant"));
        }
    }
    let web = redirects(body.web, "web")?;
    let public = redirects(body.public_client, "publicClient")?;
    let said = optional(body.is_fallback_public_client, "isFallbackPublicClient")?;
    let some = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    if some(&web) && some(&public) {
        return Err(bad_request(
            "Property publicClient.redirectUris cannot be given beside web.redirectUris; register two applications",
        ));
    }
    let public_client = said.or_else(|| some(&public).then_some(true));
    Ok(ApplicationChanges {
        display_name,
        identifier_uris: texts(body.identifier_uris, "identifierUris", MOST_URIS)?,
        redirect_uris: if some(&public) { public } else { web.or(public) },
        public_client,
        certificates: certificates(body.key_credentials)?,
    })
}

fn redirects(member: Member<Object<Redirects>>, property: &str) -> Result<Option<Vec<String>>, ApiError> {
    let Some(Object(redirects)) = optional(member, property)? else { return Ok(None) };
    texts(redirects.redirect_uris, &format!("{property}.redirectUris"), MOST_URIS)
}

fn certificates(member: Member<Vec<Member<Object<KeyBody>>>>) -> Result<Option<Vec<WantedCertificate>>, ApiError> {
    let Some(items) = optional(member, "keyCredentials")? else { return Ok(None) };
    if items.len() > MOST_CERTIFICATES {
        return Err(bad_request(format!("Property keyCredentials has more than {MOST_CERTIFICATES} items")));
    }
    items.into_iter().enumerate().map(certificate).collect::<Result<_, _>>().map(Some)
}

fn certificate((at, member): (usize, Member<Object<KeyBody>>)) -> Result<WantedCertificate, ApiError> {
    let path = |name: &str| format!("keyCredentials[{at}].{name}");
    let Object(body) = given(member, &format!("keyCredentials[{at}]"))?;
    let id = optional(body.key_id, &path("keyId"))?;
    if id.as_ref().is_some_and(|id| !(1..=64).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(invalid(&path("keyId")));
    }
    let Some(key) = optional(body.key, &path("key"))? else {
        // What clients were told and send back.
        return id
            .map(WantedCertificate::Known)
            .ok_or_else(|| bad_request(format!("Property {} is required", path("key"))));
    };
    let kind = optional(body.kind, &path("type"))?;
    if kind.is_some_and(|kind| kind != "AsymmetricX509Cert") {
        return Err(invalid(&path("type")));
    }
    if optional(body.usage, &path("usage"))?.is_some_and(|usage| usage != "Verify") {
        return Err(invalid(&path("usage")));
    }
    let text: String = key.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let der = STANDARD.decode(text).ok().filter(|der| der.len() <= MOST_DER).ok_or_else(|| invalid(&path("key")))?;
    let id = id.ok_or_else(|| bad_request(format!("Property {} is required", path("keyId"))))?;
    Ok(WantedCertificate::New { id, der })
}

/// The application and whether its service principal may act.
pub(super) fn principal(body: &[u8]) -> Result<(ApplicationId, bool), ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        app_id: Member<String>,
        #[serde(default)]
        account_enabled: Member<bool>,
    }
    let body: Body = parse(body)?;
    let application = given(body.app_id, "appId")?.parse().map_err(|_| invalid("appId"))?;
    Ok((application, optional(body.account_enabled, "accountEnabled")?.unwrap_or(true)))
}

pub(super) fn principal_update(body: &[u8]) -> Result<(Option<String>, Option<bool>), ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        display_name: Member<String>,
        #[serde(default)]
        account_enabled: Member<bool>,
        #[serde(default)]
        key_credentials: Member<Vec<Member<Object<KeyBody>>>>,
    }
    let body: Body = parse(body)?;
    if optional(body.key_credentials, "keyCredentials")?.is_some() {
        return Err(bad_request(
            "Property keyCredentials is of the application; change it there (az ad app credential)",
        ));
    }
    Ok((label(body.display_name, "displayName")?, optional(body.account_enabled, "accountEnabled")?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasswordBody {
    #[serde(default)]
    display_name: Member<String>,
    #[serde(default)]
    start_date_time: Member<String>,
    #[serde(default)]
    end_date_time: Member<String>,
    #[serde(default)]
    secret_text: Member<portcullis_model::SecretText>,
}

/// The secret that is asked for, and from when on it shall be accepted, which is for the caller to compare with now.
pub(super) fn password(body: &[u8]) -> Result<WantedPassword, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        password_credential: Member<Object<PasswordBody>>,
    }
    let body: Body = if body.is_empty() { parse(b"{}")? } else { parse(body)? };
    let body = optional(body.password_credential, "passwordCredential")?;
    let Object(body) = body.unwrap_or_else(|| Object(PasswordBody::default()));
    if optional(body.secret_text, "passwordCredential.secretText")?.is_some() {
        return Err(bad_request(
            "Property passwordCredential.secretText cannot be chosen; the gateway makes the secret",
        ));
    }
    Ok(WantedPassword {
        name: label(body.display_name, "passwordCredential.displayName")?,
        starts: moment(body.start_date_time, "passwordCredential.startDateTime")?,
        expires: moment(body.end_date_time, "passwordCredential.endDateTime")?,
    })
}

/// The token that shall be accepted no more.
pub(super) fn revocation(body: &[u8]) -> Result<DirectoryCall, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        revocation_id: Member<String>,
        #[serde(default)]
        end_date_time: Member<String>,
    }
    let body: Body = parse(body)?;
    let text = given(body.revocation_id, "revocationId")?;
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let fits = (32..=128).contains(&text.len()) && text.len() % 2 == 0 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let id = fits.then(|| text.as_bytes().chunks(2).map(digits).collect::<Option<Vec<u8>>>()).flatten();
    let id = id.ok_or_else(|| bad_request("Property revocationId is not 16 to 64 bytes in hexadecimal digits"))?;
    Ok(DirectoryCall::TokenRevoke { id, ends: moment(body.end_date_time, "endDateTime")? })
}

pub(super) fn key_id(body: &[u8]) -> Result<String, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        key_id: Member<String>,
    }
    let body: Body = parse(body)?;
    given(body.key_id, "keyId")
}

fn moment(member: Member<String>, property: &str) -> Result<Option<UnixTime>, ApiError> {
    let Some(text) = optional(member, property)? else { return Ok(None) };
    let moment = OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| invalid(property))?;
    Ok(Some(UnixTime(moment.unix_timestamp())))
}

const MOST_URIS: usize = 50;
/// Certificates have to fit into one record, with everything else.
const MOST_CERTIFICATES: usize = 8;
/// Bytes of a certificate.
const MOST_DER: usize = 8 * 1024;
