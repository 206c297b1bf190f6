//! What others have found out about a caller, told by those whom the configuration names.
//!
//! A source is a reverse proxy, or whatever else stands between callers and the gateway and knows devices, risk or where
//! addresses are. It says so in one header, signed with a key that it shares with the gateway, about one caller and for
//! minutes. A header from anywhere else is as if it were not there. One from the address of a source that is not from the
//! source, is malformed, is too old or is about somebody else refuses the request: if it only did not count, whoever can
//! spoil it could make a risk unknown.

use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;
use ipnet::IpNet;
use portcullis_crypto::Mac;
use portcullis_crypto::jose::Shared;
use portcullis_model::{PrincipalId, UnixTime};
use portcullis_policy::{Signal, Signals};
use serde_json::{Map, Value};

use crate::config::SignalSourceConfig;

/// The header that carries signals.
pub(crate) const HEADER: &str = "x-portcullis-signals";

/// Those who may tell.
#[derive(Debug, Default)]
pub(crate) struct SignalSources(Vec<Source>);

#[derive(Debug)]
struct Source {
    prefixes: Vec<IpNet>,
    key: Mac,
}

/// Says why what a source told is not acceptable. The texts are for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadSignals {
    /// There are several.
    #[error("the header x-portcullis-signals is given more than once")]
    Several,
    /// No source at the address signed it.
    #[error("the header x-portcullis-signals was not signed by a signal source of this address")]
    Unsigned,
    /// It does not have its form.
    #[error("the header x-portcullis-signals has a claim that is not understood")]
    Malformed,
    /// It is not of now.
    #[error("the header x-portcullis-signals is not of now; it is valid for at most five minutes")]
    Untimely,
    /// It is about another caller.
    #[error("the header x-portcullis-signals is about another caller")]
    OtherCaller,
}

impl SignalSources {
    pub(crate) fn new(sources: Vec<SignalSourceConfig>) -> Self {
        let open = |SignalSourceConfig { name: _, prefixes, key }: SignalSourceConfig| Source {
            prefixes,
            key: Mac::with_secret(key.expose().as_bytes()),
        };
        Self(sources.into_iter().map(open).collect())
    }

    /// What a request's header tells of its caller; nothing when it is not from a source's address or says nothing.
    pub(crate) fn read(
        &self,
        head: &Parts,
        from: IpAddr,
        caller: PrincipalId,
        now: UnixTime,
    ) -> Result<Arc<Signals>, BadSignals> {
        let here = |source: &&Source| source.prefixes.iter().any(|net| net.contains(&from));
        let mut sources = self.0.iter().filter(here).peekable();
        let mut headers = head.headers.get_all(HEADER).iter();
        let (Some(header), Some(_)) = (headers.next(), sources.peek()) else { return Ok(Arc::default()) };
        if headers.next().is_some() {
            return Err(BadSignals::Several);
        }
        let token = header.to_str().ok().and_then(|text| Shared::parse(text, BYTES)).ok_or(BadSignals::Unsigned)?;
        let claims = sources.find_map(|source| token.claims(&source.key)).ok_or(BadSignals::Unsigned)?;
        told(claims, caller, now).map(Arc::new)
    }
}

/// Checks and takes the claims.
fn told(mut claims: Map<String, Value>, caller: PrincipalId, now: UnixTime) -> Result<Signals, BadSignals> {
    let time = |claims: &mut Map<String, Value>, name: &str| {
        claims.remove(name).and_then(|value| value.as_i64()).map(UnixTime).ok_or(BadSignals::Malformed)
    };
    let (issued, expires) = (time(&mut claims, "iat")?, time(&mut claims, "exp")?);
    let timely = issued <= now.plus(SKEW) && now < expires && expires <= issued.plus(LONGEST);
    if !timely {
        return Err(BadSignals::Untimely);
    }
    let subject = claims.remove("sub").ok_or(BadSignals::Malformed)?;
    if subject.as_str().and_then(|text| text.parse().ok()) != Some(caller) {
        return Err(BadSignals::OtherCaller);
    }
    let signals = Signals {
        device: signal(claims.remove("device"))?,
        risk: signal(claims.remove("risk"))?,
        network: signal(claims.remove("network"))?,
    };
    // A misspelt member must not be a signal that never comes.
    if claims.is_empty() { Ok(signals) } else { Err(BadSignals::Malformed) }
}

fn signal(value: Option<Value>) -> Result<Signal, BadSignals> {
    let members = match value {
        None => return Ok(Signal::default()),
        Some(Value::Object(members)) if members.len() <= ENTRIES => members,
        Some(_) => return Err(BadSignals::Malformed),
    };
    let entry = |(name, value): (String, Value)| {
        let value = match value {
            Value::String(text) => text,
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            // A collection stays the list that it is.
            Value::Array(items) if items.iter().all(Value::is_string) => Value::Array(items).to_string(),
            _ => return Err(BadSignals::Malformed),
        };
        let fits = |text: &str, most| (1..=most).contains(&text.len()) && !text.contains(char::is_control);
        if fits(&name, NAME) && fits(&value, VALUE) {
            Ok((name.into(), value.into()))
        } else {
            Err(BadSignals::Malformed)
        }
    };
    members.into_iter().map(entry).collect()
}

/// The bytes of a header.
const BYTES: usize = 8192;
/// The entries of one kind.
const ENTRIES: usize = 32;
/// The bytes of a name.
const NAME: usize = 64;
/// The bytes of a value.
const VALUE: usize = 1024;
/// The seconds by which the clock of a source may be ahead.
const SKEW: i64 = 60;
/// The seconds for which a source may tell.
const LONGEST: i64 = 300;

#[cfg(test)]
mod tests;
