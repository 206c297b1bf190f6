//! The bodies that the token endpoint is reading. Whoever sends them has shown nothing yet, so they are few.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Counts the bodies that are being read, and refuses those above its bounds: one client may have a quarter of all.
#[derive(Debug)]
pub(crate) struct TokenBodies {
    most: usize,
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    total: usize,
    by_client: HashMap<IpAddr, usize>,
}

/// The place of one body; dropped, the place is free.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    bodies: &'a TokenBodies,
    client: IpAddr,
}

impl TokenBodies {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, read: Mutex::default() }
    }

    /// A place for a body of a client, whose address counts for those that it can move about in.
    pub(crate) fn admit(&self, client: IpAddr) -> Option<Place<'_>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let of_client = read.by_client.get(&client).copied().unwrap_or_default();
        if read.total >= self.most || of_client >= self.most.div_ceil(4) {
            return None;
        }
        read.total += 1;
        read.by_client.insert(client, of_client + 1);
        Some(Place { bodies: self, client })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut read = self.bodies.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.total = read.total.saturating_sub(1);
        match read.by_client.get_mut(&self.client) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(read.by_client.remove(&self.client)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn admits_up_to_the_bound_of_one_client_and_of_all() {
        let bodies = TokenBodies::new(8);
        let mut places: Vec<_> =
            (1..=4).flat_map(|last| [bodies.admit(client(last)), bodies.admit(client(last))]).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(bodies.admit(client(5)).is_none(), "the bound of all");
        places.truncate(3);
        assert!(bodies.admit(client(1)).is_none(), "the bound of one");
        assert!(bodies.admit(client(5)).is_some());
        drop(places);
        assert!(bodies.read.lock().unwrap().by_client.is_empty(), "clients that left leave no trace");
        assert_eq!(bodies.read.lock().unwrap().total, 0);
    }
}
