//! Versions of the protocol, as `api-version` names them.

use std::fmt;

/// An accepted `api-version`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiVersion(Box<str>);

impl ApiVersion {
    /// What the data plane accepts, in words.
    pub const DATA_PLANE: &'static str =
        "2016-10-01, 7.0 to 7.6 and their previews, and dates from 2025-06-01 on, with or without -preview";
    /// What the management plane accepts for vaults.
    pub const VAULTS: &'static [&'static str] = &[
        "2016-10-01",
        "2018-02-14",
        "2019-09-01",
        "2021-10-01",
        "2022-07-01",
        "2022-11-01",
        "2023-02-01",
        "2023-07-01",
        "2024-11-01",
        "2025-05-01",
        "2026-02-01",
        "2026-05-15",
    ];
    /// What the management plane accepts for plugins, which are this gateway's own.
    pub const PLUGINS: &'static [&'static str] = &["2026-11-01"];
    /// What the management plane accepts for role assignments.
    pub const ROLE_ASSIGNMENTS: &'static [&'static str] = &[
        "2015-07-01",
        "2018-01-01-preview",
        "2018-07-01-preview",
        "2020-04-01-preview",
        "2022-04-01",
        "2022-05-01-preview",
        "2024-07-01-preview",
    ];

    /// What the management plane accepts for privileged access.
    pub const SCHEDULES: &'static [&'static str] = &[
        "2020-10-01",
        "2020-10-01-preview",
        "2021-01-01-preview",
        "2022-04-01",
        "2022-04-01-preview",
        "2024-09-01-preview",
    ];

    /// A version of the data plane, if it is one (wire contract, section 1.1).
    #[must_use]
    pub fn data_plane(text: &str) -> Option<Self> {
        let accepted =
            text == "2016-10-01" || is_seven(text) || date(text).is_some_and(|(date, _)| date >= "2025-06-01");
        accepted.then(|| Self(text.into()))
    }

    /// A version of vaults on the management plane: one of [`Self::VAULTS`], or any preview.
    #[must_use]
    pub fn vaults(text: &str) -> Option<Self> {
        let accepted = Self::VAULTS.contains(&text) || matches!(date(text), Some((_, Stage::Preview)));
        accepted.then(|| Self(text.into()))
    }

    /// A version of role assignments on the management plane.
    #[must_use]
    pub fn role_assignments(text: &str) -> Option<Self> {
        Self::ROLE_ASSIGNMENTS.contains(&text).then(|| Self(text.into()))
    }

    /// A version of plugins on the management plane.
    #[must_use]
    pub fn plugins(text: &str) -> Option<Self> {
        Self::PLUGINS.contains(&text).then(|| Self(text.into()))
    }

    /// A version of privileged access on the management plane.
    #[must_use]
    pub fn schedules(text: &str) -> Option<Self> {
        Self::SCHEDULES.contains(&text).then(|| Self(text.into()))
    }

    /// A version of subscriptions, resource groups and resources: any date.
    #[must_use]
    pub fn resources(text: &str) -> Option<Self> {
        date(text).is_some().then(|| Self(text.into()))
    }

    /// The version as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a version of the data plane named by a date that is not before the one given.
    #[must_use]
    pub fn is_from(&self, first: &str) -> bool {
        date(&self.0).is_some_and(|(date, _)| date >= first)
    }
}

impl fmt::Debug for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiVersion({})", self.0)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Stable,
    Preview,
}

/// `^7\.[0-6](-preview(\.\d+)?)?$`, with at most four digits at the end.
fn is_seven(text: &str) -> bool {
    let Some(minor) = text.strip_prefix("7.") else { return false };
    let Some((b'0'..=b'6', rest)) = minor.as_bytes().split_first() else { return false };
    match rest.strip_prefix(b"-preview") {
        None => rest.is_empty(),
        Some([]) => true,
        Some([b'.', digits @ ..]) => (1..=4).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    }
}

/// The date of `YYYY-MM-DD` or `YYYY-MM-DD-preview`. Dates of this form compare as text.
fn date(text: &str) -> Option<(&str, Stage)> {
    let (date, stage) = match text.strip_suffix("-preview") {
        None => (text, Stage::Stable),
        Some(date) => (date, Stage::Preview),
    };
    let shape = date.len() == 10
        && date.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let month = shape.then(|| date.get(5..7))??;
    let day = date.get(8..10)?;
    (("01"..="12").contains(&month) && ("01"..="31").contains(&day)).then_some((date, stage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_plane_takes_what_clients_send() {
        for version in [
            "2016-10-01",
            "7.0",
            "7.4",
            "7.6",
            "7.5-preview.1",
            "7.6-preview.2",
            "7.2-preview",
            "2025-07-01",
            "2026-04-01",
            "2026-01-01-preview",
            "2026-03-01-preview",
            "2025-06-01",
        ] {
            assert_eq!(ApiVersion::data_plane(version).unwrap().as_str(), version);
        }
    }

    #[test]
    fn the_data_plane_refuses_the_rest() {
        for version in [
            "",
            "7",
            "7.7",
            "7.10",
            "7.4 ",
            " 7.4",
            "7.4-Preview",
            "7.4-preview.",
            "7.4-preview.x",
            "7.4-preview.12345",
            "7.4-preview-1",
            "2025-05-31",
            "2016-10-02",
            "2025-13-01",
            "2025-00-10",
            "2025-07-32",
            "2025-7-1",
            "2025/07/01",
            "2025-07-01-previews",
            "2025-07-01-preview-preview",
            "20250701",
            "٢٠٢٥-٠٧-٠١",
            "2025-07-0é",
        ] {
            assert!(ApiVersion::data_plane(version).is_none(), "{version}");
        }
    }

    #[test]
    fn the_management_plane_takes_its_own() {
        assert!(ApiVersion::vaults("2026-05-15").is_some());
        assert!(ApiVersion::vaults("2026-03-01-preview").is_some());
        assert!(ApiVersion::vaults("7.4").is_none());
        assert!(ApiVersion::role_assignments("2022-04-01").is_some());
        assert!(ApiVersion::role_assignments("2026-05-15").is_none());
    }

    #[test]
    fn versions_by_number_are_before_every_date() {
        assert!(!ApiVersion::data_plane("7.6").unwrap().is_from("2025-07-01"));
        assert!(ApiVersion::data_plane("2025-07-01").unwrap().is_from("2025-07-01"));
        assert!(!ApiVersion::data_plane("2025-06-01").unwrap().is_from("2025-07-01"));
    }
}
