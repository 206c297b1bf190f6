//! How many connections there are, and from whom.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::address::ClientAddr;
use crate::limits::Limits;
use crate::rejected::RejectReason;

/// Counts the connections of one listener and refuses those above its limits.
#[derive(Debug)]
pub(crate) struct Admission {
    max: usize,
    max_per_client: usize,
    handshakes_per_client: usize,
    open: Mutex<Open>,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            max: limits.max_connections,
            max_per_client: limits.max_connections_per_client,
            handshakes_per_client: limits.max_handshakes_per_client.clamp(1, Semaphore::MAX_PERMITS),
            open: Mutex::default(),
        }
    }

    /// Counts a connection in, for as long as the ticket lives.
    pub(crate) fn admit(self: &Arc<Self>, client: ClientAddr) -> Result<Ticket, RejectReason> {
        let bucket = client.bucket();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.max {
            return Err(RejectReason::TooManyConnections);
        }
        let share = match open.by_client.entry(bucket) {
            Entry::Occupied(mut share) if share.get().connections < self.max_per_client => {
                share.get_mut().connections += 1;
                share.get().handshakes.clone()
            }
            Entry::Occupied(_) => return Err(RejectReason::TooManyFromClient),
            Entry::Vacant(_) if self.max_per_client == 0 => return Err(RejectReason::TooManyFromClient),
            Entry::Vacant(vacant) => {
                let handshakes = Arc::new(Semaphore::new(self.handshakes_per_client));
                vacant.insert(Share { connections: 1, handshakes }).handshakes.clone()
            }
        };
        open.total += 1;
        Ok(Ticket { admission: self.clone(), bucket, share })
    }

    fn release(&self, bucket: IpAddr) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Entry::Occupied(mut share) = open.by_client.entry(bucket) {
            share.get_mut().connections = share.get().connections.saturating_sub(1);
            if share.get().connections == 0 {
                share.remove();
            }
        }
    }
}

/// The place of one open connection; dropped, the place is free.
#[derive(Debug)]
pub(crate) struct Ticket {
    admission: Arc<Admission>,
    bucket: IpAddr,
    share: Arc<Semaphore>,
}

impl Ticket {
    /// Waits for leave to do the costly part of a handshake within the client's share, so that one client with many
    /// slow handshakes delays only itself. There is no bound of all: a handshake is held up by its peer at will, so
    /// that a few peers could use it up and keep out everybody. What costs is done on the runtime's few threads, and
    /// connections are bounded.
    pub(crate) async fn handshake(&self) -> SemaphorePermit<'_> {
        self.share.acquire().await.expect("the semaphore of a share is never closed")
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.admission.release(self.bucket);
    }
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_client: HashMap<IpAddr, Share>,
}

#[derive(Debug)]
struct Share {
    connections: usize,
    handshakes: Arc<Semaphore>,
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn client(last: u8) -> ClientAddr {
        ClientAddr::from(SocketAddr::from(([192, 0, 2, last], 1)))
    }

    fn admission(max: usize, per_client: usize) -> Arc<Admission> {
        let limits = Limits { max_connections: max, max_connections_per_client: per_client, ..Limits::default() };
        Arc::new(Admission::new(&limits))
    }

    #[test]
    fn refuses_above_the_limit_of_all() {
        let admission = admission(2, 2);
        let _first = admission.admit(client(1)).expect("first");
        let second = admission.admit(client(2)).expect("second");
        assert_eq!(admission.admit(client(3)).err(), Some(RejectReason::TooManyConnections));
        drop(second);
        assert!(admission.admit(client(3)).is_ok());
    }

    #[test]
    fn refuses_above_the_limit_of_one_client_only() {
        let admission = admission(10, 1);
        let first = admission.admit(client(1)).expect("first");
        assert_eq!(admission.admit(client(1)).err(), Some(RejectReason::TooManyFromClient));
        assert!(admission.admit(client(2)).is_ok());
        drop(first);
        assert!(admission.admit(client(1)).is_ok());
        assert!(admission.open.lock().unwrap().by_client.is_empty(), "clients that left leave no trace");
    }
}
