//! base64url, as clients send and expect it.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Reads base64url with or without padding (wire contract, section 6). `None` if it is none.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    EITHER_PADDING.decode(text).ok().map(Zeroizing::new)
}

/// Writes base64url without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

const EITHER_PADDING: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
