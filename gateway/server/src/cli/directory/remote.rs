//! A gateway's directory, as the command line speaks to it.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use http::{HeaderMap, HeaderValue, Method, header};
use portcullis_fetch::{HttpsClient, HttpsUrl, Outgoing};
use portcullis_model::SecretText;
use serde_json::Value;

use super::super::plugin::remote::{MOST, SYSTEM_ROOTS, TIME, refusal, sign_in, token};

/// Which gateway. Credentials come from the environment or a file, never from the command line, which other users of a
/// machine can read.
#[derive(Debug, Args)]
pub(in crate::cli) struct Gateway {
    /// The directory's address, as `portcullis dev` prints it.
    #[arg(long, value_name = "URL", env = "PORTCULLIS_GRAPH_URL")]
    url: String,
    /// The authorities of the gateway's certificate, a PEM file.
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_CA_FILE", default_value = SYSTEM_ROOTS)]
    ca_file: PathBuf,
    /// A file with a token for the directory. Without it PORTCULLIS_TOKEN is used, or the application that
    /// AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET name signs in.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A directory to which somebody is signed in.
#[derive(Debug)]
pub(super) struct Directory {
    client: HttpsClient,
    base: String,
    token: SecretText,
    runtime: tokio::runtime::Runtime,
}

impl Gateway {
    /// Signs in.
    pub(super) fn open(&self) -> anyhow::Result<Directory> {
        let place = self.ca_file.display();
        let roots = std::fs::read(&self.ca_file).with_context(|| format!("reading the authorities `{place}`"))?;
        let client =
            HttpsClient::new(&roots, TIME, MOST).with_context(|| format!("`{place}` cannot be used as authorities"))?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
        let url = self.url.trim_end_matches('/');
        let token = match token(self.token_file.as_deref())? {
            Some(token) => token,
            None => runtime.block_on(sign_in(&client, url))?,
        };
        Ok(Directory { client, base: format!("{url}/v1.0"), token, runtime })
    }
}

impl Directory {
    /// Makes a call at a path below the version, and gives the answer of one that succeeded; `null` if it tells nothing.
    pub(super) fn call(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let url: HttpsUrl =
            format!("{}{path}", self.base).parse().context("the gateway's address or a name cannot be used")?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token.expose()))
            .map_err(|_| anyhow::anyhow!("the token has characters that no token has"))?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]);
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let outgoing = Outgoing { method, headers, body: body.into() };
        let answer = self.runtime.block_on(self.client.send(&url, outgoing)).context("the gateway did not answer")?;
        let told = if answer.body.is_empty() { Value::Null } else { serde_json::from_slice(&answer.body)? };
        if answer.status.is_success() {
            return Ok(told);
        }
        bail!("{}", refusal(answer.status, &told))
    }

    /// All pages of a list.
    pub(super) fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let (mut path, mut all) = (path.to_owned(), Vec::new());
        loop {
            let mut page = self.call(Method::GET, &path, None)?;
            if let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) {
                all.extend(items);
            }
            let next = page["@odata.nextLink"].as_str().and_then(|link| link.split_once("/v1.0"));
            match next {
                // Whatever host a link names, the same gateway is asked.
                Some((_, rest)) => path = rest.to_owned(),
                None => return Ok(all),
            }
        }
    }

    /// The one object of a list that a filter finds.
    pub(super) fn find(&self, collection: &str, filter: &str, what: &str) -> anyhow::Result<Value> {
        let found = self.list(&format!("/{collection}?$filter={}", encoded(filter)))?;
        match <[Value; 1]>::try_from(found) {
            Ok([one]) => Ok(one),
            Err(found) if found.is_empty() => bail!("there is no {what} of that id or name"),
            Err(_) => bail!("several have that name; give the id"),
        }
    }
}

/// A text as one segment of a path, or as a value of a query.
pub(super) fn encoded(text: &str) -> String {
    let part = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_means_anything_in_a_url() {
        assert_eq!(encoded("ada@example.com"), "ada%40example.com");
        assert_eq!(encoded("a/../b?c=d&e#f g'é"), "a%2F..%2Fb%3Fc%3Dd%26e%23f%20g%27%C3%A9");
    }
}
