//! Work that no request asks for: scheduled purges, rotations by policy, following the control state.

use std::sync::Arc;
use std::time::Duration;

use portcullis_audit::{AuditLog, ServiceNote};
use portcullis_engine::{Attended, Notice};
use portcullis_model::ObjectKind;
use tokio::task::JoinHandle;

use crate::gateway::Gateway;
use crate::plugin_folder::FolderChange;

/// How many portions of due objects are attended to at once.
const ROUNDS: usize = 64;

/// How often due work is looked for.
const EVERY: Duration = Duration::from_secs(5);

/// Starts the jobs; whoever gets their handles stops them.
pub(crate) fn start(gateway: &Arc<Gateway>) -> Vec<JoinHandle<()>> {
    let follow = tokio::spawn(Arc::clone(gateway.management()).follow());
    let gateway = Arc::clone(gateway);
    let due = tokio::spawn(async move {
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tick.tick().await;
            write_counts(&gateway);
            gateway.do_due_work().await;
            gateway.look_at_plugin_folder().await;
            if let Err(error) = gateway.management().retry_plugins().await {
                tracing::error!(%error, "installed plugins could not be loaded anew; it is tried again");
            }
        }
    });
    vec![follow, due]
}

/// Records what came to the watched folder and what is gone from it.
pub(crate) fn note_folder(audit: &AuditLog, changes: &[FolderChange]) {
    for change in changes {
        let FolderChange { operation, scope, object } = change.clone();
        if let Err(error) = audit.service(&ServiceNote { operation, resource: scope, object }) {
            tracing::error!(%error, operation, "a change of the folder of plugins could not be recorded");
        }
    }
}

/// Writes to the audit log what was counted rather than recorded one by one.
pub(crate) fn write_counts(gateway: &Gateway) {
    gateway.rejections().flush(gateway.audit());
    if let Err(error) = gateway.audit().write_sums() {
        tracing::error!(%error, "sums of unauthenticated requests could not be recorded; it is tried again");
    }
}

/// Does all that is due now, in the engine's bounded portions.
pub(crate) async fn run_due(gateway: &Gateway) {
    loop {
        match gateway.engine().run_due(gateway.clock().now()).await {
            Ok(done) => {
                if done.purged + done.collected > 0 {
                    tracing::info!(purged = done.purged, versions = done.collected, "scheduled purge");
                }
                if !done.more {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, "scheduled purge failed; it is tried again");
                return;
            }
        }
    }
}

/// Removes the deleted vaults whose time is over, and erases the objects of vaults that are gone.
pub(crate) async fn purge_vaults(gateway: &Gateway) {
    let management = gateway.management();
    if let Err(error) = management.purge_due(gateway.clock().now()).await {
        tracing::error!(%error, "scheduled purge of vaults failed; it is tried again");
    }
    for vault in management.state().erasures() {
        if let Err(error) = gateway.engine().erase_vault(*vault).await {
            tracing::error!(%error, %vault, "a purged vault could not be erased; it is tried again");
        } else if let Err(error) = management.erased(*vault).await {
            tracing::error!(%error, %vault, "that a purged vault is erased could not be noted; it is erased again");
        } else {
            tracing::info!(%vault, "erased a purged vault");
        }
    }
}

/// Does what is due for objects now, such as rotations, and records it.
pub(crate) async fn attend_due(gateway: &Gateway) {
    // What is left after so many rounds waits for the next tick, so that nothing else waits for it.
    for _ in 0..ROUNDS {
        let vault = |id| gateway.management().state().vault_of(id).map(|vault| Arc::clone(&vault.facts));
        let tell = |attended: &Attended| record(gateway, attended);
        match gateway.engine().attend_due(gateway.clock().now(), vault, tell).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::error!(%error, "what is due for objects could not be done; it is tried again");
                return;
            }
        }
    }
}

fn record(gateway: &Gateway, attended: &Attended) {
    let operation = match (attended.kind, attended.notice) {
        (ObjectKind::Key, Notice::Rotated) => "KeyRotateIfDue",
        (ObjectKind::Key, Notice::NearExpiry) => "KeyNearExpiryEventGridNotification",
        (ObjectKind::Certificate, Notice::Rotated) => "CertificateRenew",
        (ObjectKind::Certificate, Notice::NearExpiry) => "CertificateNearExpiryEventGridNotification",
        (ObjectKind::Secret, Notice::Rotated | Notice::NearExpiry) => "SecretNearExpiryEventGridNotification",
    };
    let url = gateway.hosts().vault_url(&attended.vault.path.vault);
    let object = format!("{url}/{}/{}/{}", attended.kind.collection(), attended.name, attended.version);
    tracing::info!(operation, object, "done by policy");
    let note = ServiceNote { operation, resource: attended.vault.resource.id().to_owned(), object };
    if let Err(error) = gateway.audit().service(&note) {
        tracing::error!(%error, operation, "what the service did could not be recorded");
    }
}
