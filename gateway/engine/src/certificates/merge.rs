//! Brings the certificate to the request that waits for it.

use portcullis_crypto::material::KeyMaterial;
use portcullis_crypto::x509::{Der, PublicKey, leaf_first, parse_certificate, read_pkcs7};
use portcullis_model::ObjectName;
use portcullis_model::certificates::{CertificateMarks, CertificateOutcome, PendingStatus};
use portcullis_store::Batch;

use super::Certificates;
use super::pending::{Pending, PendingMarks};
use super::trio::Finished;
use crate::EngineError;
use crate::error::{BadCertificate, CertificateState};

impl Certificates<'_> {
    pub(super) async fn merge(
        &self,
        name: &ObjectName,
        files: Vec<Vec<u8>>,
        marks: CertificateMarks,
    ) -> Result<CertificateOutcome, EngineError> {
        let mut tries = self.certificates.objects.tries(name);
        let certificates = read(files)?;
        loop {
            let Some((mut pending, revision)) = self.pending(name).await? else {
                return Err(CertificateState::NoPending { name: name.clone() }.into());
            };
            if pending.status != PendingStatus::InProgress {
                return Err(CertificateState::NoPending { name: name.clone() }.into());
            }
            let Some(private) = pending.key.take() else {
                return Err(CertificateState::IssuerAtWork { name: name.clone() }.into());
            };
            let chain = chain(certificates.clone(), &private)?;
            let key = KeyMaterial::from_pkcs8(&private).map_err(BadCertificate::Key)?;
            pending.status = PendingStatus::Completed;
            pending.marks = PendingMarks {
                enabled: marks.attributes.enabled.unwrap_or(pending.marks.enabled),
                tags: marks.tags.clone().unwrap_or(pending.marks.tags),
                ..pending.marks
            };
            self.prepare_to_seal().await?;
            let Pending { id, policy, marks: given, .. } = &pending;
            let finished = Finished { name: &pending.name, id: *id, policy, key: &key, chain, marks: given };
            let (batch, version) = self.keep(Batch::builder(), &finished).await?;
            let batch = self.put_pending(batch, &pending, Some(revision))?;
            if self.certificates.objects.commit(batch).await?.is_some() {
                return self.told(&version).await;
            }
            tries.again().await?;
        }
    }
}

/// Certificates in DER, or PKCS #7 files of them.
fn read(files: Vec<Vec<u8>>) -> Result<Vec<Der>, BadCertificate> {
    let mut certificates = Vec::new();
    for file in files {
        match parse_certificate(&file) {
            Ok(_) => certificates.push(Der::new(file)),
            Err(error) => certificates.extend(read_pkcs7(&file).map_err(|_| BadCertificate::Facts(error))?),
        }
        if certificates.len() > MOST {
            return Err(BadCertificate::TooMany);
        }
    }
    Ok(certificates)
}

/// The certificate of the key, then the others as they were given.
fn chain(certificates: Vec<Der>, private: &[u8]) -> Result<Vec<Der>, BadCertificate> {
    let key = PublicKey::from_pkcs8(private).map_err(|_| BadCertificate::OtherKey)?;
    leaf_first(certificates, &key).ok_or(BadCertificate::OtherKey)
}

/// The greatest number of certificates that are merged.
const MOST: usize = 32;
