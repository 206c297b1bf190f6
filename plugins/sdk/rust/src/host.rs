//! Everything that can be asked, and the one who answers in production.

use crate::{Clock, Counter, Data, Directory, Grants, Log, Network, Principal, Request, Settings};

/// Everything that a plugin can ask. Decision code that needs less may demand less, such as
/// `&(impl Request + Directory)`.
pub trait Host: Request + Principal + Network + Directory + Grants + Clock + Data + Settings + Counter + Log {}

impl<T: Request + Principal + Network + Directory + Grants + Clock + Data + Settings + Counter + Log> Host for T {}

/// The gateway that runs the plugin. Outside of a sandbox every question to it panics; tests ask a `Scenario`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gateway;
