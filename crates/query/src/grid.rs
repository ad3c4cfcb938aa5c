//! Searches over many machines: Apache DataFusion Ballista with the segments on shared storage.
//!
//! The node plans a search and hands it to a scheduler; executors read the segments and send rows back. A scheduler needs no
//! access to the log: what it plans with comes from the signed catalogue, inside the plan. Only what is worth the trip goes:
//! see [`Grid::new`]. What the grid does not answer, the node answers by itself, with the same rows.
//!
//! Whoever reaches the ports of scheduler or executor can read the whole log, and the protocol knows no passwords. So both
//! listen on this machine's own address only; between machines they are joined by tunnels that do: those of the binary
//! (`sakimori grid tunnel`), `WireGuard`, SSH.

mod client;
mod codec;
mod processes;

use std::net::SocketAddr;

use sakimori_words::Trouble;

use crate::troubles;

pub use client::Grid;
pub(crate) use client::SESSION;
pub use processes::{ExecutorSettings, run_executor, run_scheduler};

/// Largest message between the processes of a grid, in bytes: a search with its unsealed events.
const MESSAGE_BYTES_MAX: u32 = 256 * 1024 * 1024;

/// Why a process of the grid does not run.
#[derive(Debug, thiserror::Error)]
pub enum GridError {
    /// Other machines would reach it, and it asks nobody who they are.
    #[error("{address} is reached by other machines")]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// It could not start, or has ended.
    #[error("{message}")]
    Failed {
        /// What happened.
        message: String,
    },
}

impl GridError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::NotLoopback { .. } => &troubles::GRID_ADDRESS,
            Self::Failed { .. } => &troubles::GRID_PROCESS,
        };
        Trouble::because(kind, self)
    }

    fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed { message: error.to_string() }
    }
}

/// Refuses an address that other machines reach.
fn only_loopback(address: SocketAddr) -> Result<(), GridError> {
    if address.ip().is_loopback() { Ok(()) } else { Err(GridError::NotLoopback { address }) }
}
