//! What is installed on a gateway: installed, changed, listed, shown, taken back, removed.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use http::Method;
use portcullis_model::{ComponentDigest, PluginName};
use serde_json::{Map, Value, json};

use super::remote::{Gateway, Remote, SYSTEM_ROOTS, Sent};
use super::signature;
use super::source::Source;

/// How a plugin is to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// It counts.
    Enforce,
    /// It is evaluated and recorded.
    ReportOnly,
    /// It is not asked.
    Off,
    /// It counts for `--percentage` of a hundred principals.
    Percentage,
}

/// What comes of a plugin's failure.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnFailure {
    /// The request is refused.
    Deny,
    /// It is recorded and not counted: whoever can make the plugin fail is let through.
    Ignore,
}

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The settings, a file with a JSON object.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Whether it counts.
    #[arg(long)]
    mode: Option<Mode>,
    /// For how many of a hundred principals it counts, with `--mode percentage`.
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=100))]
    percentage: Option<u8>,
    /// Its place among the installed plugins: those of less are asked first.
    #[arg(long, allow_negative_numbers = true)]
    order: Option<i32>,
    /// What comes of its failure.
    #[arg(long)]
    on_failure: Option<OnFailure>,
    /// How much memory an evaluation may take, in MiB; as much as the gateway allows any plugin when absent.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1024))]
    memory: Option<u64>,
    /// How long an evaluation may take, in milliseconds; as long as the gateway allows any plugin when absent.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    time: Option<u64>,
    /// The component's signature, a file; the component's name and `.sig` when that is there.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// The authorities of a registry's certificate, a PEM file.
    #[arg(long, value_name = "FILE", default_value = SYSTEM_ROOTS)]
    registry_ca_file: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Install {
    /// The plugin's name at the scope.
    name: PluginName,
    /// The component: a file, `oci:FOLDER@sha256:DIGEST` or `https://REGISTRY/REPOSITORY@sha256:DIGEST`; the digest is that
    /// of the manifest.
    component: Source,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    gateway: Gateway,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Update {
    /// The plugin's name at the scope.
    name: PluginName,
    /// Another component, as `install` takes it.
    #[arg(long, value_name = "COMPONENT")]
    component: Option<Source>,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    gateway: Gateway,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    gateway: Gateway,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Named {
    /// The plugin's name at the scope.
    name: PluginName,
    #[command(flatten)]
    gateway: Gateway,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Promote {
    /// The plugin's name at the scope.
    name: PluginName,
    /// A rule whose refusals are meant; may be repeated.
    #[arg(long, value_name = "RULE")]
    acknowledge: Vec<String>,
    /// Whatever it would refuse is meant.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    gateway: Gateway,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Rollback {
    /// The plugin's name at the scope.
    name: PluginName,
    /// The generation that shall hold again; the one before the present one when absent.
    #[arg(long)]
    generation: Option<u32>,
    #[command(flatten)]
    gateway: Gateway,
}

impl Install {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let component = self.component.read(&self.options.registry_ca_file)?;
        let mut properties = Map::new();
        // Whoever does not say otherwise looks first.
        properties.insert("mode".to_owned(), json!("reportOnly"));
        self.options.add_to(&mut properties)?;
        self.options.add_signature(&self.component, &mut properties)?;
        let remote = self.gateway.open()?;
        let path = format!("plugins/{}", self.name);
        properties.insert("component".to_owned(), json!(bring(&remote, component)?));
        let told = remote.call(Method::PUT, &path, Sent::json(&json!({ "properties": properties })))?;
        tell("installed", &self.gateway, &told)
    }
}

impl Update {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let component = self.component.as_ref().map(|it| it.read(&self.options.registry_ca_file)).transpose()?;
        let remote = self.gateway.open()?;
        let path = format!("plugins/{}", self.name);
        let before = remote.call(Method::GET, &path, Sent::default())?;
        let mut properties = before["properties"].as_object().cloned().unwrap_or_default();
        self.options.add_to(&mut properties)?;
        if let Some(component) = &self.component {
            properties.remove("signature");
            self.options.add_signature(component, &mut properties)?;
        }
        if let Some(component) = component {
            properties.insert("component".to_owned(), json!(bring(&remote, component)?));
        }
        let if_match = before["etag"].as_str().map(str::to_owned);
        let sent = Sent { if_match, ..Sent::json(&json!({ "properties": properties })) };
        let told = remote.call(Method::PUT, &path, sent)?;
        tell("updated", &self.gateway, &told)
    }
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let told = self.gateway.open()?.call(Method::GET, "plugins", Sent::default())?;
        let plugins = told["value"].as_array().cloned().unwrap_or_default();
        let mut out = std::io::stdout().lock();
        if plugins.is_empty() {
            writeln!(out, "no plugin is installed at or below {}", self.gateway.scope())?;
        }
        for plugin in plugins {
            writeln!(out, "{}", line(&plugin))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Named {
    pub(super) fn show(self) -> anyhow::Result<ExitCode> {
        let told = self.gateway.open()?.call(Method::GET, &format!("plugins/{}", self.name), Sent::default())?;
        writeln!(std::io::stdout(), "{told:#}")?;
        Ok(ExitCode::SUCCESS)
    }

    pub(super) fn remove(self) -> anyhow::Result<ExitCode> {
        self.gateway.open()?.call(Method::DELETE, &format!("plugins/{}", self.name), Sent::default())?;
        writeln!(std::io::stdout(), "removed {} at {}", self.name, self.gateway.scope())?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Promote {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let path = format!("plugins/{}/promote", self.name);
        let sent = Sent::json(&json!({ "acknowledge": self.acknowledge, "force": self.force }));
        let told = self.gateway.open()?.call(Method::POST, &path, sent)?;
        tell("promoted", &self.gateway, &told)
    }
}

impl Rollback {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let path = format!("plugins/{}/rollback", self.name);
        let sent = self.generation.map_or_else(Sent::default, |number| Sent::json(&json!({ "generation": number })));
        let told = self.gateway.open()?.call(Method::POST, &path, sent)?;
        tell("rolled back", &self.gateway, &told)
    }
}

impl Options {
    /// Puts what is given in the place of what is there.
    fn add_to(&self, properties: &mut Map<String, Value>) -> anyhow::Result<()> {
        if self.percentage.is_some() && self.mode != Some(Mode::Percentage) {
            bail!("--percentage belongs to --mode percentage");
        }
        if let Some(mode) = self.mode {
            let (mode, percentage) = match mode {
                Mode::Enforce => ("enforce", None),
                Mode::ReportOnly => ("reportOnly", None),
                Mode::Off => ("off", None),
                Mode::Percentage => {
                    ("percentage", Some(self.percentage.context("--mode percentage needs --percentage")?))
                }
            };
            properties.insert("mode".to_owned(), json!(mode));
            properties.remove("percentage");
            if let Some(percentage) = percentage {
                properties.insert("percentage".to_owned(), json!(percentage));
            }
        }
        if let Some(path) = &self.settings {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("reading the settings `{}`", path.display()))?;
            let settings: Map<String, Value> =
                serde_json::from_str(&text).with_context(|| format!("`{}` is no JSON object", path.display()))?;
            properties.insert("settings".to_owned(), Value::Object(settings));
        }
        if let Some(order) = self.order {
            properties.insert("order".to_owned(), json!(order));
        }
        if let Some(on_failure) = self.on_failure {
            let text = match on_failure {
                OnFailure::Deny => "deny",
                OnFailure::Ignore => "ignore",
            };
            properties.insert("onFailure".to_owned(), json!(text));
        }
        for (name, bound) in [("memoryBytes", self.memory.map(|mib| mib << 20)), ("timeMilliseconds", self.time)] {
            let Some(bound) = bound else { continue };
            let limits = properties.entry("limits").or_insert_with(|| json!({}));
            limits
                .as_object_mut()
                .context("the gateway tells limits that are no object")?
                .insert(name.to_owned(), json!(bound));
        }
        Ok(())
    }
}

impl Options {
    /// Puts the signature of a component in, if there is one.
    fn add_signature(&self, component: &Source, properties: &mut Map<String, Value>) -> anyhow::Result<()> {
        let beside = component.file().map(signature::beside).filter(|path| path.exists());
        let Some(path) = self.signature.as_ref().or(beside.as_ref()) else { return Ok(()) };
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading the signature `{}`", path.display()))?;
        properties.insert("signature".to_owned(), json!(text.trim()));
        Ok(())
    }
}

/// Brings a component, and says by which digest it is known.
fn bring(remote: &Remote, bytes: Vec<u8>) -> anyhow::Result<String> {
    let digest = ComponentDigest::from_bytes(portcullis_crypto::sha256(&bytes)).to_string();
    let sent = Sent { body: bytes.into(), content_type: Some("application/wasm"), if_match: None };
    remote.call(Method::PUT, &format!("components/{digest}"), sent)?;
    Ok(digest)
}

fn tell(done: &str, gateway: &Gateway, plugin: &Value) -> anyhow::Result<ExitCode> {
    let properties = &plugin["properties"];
    let name = plugin["name"].as_str().unwrap_or_default();
    let text =
        format!("{done} {name} at {}: generation {}, {}", gateway.scope(), properties["generation"], mode(properties));
    writeln!(std::io::stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

/// An installation on one line.
fn line(plugin: &Value) -> String {
    let properties = &plugin["properties"];
    let text = |name: &str| properties[name].as_str().unwrap_or_default();
    format!(
        "{}  {}  generation {}  {}  {}  {}",
        plugin["name"].as_str().unwrap_or_default(),
        mode(properties),
        properties["generation"],
        text("state"),
        text("component").get(..12).unwrap_or_default(),
        text("scope"),
    )
}

fn mode(properties: &Value) -> String {
    let mode = match properties["mode"].as_str().unwrap_or_default() {
        "reportOnly" => "report-only",
        mode => mode,
    };
    properties["percentage"].as_u64().map_or_else(|| mode.to_owned(), |percent| format!("{mode} {percent}"))
}
