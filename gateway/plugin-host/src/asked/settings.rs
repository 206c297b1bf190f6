//! `settings`: how the plugin was installed.

use portcullis_policy::Question;

use crate::bindings::settings::Host;
use crate::sandbox::Sandbox;

impl Host for Sandbox {
    /// The trace shows the settings' digest; the guest gets their text.
    fn json(&mut self) -> wasmtime::Result<String> {
        self.ask(Question::Settings)?;
        Ok(self.installation.settings.as_ref().to_owned())
    }
}
