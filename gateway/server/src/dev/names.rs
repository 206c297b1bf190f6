//! Whether the names of the gateway lead to this machine, and what to do where they do not.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::net::ToSocketAddrs as _;
use std::path::Path;

const HOSTS: &str = "/etc/hosts";

/// The names that do not resolve to a loopback address.
pub(super) fn unresolved<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let resolves = |name: &str| {
        (name, 443).to_socket_addrs().is_ok_and(|mut found| found.any(|address| address.ip().is_loopback()))
    };
    names.iter().copied().filter(|name| !resolves(name)).collect()
}

/// The line that makes names resolve.
pub(super) fn hosts_line(names: &[&str]) -> String {
    format!("127.0.0.1 {}", names.join(" "))
}

/// Says what to do about names that do not resolve; where root sits at a terminal, offers to do it.
pub(super) fn advise(names: &[&str]) -> std::io::Result<()> {
    let mut out = std::io::stderr().lock();
    let line = hosts_line(names);
    writeln!(out, "These names do not resolve to this machine: {}.", names.join(", "))?;
    writeln!(out, "Clients need them. Do one of these:")?;
    writeln!(out, "  - add this line to {HOSTS} (one name for each vault that you make):")?;
    writeln!(out, "      {line}")?;
    writeln!(out, "  - on Debian and Ubuntu: apt-get install libnss-myhostname, which resolves every *.localhost")?;
    if may_write(Path::new(HOSTS)) && std::io::stdin().is_terminal() {
        write!(out, "Add the line to {HOSTS} now? [y/N] ")?;
        out.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        if answer.trim().eq_ignore_ascii_case("y") {
            let mut file = std::fs::OpenOptions::new().append(true).open(HOSTS)?;
            writeln!(file, "{line}")?;
            writeln!(out, "Added.")?;
        }
    }
    writeln!(out)
}

/// Only root can, as a rule; asking the file itself needs no user ids.
fn may_write(path: &Path) -> bool {
    std::fs::OpenOptions::new().append(true).open(path).is_ok()
}
