//! The built-in authority: each vault has one, made when it first issues, whose key never leaves the store.

use portcullis_crypto::material::KeyMaterial;
use portcullis_crypto::x509::{
    CertificateSpec, Der, DistinguishedName, IssuingAuthority, KeyUsage, MakeError, PublicKey, Role, SubjectNames,
    ValidityMonths, self_sign,
};
use portcullis_model::{Curve, KeySpec};
use portcullis_store::Batch;
use zeroize::Zeroizing;

use super::Certificates;
use super::record::{decode_chain, encode_chain};
use crate::EngineError;
use crate::layout;
use crate::objects::corrupt;
use crate::record::{Decoder, Encoder, Malformed};

/// The provider of issuers that the vault's own authority signs for.
pub(super) const BUILT_IN: &str = "Portcullis";

impl Certificates<'_> {
    /// Signs with the vault's own authority.
    pub(super) async fn issue_built_in(
        &self,
        spec: &CertificateSpec,
        key: &PublicKey,
    ) -> Result<Result<Vec<Der>, MakeError>, EngineError> {
        let authority = self.authority().await?;
        let objects = &self.certificates.objects;
        Ok(authority.issue(spec, key, objects.now(), objects.random()))
    }

    async fn authority(&self) -> Result<IssuingAuthority, EngineError> {
        let objects = &self.certificates.objects;
        let place = layout::authority(self.certificates.vault.id);
        loop {
            let stored = objects.read_alone(&place).await?;
            let batch = match &stored {
                Some((stored, revision)) => {
                    let authority = decode(stored).map_err(|error| corrupt(&place, error))?;
                    // One that comes near its end gives way to the next; what it issued keeps it in its chain.
                    if objects.now().plus(SUCCESSION_SECONDS) < authority.valid_until() {
                        return Ok(authority);
                    }
                    Batch::builder().unchanged(place.clone(), *revision)
                }
                None => Batch::builder().absent(place.clone()),
            };
            objects.prepare_to_seal().await?;
            let made = self.make_authority().await?;
            let batch = objects.put_alone(batch, place.clone(), &made)?;
            // If another made it meanwhile, the next turn finds that one.
            objects.commit(batch).await?;
        }
    }

    async fn make_authority(&self) -> Result<Zeroizing<Vec<u8>>, EngineError> {
        let key = self.keys.generate(KeySpec::Ec(Curve::P256)).await?;
        let der = pkcs8(&key);
        let objects = &self.certificates.objects;
        let name = format!("CN=Authority of the vault {}", self.certificates.vault.path.vault);
        let subject: DistinguishedName = name.parse().expect("a vault's name has nothing that names must escape");
        let months = ValidityMonths::new(AUTHORITY_MONTHS).expect("a number of months in bounds");
        let usage = [KeyUsage::KeyCertSign, KeyUsage::CrlSign].into_iter().collect();
        let spec = CertificateSpec::new(subject, SubjectNames::default(), months)
            .and_then(|spec| spec.with_usage(Role::Authority, usage))
            .expect("what an authority's certificate says goes together");
        let certificate = self_sign(&spec, &der, objects.now(), objects.random()).map_err(EngineError::Certificate)?;
        let mut to = Encoder::with_capacity(16 + der.len() + certificate.as_bytes().len());
        to.byte(FORMAT);
        to.bytes(&der);
        encode_chain(&mut to, &[certificate]);
        Ok(to.finish())
    }
}

/// The private key of a certificate. Symmetric keys have none, and certificates no symmetric keys.
pub(super) fn pkcs8(key: &KeyMaterial) -> Zeroizing<Vec<u8>> {
    key.to_pkcs8().expect("keys of certificates are RSA or EC")
}

fn decode(stored: &[u8]) -> Result<IssuingAuthority, Malformed> {
    let mut from = Decoder::new(stored);
    if from.byte()? != FORMAT {
        return Err(Malformed);
    }
    let key = from.bytes()?;
    let chain = decode_chain(&mut from)?;
    from.end()?;
    IssuingAuthority::new(chain, key).map_err(|_| Malformed)
}

const FORMAT: u8 = 1;
/// Ten years.
const AUTHORITY_MONTHS: u32 = 120;
/// So long before its end an authority gives way: half of its life.
const SUCCESSION_SECONDS: i64 = 5 * 365 * 86_400;
