//! Revocations of tokens and sessions. Each tenant has its own room for them, and those that the gateway makes itself,
//! because somebody used a refresh token or a code twice, have theirs apart: any user can cause them.

use portcullis_model::{TenantId, UnixTime};

use crate::record::{Record, Revoked};
use crate::service::Change;
use crate::{ControlState, DirectoryRefusal};

/// Revocations of a tenant's administrators that are remembered; each request looks them up in memory.
const MOST_REVOKED: usize = 10_000;
/// Revocations of a tenant that the gateway made itself and remembers.
const MOST_AUTOMATIC: usize = 10_000;
/// Revocations that one write forgets for each of its reasons.
const FORGOTTEN_AT_ONCE: usize = 50;

/// An administrator's revocation.
///
/// # Errors
/// When the tenant has as many as it may.
pub(crate) fn by_administrator(
    state: &ControlState,
    tenant: TenantId,
    id: &[u8],
    ends: UnixTime,
    now: UnixTime,
) -> Result<Change, DirectoryRefusal> {
    let id = hex::encode(id);
    let counts = |it: &&Revoked| it.tenant == Some(tenant) && !it.automatic && it.ends > now && it.id != id;
    if state.revocations().filter(counts).count() >= MOST_REVOKED {
        return Err(DirectoryRefusal::Full { most: MOST_REVOKED, what: "revoked tokens" });
    }
    // A revocation is not shortened by another one.
    let ends = known(state, &id, now).map_or(ends, |known| ends.max(known.ends));
    let deletes = over(state, &id, now);
    Ok(Change { puts: vec![Record::Revoked(Revoked { id, ends, tenant: Some(tenant), automatic: false })], deletes })
}

/// A revocation that the gateway makes itself. It is never refused: the tenant's oldest one of its kind makes room.
pub(crate) fn automatic(state: &ControlState, tenant: TenantId, id: &[u8], ends: UnixTime, now: UnixTime) -> Change {
    let id = hex::encode(id);
    let new = match known(state, &id, now) {
        // What an administrator revoked stays his: it is not forgotten for want of room.
        Some(known) => Revoked { ends: ends.max(known.ends), ..known.clone() },
        None => Revoked { id: id.clone(), ends, tenant: Some(tenant), automatic: true },
    };
    let mut deletes = over(state, &id, now);
    if new.automatic {
        let counts = |it: &&Revoked| it.tenant == new.tenant && it.automatic && it.ends > now && it.id != id;
        let mut others: Vec<_> = state.revocations().filter(counts).collect();
        // All are made for the same time, so that the oldest ends first.
        others.sort_by(|one, other| (one.ends, &one.id).cmp(&(other.ends, &other.id)));
        let too_many = (others.len() + 1).saturating_sub(MOST_AUTOMATIC);
        deletes.extend(others.into_iter().take(too_many.min(FORGOTTEN_AT_ONCE)).map(key));
    }
    Change { puts: vec![Record::Revoked(new)], deletes }
}

/// The revocation of an id that runs.
fn known<'a>(state: &'a ControlState, id: &str, now: UnixTime) -> Option<&'a Revoked> {
    state.revocations().find(|it| it.id == id && it.ends > now)
}

/// What has ended anyway is forgotten.
fn over(state: &ControlState, but: &str, now: UnixTime) -> Vec<Vec<u8>> {
    let over = state.revocations().filter(|it| it.ends <= now && it.id != but);
    over.take(FORGOTTEN_AT_ONCE).map(key).collect()
}

fn key(revoked: &Revoked) -> Vec<u8> {
    Record::Revoked(revoked.clone()).key()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    const OTHER: TenantId = TenantId::from_bytes([2; 16]);
    const NOW: UnixTime = UnixTime(1_000);

    /// So many revocations of a tenant; the first ends first.
    fn state(tenant: Option<TenantId>, automatic: bool, count: usize) -> ControlState {
        let times = (0_i64..).map(|number| NOW.plus(1 + number));
        let records = times
            .take(count)
            .map(|ends| Record::Revoked(Revoked { id: hex::encode(ends.0.to_be_bytes()), ends, tenant, automatic }));
        ControlState::new(1, records.collect(), BTreeMap::new(), Arc::default()).expect("a state")
    }

    fn id(number: i64) -> [u8; 8] {
        NOW.plus(1 + number).0.to_be_bytes()
    }

    #[test]
    fn the_revocations_of_one_tenant_take_no_room_from_another() {
        let full = state(Some(TENANT), false, MOST_REVOKED);
        let ends = NOW.plus(100_000);
        let revoke = |tenant, id: &[u8]| by_administrator(&full, tenant, id, ends, NOW).map(|change| change.puts.len());
        assert!(matches!(revoke(TENANT, b"new"), Err(DirectoryRefusal::Full { most: MOST_REVOKED, .. })));
        assert_eq!(revoke(TENANT, &id(3)), Ok(1), "one that is known takes no more room");
        assert_eq!(revoke(OTHER, b"new"), Ok(1));
        assert!(automatic(&full, TENANT, b"new", ends, NOW).deletes.is_empty(), "nor from automatic ones");
    }

    #[test]
    fn automatic_revocations_make_room_for_themselves_alone() {
        let full = state(Some(TENANT), true, MOST_AUTOMATIC);
        let ends = NOW.plus(100_000);
        let oldest = Record::Revoked(Revoked { id: hex::encode(id(0)), ends, tenant: None, automatic: true }).key();
        assert_eq!(automatic(&full, TENANT, b"new", ends, NOW).deletes, [oldest]);
        assert!(automatic(&full, TENANT, &id(3), ends, NOW).deletes.is_empty(), "it is known");
        assert!(automatic(&full, OTHER, b"new", ends, NOW).deletes.is_empty(), "another tenant has its own room");
        let change = by_administrator(&full, TENANT, b"new", ends, NOW).expect("administrators have room");
        assert!(change.deletes.is_empty());
    }

    #[test]
    fn an_automatic_revocation_does_not_weaken_an_administrators() {
        let one = state(Some(TENANT), false, 1);
        let change = automatic(&one, OTHER, &id(0), NOW, NOW);
        let [Record::Revoked(put)] = change.puts.as_slice() else { panic!("one record") };
        assert_eq!((put.tenant, put.automatic, put.ends), (Some(TENANT), false, NOW.plus(1)));
    }

    #[test]
    fn a_record_from_before_tenants_were_kept_is_read() {
        let old: Revoked = serde_json::from_str(r#"{"id":"00","ends":5}"#).expect("it is read");
        assert_eq!((old.tenant, old.automatic), (None, false));
    }
}
