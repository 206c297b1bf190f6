//! Which process has the other end of a connection.
//!
//! What that is worth:
//! - On a Unix socket the kernel tells the user that connected (`SO_PEERCRED`). It cannot be forged. The process that
//!   it tells may have gone, or may not be the only one at that end, so it is not looked at.
//! - On loopback the kernel's table of connections (`/proc/net/tcp`) tells the user who made the socket at the other
//!   end. It is looked up while the connection stands, by both addresses and both ports, so no other connection can be
//!   taken for it, and what has been closed or belongs to nobody is refused. It tells who *made* the socket: a process
//!   that hands its socket to another hands on its identity. Another network namespace has a table of its own, so its
//!   processes are not found. Root can do as any user.
//! - A program is that which a process runs at that moment (`/proc/<pid>/exe`), for all processes that hold the socket.
//!   A script's program is its interpreter. Whoever may debug a process, have it load a library (`LD_PRELOAD`) or
//!   write its program is as good as it: this is a guard against mistakes, and no boundary between processes of a user.
//!   The gateway sees programs of other users only as root. If it cannot see what one of the user's processes holds,
//!   the programs are not known.

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
    let executables = if programs { holders(user, inode) } else { Some(Vec::new()) };
    Some(Peer { user, executables: executables.unwrap_or_default() })
}

/// The program that a process runs.
fn executable(process: u32) -> Option<PathBuf> {
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

/// The programs of all processes that hold a user's socket; none if one of them, or what one of the user's processes
/// holds, cannot be read.
fn holders(user: u32, inode: u64) -> Option<Vec<PathBuf>> {
    let wanted = PathBuf::from(format!("socket:[{inode}]"));
    let mut programs = Vec::new();
    for process in std::fs::read_dir("/proc").ok()? {
        let process = process.ok()?;
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if holds(&process.path(), user, &wanted)? {
            programs.push(executable(id)?);
        }
    }
    Some(programs)
}

/// Whether a process, by its folder in `/proc`, holds a socket of a user's; none if it is the user's and that cannot be
/// told. One that has gone holds nothing.
fn holds(process: &Path, user: u32, wanted: &Path) -> Option<bool> {
    match lists(&process.join("fd"), wanted) {
        Ok(held) => Some(held),
        Err(error) if has_gone(&error) => Some(false),
        Err(_) => match std::fs::read(process.join("status")) {
            Ok(status) => (!is_of(&String::from_utf8_lossy(&status), user)).then_some(false),
            Err(error) => has_gone(&error).then_some(false),
        },
    }
}

fn lists(files: &Path, wanted: &Path) -> std::io::Result<bool> {
    for file in std::fs::read_dir(files)? {
        match std::fs::read_link(file?.path()) {
            Ok(target) if target == wanted => return Ok(true),
            Ok(_) => {}
            // It was closed meanwhile.
            Err(error) if has_gone(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Whether any of the real, effective, saved and file system's user ids of a process is this one, by its
/// `/proc/<pid>/status`. What does not say counts as this user's.
fn is_of(status: &str, user: u32) -> bool {
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.is_none_or(|ids| ids.split_ascii_whitespace().any(|id| id.parse::<u32>().is_ok_and(|id| id == user)))
}

/// Whether a process or a file of it is not there any more.
fn has_gone(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
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
    fn a_process_whose_files_cannot_be_read_could_hold_it() {
        let wanted = Path::new("socket:[12]");
        let process = tempfile::tempdir().unwrap();
        let files = process.path().join("fd");
        let status = |text: &str| std::fs::write(process.path().join("status"), text).unwrap();
        status("Name:\tworker\nUid:\t1000\t1001\t1002\t1003\nGid:\t7\t7\t7\t7\n");
        let held = |user| holds(process.path(), user, wanted);
        assert_eq!(held(1000), Some(false), "it has gone");
        // A file is no folder, whoever reads it: root may read anything else.
        std::fs::write(&files, "").unwrap();
        for user in 1000..=1003 {
            assert_eq!(held(user), None, "{user}");
        }
        assert_eq!(held(7), Some(false), "another user's");
        status("Name:\tworker\n");
        assert_eq!(held(7), None, "nobody knows whose");
        std::fs::remove_file(&files).unwrap();
        std::fs::create_dir(&files).unwrap();
        std::os::unix::fs::symlink("socket:[11]", files.join("3")).unwrap();
        assert_eq!(held(1000), Some(false));
        std::os::unix::fs::symlink(wanted, files.join("4")).unwrap();
        assert_eq!(held(1000), Some(true));
        assert!(has_gone(&std::io::Error::from_raw_os_error(3)) && !has_gone(&std::io::Error::from_raw_os_error(13)));
    }

    #[test]
    fn the_system_tells_who_connects_and_what_runs() {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, theirs) = listener.accept().unwrap();
        let ends = Ends { theirs, ours: server.local_addr().unwrap() };
        let peer = of_connection(ends, true).expect("we are found");
        let ours = vec![std::env::current_exe().unwrap().canonicalize().unwrap()];
        // In a container the first process may be the same user's and yet have capabilities that we have not.
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let mut numbered = processes.filter(|process| process.file_name().to_str().unwrap().parse::<u32>().is_ok());
        let legible = numbered.all(|process| holds(&process.path(), peer.user, Path::new("none")).is_some());
        assert_eq!(peer.executables, if legible { ours.clone() } else { Vec::new() });
        assert_eq!(peer.runs_only(&ours), legible);
        assert!(!peer.runs_only(&["/bin/other".into()]));
        drop(client);
        assert_eq!(of_connection(ends, true), None, "who has gone is nobody");
        let elsewhere = Ends { theirs: ([192, 0, 2, 1], 1).into(), ..ends };
        assert_eq!(of_connection(elsewhere, false), None);
    }
}
