//! The vault's certificate contacts: the body of `PUT /certificates/contacts`, and the answer.

use portcullis_model::certificates::{CertificateCall, Contact, MAX_CONTACTS};
use serde::{Deserialize, Serialize};

use super::text::text;
use crate::ApiError;
use crate::json::{self, Member, Object, WrongType};
use crate::member::{invalid, required, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    contacts: Member<Vec<Member<Object<ContactBody>>>>,
}

#[derive(Debug, Deserialize)]
struct ContactBody {
    #[serde(default)]
    email: Member<String>,
    #[serde(default)]
    name: Member<String>,
    #[serde(default)]
    phone: Member<String>,
}

const CONTACTS: &str = "contacts";

pub(crate) fn parse(body: &[u8]) -> Result<CertificateCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let given = body.contacts.optional().map_err(invalid(CONTACTS))?.ok_or_else(required(CONTACTS))?;
    if given.len() > MAX_CONTACTS {
        return Err(invalid(CONTACTS)(WrongType));
    }
    let contacts = given.into_iter().map(|contact| {
        let Member::Given(Object(contact)) = contact else { return Err(invalid(CONTACTS)(WrongType)) };
        Ok(Contact {
            email: text(contact.email, "contacts.email")?,
            name: text(contact.name, "contacts.name")?,
            phone: text(contact.phone, "contacts.phone")?,
        })
    });
    Ok(CertificateCall::ContactsSet { contacts: contacts.collect::<Result<_, _>>()? })
}

/// The contacts as answers tell them.
#[derive(Debug, Serialize)]
pub(super) struct ContactsTold<'a> {
    id: String,
    contacts: Vec<ContactTold<'a>>,
}

#[derive(Debug, Serialize)]
struct ContactTold<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
}

impl<'a> ContactsTold<'a> {
    pub(super) fn new(vault_url: &str, contacts: &'a [Contact]) -> Self {
        let contacts = contacts.iter().map(|contact| ContactTold {
            email: contact.email.as_deref(),
            name: contact.name.as_deref(),
            phone: contact.phone.as_deref(),
        });
        Self { id: format!("{vault_url}/certificates/contacts"), contacts: contacts.collect() }
    }
}
