//! Takes in a certificate with its private key.

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use portcullis_crypto::material::KeyMaterial;
use portcullis_crypto::x509::{
    Bundle, Der, PublicKey, leaf_first, parse_certificate, public_key_matches, read_pem_bundle, read_pkcs12,
};
use portcullis_model::certificates::{CertificateMarks, CertificateOutcome};
use portcullis_model::{CertificatePolicy, IssuerChoice, ObjectName, PolicyChanges, SecretForm, SecretText, UnixTime};
use portcullis_store::Batch;
use zeroize::Zeroizing;

use super::pending::PendingMarks;
use super::trio::Finished;
use super::{Certificates, spec};
use crate::EngineError;
use crate::error::BadCertificate;
use crate::keys::blocking;
use crate::record::VersionId;

/// What a file held.
struct Read {
    form: SecretForm,
    key: KeyMaterial,
    chain: Vec<Der>,
}

impl Certificates<'_> {
    pub(super) async fn import(
        &self,
        name: &ObjectName,
        file: SecretText,
        password: Option<SecretText>,
        policy: PolicyChanges,
        marks: CertificateMarks,
    ) -> Result<CertificateOutcome, EngineError> {
        self.free_for_making(name).await?;
        let (given, preserve) = (policy.form, marks.preserve_order == Some(true));
        let read = blocking::run(move || read(&file, password.as_ref(), given, preserve)).await??;
        let Read { form, key, chain } = read;
        let policy = imported_policy(policy, form, &key, &chain, self.certificates.objects.now())?;
        self.refuse_unissuable(&policy.issuer).await?;
        let marks = PendingMarks {
            enabled: marks.attributes.enabled.unwrap_or(true),
            preserve_order: marks.preserve_order,
            tags: marks.tags.unwrap_or_default(),
        };
        self.prepare_to_seal().await?;
        let mut tries = self.certificates.objects.tries(name);
        let id = VersionId::random(self.certificates.objects.random())?;
        let finished = Finished { name, id, policy: &policy, key: &key, chain, marks: &marks };
        loop {
            // A making that began meanwhile goes first.
            let (seen, place) = (self.free_for_making(name).await?, self.pending_place(name));
            let batch = match seen {
                Some(revision) => Batch::builder().unchanged(place, revision),
                None => Batch::builder().absent(place),
            };
            let (batch, version) = self.keep(batch, &finished).await?;
            if self.certificates.objects.commit(batch).await?.is_some() {
                return self.told(&version).await;
            }
            tries.again().await?;
        }
    }
}

fn read(
    file: &SecretText,
    password: Option<&SecretText>,
    form: Option<SecretForm>,
    preserve_order: bool,
) -> Result<Read, BadCertificate> {
    let content = content(file.expose())?;
    let pem = str::from_utf8(&content).ok().filter(|text| text.contains("-----BEGIN"));
    let found = if pem.is_some() { SecretForm::Pem } else { SecretForm::Pkcs12 };
    let form = form.unwrap_or(found);
    let Bundle { private_key, certificates } = match form {
        SecretForm::Pem => read_pem_bundle(pem.unwrap_or_default()).map_err(BadCertificate::Pem)?,
        SecretForm::Pkcs12 => {
            read_pkcs12(&content, password.map_or("", SecretText::expose)).map_err(BadCertificate::Pkcs12)?
        }
    };
    let private = private_key.ok_or(BadCertificate::NoKey)?;
    let key = KeyMaterial::from_pkcs8(&private).map_err(BadCertificate::Key)?;
    let first_is_leaf = || {
        let first = certificates.first().and_then(|first| parse_certificate(first.as_bytes()).ok());
        first.is_some_and(|facts| public_key_matches(&facts, &private) == Ok(true))
    };
    let chain = if preserve_order && first_is_leaf() {
        certificates
    } else {
        let public = PublicKey::from_pkcs8(&private).map_err(|_| BadCertificate::OtherKey)?;
        leaf_first(certificates, &public).ok_or(BadCertificate::OtherKey)?
    };
    Ok(Read { form, key, chain })
}

/// The file: PEM as it is, or what is in base64. The Python SDK puts PEM into base64 too.
fn content(text: &str) -> Result<Zeroizing<Vec<u8>>, BadCertificate> {
    if text.contains("-----BEGIN") {
        return Ok(Zeroizing::new(text.as_bytes().to_vec()));
    }
    let compact: Zeroizing<String> = Zeroizing::new(text.chars().filter(|c| !c.is_ascii_whitespace()).collect());
    ANY_PADDING.decode(compact.as_bytes()).map(Zeroizing::new).map_err(|_| BadCertificate::NotBase64)
}

/// The policy that the certificate itself has, with what its importer says besides (wire contract, section 11.3).
fn imported_policy(
    given: PolicyChanges,
    form: SecretForm,
    key: &KeyMaterial,
    chain: &[Der],
    now: UnixTime,
) -> Result<CertificatePolicy, BadCertificate> {
    let leaf = chain.first().map(Der::as_bytes).unwrap_or_default();
    let facts = parse_certificate(leaf).map_err(BadCertificate::Facts)?;
    let issuer = given.issuer.clone().unwrap_or_else(|| IssuerChoice::named(CertificatePolicy::UNKNOWN));
    let derived = PolicyChanges { form: Some(form), issuer: Some(issuer), ..spec::derived(&facts, key.spec()) };
    let policy = CertificatePolicy::new(derived, now).map_err(BadCertificate::Policy)?;
    // The key and the names are the certificate's, whatever else is said.
    let besides = PolicyChanges {
        exportable: given.exportable,
        reuse: given.reuse,
        actions: given.actions,
        enabled: given.enabled,
        validity_months: given.validity_months,
        ..PolicyChanges::default()
    };
    policy.changed(besides, now).map_err(BadCertificate::Policy)
}

/// Standard base64, with or without padding.
const ANY_PADDING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
