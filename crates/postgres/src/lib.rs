//! A way to a PostgreSQL server that stays on the machine or is verified, and loses nothing it acknowledged.
//!
//! The ledger and the lake's catalogue both go this way; which tables they keep there is theirs.

mod address;
mod encryption;
mod place;
mod server;

pub use address::AddressError;
pub use place::Place;
pub use server::{UnfitSetting, unfit_setting};

#[cfg(test)]
mod tests;
