//! What a version of a key keeps as its value.

use portcullis_crypto::material::KeyMaterial;
use portcullis_model::keys::PublicJwk;
use portcullis_model::{Curve, KeyOperation, KeyOperations, KeySpec, KeyType, OctSize, ReleasePolicy, RsaSize};
use zeroize::Zeroizing;

use crate::record::{Decoder, Encoder, Malformed};

/// What a version of a key keeps. The material is read only where it is used.
#[derive(Debug, Clone)]
pub(crate) struct KeyRecord<'a> {
    pub(crate) operations: KeyOperations,
    pub(crate) release_policy: Option<ReleasePolicy>,
    pub(crate) public: PublicJwk,
    pub(crate) spec: KeySpec,
    material: &'a [u8],
}

impl<'a> KeyRecord<'a> {
    pub(crate) fn decode(value: &'a [u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(value);
        if from.byte()? != FORMAT {
            return Err(Malformed);
        }
        let spec = decode_spec(&mut from)?;
        let operations = from.byte().and_then(decode_operations)?;
        let release_policy = from.option(decode_policy)?;
        let public = match spec {
            KeySpec::Rsa(_) => PublicJwk::Rsa { n: from.bytes()?.to_vec(), e: from.bytes()?.to_vec() },
            KeySpec::Ec(curve) => PublicJwk::Ec { curve, x: from.bytes()?.to_vec(), y: from.bytes()?.to_vec() },
            KeySpec::Oct(_) => PublicJwk::Oct,
        };
        Ok(Self { operations, release_policy, public, spec, material: from.rest() })
    }

    /// The key, ready for use.
    pub(crate) fn material(&self) -> Result<KeyMaterial, Malformed> {
        KeyMaterial::from_stored(self.spec, self.material).map_err(|_| Malformed)
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let policy = self.release_policy.as_ref().map_or(0, |policy| policy.content_type.len() + policy.data.len() + 9);
        let public = match &self.public {
            PublicJwk::Rsa { n: a, e: b } | PublicJwk::Ec { x: a, y: b, .. } => 8 + a.len() + b.len(),
            PublicJwk::Oct => 0,
        };
        let mut to = Encoder::with_capacity(5 + policy + public + self.material.len());
        to.byte(FORMAT);
        let (kind, size) = spec_bytes(self.spec);
        to.byte(kind);
        to.byte(size);
        to.byte(operations_byte(self.operations));
        to.option(self.release_policy.as_ref(), |to, policy| {
            to.bytes(policy.content_type.as_bytes());
            to.bytes(&policy.data);
            to.byte(u8::from(policy.immutable));
        });
        match &self.public {
            PublicJwk::Rsa { n: a, e: b } | PublicJwk::Ec { x: a, y: b, .. } => {
                to.bytes(a);
                to.bytes(b);
            }
            PublicJwk::Oct => {}
        }
        to.raw(self.material);
        to.finish()
    }

    pub(crate) fn encode_new(
        key: &KeyMaterial,
        operations: KeyOperations,
        release_policy: Option<ReleasePolicy>,
    ) -> Zeroizing<Vec<u8>> {
        let material = key.to_stored();
        let record =
            KeyRecord { operations, release_policy, public: key.public(), spec: key.spec(), material: &material };
        record.encode()
    }
}

fn decode_policy(from: &mut Decoder<'_>) -> Result<ReleasePolicy, Malformed> {
    let (content_type, data) = (from.text()?.to_owned(), from.bytes()?.to_vec());
    Ok(ReleasePolicy { content_type, data, immutable: from.flag()? })
}

/// The bytes of a kind of key. Bytes once given stay.
pub(crate) const fn spec_bytes(spec: KeySpec) -> (u8, u8) {
    match spec {
        KeySpec::Rsa(RsaSize::Rsa2048) => (b'r', 2),
        KeySpec::Rsa(RsaSize::Rsa3072) => (b'r', 3),
        KeySpec::Rsa(RsaSize::Rsa4096) => (b'r', 4),
        KeySpec::Ec(Curve::P256) => (b'e', 1),
        KeySpec::Ec(Curve::P384) => (b'e', 2),
        KeySpec::Ec(Curve::P521) => (b'e', 3),
        KeySpec::Ec(Curve::P256K) => (b'e', 4),
        KeySpec::Oct(OctSize::Oct128) => (b'o', 1),
        KeySpec::Oct(OctSize::Oct192) => (b'o', 2),
        KeySpec::Oct(OctSize::Oct256) => (b'o', 3),
    }
}

pub(crate) fn decode_spec(from: &mut Decoder<'_>) -> Result<KeySpec, Malformed> {
    let bytes = (from.byte()?, from.byte()?);
    let specs = RsaSize::ALL.iter().map(|size| KeySpec::Rsa(*size));
    let specs = specs.chain(Curve::ALL.iter().map(|curve| KeySpec::Ec(*curve)));
    let mut specs = specs.chain(OctSize::ALL.iter().map(|size| KeySpec::Oct(*size)));
    specs.find(|spec| spec_bytes(*spec) == bytes).ok_or(Malformed)
}

const fn operation_bit(operation: KeyOperation) -> u8 {
    match operation {
        KeyOperation::Encrypt => 1,
        KeyOperation::Decrypt => 1 << 1,
        KeyOperation::Sign => 1 << 2,
        KeyOperation::Verify => 1 << 3,
        KeyOperation::WrapKey => 1 << 4,
        KeyOperation::UnwrapKey => 1 << 5,
        KeyOperation::Import => 1 << 6,
        KeyOperation::Export => 1 << 7,
    }
}

fn operations_byte(operations: KeyOperations) -> u8 {
    operations.iter().fold(0, |bits, operation| bits | operation_bit(operation))
}

fn decode_operations(bits: u8) -> Result<KeyOperations, Malformed> {
    Ok(KeyOperation::ALL.iter().copied().filter(|operation| bits & operation_bit(*operation) != 0).collect())
}

/// Whether operations make sense for keys of a type.
pub(crate) fn fit(operations: KeyOperations, key_type: KeyType) -> bool {
    operations.iter().all(|operation| match operation {
        KeyOperation::Import => key_type == KeyType::Rsa,
        KeyOperation::Export | KeyOperation::Sign | KeyOperation::Verify => true,
        KeyOperation::Encrypt | KeyOperation::Decrypt | KeyOperation::WrapKey | KeyOperation::UnwrapKey => {
            key_type != KeyType::Ec
        }
    })
}

const FORMAT: u8 = 1;
