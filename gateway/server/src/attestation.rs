//! The attestation authorities of the configuration, with their keys.

mod discovered;
mod key_file;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use portcullis_crypto::jose::{BadKeySet, VerificationKey};
use portcullis_engine::{AttestationAuthorities, AuthorityUnreachable, Issuer};
use portcullis_fetch::{NotAnHttpsUrl, RootsError};
use portcullis_model::Clock;

use crate::config::{AttestationAuthorityConfig, AuthorityKeySource};
use discovered::Discovered;
use key_file::KeyFile;

/// The authorities that are trusted.
#[derive(Debug)]
pub(crate) struct ConfiguredAuthorities(HashMap<Issuer, PublishedKeys>);

/// The keys of an authority or issuer, wherever it publishes them.
#[derive(Debug)]
pub(crate) struct PublishedKeys(Source);

#[derive(Debug)]
enum Source {
    File(KeyFile),
    Discovered(Box<Discovered>),
}

/// An authority or issuer cannot be set up, or read anew.
#[derive(Debug, thiserror::Error)]
#[error("the keys of `{issuer}`, whose file is `{}`", file.display())]
pub struct AuthorityError {
    issuer: Issuer,
    file: PathBuf,
    #[source]
    source: BadAuthority,
}

/// What is wrong with an authority.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadAuthority {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The file is no set of keys.
    #[error(transparent)]
    Keys(#[from] BadKeySet),
    /// The file has no certificates.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// No document can be fetched from the issuer's name.
    #[error(transparent)]
    Url(#[from] NotAnHttpsUrl),
}

impl PublishedKeys {
    /// Sets them up and reads the file. Nothing is fetched yet.
    pub(crate) fn open(
        issuer: &Issuer,
        keys: AuthorityKeySource,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, AuthorityError> {
        let (file, source) = match keys {
            AuthorityKeySource::File(file) => (file.clone(), KeyFile::open(file).map(Source::File)),
            AuthorityKeySource::Discovery { roots } => {
                let discovered = Discovered::new(issuer, &roots, Arc::clone(clock));
                (roots, discovered.map(|discovered| Source::Discovered(Box::new(discovered))))
            }
        };
        source.map(Self).map_err(|source| AuthorityError { issuer: issuer.clone(), file, source })
    }

    /// The key of a name; `None` if there is no such key.
    pub(crate) async fn key(&self, kid: &str) -> Result<Option<Arc<VerificationKey>>, AuthorityUnreachable> {
        match &self.0 {
            Source::File(file) => Ok(file.find(kid)),
            Source::Discovered(discovered) => discovered.key(kid).await,
        }
    }

    /// Reads the file anew, or forgets what was fetched. If the file cannot be read, the keys stay.
    pub(crate) fn reload(&self, issuer: &Issuer) -> Option<AuthorityError> {
        match &self.0 {
            Source::File(file) => file.reload().err().map(|source| AuthorityError {
                issuer: issuer.clone(),
                file: file.path().to_owned(),
                source,
            }),
            Source::Discovered(discovered) => {
                discovered.forget();
                None
            }
        }
    }
}

impl ConfiguredAuthorities {
    /// Sets all up and reads their files. Nothing is fetched yet.
    pub(crate) fn open(
        authorities: Vec<AttestationAuthorityConfig>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, AuthorityError> {
        let open = |AttestationAuthorityConfig { issuer, keys }| {
            let keys = PublishedKeys::open(&issuer, keys, clock)?;
            Ok((issuer, keys))
        };
        authorities.into_iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// Reads the files anew and forgets what was fetched. Each file that cannot be read is told of, and its keys stay.
    pub(crate) fn reload(&self) -> Vec<AuthorityError> {
        self.0.iter().filter_map(|(issuer, keys)| keys.reload(issuer)).collect()
    }
}

#[async_trait]
impl AttestationAuthorities for ConfiguredAuthorities {
    async fn key(&self, issuer: &Issuer, kid: &str) -> Result<Option<Arc<VerificationKey>>, AuthorityUnreachable> {
        match self.0.get(issuer) {
            None => Ok(None),
            Some(keys) => keys.key(kid).await,
        }
    }
}
