//! How many files and connections this process may have open at a time.
//!
//! Linux gives a process 1,024 unless it asks; a hub to which a prefecture comes at once, beside the ledger's and the lake's
//! files, needs more.

/// Fewer than this, and connections are turned away before the hub's own bounds do it: screens, log senders and tunnels.
pub(crate) const OPEN_FILES_MIN: u64 = 4_096;

/// Asks for as many as the system lets this process have, and says how many it has now; `None` where that is not bounded so.
pub(crate) fn raise() -> Option<u64> {
    rlimit::increase_nofile_limit(rlimit::INFINITY).ok()
}
