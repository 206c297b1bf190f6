//! Runs a gateway: binds, announces, serves, drains.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use portcullis_api::Hosts;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::config::{self, Config};
use crate::files::Files;
use crate::gateway::{Gateway, Ingredients, StartError};
use crate::{admin, jobs, managed_identity, open_files, pipeline};

/// Sends log lines to standard error; `RUST_LOG` chooses which.
pub(crate) fn log_to_stderr() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call, in a test, keeps the first subscriber.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// Runs a gateway until SIGTERM or SIGINT, then drains it. `file` is the configuration's, which SIGHUP reads again.
pub(crate) fn to_completion(
    mut config: Config,
    files: Files,
    file: Option<&Path>,
    ready: impl FnOnce(&Hosts) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    config.limits = open_files::fit(config.limits, config.listeners.len(), open_files::raise());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let mut hangup = signal(SignalKind::hangup())?;
        let ingredients = Ingredients::from_config(&config)?;
        let running = Running::start(config, files, ingredients).await?;
        ready(running.gateway().hosts())?;
        tracing::info!(addresses = ?running.addresses(), "ready");
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => reload(running.gateway(), file).await,
            }
        }
        tracing::info!("stopping; requests in flight may end");
        let aborted = running.stop().await;
        tracing::info!(aborted, "stopped");
        Ok(ExitCode::SUCCESS)
    })
}

/// Log rotation and renewed certificates, as servers do by custom, and what the configuration declares by now.
async fn reload(gateway: &Gateway, file: Option<&Path>) {
    gateway.reload();
    let Some(file) = file.map(Path::to_owned) else { return };
    match tokio::task::spawn_blocking(move || config::load(&file)).await {
        Ok(Ok(config)) => gateway.redeclare(&config.declaration).await,
        Ok(Err(error)) => {
            for mistake in error.mistakes() {
                tracing::error!(%mistake, "a mistake in the configuration");
            }
            tracing::error!("the configuration was refused whole; what was declared before stays");
        }
        Err(error) => tracing::error!(%error, "the configuration could not be read again"),
    }
}

/// A gateway that serves.
#[derive(Debug)]
pub struct Running {
    gateway: Arc<Gateway>,
    addresses: Vec<std::net::SocketAddr>,
    stop: tokio::sync::watch::Sender<bool>,
    serving: JoinHandle<usize>,
    jobs: Vec<JoinHandle<()>>,
    metrics: Option<std::net::SocketAddr>,
}

impl Running {
    /// Builds a gateway, binds its listeners and serves.
    ///
    /// # Errors
    /// When a part cannot be opened, or an address cannot be bound.
    pub async fn start(mut config: Config, files: Files, ingredients: Ingredients) -> Result<Self, StartError> {
        let metrics = match config.metrics {
            Some(address) => {
                let failed = |source| StartError::Metrics { address, source };
                let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
                Some((listener.local_addr().map_err(failed)?, listener))
            }
            None => None,
        };
        let identities = match config.identity_endpoint.take() {
            Some(config) => {
                let failed = |(place, source)| StartError::IdentityEndpoint { place, source };
                Some(managed_identity::Endpoint::bind(config).await.map_err(failed)?)
            }
            None => None,
        };
        let (gateway, listeners) = Gateway::build(config, files, ingredients).await?;
        let gateway = Arc::new(gateway);
        let addresses = listeners.local_addrs();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let mut jobs = jobs::start(&gateway);
        let metrics = metrics.map(|(address, listener)| {
            jobs.push(tokio::spawn(admin::serve(Arc::clone(&gateway), listener)));
            address
        });
        if let Some(endpoint) = identities {
            tracing::info!(address = ?endpoint.address(), "managed identities have their endpoint");
            jobs.push(tokio::spawn(endpoint.serve(Arc::clone(&gateway))));
        }
        let handler = {
            let gateway = Arc::clone(&gateway);
            move |connection, request| {
                let gateway = Arc::clone(&gateway);
                // The future is large, and what serves a connection moves it about: it moves the pointer instead.
                Box::pin(async move { pipeline::serve(&gateway, connection, request).await })
            }
        };
        let serving = tokio::spawn(async move { listeners.run(handler, until(stopped)).await.aborted });
        Ok(Self { gateway, addresses, stop, serving, jobs, metrics })
    }

    /// The gateway.
    #[must_use]
    pub const fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// The addresses that are bound, in the order of the configuration.
    #[must_use]
    pub fn addresses(&self) -> &[std::net::SocketAddr] {
        &self.addresses
    }

    /// The address of the metrics, if they are served.
    #[must_use]
    pub const fn metrics_address(&self) -> Option<std::net::SocketAddr> {
        self.metrics
    }

    /// Stops accepting, lets requests in flight end within the grace period, and says how many were ended by force.
    pub async fn stop(self) -> usize {
        let _ = self.stop.send(true);
        let aborted = self.serving.await.unwrap_or_default();
        for job in self.jobs {
            job.abort();
        }
        jobs::write_counts(&self.gateway);
        aborted
    }
}

async fn until(mut stopped: tokio::sync::watch::Receiver<bool>) {
    // An error means that the sender is gone, which stops the gateway as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
