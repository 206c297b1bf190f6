//! The issuers of a vault's certificates.

use portcullis_model::certificates::{Administrator, CertificateOutcome, Issuer, IssuerChanges};
use portcullis_model::{CertificatePolicy, IssuerChoice, Listed, ObjectName, Page, SecretText, UnixTime};
use portcullis_store::{Batch, Revision};
use zeroize::Zeroizing;

use super::Certificates;
use crate::EngineError;
use crate::error::{BadCertificate, CertificateState};
use crate::layout;
use crate::objects::corrupt;
use crate::record::{Decoder, Encoder, Malformed};

/// An issuer as it is kept, with the password of its account.
struct Stored {
    issuer: Issuer,
    password: Option<SecretText>,
}

impl Certificates<'_> {
    pub(super) async fn issuer_list(&self, page: &Page<ObjectName>) -> Result<CertificateOutcome, EngineError> {
        let vault = self.certificates.vault.id;
        let prefix = layout::all_issuers(vault);
        let after = page.after.as_ref().map(|name| layout::issuer(vault, name));
        let limit = usize::from(page.limit.max(1));
        let mut stored = self.certificates.objects.page_alone(&prefix, after.as_deref(), limit + 1).await?;
        let more = stored.len() > limit;
        stored.truncate(limit);
        let issuers = stored.iter().map(|stored| decode(stored).map(|stored| stored.issuer));
        let items = issuers.collect::<Result<Vec<_>, _>>().map_err(|error| corrupt(&prefix, error))?;
        let next = if more { items.last().map(|issuer| issuer.name.clone()) } else { None };
        Ok(CertificateOutcome::Issuers(Listed { items, next }))
    }

    pub(super) async fn issuer_get(&self, name: &ObjectName) -> Result<CertificateOutcome, EngineError> {
        let (stored, _) = self.issuer(name).await?.ok_or_else(|| no_issuer(name))?;
        Ok(CertificateOutcome::Issuer(Box::new(stored.issuer)))
    }

    /// Replaces the issuer as a whole.
    pub(super) async fn issuer_set(
        &self,
        name: &ObjectName,
        given: IssuerChanges,
    ) -> Result<CertificateOutcome, EngineError> {
        let reserved = [CertificatePolicy::SELF, CertificatePolicy::UNKNOWN];
        if reserved.iter().any(|word| word.eq_ignore_ascii_case(name.as_str())) {
            return Err(BadCertificate::ReservedIssuer.into());
        }
        let provider = given.provider.ok_or(BadCertificate::NoProvider)?;
        let now = self.certificates.objects.now();
        let created = self.issuer(name).await?.map_or(now, |(stored, _)| stored.issuer.created);
        let issuer = Issuer {
            name: name.clone(),
            provider,
            account: given.account,
            organization: given.organization,
            administrators: given.administrators.unwrap_or_default(),
            enabled: given.enabled.unwrap_or(true),
            created,
            updated: now,
        };
        let stored = Stored { issuer, password: given.password };
        self.put_issuer(&stored, None).await?;
        Ok(CertificateOutcome::Issuer(Box::new(stored.issuer)))
    }

    pub(super) async fn issuer_update(
        &self,
        name: &ObjectName,
        given: IssuerChanges,
    ) -> Result<CertificateOutcome, EngineError> {
        let (Stored { issuer, password }, revision) = self.issuer(name).await?.ok_or_else(|| no_issuer(name))?;
        let issuer = Issuer {
            provider: given.provider.unwrap_or(issuer.provider),
            account: given.account.or(issuer.account),
            organization: given.organization.or(issuer.organization),
            administrators: given.administrators.unwrap_or(issuer.administrators),
            enabled: given.enabled.unwrap_or(issuer.enabled),
            updated: self.certificates.objects.now().max(issuer.updated),
            name: issuer.name,
            created: issuer.created,
        };
        let stored = Stored { issuer, password: given.password.or(password) };
        self.put_issuer(&stored, Some(revision)).await?;
        Ok(CertificateOutcome::Issuer(Box::new(stored.issuer)))
    }

    pub(super) async fn issuer_delete(&self, name: &ObjectName) -> Result<CertificateOutcome, EngineError> {
        let (stored, revision) = self.issuer(name).await?.ok_or_else(|| no_issuer(name))?;
        let place = layout::issuer(self.certificates.vault.id, name);
        let batch = Batch::builder().unchanged(place.clone(), revision).delete(place);
        if self.certificates.objects.commit(batch).await?.is_none() {
            return Err(self.certificates.objects.busy(name));
        }
        Ok(CertificateOutcome::Issuer(Box::new(stored.issuer)))
    }

    /// The issuer that is chosen, with the password of its account.
    pub(super) async fn issuer_of(&self, choice: &IssuerChoice) -> Result<(Issuer, Option<SecretText>), EngineError> {
        let name: ObjectName = choice.name.parse().map_err(|_| BadCertificate::UnknownIssuer)?;
        let (stored, _) = self.issuer(&name).await?.ok_or(BadCertificate::UnknownIssuer)?;
        Ok((stored.issuer, stored.password))
    }

    /// Refuses the choice of an issuer that the vault does not have.
    pub(super) async fn refuse_unissuable(&self, choice: &IssuerChoice) -> Result<(), EngineError> {
        if choice.is_self() || choice.is_unknown() {
            return Ok(());
        }
        self.issuer_of(choice).await.map(|_| ())
    }

    async fn issuer(&self, name: &ObjectName) -> Result<Option<(Stored, Revision)>, EngineError> {
        let place = layout::issuer(self.certificates.vault.id, name);
        let Some((stored, revision)) = self.certificates.objects.read_alone(&place).await? else { return Ok(None) };
        Ok(Some((decode(&stored).map_err(|error| corrupt(&place, error))?, revision)))
    }

    async fn put_issuer(&self, stored: &Stored, seen: Option<Revision>) -> Result<(), EngineError> {
        let objects = &self.certificates.objects;
        objects.prepare_to_seal().await?;
        let place = layout::issuer(self.certificates.vault.id, &stored.issuer.name);
        let batch = match seen {
            Some(revision) => Batch::builder().unchanged(place.clone(), revision),
            None => Batch::builder(),
        };
        let batch = objects.put_alone(batch, place, &encode(stored))?;
        if objects.commit(batch).await?.is_none() {
            return Err(objects.busy(&stored.issuer.name));
        }
        Ok(())
    }
}

fn no_issuer(name: &ObjectName) -> EngineError {
    CertificateState::NoIssuer { name: name.clone() }.into()
}

fn encode(stored: &Stored) -> Zeroizing<Vec<u8>> {
    let Issuer { name, provider, account, organization, administrators, enabled, created, updated } = &stored.issuer;
    let people = administrators.len() * 1100;
    let mut to = Encoder::with_capacity(8192 + people);
    to.byte(FORMAT);
    to.bytes(name.as_str().as_bytes());
    to.bytes(provider.as_bytes());
    optional_text(&mut to, account.as_deref());
    optional_text(&mut to, organization.as_deref());
    optional_text(&mut to, stored.password.as_ref().map(SecretText::expose));
    for Administrator { first_name, last_name, email, phone } in administrators {
        to.byte(1);
        for text in [first_name, last_name, email, phone] {
            optional_text(&mut to, text.as_deref());
        }
    }
    to.byte(0);
    to.byte(u8::from(*enabled));
    to.time(*created);
    to.time(*updated);
    to.finish()
}

fn optional_text(to: &mut Encoder, text: Option<&str>) {
    to.option(text, |to, text| to.bytes(text.as_bytes()));
}

fn decode(stored: &[u8]) -> Result<Stored, Malformed> {
    let mut from = Decoder::new(stored);
    if from.byte()? != FORMAT {
        return Err(Malformed);
    }
    let name = from.text()?.parse().map_err(|_| Malformed)?;
    let provider = from.text()?.to_owned();
    let (account, organization) = (read_text(&mut from)?, read_text(&mut from)?);
    let password = read_text(&mut from)?.map(SecretText::new);
    let mut administrators = Vec::new();
    while from.flag()? {
        administrators.push(Administrator {
            first_name: read_text(&mut from)?,
            last_name: read_text(&mut from)?,
            email: read_text(&mut from)?,
            phone: read_text(&mut from)?,
        });
    }
    let enabled = from.flag()?;
    let (created, updated): (UnixTime, UnixTime) = (from.time()?, from.time()?);
    from.end()?;
    let issuer = Issuer { name, provider, account, organization, administrators, enabled, created, updated };
    Ok(Stored { issuer, password })
}

fn read_text(from: &mut Decoder<'_>) -> Result<Option<String>, Malformed> {
    from.option(|from| from.text().map(str::to_owned))
}

const FORMAT: u8 = 1;
