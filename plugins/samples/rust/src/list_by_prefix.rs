//! Teams share a vault and see what is their own: a team's members use the objects whose names begin with its prefixes,
//! and find no others in lists.
//!
//! What they may do with them is decided by their roles. Whoever is in no team that the settings name is not restricted.

use std::collections::BTreeMap;

use portcullis_plugin::{Access, ConditionalAccess, Host, Obligation, Principal, Request, Settings as Installed};
use serde::Deserialize;

use crate::settings;

/// The plugin.
#[derive(Debug)]
pub struct ListByPrefix;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// How the names of a team's objects begin, by the team's group.
    teams: BTreeMap<String, Vec<String>>,
}

const LISTS: [&str; 6] =
    ["SecretList", "SecretListDeleted", "KeyList", "KeyListDeleted", "CertificateList", "CertificateListDeleted"];

/// What is restored has the name that its backup says, and no plugin knows it.
const RESTORES: [&str; 3] = ["SecretRestore", "KeyRestore", "CertificateRestore"];

impl ConditionalAccess for ListByPrefix {
    fn evaluate(host: &impl Host) -> Access {
        decide(host)
    }
}

fn decide(host: &(impl Request + Principal + Installed)) -> Access {
    let settings: Settings = match settings::read(host) {
        Ok(settings) => settings,
        Err(block) => return block,
    };
    let said = |prefixes: &Vec<String>| !prefixes.is_empty() && prefixes.iter().all(|prefix| !prefix.is_empty());
    if settings.teams.is_empty() || !settings.teams.values().all(said) {
        return settings::invalid("`teams` names groups, and prefixes for each");
    }
    let mut prefixes =
        settings.teams.iter().filter(|(group, _)| host.in_group(group)).flat_map(|(_, own)| own).peekable();
    if prefixes.peek().is_none() {
        return Access::NotApplicable;
    }
    if host.object_kind().is_some() {
        // Names are compared in lower case.
        if prefixes.any(|prefix| host.object_name_starts_with(&prefix.to_lowercase())) {
            return Access::grant("list-by-prefix");
        }
        return Access::block("list-by-prefix", "the name does not begin as those of your team");
    }
    if host.operation_in(&LISTS.map(str::to_owned)) {
        return Access::grant("list-by-prefix").demanding(Obligation::FilterList);
    }
    if host.operation_in(&RESTORES.map(str::to_owned)) {
        return Access::block("list-by-prefix", "what is restored may have any name");
    }
    Access::NotApplicable
}
