//! Whether the names of the gateway lead to this machine, and what to do where they do not.

use std::io::{BufRead, Write};
use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::Path;

/// The file in which names are given addresses.
pub(super) const HOSTS: &str = "/etc/hosts";

/// The addresses that this machine's resolver has for a name.
pub(super) fn resolve(name: &str) -> Vec<IpAddr> {
    (name, 443).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
}

/// The names that do not resolve to a loopback address.
pub(super) fn unresolved<'a>(names: &[&'a str], resolve: impl Fn(&str) -> Vec<IpAddr>) -> Vec<&'a str> {
    names.iter().copied().filter(|name| !resolve(name).iter().any(IpAddr::is_loopback)).collect()
}

/// The line that makes names resolve.
fn hosts_line(names: &[&str]) -> String {
    format!("127.0.0.1 {}", names.join(" "))
}

/// Says what to do about names that do not resolve; where somebody sits at a terminal who may write the hosts file,
/// offers to do it. `terminal` is what they type.
pub(super) fn advise(
    names: &[&str],
    hosts: &Path,
    terminal: Option<&mut dyn BufRead>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let (line, hosts_name) = (hosts_line(names), hosts.display());
    writeln!(out, "These names do not resolve to this machine: {}.", names.join(", "))?;
    writeln!(out, "Clients need them. Do one of these:")?;
    writeln!(out, "  - add this line to {hosts_name} (one name for each vault that you make):")?;
    writeln!(out, "      {line}")?;
    writeln!(out, "  - on Debian and Ubuntu: apt-get install libnss-myhostname, which resolves every *.localhost")?;
    if let Some(terminal) = terminal.filter(|_| may_write(hosts)) {
        write!(out, "Add the line to {hosts_name} now? [y/N] ")?;
        out.flush()?;
        let mut answer = String::new();
        terminal.read_line(&mut answer)?;
        if answer.trim().eq_ignore_ascii_case("y") {
            append(hosts, &line)?;
            writeln!(out, "Added.")?;
        }
    }
    writeln!(out)
}

fn append(hosts: &Path, line: &str) -> std::io::Result<()> {
    // Somebody's editor may have left the last line open.
    let open = std::fs::read(hosts)?.last().is_some_and(|last| *last != b'\n');
    let mut file = std::fs::OpenOptions::new().append(true).open(hosts)?;
    file.write_all(format!("{}{line}\n", if open { "\n" } else { "" }).as_bytes())
}

/// Only root can, as a rule; asking the file itself needs no user ids.
fn may_write(path: &Path) -> bool {
    std::fs::OpenOptions::new().append(true).open(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["dev.vault.localhost", "login.localhost"];

    #[test]
    fn a_name_counts_as_resolved_if_it_leads_to_this_machine() {
        let found: [(&str, &[&str]); 5] = [
            ("v4", &["127.0.0.1"]),
            ("v6", &["::1"]),
            ("both", &["192.0.2.1", "127.0.0.2"]),
            ("elsewhere", &["192.0.2.1"]),
            ("nowhere", &[]),
        ];
        let resolve = |name: &str| {
            let (_, addresses) = found.iter().find(|(known, _)| *known == name).unwrap();
            addresses.iter().map(|address| address.parse().unwrap()).collect()
        };
        assert_eq!(unresolved(&found.map(|(name, _)| name), resolve), ["elsewhere", "nowhere"]);
    }

    #[test]
    fn the_resolver_of_the_machine_is_asked() {
        assert!(resolve("127.0.0.1").iter().any(IpAddr::is_loopback));
        assert_eq!(resolve("no such name"), Vec::<IpAddr>::new());
    }

    /// What is printed, and what is in the hosts file afterwards.
    fn advised(before: &str, typed: Option<&str>) -> (String, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), before).unwrap();
        let mut bytes = typed.map(str::as_bytes);
        let mut out = Vec::new();
        advise(&NAMES, file.path(), bytes.as_mut().map(|bytes| bytes as &mut dyn BufRead), &mut out).unwrap();
        (String::from_utf8(out).unwrap(), std::fs::read_to_string(file.path()).unwrap())
    }

    #[test]
    fn says_what_to_do_and_changes_nothing_unasked() {
        let (told, after) = advised("127.0.0.1 localhost\n", None);
        assert!(told.contains("do not resolve to this machine: dev.vault.localhost, login.localhost."), "{told}");
        assert!(told.contains("\n      127.0.0.1 dev.vault.localhost login.localhost\n"), "{told}");
        assert!(told.contains("apt-get install libnss-myhostname"), "{told}");
        assert!(!told.contains("[y/N]"), "nobody is asked who cannot answer: {told}");
        assert_eq!(after, "127.0.0.1 localhost\n");
    }

    #[test]
    fn adds_the_line_after_a_yes_and_after_nothing_else() {
        for (typed, added) in
            [("y\n", true), (" Y \n", true), ("yes\n", false), ("n\n", false), ("\n", false), ("", false)]
        {
            for (before, start) in [("127.0.0.1 localhost\n", "127.0.0.1 localhost\n"), ("x", "x\n"), ("", "")] {
                let (told, after) = advised(before, Some(typed));
                assert!(told.contains("now? [y/N] "), "{told}");
                assert_eq!(told.contains("Added."), added, "{typed:?}");
                let line = "127.0.0.1 dev.vault.localhost login.localhost\n";
                assert_eq!(after, if added { format!("{start}{line}") } else { before.to_owned() }, "{typed:?}");
            }
        }
    }

    #[test]
    fn offers_nothing_where_the_file_cannot_be_written() {
        let mut out = Vec::new();
        let mut typed: &[u8] = b"y\n";
        advise(&NAMES, Path::new("/nowhere/hosts"), Some(&mut typed), &mut out).unwrap();
        let told = String::from_utf8(out).unwrap();
        assert!(told.contains("/nowhere/hosts") && !told.contains("[y/N]"), "{told}");
        assert_eq!(typed, b"y\n", "and nothing is read");
    }
}
