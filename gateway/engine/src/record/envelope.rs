//! What stands around every sealed head and version.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format, 1 |
//! | 16 | generation |
//! | 8 | sequence number, big endian |
//! | the rest | sealed, with the store key and all of the above as associated data |

use portcullis_crypto::{OpenError, RandomError, SealContext, Sealer};
use portcullis_model::Generation;
use zeroize::Zeroizing;

/// A record out of its envelope. It is authentic: it was put under this key, with this generation and number.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) generation: Generation,
    pub(crate) sequence: u64,
    pub(crate) plaintext: Zeroizing<Vec<u8>>,
}

/// Seals a record for its place.
pub(crate) fn seal(
    sealer: &Sealer,
    store_key: &[u8],
    generation: Generation,
    sequence: u64,
    plaintext: &[u8],
) -> Result<Vec<u8>, RandomError> {
    let mut origin = [FORMAT; ORIGIN];
    origin[1..].copy_from_slice(generation.as_bytes());
    let sealed = sealer.seal(&SealContext { store_key, generation: &origin, sequence }, plaintext)?;
    Ok([origin.as_slice(), &sequence.to_be_bytes(), sealed.as_slice()].concat())
}

/// Opens a record in its place.
pub(crate) fn open(sealer: &Sealer, store_key: &[u8], stored: &[u8]) -> Result<Opened, OpenError> {
    let (origin, rest) = stored.split_first_chunk::<ORIGIN>().ok_or(OpenError)?;
    let (sequence, sealed) = rest.split_first_chunk().ok_or(OpenError)?;
    let sequence = u64::from_be_bytes(*sequence);
    let [FORMAT, generation @ ..] = *origin else { return Err(OpenError) };
    let plaintext = sealer.open(&SealContext { store_key, generation: origin, sequence }, sealed)?;
    Ok(Opened { generation: Generation::from_bytes(generation), sequence, plaintext })
}

const FORMAT: u8 = 1;
const ORIGIN: usize = 17;
