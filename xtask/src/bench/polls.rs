//! Polls: everybody below a ministry's hub asks it over the network whether there is anything, as each does every minute.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use super::example_command;
use super::served::Served;

/// Institutions below the hub when no other number is given.
const INSTITUTIONS: u32 = 60_000;
/// The demonstration's ministry, and the data folder it has.
const MINISTRY: &str = "ministry";
/// What the askers say when a round begins.
const ASKING: &str = "asking";

/// Measures a hub behind a proxy, where lines are plain HTTP, and one that speaks TLS itself.
pub(super) fn run(rest: &[&str]) -> Result<()> {
    let n = rest.first().map_or(Ok(INSTITUTIONS), |text| text.parse());
    let n: u32 = n.context("bench polls INSTITUTIONS")?;
    let stage = Served::start(&["--demo"])?.stop();
    let data = stage.path.join(MINISTRY);
    let ledger = format!("sqlite:{}", data.join("ledger.sqlite").display());
    asker(&["enrol", &ledger, &n.to_string()], |_| Ok(()))?;
    crate::say("behind a proxy, plain HTTP");
    ask(&Served::start_at(&data, false)?, n, None)?;
    crate::say("its own TLS: agreed upon anew, then taken up again");
    ask(&Served::start_at(&data, true)?, n, Some(&data.join("keys").join("ca.pem")))
}

/// Everybody asks, and asks again: what they say of it, and what each question cost the hub.
fn ask(hub: &Served, n: u32, authority: Option<&Path>) -> Result<()> {
    let (address, number) = (hub.screens.to_string(), n.to_string());
    let authority = authority.map(|path| path.display().to_string());
    let mut arguments = vec!["ask", &address, &number];
    arguments.extend(authority.as_deref());
    let mut before = hub.used()?;
    asker(&arguments, |said| {
        let now = hub.used()?;
        if said != ASKING {
            let each = (now.cpu_seconds - before.cpu_seconds) * 1e6 / f64::from(n);
            crate::say(&format!(
                "  {said}; the hub: {each:.0} CPU µs each, peak {} MiB",
                now.peak_mib
            ));
        }
        before = now;
        Ok(())
    })
}

/// Runs the askers; each line they print is told at once.
fn asker(arguments: &[&str], mut told: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let mut asker = example_command("sakimori-federation", "everybody_asks", arguments)
        .stdout(Stdio::piped())
        .spawn()?;
    for line in BufReader::new(asker.stdout.take().context("no standard output")?).lines() {
        told(&line?)?;
    }
    let status = asker.wait()?;
    ensure!(status.success(), "everybody_asks: {status}");
    Ok(())
}
