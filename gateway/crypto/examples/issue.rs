//! Prints a new authority's certificate, then a server's chain and key: `cargo run --example issue > all.pem`.
#![expect(clippy::print_stdout, reason = "the output of an example is its purpose")]

use std::error::Error;

use portcullis_crypto::SystemRandom;
use portcullis_crypto::certificates::{CertificateAuthority, Validity};
use portcullis_model::{Clock, SystemClock};

fn main() -> Result<(), Box<dyn Error>> {
    let (random, now) = (SystemRandom::new(), SystemClock.now());
    let validity = Validity::new(now, now.plus(3600))?;
    let authority = CertificateAuthority::create("Portcullis example", validity, &random)?;
    let names = ["vault.localhost".to_owned(), "*.vault.localhost".to_owned()];
    let server = authority.issue_server(&names, &["127.0.0.1".parse()?], validity, &random)?;
    print!("{}{}{}", authority.certificate_pem(), server.certificates, *server.key);
    Ok(())
}
