//! `[store]`: where everything but keys and logs is kept.

use portcullis_store_redb::DEFAULT_CACHE;

use super::super::reader::{Noted, Reader};

/// Reads `[store]`: how many bytes of the store are kept in memory at most.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<usize, Noted> {
    let mut cache = DEFAULT_CACHE;
    reader.set("cache", &mut cache, |value| value.size(8 << 20, 1 << 40));
    Ok(cache)
}
