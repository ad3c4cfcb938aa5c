//! Intake: syslog lines over TCP until every one of them is durable and searchable, beside rsyslog writing the same lines to a file.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::process::{self, Used};
use super::served::{self, Served};

/// Lines sent when no other number is given.
const LINES: u64 = 200_000;
/// Senders at the same time, as a hospital's devices are.
const SENDERS: u64 = 4;
const PATIENCE: Duration = Duration::from_secs(600);

/// Sends the lines to a node and, when it is installed, to rsyslog.
pub(super) fn run(rest: &[&str]) -> Result<()> {
    let n_lines =
        rest.first().map_or(Ok(LINES), |text| text.parse()).context("bench intake LINES")?;
    let served = Served::start(&[])?;
    let before = served.used()?;
    let seconds = timed(served.syslog, n_lines, || stored(served.folder()))?;
    report("sakimori, fsynced and searchable", n_lines, seconds, before, served.used()?);
    report("sakimori, and seen by every rule", n_lines, seconds, before, at_rest(&served)?);
    drop(served);
    match Rsyslog::start()? {
        Some(peer) => {
            let before = process::used(peer.child.id())?;
            let seconds = timed(peer.address, n_lines, || written(&peer.log))?;
            report(
                "rsyslog, to a file, no fsync",
                n_lines,
                seconds,
                before,
                process::used(peer.child.id())?,
            );
        }
        None => crate::say("rsyslog is not installed: measured without a peer"),
    }
    Ok(())
}

/// What was used once detection, which works behind the intake, has caught up.
fn at_rest(served: &Served) -> Result<Used> {
    let mut last = served.used()?;
    loop {
        std::thread::sleep(Duration::from_secs(2));
        let now = served.used()?;
        if now.cpu_seconds - last.cpu_seconds < 0.05 {
            return Ok(now);
        }
        last = now;
    }
}

/// Sends and waits until `arrived` says that all are there. Seconds from the first line to the last.
fn timed(to: SocketAddr, n_lines: u64, arrived: impl Fn() -> Result<u64>) -> Result<f64> {
    let started = Instant::now();
    std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..SENDERS).map(|sender| scope.spawn(move || send(to, sender, n_lines))).collect();
        senders.into_iter().try_for_each(|sender| match sender.join() {
            Ok(sent) => sent,
            Err(_) => bail!("a sender fell over"),
        })
    })?;
    while arrived()? < n_lines {
        if started.elapsed() > PATIENCE {
            bail!("only {} of {n_lines} lines arrived", arrived()?);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(started.elapsed().as_secs_f64())
}

fn send(to: SocketAddr, sender: u64, n_lines: u64) -> Result<()> {
    let mut stream = std::io::BufWriter::new(TcpStream::connect(to)?);
    for n in (sender..n_lines).step_by(usize::try_from(SENDERS)?) {
        writeln!(
            stream,
            "<134>1 2026-11-20T10:00:00+09:00 fw{sender} kernel - - - action=accept srcip=10.1.{}.{} dstip=203.0.113.7 dstport=443 session={n}",
            n / 250 % 250,
            n % 250
        )?;
    }
    Ok(stream.flush()?)
}

/// How many events the log's signed state and its write-ahead log hold, asked as a person would.
fn stored(data: &Path) -> Result<u64> {
    let output = Command::new("target/release/sakimori")
        .args(["search", "SELECT max(seq) AS n FROM events", "--format", "csv", "--data"])
        .arg(data)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().nth(1).and_then(|line| line.trim().parse().ok()).unwrap_or(0))
}

fn written(log: &Path) -> Result<u64> {
    let bytes = std::fs::read(log).unwrap_or_default();
    Ok(u64::try_from(bytes.iter().filter(|byte| **byte == b'\n').count())?)
}

fn report(label: &str, n_lines: u64, seconds: f64, before: Used, after: Used) {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 lines")]
    let n = n_lines as f64;
    let cpu = after.cpu_seconds - before.cpu_seconds;
    crate::say(&format!(
        "{label}: {n_lines} lines in {seconds:.2} s ({:.0}/s), {cpu:.2} CPU s ({:.0} per CPU s), peak {} MiB",
        n / seconds,
        n / cpu,
        after.peak_mib
    ));
}

/// A running rsyslog that writes what comes over TCP to one file.
struct Rsyslog {
    child: Child,
    folder: std::path::PathBuf,
    log: std::path::PathBuf,
    address: SocketAddr,
}

impl Rsyslog {
    fn start() -> Result<Option<Self>> {
        if Command::new("rsyslogd")
            .arg("-v")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            return Ok(None);
        }
        let folder =
            std::env::temp_dir().join(format!("sakimori-bench-rsyslog-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let (address, log) = (served::free_port()?, folder.join("all.log"));
        let settings = folder.join("rsyslog.conf");
        std::fs::write(
            &settings,
            format!(
                "global(workDirectory=\"{0}\")\nmodule(load=\"imtcp\")\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=\"{1}\")\n\
                 action(type=\"omfile\" file=\"{2}\")\n",
                folder.display(),
                address.port(),
                log.display()
            ),
        )?;
        let child = Command::new("rsyslogd")
            .args(["-n", "-i", "NONE", "-f"])
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let peer = Self { child, folder, log, address };
        for _ in 0..100 {
            if TcpStream::connect(peer.address).is_ok() {
                return Ok(Some(peer));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("rsyslogd does not listen")
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
