//! What a version of a certificate keeps as its value.

use portcullis_crypto::x509::Der;
use zeroize::Zeroizing;

use crate::record::{Decoder, Encoder, Malformed};

/// What a version of a certificate keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CertificateRecord {
    pub(super) thumbprint: [u8; 20],
    pub(super) preserve_order: Option<bool>,
    /// Whether the secret of the version holds the private key. It never leaves by a later version that keeps the key.
    pub(super) exportable: bool,
    /// The certificate, then those of its authorities.
    pub(super) chain: Vec<Der>,
}

impl CertificateRecord {
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let bytes: usize = self.chain.iter().map(|der| 5 + der.as_bytes().len()).sum();
        let mut to = Encoder::with_capacity(1 + 20 + 2 + 1 + bytes + 1);
        to.byte(FORMAT);
        to.raw(&self.thumbprint);
        to.option(self.preserve_order, |to, preserve| to.byte(u8::from(preserve)));
        to.byte(u8::from(self.exportable));
        encode_chain(&mut to, &self.chain);
        to.finish()
    }

    pub(super) fn decode(value: &[u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(value);
        if from.byte()? != FORMAT {
            return Err(Malformed);
        }
        let (thumbprint, preserve_order) = (from.array()?, from.option(Decoder::flag)?);
        let exportable = from.flag()?;
        let chain = decode_chain(&mut from)?;
        from.end()?;
        Ok(Self { thumbprint, preserve_order, exportable, chain })
    }

    pub(super) fn certificate(&self) -> &[u8] {
        self.chain.first().map(Der::as_bytes).unwrap_or_default()
    }
}

pub(super) fn encode_chain(to: &mut Encoder, chain: &[Der]) {
    for der in chain {
        to.byte(1);
        to.bytes(der.as_bytes());
    }
    to.byte(0);
}

pub(super) fn decode_chain(from: &mut Decoder<'_>) -> Result<Vec<Der>, Malformed> {
    let mut chain = Vec::new();
    while from.flag()? {
        chain.push(Der::new(from.bytes()?.to_vec()));
    }
    Ok(chain)
}

const FORMAT: u8 = 1;
