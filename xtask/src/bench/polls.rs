//! Polls: everybody below a ministry's hub asks it over the network whether there is anything, as each does every minute.

use std::path::Path;

use anyhow::{Context, Result};

use super::example;
use super::served::Served;

/// Institutions below the hub when no other number is given.
const INSTITUTIONS: u32 = 60_000;
/// The demonstration's ministry, and the data folder it has.
const MINISTRY: &str = "ministry";

/// Measures a hub behind a proxy, where lines are plain HTTP, and one that speaks TLS itself.
pub(super) fn run(rest: &[&str]) -> Result<()> {
    let n = rest.first().map_or(Ok(INSTITUTIONS), |text| text.parse());
    let n: u32 = n.context("bench polls INSTITUTIONS")?;
    let stage = Served::start(&["--demo"])?.stop();
    let data = stage.path.join(MINISTRY);
    let ledger = format!("sqlite:{}", data.join("ledger.sqlite").display());
    asker(&["enrol", &ledger, &n.to_string()])?;
    crate::say("behind a proxy, plain HTTP");
    ask(&Served::start_at(&data, false)?, n, None)?;
    crate::say("its own TLS, agreed upon anew each time");
    ask(&Served::start_at(&data, true)?, n, Some(&data.join("keys").join("ca.pem")))
}

/// Everybody asks, and asks again a moment later, when they are known to have asked before.
fn ask(hub: &Served, n: u32, authority: Option<&Path>) -> Result<()> {
    let (address, number) = (hub.screens.to_string(), n.to_string());
    let authority = authority.map(|path| path.display().to_string());
    let mut arguments = vec!["ask", &address, &number];
    arguments.extend(authority.as_deref());
    for _ in 0..2 {
        let before = hub.used()?;
        asker(&arguments)?;
        let after = hub.used()?;
        let each = (after.cpu_seconds - before.cpu_seconds) * 1e6 / f64::from(n);
        crate::say(&format!("  the hub: {each:.0} CPU µs a question, peak {} MiB", after.peak_mib));
    }
    Ok(())
}

fn asker(arguments: &[&str]) -> Result<()> {
    example("sakimori-federation", "everybody_asks", arguments, &[])
}
