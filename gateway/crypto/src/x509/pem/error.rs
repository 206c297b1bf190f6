//! Why a text is no bundle.

use crate::x509::{FactsError, KeyError};

/// Why a text is no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is more text than we accept.
    #[error("the PEM text is too long")]
    TooLong,
    /// A block does not end, or its content is not base64.
    #[error("a PEM block is malformed")]
    Block,
    /// A block has a label that does not belong here.
    #[error("unexpected PEM block{}", shown(label))]
    Label {
        /// The label.
        label: String,
    },
    /// The private key is encrypted, for which Azure has PKCS #12 only.
    #[error("the private key in the PEM text is encrypted")]
    EncryptedKey,
    /// There are several private keys.
    #[error("the PEM text has more than one private key")]
    SeveralKeys,
    /// There are more certificates than we accept.
    #[error("the PEM text has too many certificates")]
    TooManyCertificates,
    /// There is no certificate.
    #[error("the PEM text has no certificate")]
    NoCertificate,
    /// A certificate is malformed.
    #[error("a certificate in the PEM text is malformed")]
    Certificate(#[from] FactsError),
    /// The private key cannot be used.
    #[error("the private key in the PEM text cannot be used")]
    Key(#[from] KeyError),
}

/// Labels are in capitals (RFC 7468 section 3). What is not is no label, and may be what someone keeps to themselves.
fn shown(label: &str) -> String {
    let is_label = label.bytes().all(|b| b.is_ascii_uppercase() || b == b' ');
    if is_label { format!(": `{label}`") } else { String::new() }
}
