//! What a record costs, as the budget of a request counts it: `cargo run --release -p portcullis-audit --example cost`.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use portcullis_audit::{
    AuditLog, AuditSettings, AuditSink, DecisionNote, Durability, FileSink, NetworkNote, ObjectNote, RequestNote,
    StrangerLimits, SystemFineClock, TraceNote,
};
use portcullis_crypto::Mac;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::temp_dir().join(format!("portcullis-audit-cost-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    measure("nowhere", Box::new(Nowhere))?;
    measure("file, buffered", Box::new(FileSink::open(directory.join("audit.jsonl"), Durability::Buffered)?))?;
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

/// Takes records and keeps nothing: what is left is the cost of making them.
#[derive(Debug)]
struct Nowhere;

impl AuditSink for Nowhere {
    fn write(&self, line: &[u8]) -> std::io::Result<()> {
        std::hint::black_box(line);
        Ok(())
    }
}

fn measure(name: &str, sink: Box<dyn AuditSink>) -> Result<(), Box<dyn std::error::Error>> {
    let mac = Mac::new(&[7; 32]);
    let log = AuditLog::start(AuditSettings {
        sink,
        mac,
        clock: Arc::new(SystemFineClock::new()),
        required: true,
        strangers: StrangerLimits::default(),
    })?;
    let decisions = decisions();
    for _ in 0..WARM {
        record(&log, &decisions)?;
    }
    let start = Instant::now();
    for _ in 0..RECORDS {
        record(&log, &decisions)?;
    }
    let each = start.elapsed().as_nanos() / u128::from(RECORDS);
    eprintln!("{name}: {}.{:03} us/record", each / 1000, each % 1000);
    Ok(())
}

fn record(log: &Arc<AuditLog>, decisions: &[DecisionNote]) -> Result<(), portcullis_audit::AuditError> {
    let mut scope = log.begin(RequestNote {
        request_id: Cow::Borrowed("6c090c46-4f0a-4c6e-9c64-0d9d6b8f3c11"),
        method: Cow::Borrowed("GET"),
        uri: Cow::Owned("https://contoso.vault.example/secrets/db?api-version=7.6".to_owned()),
        user_agent: Some(Cow::Owned("azsdk-python-keyvault-secrets/4.12.0 Python/3.13 (Linux)".to_owned())),
        correlation_id: None,
        client: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
        tls_version: "TLS1_3",
        connection: 17,
    });
    let event = scope.event();
    event
        .authenticated()
        .operation("SecretGet")
        .api_version("7.6")
        .stage("answered")
        .revision(42)
        .rbac_authorized(true);
    event.resource(RESOURCE).object_id("https://contoso.vault.example/secrets/db/ee050a1b2c3d4e5f");
    event.claim("oid", OID).claim("appid", OID).claim("appidacr", "1").claim("idtyp", "app");
    event.network(NetworkNote { authorized: true, kind: "PublicIP", subnet: None, rule: None, trusted_service: None });
    event.object(ObjectNote { bag: "secretProperties", enabled: Some(true), not_before: None, expires: None });
    event.applied_assignment(OID);
    for decision in decisions {
        event.decision(decision.clone());
    }
    scope.finish(200)
}

fn decisions() -> Vec<DecisionNote> {
    let decision = |plugin: &str, opinion| DecisionNote {
        plugin: plugin.into(),
        digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        mode: "enforced",
        opinion,
        rule: Some("b86a8fe4-44ce-4948-aee5-eccb2c155cd7".into()),
        reason: None,
        memo: true,
        trace: Arc::new(TraceNote::new(
            [("role-assignments", "1 assignment"), ("role-definition", "Key Vault Secrets User")]
                .map(|(question, answer)| (question.to_owned(), answer.to_owned())),
        )),
        installed: None,
    };
    vec![decision("azure-rbac", "allow"), decision("conditional-access", "grant")]
}

const RESOURCE: &str = "/subscriptions/0/resourceGroups/apps/providers/Microsoft.KeyVault/vaults/contoso";
const OID: &str = "2b8e1f0a-98a4-4a7e-8f49-7d1f5f1d9c55";
const WARM: u32 = 10_000;
const RECORDS: u32 = 200_000;
