use std::collections::BTreeMap;

use http::StatusCode;
use portcullis_model::secrets::{DeletedSecret, SecretBundle};
use portcullis_model::{
    Attributes, Listed, ObjectAttributes, ObjectVersion, Operation, RecoveryLevel, SecretText, Tags, UnixTime,
};
use serde_json::json;

use super::*;
use crate::route;
use crate::testing::{OpenSeal, head, hosts, json_of, vault};

const VERSION: &str = "0123456789abcdef0123456789abcdef";

fn routed(target: &str) -> Routed {
    route(&head("GET", target), &vault(), &OpenSeal).unwrap()
}

fn answer(outcome: &SecretOutcome, target: &str) -> Answer {
    let (hosts, routed) = (hosts(), routed(target));
    render(DataOutcome::Secret(outcome), RenderContext { hosts: &hosts, routed: &routed, seal: &OpenSeal })
}

fn bundle(value: Option<&str>) -> SecretBundle {
    SecretBundle {
        name: "Db".parse().unwrap(),
        version: VERSION.parse().unwrap(),
        value: value.map(|value| SecretText::new(value.to_owned())),
        content_type: None,
        attributes: ObjectAttributes {
            set: Attributes::default(),
            created: UnixTime(10),
            updated: UnixTime(20),
            recovery: RecoveryLevel { days: 90, purge_protected: false },
        },
        tags: Tags::default(),
        managed: false,
    }
}

fn deleted() -> DeletedSecret {
    DeletedSecret { bundle: bundle(Some("hidden")), deleted: UnixTime(30), scheduled_purge: UnixTime(40) }
}

fn attributes() -> serde_json::Value {
    json!({
        "enabled": true, "created": 10, "updated": 20, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90,
    })
}

#[test]
fn a_bundle_has_what_is_there_and_nothing_else() {
    let answer = answer(&SecretOutcome::Bundle(bundle(Some("v\"\n"))), "/secrets/db?api-version=7.4");
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        json_of(&answer),
        json!({
            "value": "v\"\n",
            "id": format!("https://dev.vault.portcullis.test:8443/secrets/Db/{VERSION}"),
            "attributes": attributes(),
        })
    );
}

#[test]
fn a_full_bundle_tells_all_its_members() {
    let mut full = bundle(None);
    full.content_type = Some("text/plain".parse().unwrap());
    full.tags = BTreeMap::from([("a".to_owned(), "b".to_owned())]).try_into().unwrap();
    full.attributes.set = Attributes { enabled: false, nbf: Some(UnixTime(1)), exp: Some(UnixTime(2)) };
    full.attributes.recovery = RecoveryLevel { days: 7, purge_protected: true };
    let body = json_of(&answer(&SecretOutcome::Bundle(full), "/secrets/db?api-version=7.4"));
    assert_eq!(body["contentType"], "text/plain");
    assert_eq!(body["tags"], json!({ "a": "b" }));
    assert_eq!(
        body["attributes"],
        json!({
            "enabled": false, "nbf": 1, "exp": 2, "created": 10, "updated": 20,
            "recoveryLevel": "CustomizedRecoverable", "recoverableDays": 7,
        })
    );
    assert!(body.get("value").is_none());
}

#[test]
fn a_deleted_secret_tells_how_to_recover_it_and_no_value() {
    let body = json_of(&answer(&SecretOutcome::Deleted(deleted()), "/deletedsecrets/db?api-version=7.4"));
    assert_eq!(
        body,
        json!({
            "recoveryId": "https://dev.vault.portcullis.test:8443/deletedsecrets/Db",
            "deletedDate": 30,
            "scheduledPurgeDate": 40,
            "id": format!("https://dev.vault.portcullis.test:8443/secrets/Db/{VERSION}"),
            "attributes": attributes(),
        })
    );
}

#[test]
fn a_list_has_ids_without_version_and_a_link_to_go_on() {
    let target = "/secrets?api-version=2025-07-01&maxresults=5";
    let outcome =
        SecretOutcome::List(Listed { items: vec![bundle(Some("hidden"))], next: Some("Db".parse().unwrap()) });
    let body = json_of(&answer(&outcome, target));
    assert_eq!(body["value"][0]["id"], "https://dev.vault.portcullis.test:8443/secrets/Db");
    assert!(body["value"][0].get("value").is_none());
    let link = body["nextLink"].as_str().unwrap();
    let path = link.strip_prefix("https://dev.vault.portcullis.test:8443").unwrap();
    assert!(path.starts_with("/secrets?api-version=2025-07-01&$skiptoken="));
    let page = routed(path).page.unwrap().unwrap();
    assert_eq!((page.limit, page.of_objects().after), (5, Some("Db".parse().unwrap())));
}

#[test]
fn a_list_of_versions_has_ids_with_them() {
    let target = "/secrets/db/versions?api-version=7.4";
    let next = ObjectVersion::from_bytes([9; 16]);
    let outcome = SecretOutcome::Versions(Listed { items: vec![bundle(None)], next: Some(next.clone()) });
    let body = json_of(&answer(&outcome, target));
    assert_eq!(body["value"][0]["id"], format!("https://dev.vault.portcullis.test:8443/secrets/Db/{VERSION}"));
    let link = body["nextLink"].as_str().unwrap().strip_prefix("https://dev.vault.portcullis.test:8443").unwrap();
    assert_eq!(routed(link).page.unwrap().unwrap().of_versions().after, Some(next));
}

#[test]
fn a_list_of_deleted_secrets_goes_on_among_them() {
    let target = "/deletedsecrets?api-version=7.4";
    let outcome = SecretOutcome::DeletedList(Listed { items: vec![deleted()], next: Some("Db".parse().unwrap()) });
    let answer = answer(&outcome, target);
    assert!(!String::from_utf8_lossy(&answer.body).contains("hidden"));
    let body = json_of(&answer);
    assert_eq!(body["value"][0]["id"], "https://dev.vault.portcullis.test:8443/secrets/Db");
    assert_eq!(body["value"][0]["recoveryId"], "https://dev.vault.portcullis.test:8443/deletedsecrets/Db");
    let link = body["nextLink"].as_str().unwrap().strip_prefix("https://dev.vault.portcullis.test:8443").unwrap();
    assert_eq!(routed(link).operation, Operation::SecretListDeleted);
}

#[test]
fn the_last_page_says_so_and_an_empty_page_may_go_on() {
    let last = SecretOutcome::List(Listed { items: vec![], next: None });
    assert_eq!(json_of(&answer(&last, "/secrets?api-version=7.4")), json!({ "value": [], "nextLink": null }));
    let more = SecretOutcome::List(Listed { items: vec![], next: Some("Db".parse().unwrap()) });
    assert!(json_of(&answer(&more, "/secrets?api-version=7.4"))["nextLink"].is_string());
}

#[test]
fn a_backup_is_base64url_without_padding() {
    let body = json_of(&answer(&SecretOutcome::Backup(vec![0xff, 0xef]), "/secrets/db?api-version=7.4"));
    assert_eq!(body, json!({ "value": "_-8" }));
}

#[test]
fn a_purge_has_no_body() {
    let answer = answer(&SecretOutcome::Purged, "/deletedsecrets/db?api-version=7.4");
    assert_eq!((answer.status, answer.body.len()), (StatusCode::NO_CONTENT, 0));
    assert!(answer.headers.is_empty());
}
