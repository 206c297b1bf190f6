//! Accounts of people: how they sign in.

use portcullis_crypto::{PasswordHash, TotpKey};
use portcullis_model::PrincipalId;

/// How a user signs in. Who they are is a [`crate::Principal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: PrincipalId,
    /// The name that they sign in with, such as `ada@example.com`, in lower case. Never authorise on it.
    pub name: String,
    /// Their password; without one they cannot sign in.
    pub password: Option<PasswordHash>,
    /// The key of their authenticator app; without one they have no second factor.
    pub totp: Option<TotpKey>,
}

impl Account {
    /// The form in which names of accounts are compared; none if the text is no such name: a part before `@` of
    /// letters, digits and `._-'+!#^~`, and a domain, at most 113 characters.
    #[must_use]
    pub fn fold_name(text: &str) -> Option<String> {
        let (user, domain) = text.split_once('@')?;
        let user_fits = (1..=64).contains(&user.len())
            && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-'+!#^~".contains(&byte));
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let domain_fits = domain.len() <= 48 && domain.split('.').all(label);
        (user_fits && domain_fits).then(|| text.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts_have_a_user_and_a_domain() {
        assert_eq!(Account::fold_name("Ada.L@Example.com").as_deref(), Some("ada.l@example.com"));
        for text in ["", "ada", "@example.com", "ada@", "ada@exa mple", "a@b@c", "ada@-x", "<b>@example.com", "a\n@b"] {
            assert_eq!(Account::fold_name(text), None, "{text}");
        }
    }
}
