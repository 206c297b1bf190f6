//! What the stages found, in the words of the audit record.

use std::borrow::Cow;

use portcullis_audit::{
    AuditEvent, DecisionNote, InstalledNote, ItemNote, ItemRefusal, NetworkNote, ObjectNote, TraceNote,
};
use portcullis_identity::{Caller, PrincipalKind};
use portcullis_model::certificates::CertificateOutcome;
use portcullis_model::keys::{KeyOutcome, KeyResult};
use portcullis_model::secrets::SecretOutcome;
use portcullis_model::{ObjectAttributes, Outcome, TenantId};
use portcullis_network::{Admission, Ingress, Origin, Refusal, Verdict};
use portcullis_policy::{Access, Decision, Denied, Evaluation, JudgedItem, Mode, Opinion, Stage};

/// Notes who calls.
pub(crate) fn caller(event: &mut AuditEvent, caller: &Caller) {
    let principal = caller.principal();
    event.authenticated().claim("oid", principal.id.to_string()).claim("tid", principal.tenant.to_string());
    if let Some(application) = caller.application() {
        event.claim("appid", application.to_string());
    }
    event.claim(
        "idtyp",
        match principal.kind {
            PrincipalKind::ServicePrincipal => "app",
            PrincipalKind::User => "user",
        },
    );
    event.claim("iss", issuer(principal.tenant)).claim("uti", caller.token_id().to_string());
}

/// The issuer of a tenant's tokens, as the reference spells it.
pub(crate) fn issuer(tenant: TenantId) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// Notes that the network rules admitted the request.
pub(crate) fn admitted(event: &mut AuditEvent, verdict: &Verdict, caller: &Caller) {
    let trusted = verdict.admission() == Admission::TrustedService;
    event.network(NetworkNote {
        authorized: true,
        kind: verdict.audit_type(),
        subnet: subnet(verdict.origin()),
        rule: Some(verdict.admission().rule().into()),
        trusted_service: trusted.then(|| caller.principal().display_name.clone().into()),
    });
}

/// Notes that the network rules refused the request.
pub(crate) fn refused(event: &mut AuditEvent, refusal: &Refusal, origin: &Origin) {
    let kind = match origin.ingress() {
        Ingress::Subnet(_) => "Subnet",
        Ingress::PrivateEndpoint(_) => "PrivateLink",
        Ingress::Public => "PublicIP",
    };
    event.network(NetworkNote {
        authorized: false,
        kind,
        subnet: subnet(origin),
        rule: Some(refusal.rule.into()),
        trusted_service: None,
    });
    event.denied_by("network");
}

fn subnet(origin: &Origin) -> Option<Cow<'static, str>> {
    match origin.ingress() {
        Ingress::Subnet(subnet) => Some(subnet.as_str().to_owned().into()),
        Ingress::PrivateEndpoint(_) | Ingress::Public => None,
    }
}

/// Notes what each plugin decided, with its trace.
pub(crate) fn evaluations(event: &mut AuditEvent, evaluations: &[Evaluation]) {
    for evaluation in evaluations {
        event.decision(decision(evaluation));
    }
}

/// Notes what came of judging an item of a list.
pub(crate) fn item(event: &mut AuditEvent, item: &JudgedItem) {
    let request = &item.facts.request;
    let object = request.object.as_ref().map(|(kind, name)| format!("{}/{name}", kind.collection()));
    let object = object.unwrap_or_default();
    let object = match &request.version {
        Some(version) => format!("{object}/{version}"),
        None => object,
    };
    let (refusal, evaluations) = match &item.result {
        Ok(conclusion) => (None, &conclusion.evaluations),
        Err(denied) => (Some(refusal(denied)), &denied.evaluations),
    };
    let decisions = evaluations.iter().map(decision).collect();
    event.list_item(ItemNote { operation: request.operation.row().name, object, refusal, decisions });
}

fn refusal(denied: &Denied) -> ItemRefusal {
    let reason = match denied.stage {
        // Nothing else tells which of the token's checks it was.
        Stage::Token if !denied.facts.is_empty() => format!("{}: {}", denied.reason, denied.facts.join("; ")).into(),
        _ => std::sync::Arc::clone(&denied.reason),
    };
    let (plugin, rule) = (denied.plugin.clone(), std::sync::Arc::clone(&denied.rule));
    ItemRefusal { stage: denied.stage.name(), plugin, rule, reason }
}

fn decision(evaluation: &Evaluation) -> DecisionNote {
    let some = |text: &std::sync::Arc<str>| Some(std::sync::Arc::clone(text));
    let (opinion, rule, reason) = match &evaluation.decision {
        Decision::Authorization(Opinion::Allow { rule, .. }) => ("allow", some(rule), None),
        Decision::Authorization(Opinion::Deny { rule, reason }) => ("deny", some(rule), some(reason)),
        Decision::Authorization(Opinion::Abstain { reason }) => ("abstain", None, some(reason)),
        Decision::ConditionalAccess(Access::Grant { rule, .. }) => ("grant", some(rule), None),
        Decision::ConditionalAccess(Access::Block { rule, reason }) => ("block", some(rule), some(reason)),
        Decision::ConditionalAccess(Access::Challenge { rule, reason, .. }) => ("challenge", some(rule), some(reason)),
        Decision::ConditionalAccess(Access::NotApplicable) => ("not-applicable", None, None),
        Decision::Failed(failure) => ("failed", None, Some(failure.to_string().into())),
    };
    DecisionNote {
        plugin: std::sync::Arc::clone(&evaluation.plugin),
        digest: std::sync::Arc::clone(&evaluation.digest),
        mode: match evaluation.mode {
            Mode::Enforce => "enforced",
            Mode::ReportOnly => "report-only",
        },
        opinion,
        rule,
        reason,
        memo: evaluation.remembered,
        trace: evaluation.trace.written(TraceNote::new),
        installed: evaluation.installed.as_deref().map(|installed| InstalledNote {
            scope: std::sync::Arc::clone(&installed.scope),
            share: installed.share.map(|share| (share.percent, share.place)),
            ignored: installed.ignored,
        }),
    }
}

/// Notes the object that was told, used or changed, never its value. `base` gives the vault's URL.
pub(crate) fn outcome(event: &mut AuditEvent, outcome: &Outcome, base: impl FnOnce() -> String) {
    match outcome {
        Outcome::Secret(outcome) => secret_outcome(event, outcome, base),
        Outcome::Key(outcome) => key_outcome(event, outcome, base),
        Outcome::Certificate(outcome) => certificate_outcome(event, outcome, base),
        Outcome::Management(_) => {}
    }
}

fn secret_outcome(event: &mut AuditEvent, outcome: &SecretOutcome, base: impl FnOnce() -> String) {
    let bundle = match outcome {
        SecretOutcome::Bundle(bundle) => bundle,
        SecretOutcome::Deleted(deleted) => &deleted.bundle,
        SecretOutcome::List(_)
        | SecretOutcome::Versions(_)
        | SecretOutcome::DeletedList(_)
        | SecretOutcome::Backup(_)
        | SecretOutcome::Purged => return,
    };
    object(
        event,
        &format!("{}/secrets/{}/{}", base(), bundle.name, bundle.version),
        "secretProperties",
        &bundle.attributes,
    );
}

fn key_outcome(event: &mut AuditEvent, outcome: &KeyOutcome, base: impl FnOnce() -> String) {
    let bundle = match outcome {
        KeyOutcome::Bundle(bundle) => bundle,
        KeyOutcome::Deleted(deleted) => &deleted.object,
        KeyOutcome::Result(KeyResult { name, version, .. }) | KeyOutcome::Verified { name, version, .. } => {
            event.object_id(format!("{}/keys/{name}/{version}", base()));
            return;
        }
        KeyOutcome::Released(released) => &released.key,
        KeyOutcome::List(_)
        | KeyOutcome::Versions(_)
        | KeyOutcome::DeletedList(_)
        | KeyOutcome::Backup(_)
        | KeyOutcome::Purged
        | KeyOutcome::Random(_)
        | KeyOutcome::RotationPolicy { .. } => return,
    };
    object(event, &format!("{}/keys/{}/{}", base(), bundle.name, bundle.version), "keyProperties", &bundle.attributes);
}

fn certificate_outcome(event: &mut AuditEvent, outcome: &CertificateOutcome, base: impl FnOnce() -> String) {
    let bundle = match outcome {
        CertificateOutcome::Bundle(bundle) => bundle,
        CertificateOutcome::Deleted(deleted) => &deleted.object,
        CertificateOutcome::Policy(name, _) => {
            event.object_id(format!("{}/certificates/{name}/policy", base()));
            return;
        }
        // The version that the certificate has, or will have.
        CertificateOutcome::Pending(pending) => {
            event.object_id(format!("{}/certificates/{}/{}", base(), pending.name, pending.id));
            return;
        }
        CertificateOutcome::Contacts(_) => {
            event.object_id(format!("{}/certificates/contacts", base()));
            return;
        }
        CertificateOutcome::Issuer(issuer) => {
            event.object_id(format!("{}/certificates/issuers/{}", base(), issuer.name));
            return;
        }
        CertificateOutcome::List(_)
        | CertificateOutcome::Versions(_)
        | CertificateOutcome::DeletedList(_)
        | CertificateOutcome::Backup(_)
        | CertificateOutcome::Purged
        | CertificateOutcome::Issuers(_) => return,
    };
    let id = format!("{}/certificates/{}/{}", base(), bundle.name, bundle.version);
    object(event, &id, "certificateProperties", &bundle.attributes);
}

fn object(event: &mut AuditEvent, id: &str, bag: &'static str, attributes: &ObjectAttributes) {
    let set = attributes.set;
    event.object_id(id.to_owned()).object(ObjectNote {
        bag,
        enabled: Some(set.enabled),
        not_before: set.nbf.map(|time| time.0),
        expires: set.exp.map(|time| time.0),
    });
}
