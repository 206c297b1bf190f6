//! Components of installed plugins: their bytes, in pieces, beside the control state.
//!
//! The control state knows which components there are; a piece without its record is nothing, and is overwritten or
//! swept. What is read is sealed in its place, and has the digest that was asked for.

use std::sync::Arc;

use portcullis_crypto::sha256;
use portcullis_model::plugins::MAX_COMPONENT_BYTES;
use portcullis_model::{ComponentDigest, TenantId};
use portcullis_store::{Batch, BatchError, Store, StoreError};

use crate::access::Writer;
use crate::record::{Codec, Record, StoredComponent, component_key, unreadable};
use crate::service::Change;
use crate::{ControlState, ManagementError};

/// Keeps the bytes of components.
#[derive(Debug)]
pub struct Components {
    store: Arc<dyn Store>,
    codec: Arc<Codec>,
}

impl Components {
    pub(crate) const fn new(store: Arc<dyn Store>, codec: Arc<Codec>) -> Self {
        Self { store, codec }
    }

    /// The bytes of a tenant's component.
    ///
    /// # Errors
    /// When the store fails, or the bytes are not there or not those of the digest.
    pub async fn read(&self, tenant: TenantId, digest: ComponentDigest) -> Result<Vec<u8>, ManagementError> {
        let mut bytes = Vec::new();
        for number in 0..PIECES {
            let key = piece_key(tenant, digest, number);
            let Some(record) = self.store.get(&key).await? else { break };
            bytes.extend_from_slice(&self.codec.open(&key, &record.bytes)?);
        }
        if sha256(&bytes) == *digest.as_bytes() {
            Ok(bytes)
        } else {
            let key = component_key(tenant, digest);
            Err(unreadable(key.as_bytes(), "the bytes of the component are missing or are not those of its digest"))
        }
    }

    /// Writes the bytes of a component, some pieces at a time, unless they are there.
    pub(crate) async fn write(
        &self,
        tenant: TenantId,
        digest: ComponentDigest,
        bytes: &[u8],
    ) -> Result<(), ManagementError> {
        if self.read(tenant, digest).await.is_ok() {
            return Ok(());
        }
        // A longer rest of something else would be read with it.
        self.erase(tenant, digest).await?;
        let pieces: Vec<_> = (0..).zip(bytes.chunks(PIECE)).collect();
        for some in pieces.chunks(AT_ONCE) {
            let mut batch = Batch::builder();
            for (number, piece) in some {
                let key = piece_key(tenant, digest, *number);
                let sealed = self.codec.seal(&key, piece)?;
                batch = batch.put(key, sealed);
            }
            self.store.commit(batch.build().map_err(|error: BatchError| StoreError::from(error))?).await?;
        }
        Ok(())
    }

    /// Removes the bytes of a component.
    pub(crate) async fn erase(&self, tenant: TenantId, digest: ComponentDigest) -> Result<(), ManagementError> {
        loop {
            // A page of few: each entry has its piece with it.
            let found = self.store.scan(&prefix(tenant, digest), None, AT_ONCE).await?;
            if found.is_empty() {
                return Ok(());
            }
            let batch = found.into_iter().fold(Batch::builder(), |batch, entry| batch.delete(entry.key));
            self.store.commit(batch.build().map_err(|error: BatchError| StoreError::from(error))?).await?;
        }
    }

    /// Removes the pieces that an interrupted upload has left.
    pub(crate) async fn sweep(&self, state: &ControlState) -> Result<(), ManagementError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let found = self.store.scan(PREFIX, after.as_deref(), 1).await?;
            let Some(entry) = found.into_iter().next() else { return Ok(()) };
            match parse(&entry.key) {
                Some((tenant, digest)) => {
                    if state.component(tenant, digest).is_none() {
                        self.erase(tenant, digest).await?;
                    }
                    after = Some([prefix(tenant, digest).as_slice(), &[0xff]].concat());
                }
                None => after = Some(entry.key),
            }
        }
    }
}

/// The change that makes a component known. What nobody needs any more makes room, the oldest first.
pub(crate) fn put(
    state: &ControlState,
    tenant: TenantId,
    digest: ComponentDigest,
    bytes: u64,
    writer: Writer,
) -> Result<(Change, Vec<ComponentDigest>), ManagementError> {
    if state.component(tenant, digest).is_some() {
        return Ok((Change::none(), Vec::new()));
    }
    let of_tenant = || state.components().filter(|known| known.tenant == tenant);
    let mut idle: Vec<_> = of_tenant().filter(|known| !state.needs_component(tenant, known.digest)).collect();
    idle.sort_by_key(|known| std::cmp::Reverse((known.uploaded, known.digest)));
    let evicted = idle.get(MOST_IDLE - 1..).unwrap_or_default();
    let stays =
        |known: &&StoredComponent| !evicted.iter().any(|it| it.digest == known.digest && it.tenant == known.tenant);
    let size = |components: &mut dyn Iterator<Item = &StoredComponent>| {
        components.fold((1_usize, bytes), |(count, sum), known| (count + 1, sum.saturating_add(known.bytes)))
    };
    within(size(&mut of_tenant().filter(stays)), MOST_OF_TENANT, "a tenant")?;
    within(size(&mut state.components().filter(stays)), MOST, "the gateway")?;
    let component = StoredComponent { tenant, digest, bytes, uploaded: writer.time, uploaded_by: writer.principal };
    let evicted: Vec<_> = evicted.iter().map(|known| known.digest).collect();
    let deletes = evicted.iter().map(|digest| component_key(tenant, *digest).into_bytes()).collect();
    Ok((Change { puts: vec![Record::Component(component)], deletes }, evicted))
}

fn within(
    (count, bytes): (usize, u64),
    (most, most_bytes): (usize, u64),
    whose: &'static str,
) -> Result<(), ManagementError> {
    if count > most {
        return Err(ManagementError::ComponentLimit { most: format!("{most} components"), whose });
    }
    if bytes > most_bytes {
        return Err(ManagementError::ComponentLimit { most: format!("{most_bytes} bytes"), whose });
    }
    Ok(())
}

fn prefix(tenant: TenantId, digest: ComponentDigest) -> Vec<u8> {
    [PREFIX, tenant.as_bytes(), digest.as_bytes(), b"/"].concat()
}

fn piece_key(tenant: TenantId, digest: ComponentDigest, number: u16) -> Vec<u8> {
    [prefix(tenant, digest).as_slice(), &number.to_be_bytes()].concat()
}

fn parse(key: &[u8]) -> Option<(TenantId, ComponentDigest)> {
    let (tenant, rest) = key.strip_prefix(PREFIX)?.split_first_chunk::<16>()?;
    let (digest, _) = rest.split_first_chunk::<32>()?;
    Some((TenantId::from_bytes(*tenant), ComponentDigest::from_bytes(*digest)))
}

/// The pieces stand under this prefix, apart from the control state, which is held in memory.
const PREFIX: &[u8] = b"l/";
/// The bytes of a piece, below the store's bound with room for the seal.
const PIECE: usize = 240 << 10;
/// The pieces of the greatest component.
#[expect(clippy::cast_possible_truncation, reason = "some hundred")]
const PIECES: u16 = MAX_COMPONENT_BYTES.div_ceil(PIECE) as u16;
/// The pieces that are written in one batch, below the store's bound.
const AT_ONCE: usize = 4;
/// The components that are kept though nobody needs them: of a tenant.
const MOST_IDLE: usize = 8;
/// The components, and their bytes together, of a tenant and of all.
const MOST_OF_TENANT: (usize, u64) = (64, 256 << 20);
const MOST: (usize, u64) = (512, 1 << 30);
