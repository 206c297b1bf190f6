//! A running gateway, as the command line speaks to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use portcullis_fetch::{HttpsClient, HttpsUrl, Outgoing};
use portcullis_model::SecretText;
use serde_json::Value;

/// By what right, and whom to believe that he is the gateway. Credentials come from the environment or a file, never
/// from the command line, which other users of a machine can read.
#[derive(Debug, Args)]
pub(super) struct Access {
    /// The authorities of the gateway's certificate, a PEM file.
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_CA_FILE", default_value = SYSTEM_ROOTS)]
    ca_file: PathBuf,
    /// A file with a token for the address. Without it PORTCULLIS_TOKEN is used, or the application that
    /// AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET name signs in.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A plane of a gateway at which somebody is signed in.
#[derive(Debug)]
pub(super) struct Remote {
    client: HttpsClient,
    url: String,
    token: SecretText,
    runtime: tokio::runtime::Runtime,
}

/// What a call sends beside its path.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) body: Bytes,
    pub(super) content_type: Option<&'static str>,
    pub(super) if_match: Option<String>,
}

impl Sent {
    pub(super) fn json(body: &Value) -> Self {
        Self { body: body.to_string().into(), content_type: Some("application/json"), if_match: None }
    }
}

impl Access {
    /// Signs in at the plane of this address.
    pub(super) fn open(&self, url: &str) -> anyhow::Result<Remote> {
        let place = self.ca_file.display();
        let roots = std::fs::read(&self.ca_file).with_context(|| format!("reading the authorities `{place}`"))?;
        let client =
            HttpsClient::new(&roots, TIME, MOST).with_context(|| format!("`{place}` cannot be used as authorities"))?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
        let url = url.trim_end_matches('/');
        let token = match token(self.token_file.as_deref())? {
            Some(token) => token,
            None => runtime.block_on(sign_in(&client, url))?,
        };
        Ok(Remote { client, url: url.to_owned(), token, runtime })
    }
}

impl Remote {
    /// Makes a call at a path with its query, and gives the answer of one that succeeded; `null` if it tells nothing.
    pub(super) fn call(&self, method: Method, path: &str, sent: Sent) -> anyhow::Result<Value> {
        let url: HttpsUrl =
            format!("{}{path}", self.url).parse().context("the gateway's address or a name cannot be used")?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token.expose()))
            .map_err(|_| anyhow::anyhow!("the token has characters that no token has"))?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]);
        if let Some(kind) = sent.content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if let Some(tag) = sent.if_match {
            headers.insert(header::IF_MATCH, HeaderValue::try_from(format!("\"{tag}\""))?);
        }
        let outgoing = Outgoing { method, headers, body: sent.body };
        let answer = self.runtime.block_on(self.client.send(&url, outgoing)).context("the gateway did not answer")?;
        let told = if answer.body.is_empty() { Value::Null } else { serde_json::from_slice(&answer.body)? };
        if answer.status.is_success() {
            return Ok(told);
        }
        bail!("{}", refusal(answer.status, &told))
    }
}

/// What an answer says that is no success, on one line.
fn refusal(status: StatusCode, told: &Value) -> String {
    let text = |name: &str| told["error"][name].as_str().unwrap_or_default();
    let message = text("message").split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{} {}: {message}", status.as_u16(), text("code"))
}

fn token(file: Option<&Path>) -> anyhow::Result<Option<SecretText>> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading the token `{}`", path.display()))?;
        return Ok(Some(SecretText::new(text.trim().to_owned())));
    }
    Ok(std::env::var("PORTCULLIS_TOKEN").ok().map(SecretText::new))
}

/// Signs an application in with its secret, for a plane of the gateway.
async fn sign_in(client: &HttpsClient, resource: &str) -> anyhow::Result<SecretText> {
    let of = |name: &str| {
        std::env::var(name).with_context(|| {
            format!("{name} is not set: set what `portcullis dev` prints, or give a token in PORTCULLIS_TOKEN or --token-file")
        })
    };
    let secret = SecretText::new(of("AZURE_CLIENT_SECRET")?);
    let beside = || resource.replacen("://management.", "://login.", 1).replacen("://graph.", "://login.", 1);
    let login = std::env::var("AZURE_AUTHORITY_HOST").unwrap_or_else(|_| beside());
    let url: HttpsUrl = format!("{}/{}/oauth2/v2.0/token", login.trim_end_matches('/'), of("AZURE_TENANT_ID")?)
        .parse()
        .context("AZURE_AUTHORITY_HOST or AZURE_TENANT_ID cannot be used")?;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &of("AZURE_CLIENT_ID")?)
        .append_pair("client_secret", secret.expose())
        .append_pair("scope", &format!("{resource}/.default"))
        .finish();
    let headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))]);
    let outgoing = Outgoing { method: Method::POST, headers, body: form.into() };
    let answer = client.send(&url, outgoing).await.context("the gateway did not answer at its token endpoint")?;
    let told: Value = serde_json::from_slice(&answer.body).context("the token endpoint's answer is no JSON")?;
    match told["access_token"].as_str() {
        Some(token) => Ok(SecretText::new(token.to_owned())),
        None => bail!("signing in: {}", told["error_description"].as_str().unwrap_or("the token endpoint refused")),
    }
}

/// The authorities of the system, where Debian has them.
pub(super) const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
/// How long one exchange may take: a component has many megabytes, and is compiled before it is answered.
const TIME: Duration = Duration::from_secs(180);
/// The greatest answer, in bytes.
const MOST: usize = 16 << 20;
