//! Pages: how long a person waits for each screen of the demonstration after its attack, and what an idle node takes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::served::{Served, ask};

/// Requests of each page after one that warms it.
const REQUESTS: usize = 200;
/// How long the demonstration's attack takes to have been found.
const ATTACK: Duration = Duration::from_secs(60);
/// How long a node is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(20);

const PAGES: [&str; 6] = ["/today", "/findings", "/warnings", "/sources", "/cases", SEARCH];
const SEARCH: &str =
    "/search?sql=SELECT+time%2C+host%2C+message+FROM+events+ORDER+BY+time+DESC+LIMIT+50";

/// Idle memory and CPU of a node alone.
pub(super) fn idle(_rest: &[&str]) -> Result<()> {
    let served = Served::start(&[])?;
    std::thread::sleep(Duration::from_secs(5));
    let before = served.used()?;
    std::thread::sleep(IDLE);
    let after = served.used()?;
    let share = (after.cpu_seconds - before.cpu_seconds) / IDLE.as_secs_f64() * 100.0;
    crate::say(&format!(
        "an idle node: {} MiB resident, {share:.1} % of one core",
        after.resident_mib
    ));
    Ok(())
}

/// Every page, one request after the other, as the demonstration's IT person.
pub(super) fn run(_rest: &[&str]) -> Result<()> {
    let served = Served::start(&["--demo"])?;
    std::thread::sleep(ATTACK);
    let cookie = enter(served.screens)?;
    for path in PAGES {
        let mut waits = Vec::with_capacity(REQUESTS);
        for n in 0..=REQUESTS {
            let started = Instant::now();
            let (head, _) = ask(served.screens, "GET", path, &cookie, "")?;
            if !head.starts_with("HTTP/1.1 200") {
                bail!("{path}: {}", head.lines().next().unwrap_or_default());
            }
            if n > 0 {
                waits.push(started.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        waits.sort_by(f64::total_cmp);
        let at = |share: usize| waits.get(waits.len() * share / 100).copied().unwrap_or(0.0);
        let name = path.split('?').next().unwrap_or(path);
        crate::say(&format!("{name}: median {:.1} ms, p99 {:.1} ms", at(50), at(99)));
    }
    let used = served.used()?;
    crate::say(&format!(
        "five organisations in one process: {} MiB resident, peak {} MiB",
        used.resident_mib, used.peak_mib
    ));
    Ok(())
}

/// The cookie of the first person of the demonstration's bar.
pub(super) fn enter(site: SocketAddr) -> Result<String> {
    let (_, page) = ask(site, "GET", "/sign-in", "", "")?;
    let start = "name=\"person\" value=\"";
    let person = page.split(start).nth(1).and_then(|rest| rest.split('"').next());
    let person = person.context("the first page has no bar")?;
    let (head, _) = ask(site, "POST", "/demo/enter", "", &format!("person={person}"))?;
    let cookies = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next())?
    });
    Ok(cookies.collect::<Vec<_>>().join("; "))
}
