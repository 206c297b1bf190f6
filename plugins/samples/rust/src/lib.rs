//! Small Portcullis plugins, one idea each: what they decide, so that it is tested without a sandbox.
//!
//! The components are the package's examples. They share one build; a plugin of your own is a project of its own, which
//! `portcullis plugin new` makes. Depends on the SDK alone.

mod backup_network;
mod business_hours;
mod four_eyes;
mod list_by_prefix;
mod settings;
mod step_up;

pub use backup_network::BackupNetwork;
pub use business_hours::BusinessHours;
pub use four_eyes::FourEyes;
pub use list_by_prefix::ListByPrefix;
pub use step_up::StepUp;
