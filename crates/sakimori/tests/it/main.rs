//! The program as a person meets it: the real binary, started, fed, stopped, killed and started again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests outside test functions; a failure there is a failed test"
)]

#[cfg(feature = "s3")]
mod bucket;
mod command_line;
mod evidence;
#[cfg(feature = "grid")]
mod grid;
mod house;
mod http;
mod intake;
mod killed;
mod logs;
mod mail;
mod maintenance;
mod peers;
#[path = "../../../postgres/src/tests/postgres_server.rs"]
mod postgres_server;
mod processes;
mod proof;
mod readers;
mod real_senders;
mod standards;
mod tutorial;
