//! Key derivation.

use std::num::NonZeroU32;

use ring::{digest, pbkdf2};
use zeroize::Zeroizing;

use super::{Budget, Password, Pkcs12Error};

/// What derived bytes are for (RFC 7292 appendix B.3).
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Key,
    Iv,
    Mac,
}

/// Salt and iterations of a derivation, within bounds.
#[derive(Clone, Copy)]
pub(super) struct Cost<'a> {
    salt: &'a [u8],
    iterations: NonZeroU32,
}

impl<'a> Cost<'a> {
    pub(super) fn new(salt: &'a [u8], iterations: u32) -> Result<Self, Pkcs12Error> {
        let iterations = NonZeroU32::new(iterations).ok_or(Pkcs12Error::Malformed)?;
        if salt.len() > LONGEST_SALT {
            return Err(Pkcs12Error::Malformed);
        }
        Ok(Self { salt, iterations })
    }

    fn pay(self, length: usize, block: usize, budget: &mut Budget) -> Result<(), Pkcs12Error> {
        let blocks = u32::try_from(length.div_ceil(block)).map_err(|_| Pkcs12Error::TooManyIterations)?;
        budget.pay(self.iterations.get(), blocks)
    }
}

/// The derivation of PKCS #12 (RFC 7292 appendix B.2).
pub(super) fn pkcs12(
    algorithm: &'static digest::Algorithm,
    password: &Password,
    cost: Cost<'_>,
    purpose: Purpose,
    length: usize,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    cost.pay(length, algorithm.output_len(), budget)?;
    let block = algorithm.block_len();
    let diversifier = vec![purpose.id(); block];
    let password = Zeroizing::new(repeated(password.wide(), block));
    let mut input = Zeroizing::new([repeated(cost.salt, block).as_slice(), &password].concat());
    let mut out = Zeroizing::new(Vec::with_capacity(length + algorithm.output_len()));
    while out.len() < length {
        let hashed = hash(algorithm, &diversifier, &input, cost.iterations);
        out.extend_from_slice(&hashed);
        add(&mut input, &hashed, block);
    }
    out.truncate(length);
    Ok(out)
}

/// The same with SHA-1, as the encryptions of PKCS #12 use it.
pub(super) fn pkcs12_sha1(
    password: &Password,
    cost: Cost<'_>,
    purpose: Purpose,
    length: usize,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    pkcs12(&digest::SHA1_FOR_LEGACY_USE_ONLY, password, cost, purpose, length, budget)
}

/// PBKDF2 (RFC 8018 section 5.2).
pub(super) fn pbkdf2(
    algorithm: pbkdf2::Algorithm,
    output: usize,
    password: &Password,
    cost: Cost<'_>,
    length: usize,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    cost.pay(length, output, budget)?;
    let mut out = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(algorithm, cost.iterations, cost.salt, password.utf8(), &mut out);
    Ok(out)
}

impl Purpose {
    const fn id(self) -> u8 {
        match self {
            Self::Key => 1,
            Self::Iv => 2,
            Self::Mac => 3,
        }
    }
}

/// Copies of some bytes up to a multiple of the block.
fn repeated(bytes: &[u8], block: usize) -> Vec<u8> {
    cut(bytes, bytes.len().div_ceil(block) * block)
}

/// Copies of some bytes up to a length.
fn cut(bytes: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length);
    out.extend(bytes.iter().copied().cycle().take(length));
    out
}

fn hash(
    algorithm: &'static digest::Algorithm,
    diversifier: &[u8],
    input: &[u8],
    iterations: NonZeroU32,
) -> Zeroizing<Vec<u8>> {
    let mut context = digest::Context::new(algorithm);
    context.update(diversifier);
    context.update(input);
    let mut hashed = context.finish();
    for _ in 1..iterations.get() {
        hashed = digest::digest(algorithm, hashed.as_ref());
    }
    Zeroizing::new(hashed.as_ref().to_vec())
}

/// Adds the repeated hash plus one to each block of the input, as big-endian numbers.
fn add(input: &mut [u8], hashed: &[u8], block: usize) {
    for target in input.chunks_mut(block) {
        let mut carry = 1;
        let addends = Zeroizing::new(cut(hashed, block));
        for (byte, addend) in target.iter_mut().rev().zip(addends.iter().rev()) {
            let sum = u16::from(*byte) + u16::from(*addend) + carry;
            [_, *byte] = sum.to_be_bytes();
            carry = sum >> 8;
        }
    }
}

const LONGEST_SALT: usize = 256;
