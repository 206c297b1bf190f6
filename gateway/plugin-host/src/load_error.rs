//! Why a plugin was not loaded.

/// Says why bytes are no plugin that this host runs.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// There are too many bytes.
    #[error("the component has {bytes} bytes, more than the {limit} that are allowed")]
    TooLarge {
        /// The bytes.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// A core module: an object of the same format without interfaces.
    #[error("this is a core module and not a component: build it for wasm32-wasip2")]
    CoreModule,
    /// The text format.
    #[error("this is WebAssembly text and not a component")]
    Text,
    /// Something else.
    #[error("this is not WebAssembly")]
    NotWebAssembly,
    /// The component is malformed, or wants more than a sandbox has.
    #[error("the component cannot be compiled")]
    Compile(#[source] wasmtime::Error),
    /// The component speaks a version of `portcullis:policy` that this host does not.
    #[error("the component speaks `{name}`, and this gateway portcullis:policy@0.1 and @0.2")]
    Version {
        /// The interface as the component names it.
        name: String,
    },
    /// The component imports an interface of `portcullis:policy` that does not exist.
    #[error("the component imports `{name}`, which portcullis:policy does not have")]
    UnknownInterface {
        /// The interface as the component names it.
        name: String,
    },
    /// The component imports what no plugin may have.
    #[error(
        "the component imports `{name}`, which no plugin may have: there are no files, sockets and the like; \
         `portcullis plugin build` builds Python and JavaScript without them"
    )]
    Forbidden {
        /// The import.
        name: String,
    },
    /// The component imports the harness: it is a program of tests.
    #[error("the component imports `{name}`, which only tests of policies may: install the plugin, and not its tests")]
    OfTests {
        /// The import.
        name: String,
    },
    /// The component's idea of an interface differs from this host's.
    #[error("the component does not fit the interfaces of this gateway")]
    Link(#[source] wasmtime::Error),
    /// The component exports neither `authorization` nor `conditional-access`.
    #[error("the component exports no hook of portcullis:policy")]
    NoHook,
    /// The settings have too many bytes.
    #[error("the plugin's settings have {bytes} bytes, more than the {limit} that are allowed")]
    SettingsTooLarge {
        /// The bytes.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// The settings are not JSON.
    #[error("the plugin's settings are not JSON")]
    Settings(#[source] serde_json::Error),
    /// The plugin does not accept the settings.
    #[error("the plugin does not accept its settings: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    SettingsRejected(Vec<crate::Problem>),
    /// The plugin failed while it looked at its settings.
    #[error("the plugin failed while it looked at its settings")]
    Validation(#[source] portcullis_policy::Failure),
    /// A document beside the plugin is too large.
    #[error("the documents beside the plugin have {bytes} bytes together, more than the {limit} that are allowed")]
    DataTooLarge {
        /// The bytes.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// A document beside the plugin is not JSON.
    #[error("the document `{name}` beside the plugin is not JSON")]
    Data {
        /// The document.
        name: String,
        /// Where it is not.
        #[source]
        source: serde_json::Error,
    },
}

/// The series of versions that this host speaks. Later patches of one only add functions.
pub(crate) const SPOKEN: &[&str] = &["0.1", "0.2"];
