//! Issuers: the bodies of `PUT` and `PATCH /certificates/issuers/{issuer}`, and the answers.

use portcullis_model::SecretText;
use portcullis_model::certificates::{Administrator, Issuer, IssuerChanges, MAX_ADMINISTRATORS};
use serde::{Deserialize, Serialize};

use super::text::text;
use crate::ApiError;
use crate::json::{self, Member, Object, WrongType};
use crate::member::{AttributesBody, attributes, invalid, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    provider: Member<String>,
    #[serde(default)]
    credentials: Member<Object<CredentialsBody>>,
    #[serde(default)]
    org_details: Member<Object<OrganizationBody>>,
    #[serde(default)]
    attributes: Member<Object<AttributesBody>>,
}

#[derive(Debug, Deserialize)]
struct CredentialsBody {
    #[serde(default)]
    account_id: Member<String>,
    #[serde(default)]
    pwd: Member<SecretText>,
}

#[derive(Debug, Deserialize)]
struct OrganizationBody {
    #[serde(default)]
    id: Member<String>,
    #[serde(default)]
    admin_details: Member<Vec<Member<Object<AdministratorBody>>>>,
}

#[derive(Debug, Deserialize)]
struct AdministratorBody {
    #[serde(default)]
    first_name: Member<String>,
    #[serde(default)]
    last_name: Member<String>,
    #[serde(default)]
    email: Member<String>,
    #[serde(default)]
    phone: Member<String>,
}

const PEOPLE: &str = "org_details.admin_details";

/// The members that are given; a new issuer needs a provider, which the engine sees to.
pub(crate) fn parse(body: &[u8]) -> Result<Box<IssuerChanges>, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let mut changes = IssuerChanges {
        provider: text(body.provider, "provider")?,
        enabled: attributes(body.attributes)?.changes.enabled,
        ..IssuerChanges::default()
    };
    if let Some(Object(credentials)) = body.credentials.optional().map_err(invalid("credentials"))? {
        changes.account = text(credentials.account_id, "credentials.account_id")?;
        changes.password = credentials.pwd.optional().map_err(invalid("credentials.pwd"))?;
        if changes.password.as_ref().is_some_and(|password| password.expose().len() > 1024) {
            return Err(invalid("credentials.pwd")(WrongType));
        }
    }
    if let Some(Object(organization)) = body.org_details.optional().map_err(invalid("org_details"))? {
        changes.organization = text(organization.id, "org_details.id")?;
        changes.administrators = administrators(organization.admin_details)?;
    }
    Ok(Box::new(changes))
}

fn administrators(
    member: Member<Vec<Member<Object<AdministratorBody>>>>,
) -> Result<Option<Vec<Administrator>>, ApiError> {
    let Some(people) = member.optional().map_err(invalid(PEOPLE))? else { return Ok(None) };
    if people.len() > MAX_ADMINISTRATORS {
        return Err(invalid(PEOPLE)(WrongType));
    }
    let people = people.into_iter().map(|person| {
        let Member::Given(Object(person)) = person else { return Err(invalid(PEOPLE)(WrongType)) };
        Ok(Administrator {
            first_name: text(person.first_name, "org_details.admin_details.first_name")?,
            last_name: text(person.last_name, "org_details.admin_details.last_name")?,
            email: text(person.email, "org_details.admin_details.email")?,
            phone: text(person.phone, "org_details.admin_details.phone")?,
        })
    });
    people.collect::<Result<_, _>>().map(Some)
}

/// An issuer as answers tell it. The password is never told.
#[derive(Debug, Serialize)]
pub(super) struct IssuerTold<'a> {
    id: String,
    provider: &'a str,
    credentials: CredentialsTold<'a>,
    org_details: OrganizationTold<'a>,
    attributes: IssuerAttributesTold,
}

/// An item of the list of issuers.
#[derive(Debug, Serialize)]
pub(super) struct IssuerItem<'a> {
    id: String,
    provider: &'a str,
}

#[derive(Debug, Serialize)]
struct CredentialsTold<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct OrganizationTold<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    admin_details: Vec<AdministratorTold<'a>>,
}

#[derive(Debug, Serialize)]
struct AdministratorTold<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct IssuerAttributesTold {
    enabled: bool,
    created: i64,
    updated: i64,
}

impl<'a> IssuerTold<'a> {
    pub(super) fn new(vault_url: &str, issuer: &'a Issuer) -> Self {
        let people = issuer.administrators.iter().map(|person| AdministratorTold {
            first_name: person.first_name.as_deref(),
            last_name: person.last_name.as_deref(),
            email: person.email.as_deref(),
            phone: person.phone.as_deref(),
        });
        Self {
            id: id(vault_url, issuer),
            provider: &issuer.provider,
            credentials: CredentialsTold { account_id: issuer.account.as_deref() },
            org_details: OrganizationTold { id: issuer.organization.as_deref(), admin_details: people.collect() },
            attributes: IssuerAttributesTold {
                enabled: issuer.enabled,
                created: issuer.created.0,
                updated: issuer.updated.0,
            },
        }
    }
}

impl<'a> IssuerItem<'a> {
    pub(super) fn new(vault_url: &str, issuer: &'a Issuer) -> Self {
        Self { id: id(vault_url, issuer), provider: &issuer.provider }
    }
}

fn id(vault_url: &str, issuer: &Issuer) -> String {
    format!("{vault_url}/certificates/issuers/{}", issuer.name)
}
