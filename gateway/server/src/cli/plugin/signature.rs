//! Keys and signatures of plugins, made offline.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;
use portcullis_crypto::{Ed25519Key, SystemRandom};
use portcullis_model::ComponentDigest;
use zeroize::Zeroizing;

use super::source::read_component;
use crate::plugin_signature;

#[derive(Debug, Args)]
pub(in crate::cli) struct Key {
    /// The file for the private key, which must not exist.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Sign {
    /// The component, a file.
    component: PathBuf,
    /// The private key's file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl Key {
    /// Makes a key pair: the private key goes to the file, which nobody else can read, the public one to standard output.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let key = Ed25519Key::generate(&SystemRandom::new()).context("making a key")?;
        let path = self.file.display();
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.file)
            .with_context(|| format!("making the file `{path}`; a key that is there is never replaced"))?;
        let text = Zeroizing::new(format!("{}\n", *key.to_text()));
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(|| format!("writing `{path}`"))?;
        writeln!(std::io::stdout(), "{}", key.public())?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Sign {
    /// Signs the digest of a component.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        use std::os::unix::fs::MetadataExt as _;
        let path = self.key.display();
        let found = std::fs::metadata(&self.key).with_context(|| format!("reading the key `{path}`"))?;
        ensure!(found.mode() & 0o077 == 0, "`{path}` can be read by others: chmod 600 it, or make another key");
        let text = std::fs::read_to_string(&self.key).with_context(|| format!("reading the key `{path}`"))?;
        let key = Ed25519Key::parse(&Zeroizing::new(text)).with_context(|| format!("`{path}` cannot be used"))?;
        let component = read_component(&self.component)?;
        let digest = ComponentDigest::from_bytes(portcullis_crypto::sha256(&component));
        let signature = key.sign(&plugin_signature::message(digest));
        let beside = beside(&self.component);
        std::fs::write(&beside, format!("{signature}\n")).with_context(|| format!("writing `{}`", beside.display()))?;
        writeln!(std::io::stdout(), "signed sha256:{digest} as {}: {}", key.public(), beside.display())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Where the signature of a component is, unless somebody says otherwise.
pub(super) fn beside(component: &Path) -> PathBuf {
    let mut name = component.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}
