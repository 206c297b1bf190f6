//! Writes a private key and certificates.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::x509::bundle::Der;

/// The private key (PKCS #8), if there is one to give away, then the certificates.
#[must_use]
pub fn write_pem(private_key: Option<&[u8]>, chain: &[Der]) -> Zeroizing<String> {
    let key = private_key.map(|key| ("PRIVATE KEY", key));
    let blocks = key.into_iter().chain(chain.iter().map(|der| ("CERTIFICATE", der.as_bytes())));
    let length = blocks.clone().map(|(label, content)| length(label, content)).sum();
    // Allocated at its final size, so that growing leaves no copies of the key behind.
    let mut text = Zeroizing::new(String::with_capacity(length));
    blocks.for_each(|(label, content)| block(&mut text, label, content));
    text
}

/// Lines of 64 characters (RFC 7468 section 2).
fn block(text: &mut String, label: &str, content: &[u8]) {
    text.extend(["-----BEGIN ", label, "-----\n"]);
    for bytes in content.chunks(BYTES_A_LINE) {
        let mut line = Zeroizing::new([0; 64]);
        // INVARIANT: 48 bytes are 64 characters of base64.
        let used = STANDARD.encode_slice(bytes, &mut line[..]).unwrap_or(0);
        text.extend(line.iter().take(used).copied().map(char::from));
        text.push('\n');
    }
    text.extend(["-----END ", label, "-----\n"]);
}

const fn length(label: &str, content: &[u8]) -> usize {
    let lines = content.len().div_ceil(BYTES_A_LINE);
    2 * (label.len() + "-----BEGIN -----\n".len()) + content.len().div_ceil(3) * 4 + lines
}

const BYTES_A_LINE: usize = 48;
