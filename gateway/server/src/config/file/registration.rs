//! The keys of `[[application]]` by which an application shows who it is besides its secret.

use std::path::Path;

use portcullis_crypto::sha1;
use portcullis_crypto::x509::read_pem_bundle;
use portcullis_identity::{ClientCertificate, FederatedCredential, Registration, RegistrationKind};
use portcullis_management::DeclaredRegistration;
use portcullis_model::{ApplicationId, TenantId};

use super::super::reader::{Noted, Reader, Value};
use super::named_file;

/// What stands in the table of an application besides its ids.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    certificates: Vec<ClientCertificate>,
    federated: Vec<FederatedCredential>,
    redirect_uris: Vec<String>,
    identifier_uris: Vec<String>,
    public_client: bool,
}

/// Reads `certificate_files`, `federated`, `redirect_uris`, `identifier_uris` and `public`.
pub(super) fn read(reader: &mut Reader<'_>, folder: &Path) -> Result<Credentials, Noted> {
    let mut credentials = Credentials::default();
    let certificates = reader.optional("certificate_files").map(|value| {
        value.each("a list of files", |value| {
            let text = named_file::content(value, folder, MAX_CERTIFICATE_FILE)?;
            certificate(&text).map_err(|message| value.wrong(message))
        })
    });
    let federated = reader.tables("federated", federated_credential);
    let redirects = reader.optional("redirect_uris").map(|value| value.each("a list of URLs", redirect_uri));
    let identifiers = reader.optional("identifier_uris").map(|value| value.each("a list of names", identifier_uri));
    reader.set("public", &mut credentials.public_client, Value::flag);
    Ok(Credentials {
        certificates: certificates.transpose()?.unwrap_or_default(),
        federated: federated?,
        redirect_uris: redirects.transpose()?.unwrap_or_default(),
        identifier_uris: identifiers.transpose()?.unwrap_or_default(),
        ..credentials
    })
}

impl Credentials {
    /// The registration of the application that they are of.
    pub(super) fn of(self, tenant: TenantId, application: ApplicationId, name: &str) -> DeclaredRegistration {
        DeclaredRegistration {
            tenant,
            application,
            display_name: name.to_owned(),
            kind: RegistrationKind::Application,
            identifier_uris: self.identifier_uris,
            redirect_uris: self.redirect_uris,
            public_client: self.public_client,
            certificates: self.certificates,
            federated: self.federated,
        }
    }
}

fn certificate(text: &str) -> Result<ClientCertificate, String> {
    let bundle = read_pem_bundle(text).ok().filter(|bundle| bundle.private_key.is_none());
    let der = bundle.and_then(|bundle| bundle.certificates.into_iter().next());
    let der = der.ok_or(
        "the file is no certificate in PEM form; it must have no private key, which only the application needs",
    )?;
    let der = der.into_bytes();
    ClientCertificate::new(hex::encode(sha1(&der)), der).map_err(|error| error.to_string())
}

fn federated_credential(reader: &mut Reader<'_>) -> Result<FederatedCredential, Noted> {
    let name = reader.required("name", "\"build\"").and_then(|value| value.label().map(ToOwned::to_owned));
    let issuer = reader.required("issuer", "\"https://issuer.example.com\"").and_then(|value| exact(&value));
    let subject = reader.required("subject", "\"system:serviceaccount:apps:web\"").and_then(|value| exact(&value));
    let audiences = match reader.optional("audiences") {
        Some(value) => value.each("a list of texts", exact),
        None => Ok(vec![TOKEN_EXCHANGE.to_owned()]),
    };
    Ok(FederatedCredential { name: name?, issuer: issuer?, subject: subject?, audiences: audiences? })
}

/// A text that is compared byte by byte.
pub(super) fn exact(value: &Value<'_>) -> Result<String, Noted> {
    let expected = "a text of 1 to 600 printable characters";
    let fits = |text: &str| (1..=600).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    value.parsed_with(expected, |text| fits(text).then(|| text.to_owned()))
}

fn redirect_uri(value: &Value<'_>) -> Result<String, Noted> {
    let expected = "a URL that begins with `https://`, or `http://localhost`, without fragment";
    value.parsed_with(expected, |text| Registration::is_redirect_uri(text).then(|| text.to_owned()))
}

fn identifier_uri(value: &Value<'_>) -> Result<String, Noted> {
    let expected = "a name of the form `api://backend`";
    value.parsed_with(expected, |text| Registration::is_identifier_uri(text).then(|| text.to_owned()))
}

const MAX_CERTIFICATE_FILE: u64 = 64 * 1024;
/// What tokens that are exchanged for ours are meant for, by custom.
const TOKEN_EXCHANGE: &str = "api://AzureADTokenExchange";
