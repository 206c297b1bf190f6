//! Which source lines of a plugin its tests reach (docs/decisions/0020-lines-by-instrumentation.md).
//!
//! The line tables that a compiler leaves in a component, DWARF's, say which instructions belong to which line. A copy of
//! the component is instrumented to tell when it comes past them, the tests run on that copy, and what it told becomes
//! [`LineCoverage`]. It works for whatever language is compiled to wasm with line tables; of a script that an interpreter
//! in wasm reads there are none.

mod binary;
mod coverage;
mod instrument;
mod sources;
mod tables;

use std::path::PathBuf;

pub use coverage::{FileLines, LineCoverage};
pub use instrument::{Instrumented, instrument};
pub use sources::Sources;

/// Says why the lines of a component cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// The component has no line tables.
    #[error("the component has no line tables: build it unstripped, with `portcullis plugin build --coverage`")]
    NoLineTables,
    /// It has line tables, of other sources than the plugin's.
    #[error(
        "the component's line tables name no file of {}, but for example {}",
        listed(folders),
        if examples.is_empty() { "none at all".to_owned() } else { listed(examples) }
    )]
    NoOwnLines {
        /// Where the plugin's sources were looked for.
        folders: Vec<PathBuf>,
        /// Some of the files that there are.
        examples: Vec<PathBuf>,
    },
    /// The component is malformed.
    #[error("the component cannot be read")]
    Malformed(#[from] wasmparser::Error),
    /// The component is malformed in a way that the engine's parser has no words for.
    #[error("the component cannot be read: {0}")]
    Shape(&'static str),
    /// The line tables are malformed.
    #[error("the component's line tables cannot be read")]
    Tables(#[from] gimli::Error),
    /// A folder of sources is not there.
    #[error("cannot read the folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

fn listed(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
}
