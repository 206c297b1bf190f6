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

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(
        algorithm: &'static digest::Algorithm,
        given: (&str, &[u8], u32),
        purpose: Purpose,
        length: usize,
    ) -> String {
        let (password, salt, iterations) = given;
        let (password, cost) = (Password::terminated(password), Cost::new(salt, iterations).unwrap());
        let bytes = pkcs12(algorithm, &password, cost, purpose, length, &mut Budget::new()).unwrap();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 7292 has none. These are those that implementations share (OpenSSL's and RustCrypto's tests); the last is
    /// what OpenSSL's `PKCS12KDF` gives for more than one block.
    #[test]
    fn gives_the_known_keys_of_pkcs12() {
        let sha1 = &digest::SHA1_FOR_LEGACY_USE_ONLY;
        let smeg = ("smeg", &[0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f][..], 1);
        let queeg = ("queeg", &[0x05, 0xde, 0xc9, 0x59, 0xac, 0xff, 0x72, 0xf7][..], 1000);
        let home = ("ge@äheim", &[1, 2, 3, 4, 5, 6, 7, 8][..], 100);
        let cases = [
            (sha1, smeg, Purpose::Key, 24, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"),
            (sha1, queeg, Purpose::Key, 24, "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"),
            (sha1, queeg, Purpose::Iv, 8, "11dedad7758d4860"),
            (
                &digest::SHA256,
                home,
                Purpose::Key,
                32,
                "fae4d4957a3cc781e1180b9d4fb79c1e0c8579b746a3177e5b0768a3118bf863",
            ),
            (
                &digest::SHA256,
                home,
                Purpose::Iv,
                32,
                "e5ff813bc6547de5155b14d2fada85b3201a977349db6e26ccc998d9e8f83d6c",
            ),
            (
                &digest::SHA256,
                home,
                Purpose::Mac,
                32,
                "136355ed9434516682534f46d63956db5ff06b844702c2c1f3b46321e2524a4d",
            ),
            (
                &digest::SHA512,
                home,
                Purpose::Key,
                100,
                "b14a9f01bfd9dce4c9d66d2fe9937e5fd9f1afa59e370a6fa4fc81c1cc8ec8eec73b0229d2e1b3f55c2d33d21f9541ee\
                 caa29783a0a6244e0bcf209902cb4a0945bfc605cc7919d6650a1af0e9f9c04a9531f419f1df10232312a91f787aefb8\
                 c2d972db",
            ),
        ];
        for (algorithm, given, purpose, length, expected) in cases {
            assert_eq!(derived(algorithm, given, purpose, length), expected);
        }
    }

    #[test]
    fn bounds_salt_and_iterations() {
        assert!(Cost::new(&[0; 256], 1).is_ok());
        assert!(matches!(Cost::new(&[0; 257], 1), Err(Pkcs12Error::Malformed)));
        assert!(matches!(Cost::new(b"salt", 0), Err(Pkcs12Error::Malformed)));
    }
}
