//! The log store on a generated year beside other engines on the same segments.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Events of the year when nothing else is said: the size at which the other engines were measured before.
const EVENTS: &str = "8000000";

/// `bench lake [FOLDER [EVENTS]]`: writes the year into FOLDER (it stays there), searches it, and asks the peers.
pub(super) fn run(rest: &[&str]) -> Result<()> {
    let usual = std::env::temp_dir().join("sakimori-bench-lake").display().to_string();
    let folder = rest.first().copied().unwrap_or(&usual);
    let events = rest.get(1).copied().unwrap_or(EVENTS);
    std::fs::create_dir_all(folder)?;
    let written = Path::new(folder).join("lake").try_exists()?;
    let arguments = if written { vec![folder] } else { vec![folder, events] };
    super::example("sakimori-query", "lake_year", &arguments, &[])?;
    let searches =
        super::example_output("sakimori-query", "lake_year", &["--searches"], Stdio::piped())?;
    let mut peers = Command::new("python3")
        .args(["xtask/src/bench/lake_peers.py", folder])
        .env("PYTHONPATH", python_path())
        .stdin(Stdio::piped())
        .spawn()
        .context("python3 is needed for the peers; see `cargo xtask setup-peers`")?;
    peers.stdin.take().context("the peers take no input")?.write_all(&searches)?;
    let ended = peers.wait()?;
    if !ended.success() {
        bail!("the peers: {ended}");
    }
    Ok(())
}

/// The peers of the tests, and what else the caller has.
fn python_path() -> String {
    let own = std::env::var("PYTHONPATH").unwrap_or_default();
    format!("target/peers/python:{own}")
}
