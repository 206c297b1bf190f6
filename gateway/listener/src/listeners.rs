//! All sockets of a gateway.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::limits::Limits;
use crate::port::{Port, Shared};
use crate::rejected::OnRejected;
use crate::stopping::Stop;
use crate::tls::TlsPolicy;

/// Where to listen, and within which bounds.
#[derive(Debug, Clone)]
pub struct ListenerSettings {
    /// The address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// The virtual-network subnet that every connection to this address belongs to, for an address on an interface
    /// that only that network can reach.
    pub binding: Option<String>,
    /// The bounds.
    pub limits: Limits,
}

impl ListenerSettings {
    /// Listens at an address with default bounds, for clients from anywhere.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self { address, binding: None, limits: Limits::default() }
    }
}

/// Why an address could not be listened at.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {address}: {remedy}")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// What the operator may do about it.
    pub remedy: &'static str,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// How a shutdown went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still open at the end of the grace period and were ended.
    pub aborted: usize,
}

/// The bound sockets of a gateway.
pub struct Listeners {
    ports: Vec<Port>,
}

impl Listeners {
    /// Binds every address, or none. Must be called within a tokio runtime.
    pub fn bind(settings: Vec<ListenerSettings>, tls: &TlsPolicy, on_rejected: &OnRejected) -> Result<Self, BindError> {
        let bind = |settings: ListenerSettings| {
            let failed = |source: io::Error| BindError { address: settings.address, remedy: remedy(&source), source };
            let listener = listen(settings.address).map_err(failed)?;
            let local = listener.local_addr().map_err(failed)?;
            let shared = Arc::new(Shared {
                limits: settings.limits,
                binding: settings.binding.map(Arc::from),
                tls: tls.clone(),
                on_rejected: on_rejected.clone(),
            });
            Ok(Port { listener, local, shared })
        };
        Ok(Self { ports: settings.into_iter().map(bind).collect::<Result<_, _>>()? })
    }

    /// The bound addresses, in the order of the settings.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.ports.iter().map(|port| port.local).collect()
    }

    /// Serves until `shutdown` is ready; then stops accepting, lets requests in flight end within the grace period,
    /// and ends what is left.
    ///
    /// The handler is called once for each request, on the task of its connection (HTTP/1.1) or stream (HTTP/2). Its
    /// future is dropped when the client goes away. If this future is dropped, everything ends at once.
    pub async fn run<H, F, B>(self, handler: H, shutdown: impl Future<Output = ()>) -> Drained
    where
        H: Fn(Arc<Connection>, Request<Incoming>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let (stop, stopping) = Stop::new();
        let mut ports = JoinSet::new();
        for port in self.ports {
            ports.spawn(port.run(handler.clone(), stopping.clone()));
        }
        shutdown.await;
        stop.begin();
        let aborted = ports.join_all().await.into_iter().sum();
        Drained { aborted }
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").field("addresses", &self.local_addrs()).finish()
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // `[::]` then serves IPv4 too, whatever the machine's default is.
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(StdListener::from(socket))
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another process listens there; stop it or choose another port",
        io::ErrorKind::AddrNotAvailable => "no interface of this machine has that address; choose one that exists",
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need the capability CAP_NET_BIND_SERVICE; grant it or choose a higher port"
        }
        io::ErrorKind::Unsupported => "this machine does not speak that address family; choose the other",
        _ => "the system refused; see the cause",
    }
}

const BACKLOG: i32 = 1024;
