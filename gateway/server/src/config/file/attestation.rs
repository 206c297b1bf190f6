//! `[[attestation_authority]]`: who may attest environments for the release of keys.

use std::path::Path;

use portcullis_engine::{AuthorityKeys, Issuer};

use super::super::AttestationAuthorityConfig;
use super::super::reader::{Noted, Reader, Unique};
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
    let keys = reader.required("keys_file", "\"attest.jwks.json\"").and_then(|value| {
        // Read here so that a bad file is told of before the start; read again by whoever uses it.
        let text = named_file::content(&value, folder, MAX_KEYS_FILE)?;
        AuthorityKeys::parse(text.as_bytes())
            .map_err(|error| value.wrong(format!("the file cannot be used: {error}")))?;
        value.path(folder)
    });
    Ok(AttestationAuthorityConfig { issuer: issuer?, keys: keys? })
}

/// [`AuthorityKeys::MAX_BYTES`] as files count.
const MAX_KEYS_FILE: u64 = 256 * 1024;
