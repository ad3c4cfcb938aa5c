//! The processes of a grid in a build that has none: said, and not an unknown command.

use std::net::SocketAddr;

use clap::ArgMatches;
use sakimori_words::Trouble;

use super::Outcome;
use crate::troubles;
use crate::world::World;

pub(super) fn schedule(_listen: SocketAddr, _world: &World) -> Result<Outcome, Trouble> {
    Err(Trouble::new(&troubles::GRID_ABSENT, "grid scheduler"))
}

pub(super) fn execute(_given: &ArgMatches, _world: &World) -> Result<Outcome, Trouble> {
    Err(Trouble::new(&troubles::GRID_ABSENT, "grid executor"))
}
