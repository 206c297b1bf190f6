//! `portcullis token`: narrows access tokens offline.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use ipnet::IpNet;
use portcullis_crypto::SystemRandom;
use portcullis_identity::{Restrictions, attenuate, revocation_ids};
use portcullis_model::{Clock as _, ObjectKind, ObjectName, Operation, SystemClock, VaultName};
use zeroize::Zeroizing;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Makes a narrower token out of a token, without asking the gateway. What is narrowed once cannot be widened.
    Attenuate(Attenuate),
    /// Prints the revocation ids of a token's blocks, one a line: the first stands for the token as it was issued, the
    /// last for the token as it is.
    RevocationIds {
        /// The file that holds the token; standard input when absent.
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Attenuate {
    /// The operations that the new token permits, such as SecretGet; may be repeated.
    #[arg(long = "operation", value_name = "NAME", value_parser = parse_operation)]
    operations: Vec<Operation>,
    /// The vaults; may be repeated.
    #[arg(long = "vault", value_name = "NAME")]
    vaults: Vec<VaultName>,
    /// The objects, such as secrets/db-password, keys/signing or certificates/site; may be repeated.
    #[arg(long = "object", value_name = "KIND/NAME", value_parser = parse_object)]
    objects: Vec<(ObjectKind, ObjectName)>,
    /// The networks that the token may be used from, such as 10.0.0.0/8; may be repeated.
    #[arg(long = "source", value_name = "CIDR", value_parser = parse_source)]
    sources: Vec<IpNet>,
    /// How long the new token is valid, such as 10m, 2h or 30s.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expires_in: Option<Duration>,
    /// The file that holds the token; standard input when absent.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TokenCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let arguments = match self {
            Self::Attenuate(arguments) => arguments,
            Self::RevocationIds { token_file } => {
                let token = read(token_file.as_deref())?;
                for id in revocation_ids(token.trim()).context("the token has no revocation ids")? {
                    writeln!(std::io::stdout(), "{}", hex::encode(id))?;
                }
                return Ok(ExitCode::SUCCESS);
            }
        };
        let token = read(arguments.token_file.as_deref())?;
        let expires = arguments
            .expires_in
            .map(|after| SystemClock.now().plus(i64::try_from(after.as_secs()).unwrap_or(i64::MAX)));
        let restrictions = Restrictions {
            operations: arguments.operations,
            vaults: arguments.vaults,
            objects: arguments.objects,
            sources: arguments.sources,
            expires,
        };
        let narrowed =
            attenuate(token.trim(), &restrictions, &SystemRandom::new()).context("the token cannot be attenuated")?;
        writeln!(std::io::stdout(), "{narrowed}")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A token from a file or from standard input.
pub(super) fn read(file: Option<&Path>) -> anyhow::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    match file {
        Some(path) => {
            *text = std::fs::read_to_string(path)
                .with_context(|| format!("reading the token from `{}`", path.display()))?;
        }
        None => {
            let mut input = std::io::stdin().lock().take(64 * 1024);
            input.read_to_string(&mut text).context("reading the token from standard input")?;
        }
    }
    Ok(text)
}

fn parse_operation(text: &str) -> anyhow::Result<Operation> {
    Operation::from_name(text).with_context(|| {
        let names: Vec<_> = Operation::ALL.iter().map(|operation| operation.row().name).collect();
        format!("there is no such operation; there are {}", names.join(", "))
    })
}

fn parse_object(text: &str) -> anyhow::Result<(ObjectKind, ObjectName)> {
    let kind_and_name = text.split_once('/');
    let Some((kind, name)) = kind_and_name.and_then(|(kind, name)| Some((ObjectKind::of_collection(kind)?, name)))
    else {
        bail!("write it as secrets/NAME, keys/NAME or certificates/NAME");
    };
    Ok((kind, name.parse()?))
}

fn parse_source(text: &str) -> anyhow::Result<IpNet> {
    let net = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))?;
    if net.trunc() != net {
        bail!("it has bits set beyond its prefix; write {}", net.trunc());
    }
    Ok(net)
}

fn parse_duration(text: &str) -> anyhow::Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().context("write a number and s, m, h or d, such as 10m")?;
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => bail!("write a number and s, m, h or d, such as 10m"),
    };
    number.checked_mul(unit).map(Duration::from_secs).context("too long")
}
