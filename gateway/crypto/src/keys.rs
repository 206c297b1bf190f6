//! The keys of the envelope.

mod data_key;
mod key_bytes;
mod key_encryption_key;
mod root_key;
mod root_key_file;

pub use data_key::DataKey;
pub use key_encryption_key::KeyEncryptionKey;
pub use root_key::RootKey;
pub use root_key_file::RootKeyError;
