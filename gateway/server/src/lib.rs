//! Puts it together: configuration, wiring, the pipeline, background jobs and the command line.
//!
//! The order of checks is one function: `handle` in `pipeline.rs`. Everything else here feeds it. This crate may
//! depend on all others; none depends on it.

mod admin;
mod attestation;
mod cli;
pub mod config;
mod dev;
mod error;
mod exchange;
mod files;
mod gateway;
mod jobs;
mod keys;
mod managed_identity;
mod metrics;
mod notes;
mod oauth;
mod open_files;
mod pipeline;
mod plain_http;
mod plugin_compiler;
mod plugin_folder;
mod plugin_observations;
mod plugin_signature;
mod plugins;
mod positions;
mod rejections;
mod routed;
mod run;
mod sign_in;
mod signals;
mod throttling;
mod token_bodies;
mod trusted_issuers;

pub use attestation::AuthorityError;
pub use cli::Arguments;
pub use files::{Files, FilesError};
pub use gateway::{Gateway, Ingredients, StartError};
pub use keys::KeysError;
pub use plugin_folder::PluginFolderError;
pub use run::Running;
