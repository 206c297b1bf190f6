//! The bodies that make and change users and groups.

use portcullis_model::SecretText;
use portcullis_model::directory::{GroupChanges, UserChanges, WantedUser};
use serde::Deserialize;

use super::body::{bad_request, given, invalid, label, optional, parse, words};
use crate::ApiError;
use crate::json::{Member, Object};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserBody {
    #[serde(default)]
    account_enabled: Member<bool>,
    #[serde(default)]
    display_name: Member<String>,
    #[serde(default)]
    user_principal_name: Member<String>,
    #[serde(default)]
    password_profile: Member<Object<PasswordProfile>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasswordProfile {
    #[serde(default)]
    password: Member<SecretText>,
    #[serde(default)]
    force_change_password_next_sign_in: Member<bool>,
    #[serde(default)]
    force_change_password_next_sign_in_with_mfa: Member<bool>,
}

pub(super) fn create(body: &[u8]) -> Result<WantedUser, ApiError> {
    let changes = update(body)?;
    let required = |property| move || bad_request(format!("Property {property} is required"));
    Ok(WantedUser {
        name: changes.name.ok_or_else(required("userPrincipalName"))?,
        display_name: changes.display_name.ok_or_else(required("displayName"))?,
        enabled: changes.enabled.ok_or_else(required("accountEnabled"))?,
        password: changes.password,
    })
}

pub(super) fn update(body: &[u8]) -> Result<UserChanges, ApiError> {
    let body: UserBody = parse(body)?;
    Ok(UserChanges {
        name: optional(body.user_principal_name, "userPrincipalName")?,
        display_name: label(body.display_name, "displayName")?,
        enabled: optional(body.account_enabled, "accountEnabled")?,
        password: password(body.password_profile)?,
    })
}

/// A change of password at the next sign-in cannot be demanded; whoever asks for it must not believe that it is.
fn password(member: Member<Object<PasswordProfile>>) -> Result<Option<SecretText>, ApiError> {
    let Some(Object(profile)) = optional(member, "passwordProfile")? else { return Ok(None) };
    for (member, property) in [
        (profile.force_change_password_next_sign_in, "passwordProfile.forceChangePasswordNextSignIn"),
        (profile.force_change_password_next_sign_in_with_mfa, "passwordProfile.forceChangePasswordNextSignInWithMfa"),
    ] {
        if optional(member, property)? == Some(true) {
            return Err(bad_request(format!("Property {property} cannot be true here; give the password itself")));
        }
    }
    optional(profile.password, "passwordProfile.password")
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupBody {
    #[serde(default)]
    display_name: Member<String>,
    #[serde(default)]
    description: Member<String>,
    #[serde(default)]
    mail_nickname: Member<String>,
    #[serde(default)]
    mail_enabled: Member<bool>,
    #[serde(default)]
    security_enabled: Member<bool>,
    #[serde(default, rename = "members@odata.bind")]
    members: Member<Vec<Member<String>>>,
}

pub(super) fn group(body: &[u8], new: bool) -> Result<GroupChanges, ApiError> {
    let body: GroupBody = parse(body)?;
    if optional(body.mail_enabled, "mailEnabled")? == Some(true) {
        return Err(invalid("mailEnabled"));
    }
    if optional(body.security_enabled, "securityEnabled")? == Some(false) {
        return Err(invalid("securityEnabled"));
    }
    if optional(body.members, "members@odata.bind")?.is_some_and(|members| !members.is_empty()) {
        return Err(bad_request("Property members@odata.bind is not taken here; add members afterwards"));
    }
    let display_name = label(body.display_name, "displayName")?;
    if new && display_name.is_none() {
        return Err(bad_request("Property displayName is required"));
    }
    let nickname = label(body.mail_nickname, "mailNickname")?;
    Ok(GroupChanges { display_name, description: words(body.description, "description")?, nickname })
}

/// The id of the object that a reference leads to.
pub(super) fn reference(body: &[u8]) -> Result<portcullis_model::PrincipalId, ApiError> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default, rename = "@odata.id")]
        id: Member<String>,
    }
    let body: Body = parse(body)?;
    let url = given(body.id, "@odata.id")?;
    // Which host a client names does not matter: the object is sought here.
    let id = url.rsplit('/').next().unwrap_or_default();
    id.parse().map_err(|_| invalid("@odata.id"))
}
