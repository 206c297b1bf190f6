//! Backs a certificate up with its key and its secret, and restores the three together.

use portcullis_model::ObjectName;
use portcullis_model::certificates::CertificateOutcome;
use portcullis_store::Batch;
use zeroize::Zeroizing;

use super::Certificates;
use crate::backup::{self, Backup, Origin};
use crate::garbage::abandon;
use crate::lifecycle::backup::MAX_BYTES;
use crate::lifecycle::restore::Staged;
use crate::lifecycle::{Lifecycle, Through};
use crate::record::{Decoder, Encoder, Malformed};
use crate::{BadBackup, EngineError};

impl Certificates<'_> {
    pub(super) async fn backup(&self, name: &ObjectName) -> Result<CertificateOutcome, EngineError> {
        let objects = &self.certificates.objects;
        let mut tries = objects.tries(name);
        loop {
            let (stored, _) = objects.find(name, None).await?;
            let gathered = self.gather(name).await;
            // The three change in one commit, which changes this head.
            if objects.is_unchanged(&objects.active_key(name), stored.revision).await? {
                let gathered = gathered?;
                if gathered.len() > MAX_BYTES {
                    return Err(EngineError::BackupTooLarge { kind: objects.kind(), name: name.clone() });
                }
                let origin = Origin::of(self.certificates.vault, objects.kind());
                return backup::seal(&gathered, &origin, &self.engine().keys).map(CertificateOutcome::Backup);
            }
            tries.again().await?;
        }
    }

    async fn gather(&self, name: &ObjectName) -> Result<Zeroizing<Vec<u8>>, EngineError> {
        let certificate = self.certificates.gather(name, Through::Itself).await?.encode();
        let key = self.keys.0.gather(name, Through::Certificate).await?.encode();
        let secret = self.secrets.gather(name, Through::Certificate).await?.encode();
        let mut to = Encoder::with_capacity(12 + certificate.len() + key.len() + secret.len());
        for part in [&certificate, &key, &secret] {
            to.bytes(part);
        }
        Ok(to.finish())
    }

    pub(super) async fn restore(&self, blob: &[u8]) -> Result<CertificateOutcome, EngineError> {
        let objects = &self.certificates.objects;
        let origin = Origin::of(self.certificates.vault, objects.kind());
        let plaintext = backup::open(blob, &origin, &self.engine().keys)?;
        let [certificate, key, secret] = decode(&plaintext).map_err(|Malformed| BadBackup::NotBackup)?;
        let name = certificate.name.clone();
        let parts = [(&self.certificates, certificate), (&self.keys.0, key), (&self.secrets, secret)];
        for (lifecycle, _) in &parts {
            lifecycle.refuse_taken(&name).await?;
        }
        self.prepare_to_seal().await?;
        let mut staged: Vec<(&Lifecycle<'_>, Staged)> = Vec::new();
        let shown = async {
            let mut batch = Batch::builder();
            for (lifecycle, backup) in parts {
                let one = lifecycle.stage_whole(backup).await?;
                batch = lifecycle.showing(batch, &one)?;
                staged.push((lifecycle, one));
            }
            objects.commit(batch).await?.ok_or_else(|| objects.busy(&name))
        };
        if let Err(error) = shown.await {
            for (lifecycle, staged) in &staged {
                abandon(self.engine(), &staged.staging).await;
                lifecycle.refuse_taken(&name).await?;
            }
            return Err(error);
        }
        self.told(&self.certificates.get(&name, None).await?).await
    }
}

/// Whether the contents of a backup can be read, for fuzzing.
#[cfg(feature = "test-util")]
pub(crate) fn reads_backup(contents: &[u8]) -> bool {
    decode(contents).is_ok_and(|[certificate, key, secret]| {
        let certificates = certificate.versions.iter().all(|(_, record)| {
            let value = record.meta().ok().and_then(|(_, begin)| record.as_bytes().get(begin..));
            value.is_some_and(|value| super::record::CertificateRecord::decode(value).is_ok())
        });
        certificates && [certificate, key, secret].iter().all(|backup| backup.current_meta().is_ok())
    })
}

/// What a version of a certificate keeps, for fuzzing.
#[cfg(feature = "test-util")]
pub(crate) fn sample_record(der: &[u8]) -> Zeroizing<Vec<u8>> {
    let chain = vec![portcullis_crypto::x509::Der::new(der.to_vec())];
    super::record::CertificateRecord { thumbprint: [0; 20], preserve_order: None, chain }.encode()
}

fn decode(plaintext: &[u8]) -> Result<[Backup; 3], Malformed> {
    let mut from = Decoder::new(plaintext);
    let mut part = || from.bytes().and_then(Backup::decode);
    let parts = [part()?, part()?, part()?];
    from.end()?;
    if parts.iter().any(|part| part.name != parts[0].name) {
        return Err(Malformed);
    }
    Ok(parts)
}
