//! Where a component comes from: a file, a folder in the layout of the Open Container Initiative, or a registry.
//!
//! Whoever installs pulls; the gateway itself asks nobody. What is pulled is named by its digest, and every byte is checked
//! against it (OCI image specification, descriptors; distribution specification, pulling manifests and blobs).

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use portcullis_fetch::{HttpsClient, HttpsUrl, Outgoing};
use portcullis_model::ComponentDigest;
use portcullis_model::plugins::MAX_COMPONENT_BYTES;
use serde::Deserialize;

/// Where a component comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A file.
    File(PathBuf),
    /// A manifest in a layout folder: `oci:FOLDER@sha256:DIGEST`.
    Layout(PathBuf, ComponentDigest),
    /// A manifest in a registry: `https://HOST/REPOSITORY@sha256:DIGEST`. The origin, then the repository.
    Registry(String, String, ComponentDigest),
}

impl FromStr for Source {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let pinned = |rest: &str| -> anyhow::Result<(String, ComponentDigest)> {
            let (name, digest) = rest.rsplit_once('@').context("name the digest of the manifest: ...@sha256:...")?;
            ensure!(digest.starts_with("sha256:"), "the digest is written as sha256: and 64 hexadecimal digits");
            Ok((name.to_owned(), digest.parse()?))
        };
        if let Some(rest) = text.strip_prefix("oci:") {
            let (folder, digest) = pinned(rest)?;
            return Ok(Self::Layout(folder.into(), digest));
        }
        let Some(rest) = text.strip_prefix("https://") else {
            ensure!(!text.starts_with("http://"), "registries are asked over https alone");
            return Ok(Self::File(text.into()));
        };
        let (name, digest) = pinned(rest)?;
        let (host, repository) =
            name.split_once('/').context("name the repository: https://HOST/REPOSITORY@sha256:...")?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c);
        ensure!(
            !repository.is_empty() && repository.chars().all(fits) && !repository.contains(".."),
            "a repository's name has lower-case letters, digits and `._-/`"
        );
        Ok(Self::Registry(format!("https://{host}"), repository.to_owned(), digest))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Layout(folder, digest) => write!(f, "oci:{}@sha256:{digest}", folder.display()),
            Self::Registry(origin, repository, digest) => write!(f, "{origin}/{repository}@sha256:{digest}"),
        }
    }
}

impl Source {
    /// The file, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Layout(..) | Self::Registry(..) => None,
        }
    }

    /// The component's bytes.
    pub(super) fn read(&self, roots: &Path) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::File(path) => read_component(path),
            Self::Layout(folder, digest) => {
                let blob = |digest: ComponentDigest, most: usize, _| {
                    let path = folder.join("blobs/sha256").join(digest.to_string());
                    read_file(&path, most).with_context(|| format!("reading the blob `{}`", path.display()))
                };
                component(*digest, blob)
            }
            Self::Registry(origin, repository, digest) => {
                let registry = Registry::open(origin, repository, roots)?;
                component(*digest, |digest, most, kind| registry.blob(digest, most, kind))
            }
        }
        .with_context(|| format!("the component `{self}`"))
    }
}

/// What a digest names: registries keep the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Manifest,
    Blob,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

/// The one component that a manifest names.
fn component(
    digest: ComponentDigest,
    blob: impl Fn(ComponentDigest, usize, Kind) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<Vec<u8>> {
    let manifest = checked(digest, blob(digest, MOST_OF_MANIFEST, Kind::Manifest)?).context("the manifest")?;
    let manifest: Manifest =
        serde_json::from_slice(&manifest).context("the manifest is none of the specification's")?;
    ensure!(manifest.schema_version == 2, "the manifest is of another version than 2");
    let mut layers = manifest.layers.iter().filter(|layer| WASM.contains(&layer.media_type.as_str()));
    let (Some(layer), None) = (layers.next(), layers.next()) else {
        bail!("the manifest must name one layer of the type {}, and no more; an index is none", WASM[0]);
    };
    ensure!(layer.digest.starts_with("sha256:"), "the layer's digest is not one of SHA-256");
    let digest: ComponentDigest = layer.digest.parse()?;
    let size = usize::try_from(layer.size).unwrap_or(usize::MAX);
    ensure!(
        size <= MAX_COMPONENT_BYTES,
        "it has {size} bytes, more than the {MAX_COMPONENT_BYTES} that a component may have"
    );
    let bytes = checked(digest, blob(digest, size, Kind::Blob)?).context("the layer")?;
    ensure!(bytes.len() == size, "the layer has another size than the manifest says");
    Ok(bytes)
}

/// Bytes that have the digest by which they were asked for.
fn checked(digest: ComponentDigest, bytes: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let found = ComponentDigest::from_bytes(portcullis_crypto::sha256(&bytes));
    ensure!(found == digest, "its bytes have the digest sha256:{found}, and sha256:{digest} was asked for");
    Ok(bytes)
}

/// A repository of a registry.
struct Registry {
    roots: Vec<u8>,
    base: String,
    runtime: tokio::runtime::Runtime,
}

impl Registry {
    fn open(origin: &str, repository: &str, roots: &Path) -> anyhow::Result<Self> {
        let roots = std::fs::read(roots).with_context(|| format!("reading the authorities `{}`", roots.display()))?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
        Ok(Self { roots, base: format!("{origin}/v2/{repository}"), runtime })
    }

    fn blob(&self, digest: ComponentDigest, most: usize, kind: Kind) -> anyhow::Result<Vec<u8>> {
        let collection = match kind {
            Kind::Manifest => "manifests",
            Kind::Blob => "blobs",
        };
        let client = HttpsClient::new(&self.roots, TIME, most).context("the authorities cannot be used")?;
        let url: HttpsUrl = format!("{}/{collection}/sha256:{digest}", self.base).parse()?;
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(ACCEPT))]);
        let outgoing = Outgoing { method: Method::GET, headers, body: bytes::Bytes::new() };
        let answer = self.runtime.block_on(client.send(&url, outgoing)).context("the registry did not answer")?;
        ensure!(
            answer.status == StatusCode::OK,
            "the registry answered {}; one that demands a sign-in or leads elsewhere cannot be used: copy to a layout folder",
            answer.status
        );
        Ok(answer.body.to_vec())
    }
}

/// The bytes of a component's file.
pub(super) fn read_component(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_file(path, MAX_COMPONENT_BYTES).with_context(|| format!("reading the component `{}`", path.display()))
}

/// The bytes of a file that has no more than so many.
fn read_file(path: &Path, most: usize) -> anyhow::Result<Vec<u8>> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    ensure!(bytes.len() <= most, "it has more than the {most} bytes that it may have");
    Ok(bytes)
}

/// The types of layers that hold a component: of the CNCF's guidance for wasm, and the older one.
const WASM: &[&str] = &["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/octet-stream";
const MOST_OF_MANIFEST: usize = 1 << 20;
const TIME: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_files_or_pinned() {
        let digest = "ab".repeat(32);
        assert_eq!("dist/a.wasm".parse::<Source>().unwrap(), Source::File("dist/a.wasm".into()));
        for text in
            [format!("oci:some/folder@sha256:{digest}"), format!("https://r.example:5000/team/a@sha256:{digest}")]
        {
            let source: Source = text.parse().unwrap();
            assert_eq!(source.to_string(), text);
            assert!(source.file().is_none());
        }
        for bad in [
            "oci:folder".to_owned(),
            "oci:folder@latest".to_owned(),
            format!("oci:folder@{digest}"),
            "https://r.example/team/a:latest".to_owned(),
            format!("https://r.example@sha256:{digest}"),
            format!("https://r.example/../a@sha256:{digest}"),
            format!("https://r.example/a?b@sha256:{digest}"),
            format!("http://r.example/a@sha256:{digest}"),
        ] {
            assert!(bad.parse::<Source>().is_err(), "{bad}");
        }
    }
}
