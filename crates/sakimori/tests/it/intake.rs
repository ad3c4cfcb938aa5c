//! Senders that prove who they are, and what the log says by itself about its losses and its clock.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sakimori_watch::{Behaviour, SourceBook, SourceBookSnapshot};

use crate::house::{House, count, count_all, printed, run, wait_for};

/// A device with the files that `sakimori sender-certificate` wrote.
pub(crate) fn certificate(data: &Path, name: &str, out: &Path) {
    let output = run(&[
        "sender-certificate",
        name,
        "--out",
        &out.display().to_string(),
        "--data",
        &data.display().to_string(),
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed(&output).contains(&format!("syslog/{name}")), "{}", printed(&output));
}

/// A connection over TLS to `address`, with the certificate of `name` in `files` when there is one.
fn connect(
    address: SocketAddr,
    data: &Path,
    device: Option<(&Path, &str)>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(data.join("keys/ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match device {
        None => config.with_no_client_auth(),
        Some((files, name)) => {
            let own = CertificateDer::from_pem_file(files.join(format!("{name}.pem"))).unwrap();
            let key = PrivateKeyDer::from_pem_file(files.join(format!("{name}.key.pem"))).unwrap();
            config.with_client_auth_cert(vec![own], key).unwrap()
        }
    };
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    StreamOwned::new(connection, stream)
}

/// Sends counted frames (RFC 5425) and ends the connection in order; whether the other end took part.
fn send(mut stream: StreamOwned<ClientConnection, TcpStream>, messages: &[&str]) -> bool {
    let frames: String = messages.iter().map(|text| format!("{} {text}", text.len())).collect();
    let sent = stream.write_all(frames.as_bytes()).and_then(|()| stream.flush());
    stream.conn.send_close_notify();
    let closed = stream.flush();
    // A refusal comes as an alert, and only after the client has spoken; else the connection just ends.
    let ended = stream.read(&mut [0; 16]);
    let ended = ended.map_or_else(|error| error.kind() == ErrorKind::UnexpectedEof, |_| true);
    sent.is_ok() && closed.is_ok() && ended
}

#[test]
fn a_device_with_a_certificate_is_known_by_name_and_others_by_address() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let files = folder.path().join("fw-01");
    certificate(&data, "fw-01", &files);
    let device = connect(house.syslog_tls, &data, Some((&files, "fw-01")));
    // An ATNA message is XML over several lines: one frame, one event.
    let audit = "<110>1 2026-11-20T09:00:00+09:00 pacs atna - IHE+RFC-3881 - <AuditMessage>\n  <EventIdentification/>\n</AuditMessage>\n";
    assert!(send(device, &[audit, "<34>1 2026-11-20T09:00:01+09:00 fw01 t - - - second frame"]));
    assert!(send(connect(house.syslog_tls, &data, None), &["<34>1 - - t - - - nameless"]));
    wait_for("the frames are missing", || count(&data, "true") == 3);
    assert_eq!(count(&data, "source = 'syslog/fw-01'"), 2);
    assert_eq!(count(&data, "raw LIKE '%<AuditMessage>%</AuditMessage>%'"), 1);
    assert_eq!(count(&data, "source = 'syslog/127.0.0.1' AND message LIKE '%nameless%'"), 1);
    house.stop();
    let again = run(&[
        "sender-certificate",
        "fw-01",
        "--out",
        &files.display().to_string(),
        "--data",
        &data.display().to_string(),
    ]);
    assert_eq!(again.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&again.stderr).contains("SK-NODE-029"));
}

#[test]
fn where_certificates_are_asked_for_nobody_comes_in_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    for data in [&data, &other] {
        std::fs::create_dir_all(data).unwrap();
        std::fs::write(data.join("sakimori.toml"), "syslog_tls_clients = \"certificate\"\n")
            .unwrap();
        House::start(data).kill();
    }
    let files = folder.path().join("files");
    certificate(&data, "known", &files);
    certificate(&other, "stranger", &files);
    let house = House::start(&data);
    let line = "<34>1 - - t - - - a line";
    assert!(!send(connect(house.syslog_tls, &data, None), &[line]));
    assert!(!send(connect(house.syslog_tls, &data, Some((&files, "stranger"))), &[line]));
    assert!(send(connect(house.syslog_tls, &data, Some((&files, "known"))), &[line]));
    wait_for("the known device is missing", || count(&data, "source = 'syslog/known'") == 1);
    assert_eq!(count(&data, "true"), 1);
    house.stop();
    // The other authority's file lets its devices in.
    let accepted = data.join("keys").join("log-senders");
    std::fs::create_dir_all(&accepted).unwrap();
    std::fs::copy(other.join("keys/ca.pem"), accepted.join("other.pem")).unwrap();
    let house = House::start(&data);
    assert!(send(connect(house.syslog_tls, &data, Some((&files, "stranger"))), &[line]));
    wait_for("the other device is missing", || count(&data, "source = 'syslog/stranger'") == 1);
    house.stop();
}

#[test]
fn a_withdrawn_certificate_is_refused_and_its_open_connection_cut() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let (files, next) = (folder.path().join("fw-01"), folder.path().join("next"));
    certificate(&data, "fw-01", &files);
    let line = "<34>1 - - t - - - a line";
    let frame = format!("{} {line}", line.len());
    let mut open = connect(house.syslog_tls, &data, Some((&files, "fw-01")));
    open.write_all(frame.as_bytes()).and_then(|()| open.flush()).unwrap();
    wait_for("the line is missing", || count(&data, "source = 'syslog/fw-01'") == 1);
    let certificates = |more: &[&str]| {
        let data = data.display().to_string();
        let output = run(&[&["sender-certificates", "--data", &data], more].concat());
        (output.status.code(), printed(&output) + &String::from_utf8_lossy(&output.stderr))
    };
    let (_, list) = certificates(&[]);
    assert!(list.contains("fw-01") && list.contains("accepted"), "{list}");
    let fingerprint = list.split_whitespace().next().unwrap();
    let (code, said) = certificates(&["--withdraw", fingerprint]);
    assert_eq!(code, Some(0), "{said}");
    // Whoever is connected is cut off.
    let ended = open.read(&mut [0; 16]);
    assert!(
        matches!(&ended, Ok(0))
            || ended.is_err_and(|error| error.kind() == ErrorKind::UnexpectedEof)
    );
    // Nobody comes in with it again, not even as somebody without a certificate.
    assert!(!send(connect(house.syslog_tls, &data, Some((&files, "fw-01"))), &[line]));
    let (_, list) = certificates(&[]);
    assert!(list.contains("withdrawn") && list.contains("console"), "{list}");
    let (code, said) = certificates(&["--withdraw", fingerprint]);
    assert!(code == Some(3) && said.contains("SK-WATCH-014"), "{code:?} {said}");
    // The device gets another one under the same name.
    certificate(&data, "fw-01", &next);
    assert!(send(connect(house.syslog_tls, &data, Some((&next, "fw-01"))), &[line]));
    wait_for("the line is missing", || count(&data, "source = 'syslog/fw-01'") == 2);
    assert_eq!(count(&data, "true"), 2);
    house.stop();
}

#[cfg(target_os = "linux")]
#[test]
fn what_udp_lost_is_in_the_log_to_the_last_datagram() {
    const SENT: u64 = 20_000;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    wait_for("the clock is not in the log", || count_all(&data, "source = 'sakimori/clock'") == 1);
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let filler = "x".repeat(1_000);
    // While it cannot take anything, the kernel keeps what fits and drops the rest.
    house.signal("STOP");
    for n in 0..SENT {
        let line = format!("<34>1 - host app - - - {n} {filler}");
        udp.send_to(line.as_bytes(), house.syslog).unwrap();
    }
    house.signal("CONT");
    let lost = || {
        let sql = "SELECT coalesce(sum(CAST(src['count'] AS BIGINT)), 0) AS n FROM events \
                   WHERE source = 'sakimori/intake' AND activity = 'datagrams_lost'";
        let data = data.display().to_string();
        let output = run(&["search", sql, "--data", &data, "--format", "csv"]);
        printed(&output).trim_start_matches("n\n").trim().parse::<u64>().unwrap()
    };
    wait_for("the losses are not in the log", || lost() > 0);
    wait_for("losses and events do not add up", || lost() + count(&data, "true") == SENT);
    house.stop();
    let output = run(&["verify", "--data", &data.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
}

#[tokio::test]
async fn a_devices_clock_that_is_off_is_known_after_a_few_lines() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for n in 0..6 {
        // A device whose clock stopped in the year 2020.
        let line = format!("<34>1 2020-01-01T00:00:0{n}Z host app - - - line");
        udp.send_to(line.as_bytes(), house.syslog).unwrap();
    }
    wait_for("the lines are missing", || count(&data, "true") == 6);
    house.stop();
    let address = format!("sqlite:{}", data.join("ledger.sqlite").display());
    let store = sakimori_ledger::open(&address).await.unwrap();
    let kept = store.get_private("watcher", "source_book").await.unwrap().unwrap();
    let book = SourceBook::from_snapshot(kept.read::<SourceBookSnapshot>().unwrap());
    let sources = book.sources();
    let device = sources.iter().find(|state| state.source == "syslog/127.0.0.1").unwrap();
    assert!(device.clock_is_off());
    assert!(device.skew.seconds().is_some_and(|behind| behind < -5 * 365 * 86_400));
    // What a device of another year says teaches behaviour nothing.
    let kept = store.get_private("watcher", "behaviour").await.unwrap().unwrap();
    assert_eq!(Behaviour::restore(kept.read().unwrap()).progress().untimely, 6);
}
