//! Opens the chain of keys: the root key's file, the key-encryption key in the store, and what is derived from it.

use std::path::Path;
use std::sync::Arc;

use portcullis_crypto::material::KeyError;
use portcullis_crypto::{DataKey, KeyEncryptionKey, Random, RandomError, RootKey, RootKeyError, SealContext, Sealer};
use portcullis_engine::ReleaseSigningKey;
use portcullis_store::{Batch, BatchError, Store, StoreError};

/// Where the key-encryption key stands in the store, sealed by the root key.
const KEK: &[u8] = b"m/kek";
/// Where the data key of the control state stands, sealed by the key-encryption key.
const CONTROL: &[u8] = b"m/control";
/// Where the key that signs answers of releases stands in the store, sealed by the data key of the control state.
const RELEASE: &[u8] = b"m/release";
/// Where the key that signs id tokens stands in the store, sealed likewise: a statement of one kind must never pass for
/// one of the other.
const ID_TOKEN: &[u8] = b"m/id-token";

/// Why the keys could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The root key's file is missing, unreadable or unsafe.
    #[error(transparent)]
    Root(#[from] RootKeyError),
    /// The store was sealed under another root key.
    #[error(
        "the store was sealed under another root key than `{0}`; put the root key back that was there when the store was made"
    )]
    WrongRootKey(String),
    /// The store holds data but its root key is gone.
    #[error("the store holds data, but its root key `{0}` is missing; put it back: without it the data cannot be read")]
    RootKeyMissing(String),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The key that signs answers of releases could not be made.
    #[error(transparent)]
    ReleaseKey(#[from] KeyError),
    /// The key that signs answers of releases is not the one that was put in its place.
    #[error(
        "the record of the key that signs answers of releases, or of that which signs id tokens, is not the one that was put in its place"
    )]
    ReleaseKeyTampered,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<BatchError> for KeysError {
    fn from(error: BatchError) -> Self {
        Self::Store(error.into())
    }
}

/// The opened keys.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) kek: Arc<KeyEncryptionKey>,
    pub(crate) control: Sealer,
    /// For the sessions of people, under the data key of the control state.
    pub(crate) sessions: Sealer,
    /// For the positions in lists, likewise.
    pub(crate) positions: Sealer,
    pub(crate) release: ReleaseSigningKey,
    pub(crate) id_token: ReleaseSigningKey,
}

/// Opens the keys; makes them for an empty store.
pub(crate) async fn open(store: &dyn Store, root: &Path, random: &Arc<dyn Random>) -> Result<Keys, KeysError> {
    let stored = store.get(KEK).await?;
    let place = root.display().to_string();
    let root = match (root.exists(), &stored) {
        (true, _) => RootKey::load(root)?,
        (false, None) => RootKey::create(root, &**random)?,
        (false, Some(_)) => return Err(KeysError::RootKeyMissing(place)),
    };
    let kek = match stored {
        Some(record) => {
            KeyEncryptionKey::open(&record.bytes, &root).map_err(|_| KeysError::WrongRootKey(place.clone()))?
        }
        None => {
            let kek = KeyEncryptionKey::generate(&**random)?;
            let sealed = kek.seal(&root, &**random)?;
            store.commit(Batch::builder().absent(KEK).put(KEK, sealed).build()?).await?;
            kek
        }
    };
    let control = match store.get(CONTROL).await? {
        Some(record) => DataKey::open(&record.bytes, &kek, CONTROL).map_err(|_| KeysError::WrongRootKey(place))?,
        None => {
            let key = DataKey::generate(&**random)?;
            let sealed = key.seal(&kek, CONTROL, &**random)?;
            store.commit(Batch::builder().absent(CONTROL).put(CONTROL, sealed).build()?).await?;
            key
        }
    };
    let sessions = Sealer::new(&control, Arc::clone(random));
    let positions = Sealer::new(&control, Arc::clone(random));
    let control = Sealer::new(&control, Arc::clone(random));
    let release = signing_key(store, RELEASE, &control, &**random).await?;
    let id_token = signing_key(store, ID_TOKEN, &control, &**random).await?;
    Ok(Keys { kek: Arc::new(kek), control, sessions, positions, release, id_token })
}

/// The signing key of a place; made at the first start.
async fn signing_key(
    store: &dyn Store,
    place: &'static [u8],
    control: &Sealer,
    random: &dyn Random,
) -> Result<ReleaseSigningKey, KeysError> {
    let context = SealContext { store_key: place, generation: b"", sequence: 0 };
    if let Some(record) = store.get(place).await? {
        let stored = control.open(&context, &record.bytes).map_err(|_| KeysError::ReleaseKeyTampered)?;
        return ReleaseSigningKey::from_stored(&stored).map_err(|_| KeysError::ReleaseKeyTampered);
    }
    let key = ReleaseSigningKey::generate(random)?;
    let sealed = control.seal(&context, &key.to_stored())?;
    store.commit(Batch::builder().absent(place).put(place, sealed).build()?).await?;
    Ok(key)
}
