//! What the stages found, in the words of the audit record.

use std::borrow::Cow;

use portcullis_audit::{AuditEvent, DecisionNote, NetworkNote, ObjectNote};
use portcullis_identity::{Caller, PrincipalKind};
use portcullis_model::TenantId;
use portcullis_model::secrets::{SecretBundle, SecretOutcome};
use portcullis_network::{Admission, Ingress, Origin, Refusal, Verdict};
use portcullis_policy::{Access, Decision, Evaluation, Mode, Opinion};

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
        Ingress::Public => None,
    }
}

/// Notes what each plugin decided, with its trace.
pub(crate) fn evaluations(event: &mut AuditEvent, evaluations: &[Evaluation]) {
    for evaluation in evaluations {
        event.decision(decision(evaluation));
    }
}

fn decision(evaluation: &Evaluation) -> DecisionNote {
    let some = |text: &std::sync::Arc<str>| Some(std::sync::Arc::clone(text));
    let (opinion, rule, reason) = match &evaluation.decision {
        Decision::Authorization(Opinion::Allow { rule }) => ("allow", some(rule), None),
        Decision::Authorization(Opinion::Deny { rule, reason }) => ("deny", some(rule), some(reason)),
        Decision::Authorization(Opinion::Abstain { reason }) => ("abstain", None, some(reason)),
        Decision::ConditionalAccess(Access::Grant { rule }) => ("grant", some(rule), None),
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
        trace: evaluation.trace.text(),
    }
}

/// Notes the object that was told or changed, never its value. `base` is the vault's URL.
pub(crate) fn outcome(event: &mut AuditEvent, outcome: &SecretOutcome, base: &str) {
    match outcome {
        SecretOutcome::Bundle(bundle) => object(event, bundle, base),
        SecretOutcome::Deleted(deleted) => object(event, &deleted.bundle, base),
        SecretOutcome::List { .. }
        | SecretOutcome::Versions { .. }
        | SecretOutcome::DeletedList { .. }
        | SecretOutcome::Backup(_)
        | SecretOutcome::Purged => {}
    }
}

fn object(event: &mut AuditEvent, bundle: &SecretBundle, base: &str) {
    let set = bundle.attributes.set;
    event.object_id(format!("{base}/secrets/{}/{}", bundle.name, bundle.version)).object(ObjectNote {
        bag: "secretProperties",
        enabled: Some(set.enabled),
        not_before: set.nbf.map(|time| time.0),
        expires: set.exp.map(|time| time.0),
    });
}
