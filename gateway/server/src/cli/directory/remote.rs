//! A gateway's directory, as the command line speaks to it.

use anyhow::bail;
use clap::Args;
use http::Method;
use serde_json::Value;

use super::super::remote::{Access, Remote, Sent};

/// Which gateway.
#[derive(Debug, Args)]
pub(in crate::cli) struct Gateway {
    /// The directory's address, as `portcullis dev` prints it.
    #[arg(long, value_name = "URL", env = "PORTCULLIS_GRAPH_URL")]
    url: String,
    #[command(flatten)]
    access: Access,
}

/// A directory to which somebody is signed in.
#[derive(Debug)]
pub(super) struct Directory(Remote);

impl Gateway {
    /// Signs in.
    pub(super) fn open(&self) -> anyhow::Result<Directory> {
        self.access.open(&self.url).map(Directory)
    }
}

impl Directory {
    /// Makes a call at a path below the version, and gives the answer of one that succeeded; `null` if it tells nothing.
    pub(super) fn call(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        self.0.call(method, &format!("/v1.0{path}"), body.map(Sent::json).unwrap_or_default())
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
