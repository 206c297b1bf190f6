//! Changes are made when somebody is there to notice: the operations that the settings name are done within a window
//! that is open every week.

use portcullis_plugin::{Access, Clock, ConditionalAccess, Host, Request, Settings as Installed, Weekday, Window};
use serde::Deserialize;

use crate::settings;

/// The plugin.
#[derive(Debug)]
pub struct BusinessHours;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Settings {
    /// The operations that are watched, as the audit log names them.
    operations: Vec<String>,
    /// `monday` to `sunday`.
    days: Vec<Day>,
    /// From when on, such as `08:00`.
    begin: String,
    /// Until when, such as `18:00`; not later than `begin` means on the next day.
    end: String,
    /// By how many minutes the zone's clocks are ahead of UTC. There is no daylight saving.
    #[serde(default)]
    minutes_ahead: i16,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl ConditionalAccess for BusinessHours {
    fn evaluate(host: &impl Host) -> Access {
        decide(host)
    }
}

fn decide(host: &(impl Request + Clock + Installed)) -> Access {
    let settings: Settings = match settings::read(host) {
        Ok(settings) => settings,
        Err(block) => return block,
    };
    let (Some(window), false) = (settings.window(), settings.operations.is_empty()) else {
        return settings::invalid("they name an operation, a day, and times such as 08:00");
    };
    if !host.operation_in(&settings.operations) {
        return Access::NotApplicable;
    }
    if host.within(&window) {
        return Access::grant("business-hours");
    }
    Access::block(
        "business-hours",
        format!("this is done from {} to {} on working days only", settings.begin, settings.end),
    )
}

impl Settings {
    fn window(&self) -> Option<Window> {
        let (begin, end) = (minutes(&self.begin)?, minutes(&self.end)?);
        let sensible = begin < 1440 && !self.days.is_empty() && self.minutes_ahead.unsigned_abs() <= 840;
        let days = self.days.iter().map(|day| day.weekday()).collect();
        sensible.then_some(Window { days, begin, end, offset: self.minutes_ahead })
    }
}

/// `08:00` as minutes after midnight.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60 && hours * 60 + minutes <= 1440).then_some(hours * 60 + minutes)
}

impl Day {
    const fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Monday,
            Self::Tuesday => Weekday::Tuesday,
            Self::Wednesday => Weekday::Wednesday,
            Self::Thursday => Weekday::Thursday,
            Self::Friday => Weekday::Friday,
            Self::Saturday => Weekday::Saturday,
            Self::Sunday => Weekday::Sunday,
        }
    }
}
