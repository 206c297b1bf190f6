//! Registrations of applications: how they show who they are, and where people who sign in to them are sent back.

use portcullis_crypto::jose::VerificationKey;
use portcullis_crypto::{sha1, sha256, x509};
use portcullis_model::{ApplicationId, PrincipalId, TenantId, UnixTime};
use serde::{Deserialize, Serialize};

use crate::ClientSecret;

/// An application as it is registered in a tenant. Its presence there is a [`crate::Principal`].
#[derive(Debug, Clone)]
pub struct Registration {
    /// The object id of the registration; nobody calls with it.
    pub id: PrincipalId,
    /// The tenant.
    pub tenant: TenantId,
    /// The client id.
    pub application: ApplicationId,
    /// The name that people see.
    pub display_name: String,
    /// What it is.
    pub kind: RegistrationKind,
    /// The names under which tokens for the application itself are asked, such as `api://backend`.
    pub identifier_uris: Vec<String>,
    /// Where people are sent back to, exactly.
    pub redirect_uris: Vec<String>,
    /// Whether it may act without showing who it is: it runs on people's devices, which keep no secret.
    pub public_client: bool,
    /// Its secrets.
    pub secrets: Vec<ClientSecret>,
    /// Its certificates.
    pub certificates: Vec<ClientCertificate>,
    /// Who may vouch for it.
    pub federated: Vec<FederatedCredential>,
}

/// What a registration is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationKind {
    /// An application, which shows who it is.
    Application,
    /// A managed identity, to which the gateway's own endpoint on its machine gives tokens.
    ManagedIdentity,
}

/// A certificate whose private key an application has.
#[derive(Debug)]
pub struct ClientCertificate {
    /// The name by which administrators tell it from others.
    pub id: String,
    /// The certificate.
    pub der: Vec<u8>,
    pub(crate) thumbprint_sha1: [u8; 20],
    pub(crate) thumbprint_sha256: [u8; 32],
    pub(crate) not_before: UnixTime,
    pub(crate) expires: UnixTime,
    pub(crate) key: VerificationKey,
}

/// A token of an issuer that stands for an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederatedCredential {
    /// The name by which administrators tell it from others.
    pub name: String,
    /// Who issues it (`iss`), compared exactly.
    pub issuer: String,
    /// For whom (`sub`), compared exactly.
    pub subject: String,
    /// For whom it must be meant (`aud`): one of these.
    pub audiences: Vec<String>,
}

/// The bytes are no certificate of a key that can sign assertions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate of an RSA key (2048, 3072 or 4096 bits) or an EC key (P-256, P-384 or P-521)")]
pub struct UnusableCertificate;

impl ClientCertificate {
    /// Takes a certificate in DER form. Who issued it is not asked: it is pinned.
    pub fn new(id: String, der: Vec<u8>) -> Result<Self, UnusableCertificate> {
        let facts = x509::parse_certificate(&der).map_err(|_| UnusableCertificate)?;
        let key = VerificationKey::of_certificate(&facts).ok_or(UnusableCertificate)?;
        Ok(Self {
            id,
            thumbprint_sha1: sha1(&der),
            thumbprint_sha256: sha256(&der),
            not_before: facts.not_before,
            expires: facts.not_after,
            key,
            der,
        })
    }

    /// From when to when it is valid.
    #[must_use]
    pub const fn validity(&self) -> (UnixTime, UnixTime) {
        (self.not_before, self.expires)
    }

    /// The SHA-1 of the certificate, by which it is named.
    #[must_use]
    pub const fn thumbprint(&self) -> &[u8; 20] {
        &self.thumbprint_sha1
    }
}

impl Clone for ClientCertificate {
    fn clone(&self) -> Self {
        Self::new(self.id.clone(), self.der.clone()).expect("it was read from these bytes before")
    }
}

impl Registration {
    /// The audience of tokens for the application itself.
    #[must_use]
    pub fn audience(&self) -> String {
        format!("api://{}", self.application)
    }

    /// Whether a resource's name is one of the application's.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        let id = name.strip_prefix("api://").unwrap_or(name);
        id.parse() == Ok(self.application) || self.identifier_uris.iter().any(|known| known == name)
    }

    /// Whether a text can be among the redirect URIs: it begins with `https://`, or with `http://` and loopback, and has
    /// no fragment and no user information.
    #[must_use]
    pub fn is_redirect_uri(text: &str) -> bool {
        let loopback = ["http://localhost", "http://127.0.0.1", "http://[::1]"]
            .iter()
            .any(|host| text.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])));
        let plain = text.len() <= 1024 && text.bytes().all(|byte| byte.is_ascii_graphic());
        plain && !text.contains(['#', '\\', '@', '"', '<', '>']) && (text.starts_with("https://") || loopback)
    }

    /// Whether a text can be among the identifier URIs: `api://` and a name.
    #[must_use]
    pub fn is_identifier_uri(text: &str) -> bool {
        text.strip_prefix("api://").is_some_and(|rest| {
            (1..=200).contains(&rest.len())
                && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte))
                && !rest.ends_with('/')
        })
    }

    /// Whether people may be sent back to a place: one that is registered exactly, or, for a public client that
    /// registered a loopback address, the same with any port (RFC 8252, section 7.3).
    #[must_use]
    pub fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|known| known == uri || (self.public_client && is_same_loopback(known, uri)))
    }
}

/// Whether two URLs are of the loopback interface and differ in the port alone.
fn is_same_loopback(known: &str, uri: &str) -> bool {
    fn split(uri: &str) -> Option<(&str, &str)> {
        let rest = uri.strip_prefix("http://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
        let port_is_one = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
        let plain = path.bytes().all(|byte| byte.is_ascii_graphic()) && !path.contains(['\\', '#', '?']);
        (port_is_one && plain && matches!(host, "localhost" | "127.0.0.1" | "[::1]")).then_some((host, path))
    }
    let same = |(host, path): (&str, &str), (other, second): (&str, &str)| {
        host == other && path.trim_end_matches('/') == second.trim_end_matches('/')
    };
    split(known).zip(split(uri)).is_some_and(|(known, uri)| same(known, uri))
}

#[cfg(test)]
impl Registration {
    /// An application of its own tenant that can show nothing and be sent nowhere.
    pub(crate) fn bare() -> Self {
        Self {
            id: PrincipalId::random(),
            tenant: TenantId::random(),
            application: ApplicationId::random(),
            display_name: String::new(),
            kind: RegistrationKind::Application,
            identifier_uris: vec![],
            redirect_uris: vec![],
            public_client: false,
            secrets: vec![],
            certificates: vec![],
            federated: vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(public_client: bool, redirects: &[&str]) -> Registration {
        let redirect_uris = redirects.iter().map(|uri| (*uri).to_owned()).collect();
        Registration { redirect_uris, public_client, ..Registration::bare() }
    }

    #[test]
    fn people_are_sent_back_to_registered_places_only() {
        let web = registration(false, &["https://app.example/back", "http://localhost"]);
        assert!(web.may_redirect_to("https://app.example/back"));
        for other in [
            "https://app.example/back/",
            "https://app.example/back?x=1",
            "https://app.example/back#",
            "https://app.example.evil/back",
            "https://APP.example/back",
            "http://localhost:8400",
            "",
        ] {
            assert!(!web.may_redirect_to(other), "{other}");
        }
    }

    #[test]
    fn a_public_client_that_registered_loopback_may_choose_the_port() {
        let desktop = registration(true, &["http://localhost"]);
        for uri in ["http://localhost", "http://localhost/", "http://localhost:8400", "http://localhost:65535/"] {
            assert!(desktop.may_redirect_to(uri), "{uri}");
        }
        for uri in [
            "https://localhost:8400",
            "http://127.0.0.1:8400",
            "http://localhost:8400/path",
            "http://localhost:",
            "http://localhost:80@evil.example",
            "http://localhost:8400@evil.example/",
            "http://localhost.evil.example",
            "http://localhost:84000000",
            "http://localhost:8400\\@evil.example",
            "http://user@localhost:8400",
            "http://localhost:8400/?x",
        ] {
            assert!(!desktop.may_redirect_to(uri), "{uri}");
        }
        assert!(!registration(true, &["https://app.example"]).may_redirect_to("http://localhost:1"));
    }
}
