//! A secret's value in memory.

use std::fmt;

use zeroize::Zeroizing;

/// Text that must not be shown: no `Debug` of its content, no `Clone`, wiped when dropped.
///
/// ```compile_fail
/// let secret = portcullis_model::SecretText::new("s3cret".to_owned());
/// let copy = secret.clone();
/// ```
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes a value out of plain memory.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value. Whoever asks for it answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}
