//! Sakimori: one binary, node in a hospital or hub in an office.
//!
//! Only this crate reads settings, the environment, the real time and real chance, and opens sockets. Everything it starts
//! is a value of a lower crate; what is here is wiring.

mod access_lists;
mod cli;
mod commands;
mod csv_maps;
mod data_folder;
mod demo;
mod doctor;
mod failing;
mod files;
mod files_on_record;
mod heads;
mod intake;
mod keys;
mod node;
mod open_files;
mod paper;
mod prove;
mod retro;
mod rules;
#[cfg(test)]
mod scenarios;
mod settings;
mod stamps;
mod tls;
mod troubles;
mod tunnel;
mod witness;
mod world;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A year of the bench (docs/performance.md) takes a third of the memory that the system's allocator leaves in pieces.
#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let world = world::World::real();
    cli::run(std::env::args_os(), &world)
}
