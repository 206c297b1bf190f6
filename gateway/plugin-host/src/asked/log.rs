//! `log`: words for the gateway's own log. No input, so not traced.

use crate::bindings::log::{Host, Level};
use crate::sandbox::Sandbox;

/// The bytes of one line.
const LINE: usize = 512;

impl Host for Sandbox {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.count_text(message.len())?;
        let Some(left) = self.log_lines.checked_sub(1) else { return Ok(()) };
        self.log_lines = left;
        let plugin = self.installation.name.as_ref();
        let message = printable(&message, LINE);
        match level {
            Level::Debug => tracing::debug!(plugin, "{message}"),
            Level::Info => tracing::info!(plugin, "{message}"),
            Level::Warn => tracing::warn!(plugin, "{message}"),
            Level::Error => tracing::error!(plugin, "{message}"),
        }
        Ok(())
    }
}

/// A text cut to a number of bytes, on one line and without control characters.
pub(crate) fn printable(text: &str, bytes: usize) -> String {
    let mut line = String::new();
    for letter in text.chars() {
        if line.len() + letter.len_utf8() > bytes {
            break;
        }
        line.push(if letter.is_control() { ' ' } else { letter });
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_letters_and_replaces_control_characters() {
        assert_eq!(printable("a\nb\u{1b}[31m", 10), "a b [31m");
        assert_eq!(printable("äää", 5), "ää");
    }
}
