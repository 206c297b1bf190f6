//! Measures what the bare library signs and decrypts in a loop on one core: the ceiling for the same over HTTP.
//!
//! ```text
//! cargo run --release -p portcullis-crypto --example key_rate [OPERATION]
//! ```
//!
//! With an operation, as it prints them, only that one is measured.

#![expect(clippy::print_stdout, reason = "the example prints what it measured")]

use std::error::Error;
use std::time::{Duration, Instant};

use portcullis_crypto::SystemRandom;
use portcullis_crypto::material::{KeyMaterial, OperationError, Plaintext};
use portcullis_model::{Curve, EncryptionAlgorithm, KeySpec, RsaSize, SignatureAlgorithm};

fn main() -> Result<(), Box<dyn Error>> {
    let random = SystemRandom::new();
    let digest = [7; 32];
    let rsa = KeyMaterial::generate(KeySpec::Rsa(RsaSize::Rsa2048), &random)?;
    let large = KeyMaterial::generate(KeySpec::Rsa(RsaSize::Rsa4096), &random)?;
    let p256 = KeyMaterial::generate(KeySpec::Ec(Curve::P256), &random)?;
    let wanted = std::env::args().nth(1);
    let rate = |name: &str, work: &dyn Fn() -> Result<(), OperationError>| {
        if wanted.as_deref().is_none_or(|wanted| wanted == name) { rate(name, work) } else { Ok(()) }
    };
    rate("sign ES256", &|| p256.sign(SignatureAlgorithm::Es256, &digest).map(drop))?;
    rate("sign RS256, 2048 bits", &|| rsa.sign(SignatureAlgorithm::Rs256, &digest).map(drop))?;
    rate("sign RS256, 4096 bits", &|| large.sign(SignatureAlgorithm::Rs256, &digest).map(drop))?;
    let plain = Plaintext { value: &digest, iv: None, aad: None };
    let encrypted = rsa.encrypt(EncryptionAlgorithm::RsaOaep256, &plain, &random)?;
    let decrypt = || rsa.decrypt(EncryptionAlgorithm::RsaOaep256, &encrypted.as_ciphertext()).map(drop);
    rate("decrypt RSA-OAEP-256, 2048 bits", &decrypt)?;
    Ok(())
}

/// Prints the operations per second as `name\trate`.
fn rate(name: &str, work: &dyn Fn() -> Result<(), OperationError>) -> Result<(), OperationError> {
    let (start, mut times) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(3) {
        for _ in 0..16 {
            work()?;
        }
        times += 16;
    }
    println!("{name}\t{:.0}", f64::from(times) / start.elapsed().as_secs_f64());
    Ok(())
}
