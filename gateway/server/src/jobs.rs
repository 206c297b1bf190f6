//! Work that no request asks for: scheduled purges, following the control state.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::gateway::Gateway;

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
            run_due(&gateway).await;
        }
    });
    vec![follow, due]
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
