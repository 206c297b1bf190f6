//! `[[trusted_issuer]]`: whose tokens may stand for applications.

use std::path::Path;

use portcullis_engine::Issuer;

use super::super::TrustedIssuerConfig;
use super::super::reader::{Noted, Reader, Unique, Value};
use super::attestation::source;
use super::declaration::Declared;

/// Reads `[[trusted_issuer]]`. Without any, applications show who they are with secrets and certificates of their own.
pub(super) fn issuers(
    root: &mut Reader<'_>,
    folder: &Path,
    declared: &Declared<'_>,
) -> Result<Vec<TrustedIssuerConfig>, Noted> {
    let mut issuers = Unique::new("issuer");
    root.tables("trusted_issuer", |reader| {
        let issuer = reader.required("issuer", "\"https://issuer.example.com\"").and_then(|value| {
            let issuer: Issuer = value.parsed()?;
            issuers.add(issuer.clone(), &value).map(|()| issuer)
        });
        let keys = source(reader, folder);
        let direct = reader.optional("accept_directly_in").map(|value| declared.tenant(&value)).transpose();
        let mut identifies_principals = false;
        reader.set("identifies_principals", &mut identifies_principals, Value::flag);
        Ok(TrustedIssuerConfig { issuer: issuer?, keys: keys?, direct: direct?, identifies_principals })
    })
}
