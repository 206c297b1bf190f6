//! Requests of callers whom nobody authenticated: a few each second are recorded one by one, the others as sums.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::record::Ending;

/// How many requests of unauthenticated callers have a record of their own. Whoever reaches the port can make such
/// requests, at no cost, so that without a bound they fill the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrangerLimits {
    /// In each second, from one address (IPv6: from one /64).
    pub per_client: u32,
    /// In each second, from all addresses together.
    pub total: u32,
}

impl Default for StrangerLimits {
    fn default() -> Self {
        Self { per_client: 20, total: 200 }
    }
}

/// What requests are summed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Sum {
    /// The address, or the first one of the /64; none for all that had no place of their own.
    pub(crate) client: Option<IpAddr>,
    /// How the requests ended.
    pub(crate) ending: Ending,
}

/// Counts the requests of strangers.
#[derive(Debug)]
pub(crate) struct Strangers {
    limits: StrangerLimits,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// The second that the next two count in.
    second: u64,
    recorded: u32,
    /// INVARIANT: no more entries than requests recorded in this second, so at most `total`.
    by_client: HashMap<IpAddr, u32>,
    /// What was not recorded since sums were last taken: at most [`SUMS`] entries, and one for each ending.
    sums: HashMap<Sum, u64>,
}

impl Strangers {
    pub(crate) fn new(limits: StrangerLimits) -> Self {
        Self { limits, counts: Mutex::default() }
    }

    /// Whether a request gets a record of its own; if not, it was added to a sum. `now` is monotonic.
    pub(crate) fn admit(&self, client: IpAddr, ending: Ending, now: Duration) -> bool {
        let client = bucket(client);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.second != now.as_secs() {
            counts.second = now.as_secs();
            counts.recorded = 0;
            counts.by_client.clear();
        }
        let of_client = counts.by_client.get(&client).copied().unwrap_or_default();
        if counts.recorded < self.limits.total && of_client < self.limits.per_client {
            counts.recorded += 1;
            counts.by_client.insert(client, of_client + 1);
            return true;
        }
        counts.add(Sum { client: Some(client), ending }, 1);
        false
    }

    /// Takes the sums.
    pub(crate) fn take(&self) -> HashMap<Sum, u64> {
        std::mem::take(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner).sums)
    }

    /// Gives a sum back that could not be written.
    pub(crate) fn give_back(&self, sum: Sum, count: u64) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).add(sum, count);
    }
}

impl Counts {
    fn add(&mut self, sum: Sum, count: u64) {
        let fits = self.sums.len() < SUMS || self.sums.contains_key(&sum);
        let sum = if fits { sum } else { Sum { client: None, ..sum } };
        let known = self.sums.entry(sum).or_default();
        *known = known.saturating_add(count);
    }
}

/// What an IPv6 client can move about in counts as one address.
fn bucket(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// How many pairs of address and ending are told apart between two writings of sums.
const SUMS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    const ENDING: Ending = Ending::Answered(401);

    fn client(last: u16) -> IpAddr {
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, last, 0, 0, 0, last))
    }

    #[test]
    fn admits_up_to_the_bound_of_one_client_and_of_all() {
        let strangers = Strangers::new(StrangerLimits { per_client: 2, total: 3 });
        let admit = |last, second| strangers.admit(client(last), ENDING, Duration::from_secs(second));
        assert_eq!([admit(1, 7), admit(1, 7), admit(1, 7)], [true, true, false]);
        assert_eq!([admit(2, 7), admit(3, 7)], [true, false]);
        assert_eq!([admit(1, 8), admit(3, 8)], [true, true], "each second begins anew");
        let sums = strangers.take();
        let sum = |last| Sum { client: Some(bucket(client(last))), ending: ENDING };
        assert_eq!(sums, HashMap::from([(sum(1), 1), (sum(3), 1)]));
        assert!(strangers.take().is_empty());
    }

    #[test]
    fn keeps_no_more_than_its_bound_whoever_comes() {
        let strangers = Strangers::new(StrangerLimits { per_client: 1, total: 10 });
        for last in 0..10_000 {
            strangers.admit(client(last), ENDING, Duration::ZERO);
        }
        assert_eq!(strangers.counts.lock().unwrap().by_client.len(), 10);
        let sums = strangers.take();
        assert_eq!(sums.len(), SUMS + 1);
        assert_eq!(sums.values().sum::<u64>(), 9_990);
        assert_eq!(sums[&Sum { client: None, ending: ENDING }], 9_990 - 256);
    }

    #[test]
    fn counts_ipv6_clients_by_their_network() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert_eq!(bucket(address("2001:db8::1:2:3:4")), address("2001:db8::"));
        assert_eq!(bucket(address("192.0.2.1")), address("192.0.2.1"));
    }
}
