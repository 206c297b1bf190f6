//! A plugin's project, for authors who have the program and nothing else of this repository.
//!
//! [`new()`] writes one from templates, with the SDK of its language and the WIT beside it: there is no registry to
//! depend on, and a copy in the project is what its author can read, pin and change. [`build()`] turns one into a
//! component with the language's own tools, and says which is missing and how to install it. Depends on no crate of the
//! workspace; the SDKs and the WIT are embedded as text.

mod build;
mod described;
mod language;
mod name;
mod new;
mod tool;
mod vendor;
mod world;

pub use build::{BuildError, Built, Purpose, build, with_line_tables};
pub use language::Language;
pub use name::{NameError, ProjectName};
pub use new::{NewError, new};
pub use tool::ToolError;
