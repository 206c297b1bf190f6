//! The promises of the audit log, through its public interface.

use std::borrow::Cow;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use portcullis_audit::{
    AuditLog, AuditSettings, AuditSink, Break, DecisionNote, Durability, FileSink, ItemNote, ItemRefusal, Link,
    MemorySink, Moment, NetworkNote, ObjectNote, OpenError, Report, RequestNote, StillClock, StrangerLimits, TraceNote,
    VerifyError, verify,
};
use portcullis_crypto::Mac;
use serde_json::{Value, json};

fn mac() -> Mac {
    Mac::new(&[7; 32])
}

fn start(sink: impl AuditSink + 'static, required: bool) -> Arc<AuditLog> {
    start_with(sink, required, StrangerLimits { per_client: 1_000, total: 1_000 })
}

fn start_with(sink: impl AuditSink + 'static, required: bool, strangers: StrangerLimits) -> Arc<AuditLog> {
    let clock = StillClock(Moment { unix: Duration::new(1_767_576_721, 269_122_600), monotonic: Duration::ZERO });
    let settings = AuditSettings { sink: Box::new(sink), mac: mac(), clock: Arc::new(clock), required, strangers };
    AuditLog::start(settings).expect("the sink works")
}

fn in_memory() -> (MemorySink, Arc<AuditLog>) {
    let sink = MemorySink::default();
    (sink.clone(), start(sink, true))
}

fn at(path: &Path) -> Arc<AuditLog> {
    start(FileSink::open(path, Durability::Buffered).expect("the file opens"), true)
}

fn request() -> RequestNote {
    RequestNote {
        request_id: Cow::Borrowed("r-1"),
        method: Cow::Borrowed("GET"),
        uri: Cow::Borrowed("https://contoso.vault.example/secrets/db?api-version=7.6"),
        user_agent: Some(Cow::Borrowed("test/1")),
        correlation_id: Some(Cow::Borrowed("c-1")),
        client: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
        tls_version: "TLS1_3",
        connection: 5,
    }
}

fn decision() -> DecisionNote {
    DecisionNote {
        plugin: "azure-rbac".into(),
        digest: "sha256:00".into(),
        mode: "enforced",
        opinion: "allow",
        rule: Some("b86a8fe4".into()),
        reason: None,
        memo: true,
        trace: Arc::new(TraceNote::new([("role-assignments".to_owned(), "1".to_owned())])),
        installed: None,
    }
}

fn finish(log: &Arc<AuditLog>, times: usize) {
    for _ in 0..times {
        log.begin(request()).finish(200).expect("the sink works");
    }
}

fn check(bytes: &[u8]) -> Result<Report, VerifyError> {
    verify(bytes, &mac(), None)
}

fn broken(bytes: &[u8]) -> (u64, Break) {
    match check(bytes) {
        Err(VerifyError::Broken { line, what, .. }) => (line, what),
        other => panic!("expected a broken chain: {other:?}"),
    }
}

#[test]
fn writes_the_documented_shape() {
    let (sink, log) = in_memory();
    let mut scope = log.begin(request());
    let event = scope.event();
    event.operation("SecretGet").api_version("7.6").resource("/subscriptions/s/vaults/contoso").stage("answered");
    event.claim("oid", "o-1").claim("idtyp", "app").rbac_authorized(true).applied_assignment("a-1").revision(42);
    event.object_id("https://contoso.vault.example/secrets/db/1").description("");
    let subnet = Some(Cow::Borrowed("/subnets/app"));
    let (rule, trusted_service) = (Some(Cow::Borrowed("vnet-1")), Some(Cow::Borrowed("backup")));
    event.network(NetworkNote { authorized: true, kind: "Subnet", subnet, rule, trusted_service });
    event.object(ObjectNote {
        bag: "secretProperties",
        enabled: Some(true),
        not_before: Some(-1),
        expires: Some(1_767_000_000),
    });
    event.decision(decision());
    scope.finish(200).expect("the sink works");

    let mut event = sink.events().remove(0);
    let mac = event["portcullis"].as_object_mut().expect("an object").remove("mac").expect("a code");
    assert_eq!(mac.as_str().map(str::len), Some(64));
    assert_eq!(
        event,
        json!({
            "time": "2026-01-05T01:32:01.2691226Z", "category": "AuditEvent", "operationName": "SecretGet",
            "operationVersion": "7.6", "resultType": "Success", "resultSignature": "OK", "resultDescription": "",
            "durationMs": "0", "callerIpAddress": "203.0.113.7", "correlationId": "c-1",
            "resourceId": "/SUBSCRIPTIONS/S/VAULTS/CONTOSO", "identity": {"claim": {"oid": "o-1", "idtyp": "app"}},
            "properties": {
                "id": "https://contoso.vault.example/secrets/db/1", "clientInfo": "test/1",
                "requestUri": "https://contoso.vault.example/secrets/db?api-version=7.6", "httpStatusCode": 200,
                "isRbacAuthorized": true, "appliedAssignmentId": "a-1", "isAddressAuthorized": true,
                "addrAuthType": "Subnet", "subnetId": "/subnets/app", "trustedService": "backup", "tlsVersion": "TLS1_3",
                "secretProperties": {"attributes": {"enabled": true, "nbf": -1, "exp": 1_767_000_000}},
            },
            "portcullis": {
                "requestId": "r-1", "connection": 5, "method": "GET", "durationUs": 0, "stage": "answered",
                "revision": 42, "networkRule": "vnet-1",
                "decision": [{
                    "plugin": "azure-rbac", "digest": "sha256:00", "mode": "enforced", "opinion": "allow",
                    "rule": "b86a8fe4", "memo": true,
                    "trace": [{"question": "role-assignments", "answer": "1"}],
                }],
                "sequence": 2,
            },
        })
    );
}

#[test]
fn says_how_requests_failed() {
    let (sink, log) = in_memory();
    let mut scope = log.begin(request());
    scope.event().stage("policy").denied_by("conditional-access");
    scope.finish(403).expect("the sink works");
    let event = sink.events().remove(0);
    assert_eq!(event["resultType"], "Failed");
    assert_eq!(event["resultSignature"], "Forbidden");
    assert_eq!(event["portcullis"]["deniedBy"], "conditional-access");
}

/// Threat class 9: neither a lost client nor a panic may leave a gap, and nothing is written twice.
#[test]
fn writes_exactly_one_event_on_every_path() {
    let (sink, log) = in_memory();
    log.begin(request()).finish(200).expect("the sink works");
    drop(log.begin(request()));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _scope = log.begin(request());
        std::panic::resume_unwind(Box::new("a handler that panics"));
    }));
    assert!(panicked.is_err());
    let mut moved = log.begin(request());
    moved.event().stage("engine");
    let hold = Some(moved);
    drop(hold);
    let kinds: Vec<Value> = sink.events().iter().map(|event| event["resultType"].clone()).collect();
    assert_eq!(kinds, ["Success", "Aborted", "Aborted", "Aborted"]);
    assert_eq!(sink.events()[3]["portcullis"]["stage"], "engine");
    assert!(sink.events()[3]["properties"].get("httpStatusCode").is_none());
    check(&sink.bytes()).expect("an unbroken chain");
}

#[test]
fn fails_the_request_when_the_sink_fails() {
    let (sink, log) = in_memory();
    sink.fail(true);
    assert!(log.begin(request()).finish(200).is_err());
    drop(log.begin(request()));
    assert!(sink.events().is_empty());
    sink.fail(false);
    log.begin(request()).finish(200).expect("the sink works again");
    let marks: Vec<String> = sink.lines();
    assert!(marks[1].contains(r#""event":"resumed","lostRecords":2"#), "{}", marks[1]);
    assert_eq!(check(&sink.bytes()).expect("an unbroken chain").records, 3);
}

/// A change that is made before its record is tried is a change without a record when the log fails.
#[test]
fn announces_a_change_in_a_record_of_its_own() {
    let (sink, log) = in_memory();
    let mut scope = log.begin(RequestNote { method: Cow::Borrowed("PUT"), ..request() });
    let event = scope.event();
    event.operation("SecretSet").api_version("7.6").resource("/subscriptions/s/vaults/contoso");
    event.claim("oid", "o-1").applied_assignment("a-1").revision(42);
    scope.announce().expect("the sink works");
    let mut intent = sink.intents().remove(0);
    intent["portcullis"].as_object_mut().expect("an object").remove("mac").expect("a code");
    assert_eq!(
        intent,
        json!({
            "time": "2026-01-05T01:32:01.2691226Z", "category": "PortcullisIntent", "operationName": "SecretSet",
            "operationVersion": "7.6", "callerIpAddress": "203.0.113.7", "correlationId": "c-1",
            "resourceId": "/SUBSCRIPTIONS/S/VAULTS/CONTOSO", "identity": {"claim": {"oid": "o-1"}},
            "requestUri": "https://contoso.vault.example/secrets/db?api-version=7.6", "appliedAssignmentId": "a-1",
            "portcullis": {"requestId": "r-1", "connection": 5, "method": "PUT", "revision": 42, "sequence": 2},
        })
    );
    assert!(sink.events().is_empty());
    scope.finish(200).expect("the sink works");
    assert_eq!(sink.events().len(), 1);
    assert_eq!(check(&sink.bytes()).expect("an unbroken chain").records, 3);
}

#[test]
fn says_when_a_change_cannot_be_announced() {
    let (sink, log) = in_memory();
    sink.fail(true);
    let scope = log.begin(request());
    assert!(scope.announce().is_err());
    assert!(scope.finish(503).is_err());
    sink.fail(false);
    let scope = log.begin(request());
    scope.announce().expect("the sink works again");
    scope.finish(200).expect("the sink works again");
    assert!(sink.lines()[1].contains(r#""lostRecords":2"#));
    check(&sink.bytes()).expect("an unbroken chain");

    let sink = MemorySink::default();
    let log = start(sink.clone(), false);
    sink.fail(true);
    log.begin(request()).announce().expect("not required");
}

#[test]
fn loses_records_but_admits_it_when_not_required() {
    let sink = MemorySink::default();
    let log = start(sink.clone(), false);
    sink.fail(true);
    log.begin(request()).finish(200).expect("not required");
    sink.fail(false);
    log.begin(request()).finish(200).expect("not required");
    assert!(sink.lines()[1].contains(r#""lostRecords":1"#));
    assert_eq!(sink.events().len(), 1);
}

/// Threat class 8: text that clients put where it does not belong must not come out in the log.
#[test]
fn never_shows_credentials_of_query_strings() {
    let (sink, log) = in_memory();
    for uri in [
        "https://user:CANARY@kv.example/secrets?api-version=7.6",
        "/secrets?sig=CANARY&client_secret=CANARY&access_token=CANARY&code=CANARY#CANARY",
        "/secrets?%63ode=CANARY&Client%5fSecret=CANARY;id_token=CANARY",
    ] {
        log.begin(RequestNote { uri: Cow::Borrowed(uri), ..request() }).finish(401).expect("the sink works");
    }
    assert_eq!(sink.events().len(), 3);
    assert!(!String::from_utf8_lossy(&sink.bytes()).contains("CANARY"));
}

/// Threat class 10: whatever a client sends, a record stays one line, parses, and keeps to its bound.
#[test]
fn keeps_hostile_text_within_one_bounded_line() {
    let (sink, log) = in_memory();
    for hostile in ["\n", "\u{0}", "\"}}\n{\"time\":\"", "\u{2028}", "\u{202e}", "\\", "\u{10ffff}", "é"] {
        let text = || Cow::<'static, str>::Owned(hostile.repeat(20_000));
        let facts = (0..100).map(|at| (hostile.repeat(700), format!("{at}{}", hostile.repeat(20_000))));
        let trace = Arc::new(TraceNote::new(facts));
        let mut scope = log.begin(RequestNote {
            request_id: text(),
            method: text(),
            uri: text(),
            user_agent: Some(text()),
            correlation_id: Some(text()),
            ..request()
        });
        let event = scope.event();
        event
            .authenticated()
            .operation("SecretGet")
            .api_version(text())
            .resource(text())
            .description(text())
            .object_id(text());
        event.applied_assignment(text()).denied_by(text());
        event.network(NetworkNote {
            authorized: false,
            kind: "PublicIP",
            subnet: Some(text()),
            rule: Some(text()),
            trusted_service: Some(text()),
        });
        for _ in 0..100 {
            event.claim("oid", text());
            event.decision(DecisionNote {
                plugin: text().into(),
                digest: text().into(),
                rule: Some(text().into()),
                reason: Some(text().into()),
                trace: Arc::clone(&trace),
                ..decision()
            });
        }
        scope.announce().expect("the sink works");
        scope.finish(400).expect("the sink works");
    }
    let lines = sink.lines();
    assert_eq!(lines.len(), 17);
    for line in &lines {
        assert!(line.len() <= 64 * 1024 + 256, "{}", line.len());
        assert!(serde_json::from_str::<Value>(line).is_ok());
        assert!(!line.contains(['\u{2028}', '\u{202e}', '\u{85}']));
    }
    check(&sink.bytes()).expect("an unbroken chain");
}

#[test]
fn marks_what_it_truncates() {
    let (sink, log) = in_memory();
    let mut scope = log.begin(RequestNote { user_agent: Some(Cow::Owned("a".repeat(1025))), ..request() });
    let trace = TraceNote::new((0..1000).map(|_| ("q".repeat(100), "a".repeat(100))));
    scope.event().authenticated().decision(DecisionNote { trace: trace.into(), ..decision() });
    scope.finish(200).expect("the sink works");
    let event = sink.events().remove(0);
    let agent = event["properties"]["clientInfo"].as_str().expect("text").to_owned();
    assert_eq!(agent, format!("{}[truncated]", "a".repeat(1024)));
    assert_eq!(event["portcullis"]["decision"][0]["traceTruncated"], true);
}

/// A role with its permissions is part of nearly every decision; it is written once, and again in each new file.
#[test]
fn writes_a_long_answer_once_in_each_file_and_before_what_refers_to_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    let log = at(&path);
    let role = "role ".repeat(100);
    let trace = Arc::new(TraceNote::new([("role-definition x".to_owned(), role.clone())]));
    let read = || {
        let mut scope = log.begin(request());
        scope.event().authenticated().decision(DecisionNote { trace: Arc::clone(&trace), ..decision() });
        scope.finish(200).expect("the sink works");
    };
    read();
    read();
    fs::rename(&path, folder.path().join("old.jsonl")).expect("renamed");
    log.reopen().expect("a new file");
    read();
    for (file, reads) in [("old.jsonl", 2), ("audit.jsonl", 1)] {
        let bytes = fs::read(folder.path().join(file)).expect("the file");
        let records: Vec<Value> =
            String::from_utf8_lossy(&bytes).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let (answer, events) = records[1..].split_first().expect("an answer");
        assert_eq!(answer["category"], "PortcullisAnswer", "{file}");
        assert_eq!(answer["answer"], role);
        assert_eq!(events.len(), reads, "{file}");
        for event in events {
            let fact = json!({"question": "role-definition x", "answerDigest": answer["answerDigest"]});
            assert_eq!(event["portcullis"]["decision"][0]["trace"], json!([fact]));
        }
    }
    let old = fs::read(folder.path().join("old.jsonl")).expect("the file");
    check(&old).expect("an unbroken chain");
}

/// What was asked and decided alike is told once, however many items it is of; the event says how many there were.
#[test]
fn tells_items_of_a_list_that_were_judged_alike_together_and_before_the_event() {
    let (sink, log) = in_memory();
    let long = "role ".repeat(100);
    let asked = |answer: &str| {
        let trace = [("role-definition x".to_owned(), long.clone()), ("starts-with a".to_owned(), answer.to_owned())];
        vec![DecisionNote { trace: Arc::new(TraceNote::new(trace)), ..decision() }]
    };
    let refusal =
        |rule: &str| ItemRefusal { stage: "authorization", plugin: None, rule: rule.into(), reason: "no".into() };
    let mut scope = log.begin(request());
    let event = scope.event().authenticated();
    event.operation("SecretList").decision(decision());
    for (object, refusal, decisions) in [
        ("secrets/a1", None, asked("yes")),
        ("secrets/b1", Some(refusal("r")), asked("no")),
        ("secrets/a2", None, asked("yes")),
        ("secrets/b2", Some(refusal("r")), asked("no")),
        ("secrets/c", Some(refusal("s")), asked("no")),
    ] {
        event.list_item(ItemNote { operation: "SecretGet", object: object.to_owned(), refusal, decisions });
    }
    scope.finish(200).expect("the sink works");
    let lines: Vec<Value> = sink.lines().iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let categories: Vec<_> = lines.iter().map(|line| line["category"].as_str().expect("a text")).collect();
    let items = "PortcullisListItems";
    assert_eq!(categories, ["PortcullisAuditChain", "PortcullisAnswer", items, items, items, "AuditEvent"]);
    assert_eq!(lines[2]["objects"], json!([{"object": "secrets/a1"}, {"object": "secrets/a2"}]));
    assert_eq!((&lines[2]["outcome"], &lines[3]["outcome"]), (&json!("permitted"), &json!("left-out")));
    assert_eq!((&lines[3]["portcullis"]["rule"], &lines[4]["portcullis"]["rule"]), (&json!("r"), &json!("s")));
    assert_eq!(lines[3]["portcullis"]["decision"][0]["trace"][1], json!({"question": "starts-with a", "answer": "no"}));
    assert_eq!(lines[5]["portcullis"]["list"], json!({"judged": 5, "leftOut": 3}));
    check(&sink.bytes()).expect("an unbroken chain");
}

/// However much was asked about whichever names, each line keeps to the bound of a record.
#[test]
fn lines_of_items_keep_to_the_bound_of_a_record() {
    let (sink, log) = in_memory();
    let mut scope = log.begin(request());
    let event = scope.event().authenticated();
    for item in 0..100 {
        let object = format!("certificates/{}{item}/{}", "x".repeat(125), "0".repeat(32));
        let trace = Arc::new(TraceNote::new((0..400).map(|at| (format!("{at}"), "\"".repeat(255)))));
        let decisions = vec![DecisionNote { trace, reason: Some("\"".repeat(2048).into()), ..decision() }; 40];
        event.list_item(ItemNote { operation: "CertificateGet", object, refusal: None, decisions });
    }
    scope.finish(200).expect("the sink works");
    assert!(sink.lines().iter().all(|line| line.len() < 65 * 1024));
    let items: Vec<String> = sink.lines().into_iter().filter(|line| line.contains("PortcullisListItems")).collect();
    let items: Vec<Value> = items.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((items.len(), items[0]["objects"].as_array().expect("objects").len()), (1, 100));
}

/// Whoever lists must not make the log write, and sync, once for each item, nor fill it.
#[test]
fn items_and_their_event_are_one_write_of_bounded_length() {
    let (sink, log) = in_memory();
    let record = || {
        let mut scope = log.begin(request());
        let event = scope.event().authenticated();
        for item in 0..100 {
            let trace =
                [("role-definition x".to_owned(), "role ".repeat(100)), (format!("is {item}"), "x".repeat(200))];
            let long = (0..100).map(|at| (format!("{at}"), "y".repeat(200)));
            let trace = Arc::new(TraceNote::new(trace.into_iter().chain(long)));
            let decisions = vec![DecisionNote { trace, ..decision() }];
            let object = format!("secrets/s{item}");
            event.list_item(ItemNote { operation: "SecretGet", object, refusal: None, decisions });
        }
        scope.finish(200)
    };
    sink.fail(true);
    assert!(record().is_err());
    sink.fail_after(2);
    record().expect("what is lost is told with one write, and all else with another");
    check(&sink.bytes()).expect("an unbroken chain");
    let lines = sink.lines();
    let of = |category: &str| lines.iter().filter(|line| line.contains(category)).collect::<Vec<_>>();
    assert_eq!(
        (of("\"PortcullisListItems\"").len(), of("\"PortcullisAnswer\"").len(), of("\"AuditEvent\"").len()),
        (100, 1, 1)
    );
    let bytes: usize = of("\"PortcullisListItems\"").iter().map(|line| line.len()).sum();
    assert!(bytes < 400 << 10, "{bytes}");
    let resumed: Value = serde_json::from_str(&lines[1]).expect("JSON");
    assert!(resumed.to_string().contains("101"), "so many records were lost: {resumed}");
}

/// An answer that could not be written is not thought to be there.
#[test]
fn writes_a_long_answer_again_after_a_failure() {
    let (sink, log) = in_memory();
    let trace = Arc::new(TraceNote::new([("q".to_owned(), "a".repeat(1000))]));
    let read = || {
        let mut scope = log.begin(request());
        scope.event().authenticated().decision(DecisionNote { trace: Arc::clone(&trace), ..decision() });
        scope.finish(200)
    };
    sink.fail(true);
    read().expect_err("nothing can be written");
    sink.fail(false);
    read().expect("the sink works");
    let answers = sink.lines().iter().filter(|line| line.contains("PortcullisAnswer")).count();
    assert_eq!(answers, 1);
    check(&sink.bytes()).expect("an unbroken chain");
}

/// Whoever reaches the port can send a target of 8 KiB in a few bytes, over and over.
#[test]
fn keeps_little_of_callers_who_were_not_authenticated() {
    let (sink, log) = in_memory();
    let long = || Cow::<'static, str>::Owned("\"".repeat(8 * 1024));
    log.begin(RequestNote { uri: long(), user_agent: Some(long()), correlation_id: Some(long()), ..request() })
        .finish(401)
        .expect("the sink works");
    let line = sink.lines().pop().expect("a line");
    assert!(line.len() < 4 * 1024, "{}", line.len());
    let event = sink.events().remove(0);
    assert_eq!(event["properties"]["requestUri"], format!("{}[truncated]", "\"".repeat(512)));
    assert_eq!(event["properties"]["clientInfo"], format!("{}[truncated]", "\"".repeat(512)));
}

#[test]
fn sums_what_unauthenticated_callers_do_beyond_their_bound() {
    let sink = MemorySink::default();
    let log = start_with(sink.clone(), true, StrangerLimits { per_client: 3, total: 100 });
    finish(&log, 8);
    drop(log.begin(request()));
    log.begin(request()).finish(401).expect("the sink works");
    let mut known = log.begin(request());
    known.event().authenticated();
    known.finish(200).expect("the sink works");
    assert_eq!(sink.events().len(), 4, "three strangers, and the one who is known");

    let sums = || -> Vec<Value> {
        let lines = sink.lines();
        let sums = lines.iter().filter(|line| line.contains(r#""category":"PortcullisUnauthenticated""#));
        sums.map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    sink.fail(true);
    assert!(log.write_sums().is_err());
    sink.fail(false);
    assert!(sums().is_empty());
    log.write_sums().expect("the sink works again");
    log.write_sums().expect("nothing is left");
    let mut counts: Vec<_> =
        sums().iter().map(|sum| (sum["httpStatusCode"].as_u64(), sum["count"].as_u64().expect("a count"))).collect();
    counts.sort_unstable();
    assert_eq!(counts, [(None, 1), (Some(200), 5), (Some(401), 1)]);
    assert!(sums().iter().all(|sum| sum["callerIpAddress"] == "203.0.113.7" && sum["event"] == "summed"));
    check(&sink.bytes()).expect("an unbroken chain");
}

#[test]
fn finds_every_tampering_within_a_log() {
    let (sink, log) = in_memory();
    finish(&log, 5);
    let good = sink.bytes();
    assert_eq!(check(&good).expect("an unbroken chain").records, 6);
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    let join = |order: &[usize]| order.iter().flat_map(|at| lines[*at].to_vec()).collect::<Vec<u8>>();

    assert_eq!(broken(&join(&[0, 1, 3, 4, 5])), (3, Break::Sequence { expected: 3, found: 4 }));
    assert_eq!(broken(&join(&[0, 1, 3, 2, 4, 5])).0, 3);
    assert_eq!(broken(&join(&[0, 1, 1, 2])), (3, Break::Sequence { expected: 3, found: 2 }));
    assert_eq!(broken(&join(&[1, 2, 3])), (1, Break::NoBeginning));
    assert_eq!(broken(&[&join(&[0, 1])[..], b"{}\n", &join(&[2])].concat()), (3, Break::NoRecord));
    let cut = [&join(&[0, 1])[..], &lines[2][..40], b"\n", &join(&[3])].concat();
    assert_eq!(broken(&cut), (3, Break::NoRecord));

    let edited = String::from_utf8_lossy(&good).replacen(r#""httpStatusCode":200"#, r#""httpStatusCode":403"#, 1);
    assert_eq!(broken(edited.as_bytes()), (2, Break::Code));
    assert!(matches!(verify(&good[..], &Mac::new(&[8; 32]), None), Err(VerifyError::Broken { line: 1, .. })));
}

#[test]
fn finds_a_change_of_any_byte() {
    let (sink, log) = in_memory();
    finish(&log, 2);
    let good = sink.bytes();
    for at in 0..good.len() - 1 {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(check(&bad).is_err(), "byte {at}");
    }
}

#[test]
fn shows_where_the_end_was_cut_off_to_who_kept_the_last_link() {
    let (sink, log) = in_memory();
    finish(&log, 3);
    let bytes = sink.bytes();
    let cut = bytes.len() - sink.lines().last().expect("lines").len() - 1;
    let report = check(&bytes[..cut]).expect("a chain cannot show its own end");
    assert_ne!(report.last, log.last());
    let torn = check(&bytes[..bytes.len() - 1]).expect("a torn tail is reported");
    assert!(torn.torn_tail > 0);
}

#[test]
fn continues_the_chain_over_restarts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    for _ in 0..3 {
        finish(&at(&path), 2);
    }
    let report = check(&fs::read(&path).expect("the file")).expect("an unbroken chain");
    assert_eq!((report.records, report.after, report.last.sequence), (9, Link::BEGINNING, 9));
}

#[test]
fn recovers_from_a_torn_last_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    finish(&at(&path), 2);
    let whole = fs::read(&path).expect("the file");
    for torn in [&b"{\"time\":\"2026"[..], b"x", b"{}\n", b"a\nb", &[b'x'; 70_000]] {
        fs::write(&path, [&whole, torn].concat()).expect("the file");
        finish(&at(&path), 1);
        let text = fs::read(&path).expect("the file");
        let report = check(&text).expect("the loss is admitted");
        assert_eq!((report.records, report.last.sequence), (5, 5), "{torn:?}");
        assert!(report.torn > 0);
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(text.contains(&format!(r#""event":"recovered","tornBytes":{}"#, torn.len())), "{text}");
    }
}

#[test]
fn begins_anew_in_a_file_without_a_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    fs::write(&path, "something else\n").expect("the file");
    finish(&at(&path), 1);
    let report = check(&fs::read(&path).expect("the file")).expect("the loss is admitted");
    assert_eq!((report.records, report.torn), (2, 1));
}

#[test]
fn links_rotated_files_to_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, old) = (folder.path().join("audit.jsonl"), folder.path().join("audit.jsonl.1"));
    let log = at(&path);
    finish(&log, 2);
    fs::rename(&path, &old).expect("rotation");
    finish(&log, 1);
    log.reopen().expect("reopened");
    finish(&log, 1);
    log.reopen().expect("a second time is harmless");
    let first = check(&fs::read(&old).expect("the old file")).expect("an unbroken chain");
    let second = fs::read(&path).expect("the new file");
    let report = check(&second).expect("an unbroken chain");
    assert_eq!((first.records, report.records), (4, 3));
    assert_eq!(report.after, first.last);
    assert!(verify(&second[..], &mac(), Some(&first.last)).is_ok());
    assert!(verify(&second[..], &mac(), Some(&Link::BEGINNING)).is_err());
}

#[test]
fn keeps_the_file_to_one_writer_and_one_reader() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    fs::write(&path, "").expect("the file");
    let _log = at(&path);
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
    assert!(matches!(FileSink::open(&path, Durability::Buffered), Err(OpenError::Locked { .. })));
}

#[test]
fn notes_refused_connections_in_the_same_chain() {
    let (sink, log) = in_memory();
    log.connections_rejected(IpAddr::V4(Ipv4Addr::LOCALHOST), "plain-http", 3).expect("the sink works");
    finish(&log, 1);
    assert!(sink.lines()[1].contains(r#""category":"PortcullisConnection","event":"rejected""#));
    assert_eq!(check(&sink.bytes()).expect("an unbroken chain").records, 3);
}

#[test]
fn keeps_one_order_between_threads() {
    let (sink, log) = in_memory();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| finish(&log, 250));
        }
    });
    assert_eq!(check(&sink.bytes()).expect("an unbroken chain").records, 1001);
}

#[test]
fn syncs_when_told_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    let log = start(FileSink::open(&path, Durability::Synced).expect("the file opens"), true);
    finish(&log, 2);
    assert_eq!(check(&fs::read(&path).expect("the file")).expect("an unbroken chain").records, 3);
}
