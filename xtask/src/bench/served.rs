//! A started `sakimori up` to measure, in a folder of its own on ports of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::process::{self, Used};

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A started node, hub or demonstration. Killed, and a folder of its own removed, when it goes out of scope.
pub(super) struct Served {
    process: Process,
    folder: Folder,
    /// Where its first site's screens are.
    pub(super) screens: SocketAddr,
    /// Where it takes in syslog.
    pub(super) syslog: SocketAddr,
}

impl Served {
    /// Starts `up` with `extra` arguments in a new folder and waits for its greeting.
    pub(super) fn start(extra: &[&str]) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("sakimori-bench-{}", std::process::id()));
        Self::start_in(Folder { path: folder, is_ours: true }, free_port()?, extra)
    }

    /// Starts `up` in a folder that somebody else removes, on every address of this machine or on loopback only.
    pub(super) fn start_at(folder: &Path, on_every_address: bool) -> Result<Self> {
        let folder = Folder { path: folder.to_owned(), is_ours: false };
        let mut screens = free_port()?;
        if on_every_address {
            screens.set_ip(Ipv4Addr::UNSPECIFIED.into());
        }
        Self::start_in(folder, screens, &[])
    }

    fn start_in(folder: Folder, mut screens: SocketAddr, extra: &[&str]) -> Result<Self> {
        let (syslog, tls) = (free_port()?, free_port()?);
        let mut child = Command::new("target/release/sakimori")
            .env("SAKIMORI_LANG", "en")
            .args(["up", "--listen", &screens.to_string(), "--syslog", &syslog.to_string()])
            .args(["--syslog-tls", &tls.to_string(), "--data"])
            .arg(&folder.path)
            .args(extra)
            .stdout(Stdio::piped())
            .spawn()
            .context("target/release/sakimori")?;
        let stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        screens.set_ip(Ipv4Addr::LOCALHOST.into());
        let served = Self { process: Process(child), folder, screens, syslog };
        for line in stdout.lines() {
            if line?.contains("Ctrl-C") {
                return Ok(served);
            }
        }
        bail!("`up` ended before its greeting")
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// Stops it and hands over its folder.
    pub(super) fn stop(self) -> Folder {
        self.folder
    }

    /// CPU and memory so far.
    pub(super) fn used(&self) -> Result<Used> {
        process::used(self.process.0.id())
    }
}

/// A process that does not outlive what holds it.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A data folder.
pub(super) struct Folder {
    /// Where it is.
    pub(super) path: PathBuf,
    is_ours: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// A port on loopback that is free now.
pub(super) fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// One request over a connection of its own: the answer's head and body.
pub(super) fn ask(
    site: SocketAddr,
    method: &str,
    path: &str,
    cookie: &str,
    form: &str,
) -> Result<(String, String)> {
    let mut stream = TcpStream::connect(site)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {site}\r\nAccept: text/html\r\nSec-Fetch-Site: same-origin\r\n\
         Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer without a head")?;
    Ok((head.to_owned(), body.to_owned()))
}
