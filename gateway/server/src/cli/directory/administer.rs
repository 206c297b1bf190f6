//! Users, groups and applications of a gateway's directory, and what ends their access.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use http::Method;
use portcullis_identity::revocation_ids;
use portcullis_model::PrincipalId;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::admin::write_new;
use super::super::token;
use super::remote::{Directory, Gateway, encoded};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Lists the users.
    List(Everything),
    /// Shows a user as JSON.
    Show(Named),
    /// Makes a user. The password is read from standard input.
    Add {
        /// The name to sign in with, such as ada@example.com.
        name: String,
        /// A name for people; the name to sign in with when absent.
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Removes a user.
    Remove(Named),
    /// Takes all access from a user, at once.
    Disable(Named),
    /// Lets a user sign in again.
    Enable(Named),
    /// Ends all sessions and tokens of a user, who may sign in anew.
    SignOut(Named),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GroupCommand {
    /// Lists the groups.
    List(Everything),
    /// Shows a group as JSON.
    Show(Named),
    /// Makes a group.
    Add {
        /// Its name.
        name: String,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Removes a group.
    Remove(Named),
    /// Lists who is in a group directly.
    Members(Named),
    /// Takes a user, an application's principal or a group into a group.
    AddMember(Member),
    /// Takes somebody out of a group.
    RemoveMember(Member),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AppCommand {
    /// Lists the applications by their principals.
    List(Everything),
    /// Shows an application's principal as JSON.
    Show(Named),
    /// Registers an application with its principal and a client secret.
    Add {
        /// Its name.
        name: String,
        /// A new file for its ids and its secret, as KEY=value lines.
        #[arg(long, value_name = "FILE")]
        credentials: PathBuf,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Removes an application with its principal.
    Remove(Named),
    /// Takes all access from an application, at once.
    Disable(Named),
    /// Lets an application act again.
    Enable(Named),
    /// Ends all tokens of an application, which may ask for others.
    SignOut(Named),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Everything {
    #[command(flatten)]
    gateway: Gateway,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Named {
    /// The object id; for users also the name to sign in with, for applications the client id, for groups the name.
    id: String,
    #[command(flatten)]
    gateway: Gateway,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Member {
    /// The group's object id or name.
    group: String,
    /// The member's object id.
    member: PrincipalId,
    #[command(flatten)]
    gateway: Gateway,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Revoke {
    /// The file that holds the token; standard input when absent.
    #[arg(long, value_name = "FILE")]
    revoked_token_file: Option<PathBuf>,
    #[command(flatten)]
    gateway: Gateway,
}

impl UserCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(all) => tell_lines(&all.gateway.open()?.list("/users")?, "userPrincipalName"),
            Self::Show(named) => named.user(|directory, path| tell(&directory.call(Method::GET, path, None)?)),
            Self::Add { name, display_name, gateway } => {
                let password = super::password()?;
                let body = Zeroizing::new(
                    json!({
                        "accountEnabled": true,
                        "displayName": display_name.as_ref().unwrap_or(&name),
                        "userPrincipalName": name,
                        "passwordProfile": { "password": *password },
                    })
                    .to_string(),
                );
                let body: Value = serde_json::from_str(&body)?;
                say(&gateway.open()?.call(Method::POST, "/users", Some(&body))?["id"])
            }
            Self::Remove(named) => named.user(|directory, path| done(directory, Method::DELETE, path, None)),
            Self::Disable(named) => named.user(|directory, path| enable(directory, path, false)),
            Self::Enable(named) => named.user(|directory, path| enable(directory, path, true)),
            Self::SignOut(named) => named.user(sign_out),
        }
    }
}

impl GroupCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(all) => tell_lines(&all.gateway.open()?.list("/groups")?, "displayName"),
            Self::Show(named) => named.group(|directory, path| tell(&directory.call(Method::GET, path, None)?)),
            Self::Add { name, gateway } => {
                let body = json!({ "displayName": name, "mailEnabled": false, "securityEnabled": true });
                say(&gateway.open()?.call(Method::POST, "/groups", Some(&body))?["id"])
            }
            Self::Remove(named) => named.group(|directory, path| done(directory, Method::DELETE, path, None)),
            Self::Members(named) => {
                named.group(|directory, path| tell_lines(&directory.list(&format!("{path}/members"))?, "displayName"))
            }
            Self::AddMember(member) => member.group(|directory, path, id| {
                let body = json!({ "@odata.id": format!("directoryObjects/{id}") });
                done(directory, Method::POST, &format!("{path}/members/$ref"), Some(&body))
            }),
            Self::RemoveMember(member) => member.group(|directory, path, id| {
                done(directory, Method::DELETE, &format!("{path}/members/{id}/$ref"), None)
            }),
        }
    }
}

impl AppCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(all) => tell_lines(&all.gateway.open()?.list("/servicePrincipals")?, "displayName"),
            Self::Show(named) => named.principal(|directory, path| tell(&directory.call(Method::GET, path, None)?)),
            Self::Add { name, credentials, gateway } => add_application(&gateway, &name, &credentials),
            Self::Remove(named) => named.principal(|directory, path| {
                let application = directory.call(Method::GET, path, None)?;
                let application = application["appId"].as_str().unwrap_or_default();
                let registered = directory.find("applications", &format!("appId eq '{application}'"), "application")?;
                let path = format!("/applications/{}", registered["id"].as_str().unwrap_or_default());
                done(directory, Method::DELETE, &path, None)
            }),
            Self::Disable(named) => named.principal(|directory, path| enable(directory, path, false)),
            Self::Enable(named) => named.principal(|directory, path| enable(directory, path, true)),
            Self::SignOut(named) => named.principal(sign_out),
        }
    }
}

impl Revoke {
    /// Ends the token as it is: those that it was made from stay.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let token = token::read(self.revoked_token_file.as_deref())?;
        let ids = revocation_ids(token.trim()).context("the token has no revocation ids")?;
        let id = ids.last().map(hex::encode).unwrap_or_default();
        let body = json!({ "revocationId": id });
        done(&self.gateway.open()?, Method::POST, "/directory/revokedTokens", Some(&body))
    }
}

impl Named {
    fn user(&self, act: impl FnOnce(&Directory, &str) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
        act(&self.gateway.open()?, &format!("/users/{}", encoded(&self.id)))
    }

    fn group(&self, act: impl FnOnce(&Directory, &str) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
        let directory = self.gateway.open()?;
        let path = group_path(&directory, &self.id)?;
        act(&directory, &path)
    }

    /// Applications are named by their client id as well as by their principal.
    fn principal(&self, act: impl FnOnce(&Directory, &str) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
        let directory = self.gateway.open()?;
        let Ok(id) = self.id.parse::<PrincipalId>() else { bail!("an application is named by a GUID") };
        let by_client = directory.find("servicePrincipals", &format!("appId eq '{id}'"), "application");
        let id = match by_client {
            Ok(found) => found["id"].as_str().unwrap_or_default().to_owned(),
            Err(_) => id.to_string(),
        };
        act(&directory, &format!("/servicePrincipals/{id}"))
    }
}

impl Member {
    fn group(
        &self,
        act: impl FnOnce(&Directory, &str, PrincipalId) -> anyhow::Result<ExitCode>,
    ) -> anyhow::Result<ExitCode> {
        let directory = self.gateway.open()?;
        let path = group_path(&directory, &self.group)?;
        act(&directory, &path, self.member)
    }
}

fn group_path(directory: &Directory, name: &str) -> anyhow::Result<String> {
    if name.parse::<PrincipalId>().is_ok() {
        return Ok(format!("/groups/{name}"));
    }
    let found = directory.find("groups", &format!("displayName eq '{}'", name.replace('\'', "''")), "group")?;
    Ok(format!("/groups/{}", found["id"].as_str().unwrap_or_default()))
}

fn add_application(gateway: &Gateway, name: &str, credentials: &Path) -> anyhow::Result<ExitCode> {
    if credentials.exists() {
        bail!("`{}` is there already; name a new file", credentials.display());
    }
    let directory = gateway.open()?;
    let registered = directory.call(Method::POST, "/applications", Some(&json!({ "displayName": name })))?;
    let text = |value: &Value, member: &str| value[member].as_str().unwrap_or_default().to_owned();
    let client = text(&registered, "appId");
    let principal = directory.call(Method::POST, "/servicePrincipals", Some(&json!({ "appId": client })))?;
    let path = format!("/applications/{}/addPassword", text(&registered, "id"));
    let made = directory.call(Method::POST, &path, Some(&json!({})))?;
    let secret = Zeroizing::new(text(&made, "secretText"));
    let lines = Zeroizing::new(format!(
        "AZURE_CLIENT_ID={client}\nAZURE_CLIENT_SECRET={}\nPORTCULLIS_PRINCIPAL_ID={}\n",
        *secret,
        text(&principal, "id"),
    ));
    write_new(credentials, lines.as_bytes())?;
    say(&principal["id"])
}

fn enable(directory: &Directory, path: &str, enabled: bool) -> anyhow::Result<ExitCode> {
    done(directory, Method::PATCH, path, Some(&json!({ "accountEnabled": enabled })))
}

fn sign_out(directory: &Directory, path: &str) -> anyhow::Result<ExitCode> {
    done(directory, Method::POST, &format!("{path}/revokeSignInSessions"), None)
}

fn done(directory: &Directory, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<ExitCode> {
    directory.call(method, path, body)?;
    Ok(ExitCode::SUCCESS)
}

fn say(value: &Value) -> anyhow::Result<ExitCode> {
    writeln!(std::io::stdout(), "{}", value.as_str().unwrap_or_default())?;
    Ok(ExitCode::SUCCESS)
}

fn tell(value: &Value) -> anyhow::Result<ExitCode> {
    writeln!(std::io::stdout(), "{value:#}")?;
    Ok(ExitCode::SUCCESS)
}

/// One object a line: its id, whether it may act, and its name.
fn tell_lines(objects: &[Value], name: &str) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    for object in objects {
        let state = if object["accountEnabled"] == json!(false) { "disabled" } else { "enabled " };
        let name = object[name].as_str().or_else(|| object["displayName"].as_str()).unwrap_or_default();
        // A name is somebody's text: nothing of it may move the cursor.
        let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
        writeln!(out, "{}  {state}  {name}", object["id"].as_str().unwrap_or_default())?;
    }
    Ok(ExitCode::SUCCESS)
}
