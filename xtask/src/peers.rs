//! Installs the real programs that the ignored tests speak to. Needs root and the usual registries; never run by `cargo test`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Debian packages: a browser with Japanese fonts, a syslog sender with TLS, a PostgreSQL server, Python to
/// check exported evidence without us and for the S3 server.
const DEBIAN: [&str; 9] = [
    "chromium",
    "fonts-noto-cjk",
    "rsyslog",
    "rsyslog-gnutls",
    "bsdutils",
    "postgresql",
    "openssl",
    "python3-cryptography",
    "python3-venv",
];

/// npm packages of the browser test, pinned in `tests/browser/package.json`.
const BROWSER_TEST: &str = "tests/browser";

/// The S3 server (moto) of the bucket tests, pinned in `requirements.txt` there, in an environment of its own beside it.
const BUCKET_TEST: &str = "tests/bucket";

/// Installs all peers.
pub(crate) fn setup() -> Result<()> {
    call(Command::new("apt-get").args(["update", "-q"]))?;
    call(
        Command::new("apt-get")
            .args(["install", "-y", "-q", "--no-install-recommends"])
            .args(DEBIAN)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    call(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(Path::new(BROWSER_TEST)),
    )?;
    setup_bucket_server()
}

fn setup_bucket_server() -> Result<()> {
    let folder = Path::new(BUCKET_TEST);
    let environment = folder.join(".venv");
    call(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    call(
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "-q", "-r"])
            .arg(folder.join("requirements.txt")),
    )
}

fn call(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command.status().with_context(|| shown.clone())?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}
