//! Requests that nobody makes, judged as if somebody did: by the production engine, the installed plugins and the
//! directory as of now.
//!
//! A supposition proves nothing, so the policy makes no permit for it, and counters stay as they are. It is itself an
//! operation under authorization, and the facts that it tells are those that the refused caller would be told.

use std::sync::Arc;

use portcullis_identity::{Principal, PrincipalKind};
use portcullis_management::{ControlState, VaultView};
use portcullis_model::what_if::{MAX_SUPPOSITIONS, Supposition, Suppositions, WhatIf};
use portcullis_model::{Operation, Plane, Resource, ResourcePath, Scope};
use portcullis_network::Origin;
use portcullis_policy::{
    Answers, Attributes, Counted, Denial, Facts, Grant, Headers, NetworkFacts, RequestFacts, StoredObject, Supposed,
};

use crate::gateway::Gateway;

/// Judges all that is asked about a vault. None when the vault has gone meanwhile.
pub(super) async fn answer(
    gateway: &Gateway,
    control: &Arc<ControlState>,
    asker: &Grant,
    asked: &WhatIf,
) -> Option<Suppositions> {
    let place = asker.vault()?;
    let vault = control.vault_at(&ResourcePath::Vault(place.path.clone()))?;
    let here = &asker.facts().network;
    let origin = match asked.source {
        Some(address) => gateway.networks().origin(address, None),
        None => here.origin.clone(),
    };
    let world = World { gateway, control, vault, asked, origin, tls_version: here.tls_version };
    let mut found = Suppositions::default();
    let principals = supposed(control, vault, asked);
    // A principal is judged whole or not at all, so that the next answer begins with the next one.
    let room = (MAX_SUPPOSITIONS / asked.operations.len().max(1)).max(1);
    for principal in principals.iter().take(room) {
        for operation in &asked.operations {
            let item = world.suppose(principal, *operation).await;
            // Who did not name anybody learns who could, and nothing of the others: the directory is not his to list.
            let named = !asked.principals.is_empty();
            if item.outcome == "allow" || (named && !asked.only_allowed) {
                found.items.push(item);
            }
        }
        // Other requests' turn: nothing of this waits for anything.
        tokio::task::yield_now().await;
    }
    found.next = principals.get(room).and_then(|_| principals.get(room - 1)).map(|last| last.id);
    Some(found)
}

/// The principals of the vault's tenant that are asked about, in the order of their ids.
fn supposed(control: &ControlState, vault: &VaultView, asked: &WhatIf) -> Vec<Arc<Principal>> {
    let wanted = |principal: &&Arc<Principal>| {
        principal.tenant == vault.facts.tenant
            && asked.after.is_none_or(|after| principal.id > after)
            && (asked.principals.is_empty() || asked.principals.contains(&principal.id))
    };
    let mut principals: Vec<_> = control.directory().principals().filter(wanted).cloned().collect();
    principals.sort_unstable_by_key(|principal| principal.id);
    principals
}

/// What all suppositions of a question have in common.
struct World<'a> {
    gateway: &'a Gateway,
    control: &'a Arc<ControlState>,
    vault: &'a Arc<VaultView>,
    asked: &'a WhatIf,
    origin: Origin,
    tls_version: &'static str,
}

impl World<'_> {
    async fn suppose(&self, principal: &Arc<Principal>, operation: Operation) -> Supposition {
        let told = |outcome, stage, rule: Arc<str>| Supposition {
            principal: principal.id,
            display_name: principal.display_name.as_str().into(),
            kind: match principal.kind {
                PrincipalKind::ServicePrincipal => "application",
                PrincipalKind::User => "user",
            },
            operation,
            outcome,
            stage,
            plugin: None,
            rule,
            reason: None,
            facts: Vec::new(),
        };
        if !principal.enabled {
            let reason = Some("the account is disabled".into());
            return Supposition { reason, ..told("deny", "authentication", "authentication/disabled".into()) };
        }
        if operation.row().plane == Plane::Data {
            let trust = self.gateway.trusted().trust_in(principal.id, principal.application);
            if let Err(refusal) = self.vault.judge(&self.origin, trust) {
                let reason = Some(refusal.first_line.into());
                return Supposition { reason, ..told("deny", "network", refusal.rule.into()) };
            }
        }
        let answers: Arc<dyn Answers> = Arc::new(self.facts(principal, operation));
        match self.gateway.policy().suppose(&answers).await {
            Ok(conclusion) => told("allow", "authorization", conclusion.rule),
            Err(denied) => {
                let outcome = if matches!(denied.denial, Denial::Challenge(_)) { "challenge" } else { "deny" };
                Supposition {
                    plugin: denied.plugin,
                    reason: Some(denied.reason),
                    facts: denied.facts,
                    ..told(outcome, denied.stage.name(), denied.rule)
                }
            }
        }
    }

    fn facts(&self, principal: &Arc<Principal>, operation: Operation) -> Facts<Supposed> {
        let vault = &self.vault.facts;
        let row = operation.row();
        let about_object = row.plane == Plane::Data && row.scope == Scope::Object;
        let object = self.asked.object.clone().filter(|_| about_object);
        let resource = match &object {
            Some((kind, name)) => Resource::object(&vault.resource, *kind, name),
            None => vault.resource.clone(),
        };
        Facts {
            request: RequestFacts {
                operation,
                object,
                version: None,
                vault: Some(vault.path.vault.clone()),
                resource,
                time: self.gateway.clock().now(),
                headers: Headers::default(),
                attributes: Attributes::default(),
                made_as: None,
            },
            vault: Some(Arc::clone(vault)),
            caller: Supposed {
                principal: Arc::clone(principal),
                application: principal.application,
                methods: self.asked.methods.clone(),
                authenticated_at: Some(self.gateway.clock().now()),
            },
            network: NetworkFacts {
                origin: self.origin.clone(),
                tls_version: self.tls_version,
                private_endpoint: self.origin.private_endpoint(),
                client_certificate: None,
            },
            directory: Arc::clone(self.control) as _,
            signals: Arc::default(),
            object: StoredObject::read_by(Arc::clone(self.gateway.objects())),
            counted: Arc::new(Counted::looking()),
        }
    }
}
