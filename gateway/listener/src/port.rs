//! One bound socket and its connections.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::address::ClientAddr;
use crate::admission::{Admission, Ticket};
use crate::connection::Connection;
use crate::limits::Limits;
use crate::rejected::{OnRejected, RejectReason, RejectedConnection};
use crate::serve::serve;
use crate::stopping::Stopping;
use crate::stream_tasks::report;
use crate::tls::{TlsPolicy, handshake};

/// A bound socket with its settings.
pub(crate) struct Port {
    pub(crate) listener: TcpListener,
    pub(crate) local: SocketAddr,
    pub(crate) shared: Arc<Shared>,
}

/// What every connection of a port needs.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) binding: Option<Arc<str>>,
    pub(crate) tls: TlsPolicy,
    pub(crate) on_rejected: OnRejected,
}

impl Port {
    /// Accepts until `stopping` turns true, then waits for the requests in flight, then ends what is left.
    /// Gives how many connections had to be ended.
    pub(crate) async fn run<H, F, B>(self, handler: Arc<H>, stopping: Stopping) -> usize
    where
        H: Fn(Arc<Connection>, Request<Incoming>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let admission = Arc::new(Admission::new(&self.shared.limits));
        let mut connections = JoinSet::new();
        let mut backoff = Backoff::default();
        let mut stop = stopping.clone();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.wait() => break,
                Some(ended) = connections.join_next() => { report(ended); continue }
                accepted = backoff.accept(&self.listener) => accepted,
            };
            let (socket, peer) = accepted;
            let client = ClientAddr::from(peer);
            match admission.admit(client) {
                Err(reason) => (self.shared.on_rejected)(RejectedConnection { client, reason }),
                Ok(ticket) => {
                    let arrival = Arrival { socket, client, local: self.local, ticket };
                    connections.spawn(arrival.run(self.shared.clone(), handler.clone(), stopping.clone()));
                }
            }
        }
        drop(self.listener);
        drain(connections, self.shared.limits.drain_grace).await
    }
}

/// Waits for connections to end, then ends those that are left and counts them.
async fn drain(mut connections: JoinSet<()>, grace: Duration) -> usize {
    let all = async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    if tokio::time::timeout(grace, all).await.is_ok() {
        return 0;
    }
    let left = connections.len();
    connections.shutdown().await;
    left
}

/// A connection that was let in and has yet to speak.
struct Arrival {
    socket: TcpStream,
    client: ClientAddr,
    local: SocketAddr,
    ticket: Ticket,
}

impl Arrival {
    async fn run<H, F, B>(self, shared: Arc<Shared>, handler: Arc<H>, stopping: Stopping)
    where
        H: Fn(Arc<Connection>, Request<Incoming>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let client = self.client;
        if let Err(reason) = self.converse(&shared, handler, stopping).await {
            (shared.on_rejected)(RejectedConnection { client, reason });
        }
    }

    async fn converse<H, F, B>(
        self,
        shared: &Shared,
        handler: Arc<H>,
        mut stopping: Stopping,
    ) -> Result<(), RejectReason>
    where
        H: Fn(Arc<Connection>, Request<Incoming>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        // Small responses must not wait for the client's acknowledgement; failing, they only come later.
        let _ = self.socket.set_nodelay(true);
        // The wildcard address tells nothing: the local end of this socket does.
        let local = self.socket.local_addr().unwrap_or(self.local);
        let secured = tokio::select! {
            biased;
            secured = handshake(self.socket, &shared.tls, &self.ticket, &shared.limits) => secured?,
            () = stopping.wait() => return Ok(()),
        };
        let connection = Arc::new(Connection {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            client: self.client,
            local,
            binding: shared.binding.clone(),
            tls: secured.facts,
            names: secured.names,
        });
        serve(secured.stream, connection, handler, &shared.limits, stopping).await
    }
}

/// Accepts, however often accepting fails: without file descriptors it waits and tries again.
#[derive(Default)]
struct Backoff {
    failures: u32,
}

impl Backoff {
    async fn accept(&mut self, listener: &TcpListener) -> (TcpStream, SocketAddr) {
        loop {
            match listener.accept().await {
                Ok(accepted) => {
                    self.failures = 0;
                    return accepted;
                }
                // The client left before it was accepted: its loss, and no reason to wait.
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    if self.failures.is_power_of_two() || self.failures == 0 {
                        tracing::warn!(error = %error, failures = self.failures, "cannot accept connections");
                    }
                    self.failures = self.failures.saturating_add(1);
                    tokio::time::sleep(LONGEST_PAUSE.min(FIRST_PAUSE * self.failures)).await;
                }
            }
        }
    }
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
