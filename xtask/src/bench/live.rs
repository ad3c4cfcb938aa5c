//! Live: how long after an event its finding is there for a person to see, while a steady stream of other events comes in.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::pages::enter;
use super::served::{Served, ask};

/// Lines a second when no other number is given.
const RATE: u64 = 10_000;
/// How many seconds long.
const SECONDS: u64 = 30;
/// Time between two events that are to be found.
const BETWEEN: Duration = Duration::from_millis(250);
/// How often a person's list is asked for.
const LOOK: Duration = Duration::from_millis(50);
/// How long what was sent last may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The demonstration's own attack is over by then.
const ATTACK: Duration = Duration::from_secs(60);
/// Parts of a second in which lines are sent together.
const PORTIONS: u64 = 100;

/// Sends a mixed stream at a steady rate and looks for the findings that are due.
pub(super) fn run(rest: &[&str]) -> Result<()> {
    let rate = rest.first().map_or(Ok(RATE), |text| text.parse()).context("bench live RATE")?;
    let served = Served::start(&["--demo"])?;
    std::thread::sleep(ATTACK);
    let cookie = enter(served.screens)?;
    let before = served.used()?;
    let ended = AtomicBool::new(false);
    let (seconds, mut waits) = std::thread::scope(|scope| {
        let stream = scope.spawn(|| {
            let sent = stream(served.syslog, rate);
            ended.store(true, Ordering::Release);
            sent
        });
        let waits = waits(&served, &cookie, &ended);
        match stream.join() {
            Ok(sent) => Ok((sent?, waits?)),
            Err(_) => bail!("the sender fell over"),
        }
    })?;
    waits.sort_by(f64::total_cmp);
    let at = |share: usize| waits.get(waits.len() * share / 100).copied().unwrap_or(0.0);
    let after = served.used()?;
    crate::say(&format!(
        "{} lines in {seconds:.1} s beside {} findings: there after {:.2} s (median), {:.2} s (p99), {:.2} s (longest)",
        rate * SECONDS,
        waits.len(),
        at(50),
        at(99),
        waits.last().copied().unwrap_or(0.0),
    ));
    crate::say(&format!(
        "{:.1} CPU s, the list asked for {} times a second included; peak {} MiB with the five organisations of the demonstration",
        after.cpu_seconds - before.cpu_seconds,
        1_000 / LOOK.as_millis(),
        after.peak_mib
    ));
    Ok(())
}

/// Sends `rate` lines a second, as far as the node takes them. Seconds it took.
fn stream(to: SocketAddr, rate: u64) -> Result<f64> {
    let mut connection = TcpStream::connect(to)?;
    let started = Instant::now();
    let mut lines = String::new();
    let mut n = 0;
    for portion in 0..SECONDS * PORTIONS {
        lines.clear();
        while n < (portion + 1) * rate / PORTIONS {
            line(n, &mut lines)?;
            n += 1;
        }
        connection.write_all(lines.as_bytes())?;
        let due = Duration::from_secs(portion + 1) / u32::try_from(PORTIONS)?;
        std::thread::sleep(due.saturating_sub(started.elapsed()));
    }
    Ok(started.elapsed().as_secs_f64())
}

/// One of the stream: seven of ten are traffic through the firewall, the rest file shares, logons and mail.
fn line(n: u64, lines: &mut String) -> std::fmt::Result {
    let (a, b) = (n / 250 % 250, n % 250);
    match n % 10 {
        7 => writeln!(
            lines,
            "<110>1 2026-11-20T10:00:00+09:00 fs01 smbd_audit - - - sato|10.1.{a}.{b}|share|pread|ok|plan-{n}.xlsx"
        ),
        8 => writeln!(
            lines,
            "<86>1 2026-11-20T10:00:00+09:00 his01 sshd 411 - - Accepted publickey for backup from 10.1.{a}.{b} port 50022 ssh2"
        ),
        9 => writeln!(
            lines,
            "<22>1 2026-11-20T10:00:00+09:00 mail postfix/smtp 77 - - {n:X}: to=<a@hospital.example>, relay=10.1.0.2[10.1.0.2]:25, delay=0.4, dsn=2.0.0, status=sent (250 ok)"
        ),
        _ => writeln!(
            lines,
            "<134>1 2026-11-20T10:00:00+09:00 fw kernel - - - date=2026-11-20 time=10:00:00 devname=\"FG-1\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"notice\" srcip=10.1.{a}.{b} srcport=50211 dstip=10.20.1.10 dstport=443 proto=6 action=\"close\" policyid=12 service=\"HTTPS\" sessionid={n} duration=8 sentbyte=4711 rcvdbyte=815"
        ),
    }
}

/// Sends events that are to be found, one after the other, each of a machine of its own, while `ended` is not; the seconds
/// after which each finding was on the list.
fn waits(served: &Served, cookie: &str, ended: &AtomicBool) -> Result<Vec<f64>> {
    let mut connection = TcpStream::connect(served.syslog)?;
    let mut due: HashMap<String, Instant> = HashMap::new();
    let (mut waits, mut next) = (Vec::new(), Instant::now());
    let mut last_sent = next;
    loop {
        let over = ended.load(Ordering::Acquire);
        if !over && next.elapsed() >= BETWEEN {
            let name = format!("fw-{:03}", waits.len() + due.len());
            writeln!(connection, "{}", to_be_found(&name))?;
            (next, last_sent) = (Instant::now(), Instant::now());
            due.insert(name, next);
        }
        let (_, list) = ask(served.screens, "GET", "/api/v1/findings", cookie, "")?;
        due.retain(|name, sent| {
            let found = list.contains(&format!("\"{name}\""));
            waits.extend(found.then(|| sent.elapsed().as_secs_f64()));
            !found
        });
        if over && due.is_empty() {
            return Ok(waits);
        }
        if last_sent.elapsed() > PATIENCE {
            bail!("{} findings did not come", due.len());
        }
        std::thread::sleep(LOOK);
    }
}

/// A firewall of that name tells of a new administrator.
fn to_be_found(name: &str) -> String {
    format!(
        "<134>1 2026-11-20T10:00:00+09:00 {name} kernel - - - date=2026-11-20 time=10:00:00 devname=\"{name}\" logid=\"0100044547\" type=\"event\" subtype=\"system\" level=\"information\" user=\"admin\" ui=\"GUI(10.1.0.9)\" action=\"Add\" cfgpath=\"system.admin\" cfgobj=\"support\""
    )
}
