//! What a plugin thinks of settings.

use std::marker::PhantomData;

use crate::bindings::configuration::exports::portcullis::policy::configuration;

/// Something that is wrong with settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON pointer (RFC 6901); at most 256 bytes.
    pub pointer: String,
    /// What is wrong, and what would be right; at most 1024 bytes.
    pub message: String,
}

/// A plugin that looks at settings before they take effect. There is no request then, so there is nothing to ask.
pub trait Configuration {
    /// Says what is wrong with the settings, a JSON text; nothing when they can be used.
    fn validate(settings: &str) -> Vec<Problem>;

    /// Describes the settings: a JSON Schema.
    fn describe() -> String;
}

/// Exports a [`Configuration`] from the component, beside a hook. Exports nothing outside of wasm.
#[macro_export]
macro_rules! export_configuration {
    ($plugin:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::__private::Configuration<$plugin>;
    $crate::__private::configuration::export!(Exported with_types_in $crate::__private::configuration);
        };
        // Elsewhere nothing is exported; the plugin still counts as used.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = || {
            const fn exported<T: $crate::Configuration>() {}
            exported::<$plugin>();
        };
    };
}

/// What [`export_configuration!`] exports.
#[derive(Debug)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Configuration> configuration::Guest for Exported<T> {
    fn validate(settings: String) -> Vec<configuration::Problem> {
        let problem = |Problem { pointer, message }| configuration::Problem { pointer, message };
        T::validate(&settings).into_iter().map(problem).collect()
    }

    fn describe() -> String {
        T::describe()
    }
}
