//! What a visitor can rely on, tried in process: no socket, no browser.

pub(crate) mod browser;
mod gate;
mod hostile;
mod mail;
mod maintenance;
pub(crate) mod pages;
mod retro;
mod setup;
mod standards;
