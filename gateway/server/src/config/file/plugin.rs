//! `[[plugin]]`: which plugins are asked, in which order, with which settings.

use std::path::Path;

use portcullis_policy::Mode;
use toml::de::DeValue;

use super::super::reader::{Noted, Reader, Unique, Value};
use super::super::{MAX_DOCUMENTS, PluginConfig, PluginSource};
use super::named_file;

/// Reads `[[plugin]]`. Without any, the plugins that the gateway brings along are asked.
pub(super) fn plugins(root: &mut Reader<'_>, folder: &Path) -> Result<Vec<PluginConfig>, Noted> {
    let mut names = Unique::new("plugin name");
    let plugins = root.tables("plugin", |reader| plugin(reader, folder, &mut names))?;
    Ok(if plugins.is_empty() { DEFAULT.map(bundled).into() } else { plugins })
}

fn plugin(reader: &mut Reader<'_>, folder: &Path, names: &mut Unique<String>) -> Result<PluginConfig, Noted> {
    let name = reader.required("name", "\"azure-rbac\"").and_then(|value| {
        let name = value.parsed_with("a plugin name: 1 to 64 lower-case letters, digits and hyphens", plugin_name)?;
        names.add(name.clone(), &value)?;
        Ok(name)
    });
    let source = source(reader, folder);
    let mut mode = Mode::Enforce;
    let modes = [("enforce", Mode::Enforce), ("report-only", Mode::ReportOnly)];
    reader.set("mode", &mut mode, |value| value.one_of(&modes));
    let settings = settings(reader, folder);
    let data = data(reader, folder);
    let source = source?;
    let settings = settings?.unwrap_or_else(|| default_settings(&source).to_owned());
    Ok(PluginConfig { name: name?, source, mode, settings, data: data? })
}

fn plugin_name(text: &str) -> Option<String> {
    let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (letters && (1..=64).contains(&text.len())).then(|| text.to_owned())
}

fn source(reader: &mut Reader<'_>, folder: &Path) -> Result<PluginSource, Noted> {
    match (reader.optional("builtin"), reader.optional("file")) {
        (Some(builtin), None) => {
            let names: Vec<_> = portcullis_bundled::ALL.iter().map(|(name, _)| (*name, *name)).collect();
            builtin.one_of(&names).map(PluginSource::Bundled)
        }
        (None, Some(file)) => named_file::readable(&file, folder).map(PluginSource::File),
        (Some(_), Some(file)) => Err(file.wrong("`builtin` is given as well; remove one of them".to_owned())),
        (None, None) => {
            let message =
                "neither `builtin` nor `file` is given; add `builtin = \"azure-rbac\"` or `file = \"plugin.wasm\"`";
            Err(reader.wrong(None, message.to_owned()))
        }
    }
}

pub(super) fn settings(reader: &mut Reader<'_>, folder: &Path) -> Result<Option<String>, Noted> {
    match (reader.optional("settings"), reader.optional("settings_file")) {
        (None, None) => Ok(None),
        (Some(_), Some(file)) => Err(file.wrong("`settings` is given as well; remove one of them".to_owned())),
        (None, Some(file)) => {
            let text = named_file::content(&file, folder, MAX_SETTINGS)?;
            // Nothing of the content is shown: the error has a line, a column and what JSON expects there.
            serde_json::from_str::<serde_json::Value>(&text)
                .map_err(|error| file.wrong(format!("the file is not valid JSON: {error}")))?;
            Ok(Some(text))
        }
        (Some(settings), None) => match settings.raw() {
            DeValue::Table(_) => json(&settings, settings.raw()).map(|json| Some(json.to_string())),
            _ => settings.table(|_| Ok(None)),
        },
    }
}

/// Reads `[[plugin.data]]`: the documents that the plugin may ask about.
fn data(reader: &mut Reader<'_>, folder: &Path) -> Result<Vec<(String, String)>, Noted> {
    let mut names = Unique::new("document name");
    reader.tables("data", |reader| {
        let name = reader.required("name", "\"owners\"").and_then(|value| {
            let name =
                value.parsed_with("a document name: 1 to 64 letters, digits, hyphens and dots", document_name)?;
            names.add(name.clone(), &value)?;
            Ok(name)
        });
        let text = reader.required("file", "\"owners.json\"").and_then(|value| {
            let text = named_file::content(&value, folder, MAX_DOCUMENTS as u64)?;
            // As with settings, nothing of the content is shown.
            serde_json::from_str::<serde::de::IgnoredAny>(&text)
                .map_err(|error| value.wrong(format!("the file is not valid JSON: {error}")))?;
            Ok(text)
        });
        Ok((name?, text?))
    })
}

fn document_name(text: &str) -> Option<String> {
    let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    (letters && (1..=64).contains(&text.len())).then(|| text.to_owned())
}

/// TOML as JSON. Dates and times, and numbers that are none, have no form there.
fn json(settings: &Value<'_>, value: &DeValue<'_>) -> Result<serde_json::Value, Noted> {
    let unfit = |what: &str| settings.wrong(format!("{what} has no form in JSON; write it as a text"));
    Ok(match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_err(|_| unfit("an integer of more than 64 bits"))?
            .into(),
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            number.ok_or_else(|| unfit("a number that is infinite or none"))?.into()
        }
        DeValue::Datetime(_) => return Err(unfit("a date or time")),
        DeValue::Array(items) => {
            items.iter().map(|item| json(settings, item.get_ref())).collect::<Result<Vec<_>, _>>()?.into()
        }
        DeValue::Table(table) => {
            let members =
                table.iter().map(|(key, value)| Ok((key.get_ref().to_string(), json(settings, value.get_ref())?)));
            members.collect::<Result<serde_json::Map<_, _>, _>>()?.into()
        }
    })
}

fn bundled(name: &'static str) -> PluginConfig {
    let source = PluginSource::Bundled(name);
    let settings = default_settings(&source).to_owned();
    PluginConfig { name: name.to_owned(), source, mode: Mode::Enforce, settings, data: Vec::new() }
}

fn default_settings(source: &PluginSource) -> &'static str {
    match source {
        PluginSource::Bundled(CONDITIONAL_ACCESS) => r#"{"policies":[]}"#,
        PluginSource::Bundled(_) | PluginSource::File(_) => "{}",
    }
}

const AZURE_RBAC: &str = "azure-rbac";
const ACCESS_POLICY: &str = "access-policy";
const CONDITIONAL_ACCESS: &str = "conditional-access";
/// What is asked if no plugin is configured, in this order.
const DEFAULT: [&str; 3] = [CONDITIONAL_ACCESS, AZURE_RBAC, ACCESS_POLICY];
const MAX_SETTINGS: u64 = 1 << 20;
