//! Outcomes of calls about certificates as answers.

use http::{HeaderValue, StatusCode, header};
use portcullis_model::Operation;
use portcullis_model::certificates::{CertificateItem, CertificateOutcome, PendingCertificate};

use super::bundle::{BundleBody, ItemBody, PendingBody, deleted, deleted_item};
use super::contacts::ContactsTold;
use super::issuer::{IssuerItem, IssuerTold};
use super::policy::PolicyTold;
use crate::page::Position;
use crate::told::IdForm;
use crate::{Answer, RenderContext, list};

pub(crate) fn render(outcome: &CertificateOutcome, context: RenderContext<'_>) -> Answer {
    let (routed, url) = (context.routed, context.hosts.vault_url(&context.routed.vault));
    let success = StatusCode::from_u16(routed.operation.row().success).unwrap_or(StatusCode::OK);
    let page = |items: &[CertificateItem], next, form| {
        let items = items.iter().map(|item| ItemBody::new(item, &url, form)).collect();
        list::page(items, next, &url, context)
    };
    match outcome {
        CertificateOutcome::Bundle(bundle) => {
            let size = 4096 + bundle.made.as_ref().map_or(0, |made| made.der.len() * 2);
            Answer::json_of_size(success, &BundleBody::new(bundle, &url), size)
        }
        CertificateOutcome::Deleted(certificate) => {
            Answer::json_of_size(StatusCode::OK, &deleted(certificate, &url), 8192)
        }
        CertificateOutcome::List(listed) => {
            page(&listed.items, listed.next.clone().map(Position::Object), IdForm::WithoutVersion)
        }
        CertificateOutcome::Versions(listed) => {
            page(&listed.items, listed.next.clone().map(Position::Version), IdForm::WithVersion)
        }
        CertificateOutcome::DeletedList(listed) => {
            let items = listed.items.iter().map(|item| deleted_item(item, &url)).collect();
            list::page(items, listed.next.clone().map(Position::Object), &url, context)
        }
        CertificateOutcome::Backup(blob) => list::backup(blob),
        CertificateOutcome::Purged => Answer::empty(StatusCode::NO_CONTENT),
        CertificateOutcome::Policy(name, policy) => {
            Answer::json_of_size(StatusCode::OK, &PolicyTold::new(&url, name, policy), 2048)
        }
        CertificateOutcome::Pending(pending) => operation(pending, success, &url, context),
        CertificateOutcome::Contacts(contacts) => Answer::json(StatusCode::OK, &ContactsTold::new(&url, contacts)),
        CertificateOutcome::Issuer(issuer) => Answer::json(StatusCode::OK, &IssuerTold::new(&url, issuer)),
        CertificateOutcome::Issuers(listed) => {
            let items = listed.items.iter().map(|issuer| IssuerItem::new(&url, issuer)).collect();
            list::page(items, listed.next.clone().map(Position::Object), &url, context)
        }
    }
}

/// How far a making is; the answer to its beginning says where to ask again.
fn operation(pending: &PendingCertificate, status: StatusCode, url: &str, context: RenderContext<'_>) -> Answer {
    let begins = context.routed.operation == Operation::CertificateCreate;
    let body = if begins { PendingBody::begun(pending, url) } else { PendingBody::new(pending, url) };
    let mut answer = Answer::json_of_size(status, &body, 4096);
    if begins {
        let version = &context.routed.api_version;
        let id = &pending.id;
        let place = format!("{url}/certificates/{}/pending?api-version={version}&request_id={id}", pending.name);
        let place = HeaderValue::from_str(&place).expect("names and versions are printable ASCII");
        answer.headers.insert(header::LOCATION, place);
    }
    answer
}
