//! A started `sakimori up` to measure, in a folder of its own on ports of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::process::{self, Used};

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A started node or demonstration. Killed, and its folder removed, when it goes out of scope.
pub(super) struct Served {
    child: Child,
    folder: PathBuf,
    /// Where its first site's screens are.
    pub(super) screens: SocketAddr,
    /// Where it takes in syslog.
    pub(super) syslog: SocketAddr,
}

impl Served {
    /// Starts `up` with `extra` arguments and waits for its greeting.
    pub(super) fn start(extra: &[&str]) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("sakimori-bench-{}", std::process::id()));
        let (screens, syslog, tls) = (free_port()?, free_port()?, free_port()?);
        let mut child = Command::new("target/release/sakimori")
            .env("SAKIMORI_LANG", "en")
            .args(["up", "--listen", &screens.to_string(), "--syslog", &syslog.to_string()])
            .args(["--syslog-tls", &tls.to_string(), "--data"])
            .arg(&folder)
            .args(extra)
            .stdout(Stdio::piped())
            .spawn()
            .context("target/release/sakimori")?;
        let stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        let served = Self { child, folder, screens, syslog };
        for line in stdout.lines() {
            if line?.contains("Ctrl-C") {
                return Ok(served);
            }
        }
        bail!("`up` ended before its greeting")
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// CPU and memory so far.
    pub(super) fn used(&self) -> Result<Used> {
        process::used(self.child.id())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
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
