//! When a certificate is valid.

use portcullis_model::UnixTime;
use time::OffsetDateTime;

use super::CertificateError;

/// From when until when a certificate is valid, both seconds included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
}

impl Validity {
    /// A span of time that is not empty and within the years that a certificate can tell.
    pub fn new(not_before: UnixTime, not_after: UnixTime) -> Result<Self, CertificateError> {
        if not_before > not_after {
            return Err(CertificateError::Validity);
        }
        Ok(Self { not_before: date(not_before)?, not_after: date(not_after)? })
    }
}

fn date(time: UnixTime) -> Result<OffsetDateTime, CertificateError> {
    match OffsetDateTime::from_unix_timestamp(time.0) {
        // RFC 5280 section 4.1.2.5: years have four digits, and UTCTime begins in 1950.
        Ok(date) if (1950..=9999).contains(&date.year()) => Ok(date),
        Ok(_) | Err(_) => Err(CertificateError::Validity),
    }
}
