//! The blocks of a PEM text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::PemError;
use crate::x509::bundle::MAX_FILE;

/// A block; its content may be a secret.
pub(in crate::x509) struct Block<'a> {
    pub(in crate::x509) label: &'a str,
    pub(in crate::x509) content: Zeroizing<Vec<u8>>,
}

/// The blocks of a text. Text outside of them is explanation and left out (RFC 7468 section 2).
pub(in crate::x509) fn blocks(text: &str) -> Result<Vec<Block<'_>>, PemError> {
    if text.len() > MAX_FILE {
        return Err(PemError::TooLong);
    }
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once(BEGIN) {
        let (label, body) = begun.split_once(DASHES).ok_or(PemError::Block)?;
        let (body, after) = body.split_once(END).ok_or(PemError::Block)?;
        let after = after.strip_prefix(label).and_then(|after| after.strip_prefix(DASHES)).ok_or(PemError::Block)?;
        if blocks.len() == MAX_BLOCKS {
            return Err(PemError::TooManyCertificates);
        }
        blocks.push(Block { label, content: decode(body)? });
        rest = after;
    }
    Ok(blocks)
}

fn decode(body: &str) -> Result<Zeroizing<Vec<u8>>, PemError> {
    // A header such as `Proc-Type: 4,ENCRYPTED` (RFC 1421) is only found on encrypted keys.
    if body.contains(':') {
        return Err(PemError::EncryptedKey);
    }
    let mut base64 = Zeroizing::new(Vec::with_capacity(body.len()));
    base64.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut content = Zeroizing::new(vec![0; base64.len() / 4 * 3 + 3]);
    let length = STANDARD.decode_slice(&*base64, &mut content).map_err(|_| PemError::Block)?;
    content.truncate(length);
    Ok(content)
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const MAX_BLOCKS: usize = 64;
