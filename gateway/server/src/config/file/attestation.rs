//! `[[attestation_authority]]`: who may attest environments for the release of keys.

use std::path::{Path, PathBuf};

use portcullis_crypto::jose::KeySet;
use portcullis_engine::Issuer;

use super::super::reader::{Noted, Reader, Unique, Value};
use super::super::{AttestationAuthorityConfig, AuthorityKeySource};
use super::named_file;

/// Reads `[[attestation_authority]]`. Without any, no key is released.
pub(super) fn authorities(root: &mut Reader<'_>, folder: &Path) -> Result<Vec<AttestationAuthorityConfig>, Noted> {
    let mut issuers = Unique::new("issuer");
    root.tables("attestation_authority", |reader| authority(reader, folder, &mut issuers))
}

fn authority(
    reader: &mut Reader<'_>,
    folder: &Path,
    issuers: &mut Unique<Issuer>,
) -> Result<AttestationAuthorityConfig, Noted> {
    let issuer = reader.required("issuer", "\"https://attest.example.com\"").and_then(|value| {
        let issuer: Issuer = value.parsed()?;
        issuers.add(issuer.clone(), &value).map(|()| issuer)
    });
    let keys = source(reader, folder);
    Ok(AttestationAuthorityConfig { issuer: issuer?, keys: keys? })
}

pub(super) fn source(reader: &mut Reader<'_>, folder: &Path) -> Result<AuthorityKeySource, Noted> {
    let (file, roots) = (reader.optional("keys_file"), reader.optional("ca_file"));
    let mut discovery = false;
    reader.set("discovery", &mut discovery, Value::flag);
    match (file, discovery, roots) {
        (Some(file), false, None) => keys_file(&file, folder).map(AuthorityKeySource::File),
        (Some(file), true, _) => Err(file.wrong("`discovery` is given as well; remove one of them".to_owned())),
        (_, false, Some(roots)) => Err(roots.wrong("it is for `discovery = true`; remove it".to_owned())),
        (None, true, Some(roots)) => {
            named_file::readable(&roots, folder).map(|roots| AuthorityKeySource::Discovery { roots })
        }
        (None, true, None) if Path::new(SYSTEM_ROOTS).exists() => {
            Ok(AuthorityKeySource::Discovery { roots: SYSTEM_ROOTS.into() })
        }
        (None, true, None) => {
            Err(reader.wrong(None, format!("there is no `{SYSTEM_ROOTS}` here; add `ca_file = \"ca.pem\"`")))
        }
        (None, false, None) => {
            let message = "neither `keys_file` nor `discovery` is given; add `keys_file = \"attest.jwks.json\"` or `discovery = true`";
            Err(reader.wrong(None, message.to_owned()))
        }
    }
}

/// Reads the file so that a bad one is told of before the start; it is read again by whoever uses it.
fn keys_file(value: &Value<'_>, folder: &Path) -> Result<PathBuf, Noted> {
    let text = named_file::content(value, folder, MAX_KEYS_FILE)?;
    KeySet::parse(text.as_bytes()).map_err(|error| value.wrong(format!("the file cannot be used: {error}")))?;
    value.path(folder)
}

/// Where Debian, and what follows it, keeps the authorities of the public web.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
/// [`KeySet::MAX_BYTES`] as files count.
const MAX_KEYS_FILE: u64 = 256 * 1024;
