//! The names of a certificate.

/// The DNS names that a certificate was issued for, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServedNames {
    /// Names served as they stand.
    pub(crate) exact: Vec<String>,
    /// What follows `*.` in wildcards.
    pub(crate) wildcard: Vec<String>,
}

impl ServedNames {
    pub(crate) fn from_dns_names<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut served = Self::default();
        for name in names {
            let name = name.to_ascii_lowercase();
            match name.strip_prefix("*.") {
                Some(suffix) => served.wildcard.push(suffix.to_owned()),
                None => served.exact.push(name),
            }
        }
        served
    }

    /// Says whether a host name is covered: by its exact name, or by a wildcard for its first label
    /// (RFC 6125 section 6.4.3).
    #[must_use]
    pub fn cover(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.exact.iter().any(|name| name.eq_ignore_ascii_case(host))
            || host.split_once('.').is_some_and(|(label, suffix)| {
                !label.is_empty() && self.wildcard.iter().any(|wildcard| wildcard.eq_ignore_ascii_case(suffix))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_exact_names_and_one_label_of_wildcards() {
        let names = ServedNames::from_dns_names(["Vault.example", "*.vault.example"].into_iter());
        for covered in ["vault.example", "VAULT.example.", "a.vault.example", "A.Vault.Example"] {
            assert!(names.cover(covered), "{covered}");
        }
        for other in ["a.b.vault.example", ".vault.example", "example", "", "xvault.example", "a.vault.example.org"] {
            assert!(!names.cover(other), "{other}");
        }
    }
}
