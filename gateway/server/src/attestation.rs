//! The attestation authorities of the configuration, with their keys from files.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use portcullis_engine::{AttestationAuthorities, AuthorityKey, AuthorityKeys, AuthorityUnreachable, BadKeySet, Issuer};

use crate::config::AttestationAuthorityConfig;

/// The authorities that are trusted. Their keys are replaced as one when they are read anew.
#[derive(Debug)]
pub(crate) struct ConfiguredAuthorities {
    files: HashMap<Issuer, PathBuf>,
    keys: ArcSwap<HashMap<Issuer, AuthorityKeys>>,
}

/// The keys of an authority cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("reading the keys of the attestation authority `{issuer}` from `{file}`")]
pub struct AuthorityKeysError {
    issuer: Issuer,
    file: String,
    #[source]
    source: UnreadableKeys,
}

/// Why the keys of an authority cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnreadableKeys {
    /// The system says no.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The file has something else.
    #[error(transparent)]
    Content(#[from] BadKeySet),
}

impl ConfiguredAuthorities {
    /// Reads the keys of all.
    pub(crate) fn open(authorities: Vec<AttestationAuthorityConfig>) -> Result<Self, AuthorityKeysError> {
        let files = authorities.into_iter().map(|authority| (authority.issuer, authority.keys)).collect();
        let keys = ArcSwap::from_pointee(read_all(&files)?);
        Ok(Self { files, keys })
    }

    /// Reads the keys of all anew; if one cannot be read, all stay as they are.
    pub(crate) fn reload(&self) -> Result<(), AuthorityKeysError> {
        self.keys.store(Arc::new(read_all(&self.files)?));
        Ok(())
    }
}

#[async_trait]
impl AttestationAuthorities for ConfiguredAuthorities {
    async fn key(&self, issuer: &Issuer, kid: &str) -> Result<Option<Arc<AuthorityKey>>, AuthorityUnreachable> {
        Ok(self.keys.load().get(issuer).and_then(|keys| keys.find(kid)))
    }
}

fn read_all(files: &HashMap<Issuer, PathBuf>) -> Result<HashMap<Issuer, AuthorityKeys>, AuthorityKeysError> {
    let read = |(issuer, file): (&Issuer, &PathBuf)| match read(file) {
        Ok(keys) => Ok((issuer.clone(), keys)),
        Err(source) => Err(AuthorityKeysError { issuer: issuer.clone(), file: file.display().to_string(), source }),
    };
    files.iter().map(read).collect()
}

fn read(file: &Path) -> Result<AuthorityKeys, UnreadableKeys> {
    Ok(AuthorityKeys::parse(&std::fs::read(file)?)?)
}
