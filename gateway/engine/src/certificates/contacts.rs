//! Who is told of the ends of a vault's certificates.

use portcullis_model::certificates::{CertificateOutcome, Contact};
use portcullis_store::Batch;

use super::Certificates;
use crate::EngineError;
use crate::error::CertificateState;
use crate::layout;
use crate::objects::corrupt;
use crate::record::{Decoder, Encoder, Malformed};

impl Certificates<'_> {
    pub(super) async fn contacts_get(&self) -> Result<CertificateOutcome, EngineError> {
        let place = layout::contacts(self.certificates.vault.id);
        let stored = self.certificates.objects.read_alone(&place).await?;
        let (stored, _) = stored.ok_or(CertificateState::NoContacts)?;
        Ok(CertificateOutcome::Contacts(decode(&stored).map_err(|error| corrupt(&place, error))?))
    }

    pub(super) async fn contacts_set(&self, contacts: Vec<Contact>) -> Result<CertificateOutcome, EngineError> {
        let objects = &self.certificates.objects;
        objects.prepare_to_seal().await?;
        let place = layout::contacts(self.certificates.vault.id);
        objects.commit(objects.put_alone(Batch::builder(), place, &encode(&contacts))?).await?;
        Ok(CertificateOutcome::Contacts(contacts))
    }

    pub(super) async fn contacts_delete(&self) -> Result<CertificateOutcome, EngineError> {
        let told = self.contacts_get().await?;
        let place = layout::contacts(self.certificates.vault.id);
        self.certificates.objects.commit(Batch::builder().delete(place)).await?;
        Ok(told)
    }
}

fn encode(contacts: &[Contact]) -> Vec<u8> {
    let mut to = Encoder::with_capacity(1024);
    to.byte(FORMAT);
    for Contact { email, name, phone } in contacts {
        to.byte(1);
        for text in [email, name, phone] {
            to.option(text.as_ref(), |to, text| to.bytes(text.as_bytes()));
        }
    }
    to.byte(0);
    to.finish().to_vec()
}

fn decode(stored: &[u8]) -> Result<Vec<Contact>, Malformed> {
    let mut from = Decoder::new(stored);
    if from.byte()? != FORMAT {
        return Err(Malformed);
    }
    let mut contacts = Vec::new();
    while from.flag()? {
        let mut text = || from.option(|from| from.text().map(str::to_owned));
        contacts.push(Contact { email: text()?, name: text()?, phone: text()? });
    }
    from.end()?;
    Ok(contacts)
}

const FORMAT: u8 = 1;
