//! What a victim can rely on.

mod country;
mod exchange;
mod gate;
mod indicators;
mod ladder;
mod proof;
mod statistics;
mod timing;
mod words;
