//! Real senders: rsyslog, syslog-ng and logger, over UDP, TCP and TLS. Run by `.ci/run` after `cargo xtask setup-peers`.
//!
//! Every line carries the name of its stream and a number. Over TCP and TLS each has to be there once and in the order in which
//! it was sent; over UDP what is not there has to be in the node's own count of losses.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::house::{House, Peer, ask, count, peers_folder, wait_within};
use crate::intake::certificate;

/// Lines of rsyslog and of syslog-ng over TCP, and again over TLS: together 100,000 each.
const LINES: u64 = 50_000;

/// Lines of a stream that is there for its carrier, not for its load.
const FEW_LINES: u64 = 2_000;

/// How long the slowest machine may take for all of them.
const LIMIT: Duration = Duration::from_secs(280);

/// A numbered stream of lines.
struct Stream {
    name: &'static str,
    lines: u64,
}

impl Stream {
    /// A file with its lines, for the sender to read, in a folder of its own.
    fn file(&self, folder: &Path) -> PathBuf {
        let folder = folder.join(self.name);
        std::fs::create_dir_all(&folder).unwrap();
        let lines: String = (1..=self.lines).map(|n| format!("{} {n} end\n", self.name)).collect();
        let file = folder.join("lines.log");
        std::fs::write(&file, lines).unwrap();
        file
    }
}

/// Starts rsyslog, which reads `file` and does `action` with each line. With one worker: each of several would have a connection
/// of its own, and lines of different connections have no order.
fn rsyslog(file: &Path, global: &str, action: &str) -> Peer {
    let work = file.parent().unwrap();
    let configuration = format!(
        r#"global(workDirectory="{work}" {global})
main_queue(queue.type="LinkedList" queue.workerThreads="1")
module(load="imfile")
input(type="imfile" File="{file}" Tag="app:" PersistStateInterval="1000")
action(type="omfwd" Target="127.0.0.1" {action})
"#,
        work = work.display(),
        file = file.display(),
    );
    let path = work.join("rsyslog.conf");
    std::fs::write(&path, configuration).unwrap();
    let mut command = Command::new("rsyslogd");
    command.args(["-n", "-f"]).arg(path).arg("-i").arg(work.join("pid"));
    Peer(command.stdout(Stdio::null()).spawn().expect("rsyslogd is installed"))
}

/// Starts syslog-ng, which reads `file` and sends each line to `destination`.
fn syslog_ng(file: &Path, destination: &str) -> Peer {
    let work = file.parent().unwrap();
    let configuration = format!(
        r#"@version: 3.38
options {{ use-dns(no); dns-cache(no); stats-freq(0); keep-hostname(yes); }};
source lines {{ file("{file}" flags(no-parse) program-override("app") follow-freq(0.1)); }};
destination node {{ {destination} }};
log {{ source(lines); destination(node); flags(flow-control); }};
"#,
        file = file.display(),
    );
    let path = work.join("syslog-ng.conf");
    std::fs::write(&path, configuration).unwrap();
    let peer = peers_folder().join("syslog-ng/usr");
    let mut command = Command::new(peer.join("sbin/syslog-ng"));
    command.env("LD_LIBRARY_PATH", peer.join("lib/syslog-ng"));
    command
        .args(["--foreground", "--no-caps", "--module-path"])
        .arg(peer.join("lib/syslog-ng/3.38"));
    for (option, file) in [
        ("--cfgfile", "syslog-ng.conf"),
        ("--persist-file", "persist"),
        ("--pidfile", "pid"),
        ("--control", "control"),
    ] {
        command.arg(option).arg(work.join(file));
    }
    Peer(command.stdout(Stdio::null()).spawn().expect("`cargo xtask setup-peers` has been run"))
}

/// Sends `file` with logger and waits for its end.
fn logger(file: &Path, port: u16, options: &[&str]) {
    let mut command = Command::new("logger");
    command.args(["--server", "127.0.0.1", "--port", &port.to_string(), "--tag", "app"]);
    assert!(command.args(options).arg("--file").arg(file).status().unwrap().success());
}

/// Of each stream: how many lines there are, how many different ones, the last number, and how often a line stands behind
/// one that was sent after it.
fn kept(data: &Path) -> String {
    let sql = "SELECT name, count(*) AS n, count(DISTINCT number) AS different, max(number) AS last, \
                      sum(CASE WHEN number < before THEN 1 ELSE 0 END) AS out_of_order \
               FROM (SELECT name, number, lag(number) OVER (PARTITION BY name ORDER BY seq) AS before \
                     FROM (SELECT seq, split_part(message, ' ', 1) AS name, \
                                  CAST(split_part(message, ' ', 2) AS BIGINT) AS number \
                           FROM events WHERE message LIKE '% end')) \
               GROUP BY name ORDER BY name";
    ask(data, sql)
}

/// What [`kept`] says when every line is there once and in order.
fn all(streams: &[&Stream]) -> String {
    let mut lines: Vec<String> = streams
        .iter()
        .map(|Stream { name, lines }| format!("{name},{lines},{lines},{lines},0\n"))
        .collect();
    lines.sort();
    format!("name,n,different,last,out_of_order\n{}", lines.concat())
}

fn n_lines(streams: &[&Stream]) -> u64 {
    streams.iter().map(|stream| stream.lines).sum()
}

#[test]
#[ignore = "needs rsyslog, syslog-ng and logger (cargo xtask setup-peers)"]
fn real_senders_over_tcp_lose_nothing_double_nothing_and_keep_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let port = house.syslog.port();
    let rsyslog_lines = Stream { name: "rsyslog", lines: LINES };
    let syslog_ng_lines = Stream { name: "syslog-ng", lines: LINES };
    let logger_lines = Stream { name: "logger", lines: FEW_LINES };
    let counted_lines = Stream { name: "logger-counted", lines: FEW_LINES };
    let action = format!(r#"Port="{port}" Protocol="tcp""#);
    let _rsyslog = rsyslog(&rsyslog_lines.file(folder.path()), "", &action);
    let destination = format!(r#"network("127.0.0.1" port({port}) transport("tcp"));"#);
    let _syslog_ng = syslog_ng(&syslog_ng_lines.file(folder.path()), &destination);
    logger(&logger_lines.file(folder.path()), port, &["--tcp", "--rfc3164"]);
    logger(&counted_lines.file(folder.path()), port, &["--tcp", "--octet-count"]);
    let streams = [&rsyslog_lines, &syslog_ng_lines, &logger_lines, &counted_lines];
    wait_within(LIMIT, "not all lines came", || count(&data, "true") >= n_lines(&streams));
    assert_eq!(kept(&data), all(&streams));
    house.stop();
}

#[test]
#[ignore = "needs rsyslog with gtls and syslog-ng (cargo xtask setup-peers)"]
fn real_senders_over_tls_lose_nothing_and_go_by_the_names_in_their_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let port = house.syslog_tls.port();
    let authority = data.join("keys/ca.pem").display().to_string();
    let own = folder.path().join("certificates");
    let own_file = |name: &str| own.join(name).display().to_string();
    ["app-01", "app-02"].iter().for_each(|name| certificate(&data, name, &own));

    let action = format!(
        r#"Port="{port}" Protocol="tcp" TCP_Framing="octet-counted" StreamDriver="gtls" StreamDriverMode="1"
       StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="Sakimori" Template="RSYSLOG_SyslogProtocol23Format""#
    );
    let trusts = format!(r#"defaultNetstreamDriverCAFile="{authority}""#);
    let known = format!(
        r#"{trusts} defaultNetstreamDriverCertFile="{}" defaultNetstreamDriverKeyFile="{}""#,
        own_file("app-01.pem"),
        own_file("app-01.key.pem"),
    );
    let rsyslog_known = Stream { name: "rsyslog-known", lines: LINES };
    let rsyslog_nameless = Stream { name: "rsyslog-nameless", lines: FEW_LINES };
    let _known = rsyslog(&rsyslog_known.file(folder.path()), &known, &action);
    let _nameless = rsyslog(&rsyslog_nameless.file(folder.path()), &trusts, &action);

    let destination = |more: &str| {
        format!(
            r#"syslog("127.0.0.1" port({port}) transport("tls")
                     tls(ca-file("{authority}") peer-verify(required-trusted) {more}));"#
        )
    };
    let shows = format!(
        r#"cert-file("{}") key-file("{}")"#,
        own_file("app-02.pem"),
        own_file("app-02.key.pem"),
    );
    let ng_known = Stream { name: "syslog-ng-known", lines: FEW_LINES };
    let ng_nameless = Stream { name: "syslog-ng-nameless", lines: LINES };
    let _ng_known = syslog_ng(&ng_known.file(folder.path()), &destination(&shows));
    let _ng_nameless = syslog_ng(&ng_nameless.file(folder.path()), &destination(""));

    let streams = [&rsyslog_known, &rsyslog_nameless, &ng_known, &ng_nameless];
    wait_within(LIMIT, "not all lines came", || count(&data, "true") >= n_lines(&streams));
    assert_eq!(kept(&data), all(&streams));
    let by_source = ask(
        &data,
        "SELECT source, count(*) AS n FROM events WHERE message LIKE '% end' GROUP BY source ORDER BY source",
    );
    let nameless = LINES + FEW_LINES;
    assert_eq!(
        by_source,
        format!(
            "source,n\nsyslog/127.0.0.1,{nameless}\nsyslog/app-01,{LINES}\nsyslog/app-02,{FEW_LINES}\n"
        )
    );
    house.stop();
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs rsyslog, syslog-ng and logger (cargo xtask setup-peers)"]
fn what_real_senders_lose_over_udp_is_what_the_log_says_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let port = house.syslog.port();
    let rsyslog_lines = Stream { name: "rsyslog", lines: LINES };
    let syslog_ng_lines = Stream { name: "syslog-ng", lines: LINES };
    let logger_lines = Stream { name: "logger", lines: FEW_LINES };
    let action = format!(r#"Port="{port}" Protocol="udp""#);
    let _rsyslog = rsyslog(&rsyslog_lines.file(folder.path()), "", &action);
    let destination = format!(r#"network("127.0.0.1" port({port}) transport("udp"));"#);
    let _syslog_ng = syslog_ng(&syslog_ng_lines.file(folder.path()), &destination);
    // For a moment it cannot take anything, as on a machine that is too busy.
    house.signal("STOP");
    std::thread::sleep(Duration::from_millis(100));
    house.signal("CONT");
    logger(&logger_lines.file(folder.path()), port, &["--udp"]);
    let sent = n_lines(&[&rsyslog_lines, &syslog_ng_lines, &logger_lines]);
    let lost = || {
        let sql = "SELECT coalesce(sum(CAST(src['count'] AS BIGINT)), 0) AS n FROM events \
                   WHERE source = 'sakimori/intake' AND activity = 'datagrams_lost'";
        ask(&data, sql).trim_start_matches("n\n").trim().parse::<u64>().unwrap()
    };
    wait_within(LIMIT, "losses and lines do not add up", || lost() + count(&data, "true") == sent);
    println!("{} of {sent} datagrams were lost", lost());
    for line in kept(&data).lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields[1], fields[4]), (fields[2], "0"), "twice or out of order: {line}");
    }
    house.stop();
}
