//! Which process has the other end of a connection.
//!
//! What that is worth:
//! - On a Unix socket the kernel tells the user and the process that connected (`SO_PEERCRED`). It cannot be forged.
//! - On loopback the kernel's table of connections (`/proc/net/tcp`) tells the user who made the socket at the other
//!   end. It is looked up while the connection stands, by both addresses and both ports, so no other connection can be
//!   taken for it, and what has been closed or belongs to nobody is refused. It tells who *made* the socket: a process
//!   that hands its socket to another hands on its identity. Another network namespace has a table of its own, so its
//!   processes are not found. Root can do as any user.
//! - A program is that which a process runs at that moment (`/proc/<pid>/exe`), for all processes that hold the socket.
//!   A script's program is its interpreter. Whoever may debug a process, or write its program, is as good as it. The
//!   gateway sees programs of other users only as root.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    /// The user id.
    pub(super) user: u32,
    /// The programs of the processes that hold the socket; empty if they are not known.
    pub(super) executables: Vec<PathBuf>,
}

impl Peer {
    /// Whether its programs are known and all of them on a list.
    pub(super) fn runs_only(&self, allowed: &[PathBuf]) -> bool {
        !self.executables.is_empty() && self.executables.iter().all(|program| allowed.contains(program))
    }
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) theirs: SocketAddr,
    pub(super) ours: SocketAddr,
}

/// Who made the socket at the other end of a connection on loopback, with the programs if they are wanted.
pub(super) fn of_connection(ends: Ends, programs: bool) -> Option<Peer> {
    if !ends.theirs.ip().to_canonical().is_loopback() || !ends.ours.ip().to_canonical().is_loopback() {
        return None;
    }
    // A client may use a socket of the other family for the same address.
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let (user, inode) = tables.iter().find_map(|table| find(&std::fs::read_to_string(table).ok()?, ends))?;
    let executables = if programs { holders(inode) } else { Some(Vec::new()) };
    Some(Peer { user, executables: executables.unwrap_or_default() })
}

/// The program that a process runs.
pub(super) fn executable(process: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{process}/exe")).ok()
}

/// The user and the inode of the socket whose own end is theirs, in a table of the form of `/proc/net/tcp`.
fn find(table: &str, ends: Ends) -> Option<(u32, u64)> {
    let mut found = table.lines().skip(1).filter_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let (local, remote, state) = (columns.next()?, columns.next()?, columns.next()?);
        let (user, inode) = (columns.nth(3)?, columns.nth(1)?);
        let stands =
            state == ESTABLISHED && end(local)? == canonical(ends.theirs) && end(remote)? == canonical(ends.ours);
        // A socket without an inode belongs to no process any more, and its user says nothing.
        stands.then_some((user.parse().ok()?, inode.parse().ok().filter(|inode| *inode != 0)?))
    });
    found.next().filter(|_| found.next().is_none())
}

/// `0100007F:C350`: words of the address in the machine's order, then the port.
fn end(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| {
        let digits = address.get(at * 8..at * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for at in 0..4 {
                bytes[at * 4..at * 4 + 4].copy_from_slice(&word(at)?);
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some((address.to_canonical(), port))
}

fn canonical(address: SocketAddr) -> (IpAddr, u16) {
    (address.ip().to_canonical(), address.port())
}

/// The programs of all processes that hold a socket; none if one of them cannot be read.
fn holders(inode: u64) -> Option<Vec<PathBuf>> {
    let wanted = PathBuf::from(format!("socket:[{inode}]"));
    let mut programs = Vec::new();
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if holds(&process.path().join("fd"), &wanted) {
            programs.push(executable(id)?);
        }
    }
    Some(programs)
}

fn holds(files: &Path, wanted: &Path) -> bool {
    let Ok(files) = std::fs::read_dir(files) else { return false };
    files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|target| target == wanted))
}

/// The state of a connection that stands.
const ESTABLISHED: &str = "01";

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 100 0 0 10 0
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000   999        0 13 1 0 100 0 0 10 0
   3: 0100007F:C351 0100007F:1F90 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0
   4: 0100007F:C352 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0
   5: garbage
";

    fn ends(port: u16) -> Ends {
        Ends { theirs: (Ipv4Addr::LOCALHOST, port).into(), ours: (Ipv4Addr::LOCALHOST, 0x1f90).into() }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn finds_the_other_end_and_not_our_own() {
        assert_eq!(find(TABLE, ends(0xc350)), Some((1000, 12)));
        for gone in [0xc351, 0xc352, 0xc353] {
            assert_eq!(find(TABLE, ends(gone)), None, "{gone}");
        }
        assert_eq!(find("", ends(0xc350)), None);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn reads_addresses_of_both_families() {
        assert_eq!(end("0100007F:0050"), Some((Ipv4Addr::LOCALHOST.into(), 80)));
        assert_eq!(end("00000000000000000000000001000000:0050"), Some((Ipv6Addr::LOCALHOST.into(), 80)));
        assert_eq!(end("0000000000000000FFFF00000100007F:0050"), Some((Ipv4Addr::LOCALHOST.into(), 80)));
        for bad in ["", ":", "0100007F", "0100007F:", "0100007F:10000", "1:1", "é100007F:0050"] {
            assert_eq!(end(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_system_tells_who_connects_and_what_runs() {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, theirs) = listener.accept().unwrap();
        let ends = Ends { theirs, ours: server.local_addr().unwrap() };
        let peer = of_connection(ends, true).expect("we are found");
        assert_eq!(peer.executables, [std::env::current_exe().unwrap().canonicalize().unwrap()]);
        assert!(peer.runs_only(&peer.executables) && !peer.runs_only(&["/bin/other".into()]));
        drop(client);
        assert_eq!(of_connection(ends, true), None, "who has gone is nobody");
        let elsewhere = Ends { theirs: ([192, 0, 2, 1], 1).into(), ..ends };
        assert_eq!(of_connection(elsewhere, false), None);
    }
}
