//! Audiences: the resources that tokens are for.

/// A resource that tokens are for. A token is for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The data plane of all vaults.
    Vault,
    /// The management plane.
    Management,
    /// The directory.
    Graph,
}

/// The names of the audiences, such as `https://vault.example`.
///
/// A client may write one trailing slash more: `az` asks for `https://management.example//.default`, whose audience
/// is `https://management.example/` (wire contract, section 3.2). Everything else is compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audiences {
    vault: Box<str>,
    management: Box<str>,
    graph: Box<str>,
}

impl Audiences {
    /// Names the audiences.
    pub fn new(vault: &str, management: &str, graph: &str) -> Result<Self, AudiencesError> {
        let (vault, management, graph) = (without_slash(vault), without_slash(management), without_slash(graph));
        if vault.is_empty() || management.is_empty() || graph.is_empty() {
            return Err(AudiencesError::Empty);
        }
        if vault == management || vault == graph || management == graph {
            return Err(AudiencesError::Same);
        }
        Ok(Self { vault: vault.into(), management: management.into(), graph: graph.into() })
    }

    /// The audience of a name, with or without one trailing slash.
    #[must_use]
    pub fn resolve(&self, name: &str) -> Option<Audience> {
        let name = without_slash(name);
        [Audience::Vault, Audience::Management, Audience::Graph]
            .into_iter()
            .find(|audience| self.name(*audience) == name)
    }

    /// The name of an audience, without trailing slash.
    #[must_use]
    pub fn name(&self, audience: Audience) -> &str {
        match audience {
            Audience::Vault => &self.vault,
            Audience::Management => &self.management,
            Audience::Graph => &self.graph,
        }
    }
}

/// Says why names are not those of the audiences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AudiencesError {
    /// One is empty.
    #[error("the name of an audience is empty")]
    Empty,
    /// They are the same: tokens for one would be good for the other.
    #[error("two audiences have the same name")]
    Same,
}

fn without_slash(name: &str) -> &str {
    name.strip_suffix('/').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_slash_makes_no_difference_and_everything_else_does() {
        let names = ["https://vault.example", "https://management.example/", "https://graph.example/"];
        let audiences = Audiences::new(names[0], names[1], names[2]).unwrap();
        let cases = [
            ("https://vault.example", Some(Audience::Vault)),
            ("https://vault.example/", Some(Audience::Vault)),
            ("https://management.example", Some(Audience::Management)),
            ("https://management.example/", Some(Audience::Management)),
            ("https://graph.example/", Some(Audience::Graph)),
            ("https://vault.example//", None),
            ("https://Vault.example", None),
            ("https://vault.example ", None),
            ("https://vault.example.evil", None),
            ("http://vault.example", None),
            ("/", None),
            ("", None),
        ];
        for (name, audience) in cases {
            assert_eq!(audiences.resolve(name), audience, "{name}");
        }
    }

    #[test]
    fn the_names_differ_and_are_not_empty() {
        assert_eq!(Audiences::new("https://a", "https://a/", "https://c"), Err(AudiencesError::Same));
        assert_eq!(Audiences::new("https://a", "https://b", "https://b/"), Err(AudiencesError::Same));
        assert_eq!(Audiences::new("https://a", "https://b", "https://a"), Err(AudiencesError::Same));
        assert_eq!(Audiences::new("/", "https://a", "https://b"), Err(AudiencesError::Empty));
        assert_eq!(Audiences::new("https://a", "https://b", ""), Err(AudiencesError::Empty));
    }
}
