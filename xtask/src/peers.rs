//! Installs the real programs that the ignored tests speak to. Needs root and the usual registries; never run by `cargo test`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Debian packages: a browser with Japanese fonts, a syslog sender with TLS, a PostgreSQL server, Python to
/// check exported evidence without us.
const DEBIAN: [&str; 8] = [
    "chromium",
    "fonts-noto-cjk",
    "rsyslog",
    "rsyslog-gnutls",
    "bsdutils",
    "postgresql",
    "openssl",
    "python3-cryptography",
];

/// npm packages of the browser test, pinned in `tests/browser/package.json`.
const BROWSER_TEST: &str = "tests/browser";

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
