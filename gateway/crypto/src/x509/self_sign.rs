//! Certificates that are signed with their own key.

use portcullis_model::UnixTime;

use super::bundle::Der;
use super::error::MakeError;
use super::key::SigningKey;
use super::spec::CertificateSpec;
use super::tbs::Signer;
use super::validity::Period;
use crate::random::Random;

/// Makes a certificate that is signed with its own key (PKCS #8), valid from ten minutes ago.
pub fn self_sign(
    spec: &CertificateSpec,
    key_pkcs8: &[u8],
    now: UnixTime,
    random: &dyn Random,
) -> Result<Der, MakeError> {
    let key = SigningKey::from_pkcs8(key_pkcs8)?;
    let (name, key_id) = (spec.subject.to_der(), key.public().id());
    let signer = Signer { key: &key, name: &name, key_id: &key_id };
    signer.certificate(spec, key.public(), Period::starting(now, spec.validity)?, random)
}
