//! Where lists go on, sealed: what a filtered page leaves out does not show in its link.

use portcullis_api::PositionSeal;
use portcullis_crypto::{SealContext, Sealer};

/// Seals positions for their lists, all to one length.
#[derive(Debug)]
pub(crate) struct Positions {
    sealer: Sealer,
}

impl Positions {
    pub(crate) const fn new(sealer: Sealer) -> Self {
        Self { sealer }
    }
}

impl PositionSeal for Positions {
    fn seal(&self, list: &str, position: &str) -> Option<Vec<u8>> {
        let mut padded = [0; PADDED];
        let (length, place) = padded.split_first_mut()?;
        *length = u8::try_from(position.len()).ok()?;
        place.get_mut(..position.len())?.copy_from_slice(position.as_bytes());
        self.sealer.seal(&context(&place_of(list)), &padded).ok()
    }

    fn open(&self, list: &str, sealed: &[u8]) -> Option<String> {
        let padded = self.sealer.open(&context(&place_of(list)), sealed).ok()?;
        let (length, place) = padded.split_first()?;
        String::from_utf8(place.get(..usize::from(*length))?.to_vec()).ok()
    }
}

/// No record of the store stands at such a place, so that neither opens as the other.
fn place_of(list: &str) -> Vec<u8> {
    [b"position in ", list.as_bytes()].concat()
}

const fn context(place: &[u8]) -> SealContext<'_> {
    SealContext { store_key: place, generation: b"", sequence: 0 }
}

/// The longest name of an object and its length.
const PADDED: usize = 128;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use portcullis_crypto::{DataKey, SystemRandom};

    use super::*;

    #[test]
    fn a_position_shows_neither_itself_nor_its_length_and_opens_in_its_list_alone() {
        let random = Arc::new(SystemRandom::new());
        let positions = Positions::new(Sealer::new(&DataKey::generate(&*random).unwrap(), random));
        let longest = "x".repeat(127);
        let sealed = ["a", &longest].map(|name| positions.seal("kv/SecretList/", name).unwrap());
        assert_eq!(sealed[0].len(), sealed[1].len());
        assert_eq!(positions.open("kv/SecretList/", &sealed[1]).as_deref(), Some(longest.as_str()));
        assert_eq!(positions.open("kv/SecretListDeleted/", &sealed[0]), None);
        assert_eq!(positions.open("kv2/SecretList/", &sealed[0]), None);
        let mut other = sealed[0].clone();
        other[60] ^= 1;
        assert_eq!(positions.open("kv/SecretList/", &other), None);
        assert_eq!(positions.seal("kv/SecretList/", &"x".repeat(128)), None, "no name is so long");
    }
}
