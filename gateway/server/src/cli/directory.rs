//! `portcullis directory`: administers the directory of a gateway, and makes offline what it needs.

mod administer;
mod remote;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use portcullis_crypto::{PasswordHash, SystemRandom, TotpKey};
use zeroize::Zeroizing;

#[derive(Debug, Subcommand)]
pub(super) enum DirectoryCommand {
    /// Reads a password from standard input and prints its hash, for `password_hash_file` of a `[[user]]`.
    PasswordHash,
    /// Lists, shows, makes, removes, disables and enables users.
    #[command(subcommand)]
    User(administer::UserCommand),
    /// Lists, shows, makes and removes groups, and their members.
    #[command(subcommand)]
    Group(administer::GroupCommand),
    /// Lists, shows, registers, removes, disables and enables applications.
    #[command(subcommand)]
    App(administer::AppCommand),
    /// Ends one token, and those made from it, at once.
    Revoke(administer::Revoke),
    /// Prints a new key for an authenticator app, for `totp_file` of a `[[user]]`; with a name, the address that apps
    /// take on standard error.
    Totp {
        /// The name that the app shows, such as ada@example.com.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
}

impl DirectoryCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::PasswordHash => password_hash(),
            Self::User(command) => command.run(),
            Self::Group(command) => command.run(),
            Self::App(command) => command.run(),
            Self::Revoke(arguments) => arguments.run(),
            Self::Totp { name } => totp(name.as_deref()),
        }
    }
}

fn password_hash() -> anyhow::Result<ExitCode> {
    let hash = PasswordHash::new(password()?.as_bytes(), &SystemRandom::new()).context("hashing the password")?;
    writeln!(std::io::stdout(), "{}", hash.to_text())?;
    Ok(ExitCode::SUCCESS)
}

/// A password from standard input: one line.
fn password() -> anyhow::Result<Zeroizing<String>> {
    let most = PasswordHash::MAX_BYTES;
    let mut text = Zeroizing::new(String::with_capacity(most + 3));
    let limit = u64::try_from(most + 3).unwrap_or(u64::MAX);
    std::io::stdin()
        .lock()
        .take(limit)
        .read_to_string(&mut text)
        .context("reading the password from standard input")?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    ensure!(!password.contains(['\r', '\n']), "the password has more than one line; give it alone");
    ensure!(password.len() <= most, "the password has more than {most} bytes; choose a shorter one");
    ensure!(
        password.chars().count() >= PasswordHash::MIN_CHARACTERS,
        "the password has fewer than {} characters; choose a longer one",
        PasswordHash::MIN_CHARACTERS
    );
    Ok(Zeroizing::new(password.to_owned()))
}

fn totp(name: Option<&str>) -> anyhow::Result<ExitCode> {
    let key = TotpKey::generate(&SystemRandom::new()).context("making a key")?;
    let text = key.to_base32();
    writeln!(std::io::stdout(), "{}", *text)?;
    if let Some(name) = name {
        let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@._-+".contains(&byte));
        ensure!(fits, "the name may have letters, digits and `@._-+`");
        writeln!(std::io::stderr(), "otpauth://totp/Portcullis:{name}?secret={}&issuer=Portcullis", *text)?;
    }
    Ok(ExitCode::SUCCESS)
}
