//! How many files the process may have open; each connection is one.

use portcullis_listener::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit as far as the system lets this process, and gives it; `None` when there is none. The limit that
/// processes begin with is low for the sake of programs that cannot count far, which this is not.
pub(crate) fn raise() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!(%error, limit = current, "the limit of open files could not be raised");
            current
        }
    }
}

/// Limits of connections that leave files for everything else. Without files nothing can be accepted, no log opened
/// anew and no certificate read, so the listeners must refuse before they run out.
pub(crate) fn fit(limits: Limits, listeners: usize, files: Option<u64>) -> Limits {
    let Some(files) = files else { return limits };
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let connections = (files.saturating_sub(RESERVE) / listeners.max(1)).max(1);
    if limits.max_connections <= connections {
        return limits;
    }
    let per_client = limits.max_connections_per_client.min((connections / 4).max(1));
    tracing::warn!(
        open_files = files,
        max_connections = connections,
        max_connections_per_client = per_client,
        configured = limits.max_connections,
        "fewer connections are taken than configured, since the process may not open more files; raise its limit"
    );
    Limits { max_connections: connections, max_connections_per_client: per_client, ..limits }
}

/// Files for the store, logs, certificates, listeners and the runtime, with room to spare.
const RESERVE: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raises_the_limit_to_what_the_system_allows() {
        let given = getrlimit(Resource::Nofile);
        // One less is low enough to be raised, and high enough for the tests beside this one.
        let lower = Rlimit { current: given.maximum.map(|most| most.saturating_sub(1)), ..given };
        if lower.current.is_some() {
            setrlimit(Resource::Nofile, lower).expect("a lower limit can always be set");
        }
        assert_eq!(raise(), given.maximum);
        assert_eq!(getrlimit(Resource::Nofile).current, given.maximum);
    }

    #[test]
    fn takes_fewer_connections_than_there_are_files() {
        let configured = Limits { max_connections: 10_000, max_connections_per_client: 1_000, ..Limits::default() };
        let fitted = |listeners, files| {
            let fitted = fit(configured.clone(), listeners, files);
            (fitted.max_connections, fitted.max_connections_per_client)
        };
        assert_eq!(fitted(1, None), (10_000, 1_000));
        assert_eq!(fitted(1, Some(10_128)), (10_000, 1_000));
        assert_eq!(fitted(1, Some(10_127)), (9_999, 1_000));
        assert_eq!(fitted(1, Some(1_024)), (896, 224));
        assert_eq!(fitted(2, Some(1_024)), (448, 112), "each listener has its own limits");
        assert_eq!(fitted(1, Some(3)), (1, 1));
    }
}
