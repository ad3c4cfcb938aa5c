//! `sakimori grid scheduler|executor`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::ArgMatches;
use sakimori_query::{ExecutorSettings, run_executor, run_scheduler};
use sakimori_words::Trouble;

use super::{Outcome, address};
use crate::commands::{block_on, existing_data_folder, up};
use crate::data_folder;
use crate::node::stores;
use crate::settings::Settings;
use crate::world::World;

pub(super) fn schedule(listen: SocketAddr, world: &World) -> Result<Outcome, Trouble> {
    up::log_to_stderr();
    world.note(&format!("{} {listen}", world.say(["スケジューラー:", "scheduler:"])));
    block_on(run_scheduler(listen))?.map_err(|error| error.trouble())?;
    Ok(Outcome::Fine)
}

pub(super) fn execute(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    up::log_to_stderr();
    let listen = address(given, "listen");
    let settings = executor_settings(given, listen)?;
    world.note(&format!("{} {listen}", world.say(["エグゼキューター:", "executor:"])));
    block_on(run_executor(settings))?.map_err(|error| error.trouble())?;
    Ok(Outcome::Fine)
}

fn executor_settings(given: &ArgMatches, listen: SocketAddr) -> Result<ExecutorSettings, Trouble> {
    let segments = match given.get_one::<String>("segments") {
        Some(address) => stores::open_segments(address)?,
        None => {
            let data = existing_data_folder(given)?;
            stores::segments(&data, &Settings::load(&data)?.unwrap_or_default())?
        }
    };
    let work = given.get_one::<PathBuf>("work").cloned();
    let work = work.unwrap_or_else(|| PathBuf::from(format!("sakimori-grid-{}", listen.port())));
    data_folder::make(&work)?;
    let seen_at = given.get_one::<IpAddr>("seen-at").copied().unwrap_or(listen.ip());
    let scheduler = address(given, "scheduler");
    Ok(ExecutorSettings { listen, seen_at, scheduler, segments, work })
}
