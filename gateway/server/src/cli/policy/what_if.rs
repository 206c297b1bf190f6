//! `portcullis policy what-if`: who could do something at a vault, and what somebody could do.

use std::io::Write as _;
use std::net::IpAddr;
use std::process::ExitCode;

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use super::super::remote::{Access, Sent};

/// The version of the management plane that is spoken.
const VERSION: &str = "2026-02-01";

#[derive(Debug, Args)]
pub(in crate::cli) struct WhatIf {
    /// The vault's resource id.
    #[arg(long, value_name = "RESOURCE-ID")]
    vault: String,
    /// What would be asked for, named as in the audit log, such as SecretGet; may be repeated. Without it, everything.
    #[arg(long, value_name = "NAME")]
    operation: Vec<String>,
    /// The object that it is about, such as secrets/db.
    #[arg(long, value_name = "KIND/NAME", value_parser = object)]
    object: Option<(String, String)>,
    /// The object id of who would ask; may be repeated. Without it, everybody of the vault's tenant.
    #[arg(long, value_name = "ID")]
    principal: Vec<String>,
    /// From where; without it, from here.
    #[arg(long, value_name = "ADDRESS")]
    source: Option<IpAddr>,
    /// How they would have signed in, in the words of RFC 8176, such as mfa; may be repeated.
    #[arg(long, value_name = "METHOD")]
    method: Vec<String>,
    /// Leaves out what would be refused.
    #[arg(long)]
    allowed: bool,
    /// Prints each as a line of JSON.
    #[arg(long)]
    json: bool,
    /// The management plane's address, as `portcullis dev` prints it.
    #[arg(long, value_name = "URL", env = "PORTCULLIS_MANAGEMENT_URL")]
    url: String,
    #[command(flatten)]
    access: Access,
}

fn object(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((kind, name)) => Ok((kind.to_owned(), name.to_owned())),
        None => Err("an object is given as KIND/NAME, such as secrets/db".to_owned()),
    }
}

impl WhatIf {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let remote = self.access.open(&self.url)?;
        let vault = self.vault.trim_end_matches('/');
        let path = format!("{vault}/providers/Portcullis.Gateway/whatIf?api-version={VERSION}");
        let mut question = self.question();
        let mut out = std::io::stdout().lock();
        loop {
            let mut answer = remote.call(Method::POST, &path, Sent::json(&question))?;
            for item in answer["value"].as_array().into_iter().flatten() {
                if self.json { writeln!(out, "{item}")? } else { writeln!(out, "{}", line(item))? }
            }
            match answer["next"].take() {
                Value::Null => return Ok(ExitCode::SUCCESS),
                next => question["after"] = next,
            }
        }
    }

    fn question(&self) -> Value {
        let mut question = json!({
            "operations": self.operation,
            "principals": self.principal,
            "authenticationMethods": self.method,
            "onlyAllowed": self.allowed,
        });
        if let Some((kind, name)) = &self.object {
            question["object"] = json!({"kind": kind, "name": name});
        }
        if let Some(source) = self.source {
            question["sourceAddress"] = source.to_string().into();
        }
        question
    }
}

/// `allow  SecretGet  reader (5d5c...)  by azure-rbac ...`
fn line(item: &Value) -> String {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let by = match text("plugin") {
        "" => text("stage"),
        plugin => plugin,
    };
    let why = match text("reason") {
        "" => text("rule"),
        reason => reason,
    };
    let (outcome, operation) = (text("outcome"), text("operation"));
    format!("{outcome:<9} {operation:<26} {} {}  {by}: {why}", text("principalId"), text("displayName"))
}
