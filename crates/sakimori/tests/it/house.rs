//! A started `sakimori up` in a folder of its own on ports of its own.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A started house. Killed when it goes out of scope.
pub(crate) struct House {
    child: Child,
    pub(crate) address: String,
    pub(crate) setup_link: Option<String>,
    pub(crate) syslog: SocketAddr,
    pub(crate) syslog_tls: SocketAddr,
}

/// The binary under test, in English so that the tests read its words.
pub(crate) fn sakimori() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sakimori"));
    command.env("SAKIMORI_LANG", "en");
    command
}

/// Runs one command to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    sakimori().args(arguments).output().unwrap()
}

/// What it printed, as text.
pub(crate) fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A free port on loopback. Another process could take it in between; then the start fails loudly.
pub(crate) fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl House {
    /// Starts a node, or what the settings say, in `data` and waits for its greeting.
    pub(crate) fn start(data: &Path) -> Self {
        let (listen, syslog, syslog_tls) = (free_port(), free_port(), free_port());
        let child = begin(data, [listen, syslog, syslog_tls], Stdio::piped());
        Self::greeted(child, syslog, syslog_tls)
    }

    /// Starts one more process that answers for the hub in `data`; it takes in no logs.
    pub(crate) fn answer(data: &Path) -> Self {
        let child = sakimori()
            .args(["serve", "--listen", &free_port().to_string(), "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::greeted(child, nowhere, nowhere)
    }

    fn greeted(mut child: Child, syslog: SocketAddr, syslog_tls: SocketAddr) -> Self {
        let lines = greeting(&mut child);
        let after = |label: &str| {
            let line = lines.iter().find_map(|line| line.trim().strip_prefix(label));
            line.map(|rest| rest.trim().to_owned())
        };
        Self {
            address: after("screens").unwrap(),
            setup_link: after("set-up"),
            child,
            syslog,
            syslog_tls,
        }
    }

    /// Asks it to stop as Ctrl-C does and waits for the end.
    pub(crate) fn stop(mut self) {
        // The shell's own `kill`: a machine with only Rust and a C compiler need not have the program.
        let asked = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &asked]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    /// Sends it a signal by name, such as `STOP` and `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let asked = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &asked]).status().unwrap().success());
    }

    /// The power goes out.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the process of a node with its doors for browsers, syslog, and syslog over TLS.
fn begin(data: &Path, [listen, syslog, syslog_tls]: [SocketAddr; 3], stdout: Stdio) -> Child {
    sakimori()
        .args(["up", "--data"])
        .arg(data)
        .args(["--listen", &listen.to_string()])
        .args(["--syslog", &syslog.to_string()])
        .args(["--syslog-tls", &syslog_tls.to_string()])
        .stdout(stdout)
        .spawn()
        .unwrap()
}

/// Starts a node in `data` and kills it `after` that, whatever it is doing then.
pub(crate) fn kill_while_starting(data: &Path, after: Duration) {
    let _peer = Peer(begin(data, [free_port(), free_port(), free_port()], Stdio::null()));
    std::thread::sleep(after);
}

/// A program that is started for a test and ends with it.
pub(crate) struct Peer(pub(crate) Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines up to the one that says how to stop it.
fn greeting(child: &mut Child) -> Vec<String> {
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        stdout.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
    });
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.contains("Ctrl-C")) {
        lines.push(
            receiver.recv_timeout(Duration::from_secs(60)).expect("no greeting within a minute"),
        );
    }
    lines
}

/// Waits until `ready` says yes; fails with `what` after half a minute.
pub(crate) fn wait_for(what: &str, ready: impl FnMut() -> bool) {
    wait_within(Duration::from_secs(30), what, ready);
}

/// Waits until `ready` says yes; fails with `what` after `limit`.
pub(crate) fn wait_within(limit: Duration, what: &str, mut ready: impl FnMut() -> bool) {
    let started = Instant::now();
    // Asking costs the machine that is to do the work: a long wait asks less often.
    let pause = (limit / 300).max(Duration::from_millis(100));
    while !ready() {
        assert!(started.elapsed() < limit, "{what}");
        std::thread::sleep(pause);
    }
}

/// How many events the SQL condition counts in `data`, without those that Sakimori writes itself.
pub(crate) fn count(data: &Path, condition: &str) -> u64 {
    count_all(data, &format!("({condition}) AND source NOT LIKE 'sakimori/%'"))
}

/// How many events the SQL condition counts in `data`.
pub(crate) fn count_all(data: &Path, condition: &str) -> u64 {
    let answer = ask(data, &format!("SELECT count(*) AS n FROM events WHERE {condition}"));
    answer.trim_start_matches("n\n").trim().parse().unwrap()
}

/// What `sakimori search` answers to an SQL statement, as CSV.
pub(crate) fn ask(data: &Path, sql: &str) -> String {
    let data = data.display().to_string();
    let output = run(&["search", sql, "--data", &data, "--format", "csv", "--rows", "1000000"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    printed(&output)
}

/// Where `cargo xtask setup-peers` puts what no package manager installs beside the others.
pub(crate) fn peers_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers")
}
