//! Groups of principals and of other groups.

use std::collections::{HashMap, HashSet};

use portcullis_model::{PrincipalId, TenantId};
use serde::{Deserialize, Serialize};

/// A group. It cannot call; role assignments and policies name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its object id.
    pub id: PrincipalId,
    /// The tenant.
    pub tenant: TenantId,
    /// The name that people see. Never authorise on it.
    pub display_name: String,
    /// Words for people.
    pub description: Option<String>,
    /// A short name.
    #[serde(default)]
    pub nickname: Option<String>,
    /// Principals and groups that are in it directly.
    pub members: Vec<PrincipalId>,
}

/// Groups contain each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the group {0} would be a member of itself, directly or through other groups")]
pub struct CyclicGroup(pub PrincipalId);

/// In which groups each member is, directly or through other groups, in order.
///
/// A cycle is an error: whoever is in one of its groups would be in all, which nobody who wrote it may have meant.
pub(crate) fn memberships(
    groups: &HashMap<PrincipalId, std::sync::Arc<Group>>,
) -> Result<HashMap<PrincipalId, Vec<PrincipalId>>, CyclicGroup> {
    let mut parents: HashMap<PrincipalId, Vec<PrincipalId>> = HashMap::new();
    for group in groups.values() {
        for member in &group.members {
            parents.entry(*member).or_default().push(group.id);
        }
    }
    let mut all = HashMap::with_capacity(parents.len());
    for member in parents.keys() {
        let (mut reached, mut next) = (HashSet::new(), vec![*member]);
        while let Some(at) = next.pop() {
            for group in parents.get(&at).into_iter().flatten() {
                if group == member {
                    return Err(CyclicGroup(*member));
                }
                if reached.insert(*group) {
                    next.push(*group);
                }
            }
        }
        let mut reached: Vec<_> = reached.into_iter().collect();
        reached.sort_unstable();
        all.insert(*member, reached);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn id(id: u8) -> PrincipalId {
        PrincipalId::from_bytes([id; 16])
    }

    fn groups(groups: &[(u8, &[u8])]) -> HashMap<PrincipalId, Arc<Group>> {
        let group = |(group, members): &(u8, &[u8])| Group {
            id: id(*group),
            tenant: TenantId::from_bytes([1; 16]),
            display_name: String::new(),
            description: None,
            nickname: None,
            members: members.iter().copied().map(id).collect(),
        };
        groups.iter().map(group).map(|group| (group.id, Arc::new(group))).collect()
    }

    #[test]
    fn members_are_in_the_groups_around_their_groups() {
        let found = memberships(&groups(&[(10, &[1, 2]), (11, &[10, 3]), (12, &[11, 10]), (13, &[])])).unwrap();
        assert_eq!(found[&id(1)], [id(10), id(11), id(12)]);
        assert_eq!(found[&id(3)], [id(11), id(12)]);
        assert_eq!(found[&id(10)], [id(11), id(12)]);
        assert!(!found.contains_key(&id(12)) && !found.contains_key(&id(13)));
    }

    #[test]
    fn cycles_are_refused() {
        for cyclic in [groups(&[(10, &[10])]), groups(&[(10, &[11]), (11, &[12]), (12, &[10])])] {
            assert!(memberships(&cyclic).is_err());
        }
    }
}
