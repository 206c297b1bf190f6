//! Logs more lines than are kept, with characters that do not belong in a log.

use portcullis_plugin::{Authorization, Host, Level, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        for line in 0..1000 {
            host.log(Level::Error, &format!("line {line}\r\n\u{1b}[2J"));
        }
        Opinion::allow("logged")
    }
}

portcullis_plugin::export_authorization!(Guest);
