//! Imports sockets, because it opens one.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        let reached = std::net::TcpStream::connect("127.0.0.1:80").is_ok();
        Opinion::allow(reached.to_string())
    }
}

portcullis_plugin::export_authorization!(Guest);
