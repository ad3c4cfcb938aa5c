//! Logs go in by every door, are found, are proved, and survive stops and power cuts.

use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::path::Path;

use crate::house::{House, count, printed, run, wait_for};

fn data(folder: &tempfile::TempDir) -> std::path::PathBuf {
    folder.path().join("data")
}

fn verify(data: &Path) -> (Option<i32>, String) {
    let output = run(&["verify", "--data", &data.display().to_string()]);
    (output.status.code(), printed(&output))
}

#[test]
fn what_is_sent_is_found_proved_and_still_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let house = House::start(&data);
    assert!(house.setup_link.as_ref().is_some_and(|link| link.starts_with(&house.address)));
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(b"<34>1 2026-11-20T09:00:00+09:00 fw01 test - - - udp line one", house.syslog)
        .unwrap();
    let mut tcp = TcpStream::connect(house.syslog).unwrap();
    tcp.write_all("<34>1 2026-11-20T09:00:01+09:00 fw01 test - - - 日本語の行\n".as_bytes())
        .unwrap();
    tcp.write_all(b"not syslog at all \xff\xfe\n").unwrap();
    std::fs::write(
        data.join("inbox").join("events.jsonl"),
        "{\"EventID\": 4625, \"Channel\": \"Security\"}\n{broken\n",
    )
    .unwrap();
    drop(tcp);
    wait_for("the lines are not found", || {
        count(&data, "message LIKE '%udp line%' OR message LIKE '%日本語%'") == 2
    });
    wait_for("the inbox is not read", || count(&data, "source LIKE 'inbox/%'") == 2);
    assert_eq!(count(&data, "src['EventID'] = '4625'"), 1);
    assert_eq!(count(&data, "class_uid = 0 AND message LIKE 'not syslog%'"), 1);
    let (code, text) = verify(&data);
    assert_eq!(code, Some(0), "{text}");
    house.stop();
    let house = House::start(&data);
    assert_eq!(count(&data, "true"), 5);
    house.stop();
    assert_eq!(verify(&data).0, Some(0));
}

#[test]
fn a_filter_finds_what_it_says_and_a_mistake_in_it_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let house = House::start(&data);
    let lines = [
        r#"{"EventID": 4625, "Channel": "Security", "Computer": "EK-02", "TargetUserName": "tanaka", "IpAddress": "172.20.3.4", "sentbyte": 2000000}"#,
        r#"{"EventID": 4624, "Channel": "Security", "Computer": "ek-03", "TargetUserName": "svc_backup", "IpAddress": "10.0.0.7"}"#,
        r#"{"message": "予約システムが停止しました 100%"}"#,
    ];
    std::fs::write(data.join("inbox").join("events.jsonl"), lines.join("\n") + "\n").unwrap();
    wait_for("the inbox is not read", || count(&data, "source LIKE 'inbox/%'") == 3);
    let found = |filter: &str| {
        let folder = data.display().to_string();
        let output = run(&["search", filter, "--data", &folder, "--format", "jsonl"]);
        assert!(output.status.success(), "{filter}: {}", String::from_utf8_lossy(&output.stderr));
        printed(&output).lines().count()
    };
    for (filter, n) in [
        ("source:inbox/*", 3),
        ("host:ek-*", 2),
        ("host:ek-02 user:TANAKA", 1),
        ("source:inbox/* -user:svc_backup", 2),
        ("EventID:4625 OR EventID:4624", 2),
        ("source:inbox/* -EventID:4625", 2),
        ("class:logon status:失敗", 1),
        ("src_ip:172.16.0.0/12", 1),
        ("src_ip:172.16.0.0/14", 0),
        ("ip:10.0.0.0/8", 1),
        ("sentbyte>1000000", 1),
        ("source:inbox/* NOT sentbyte>1000000", 2),
        ("予約システム \"100%\"", 1),
        ("10_%", 0),
        ("source:inbox/* (host:EK-02 OR host:ek-03)", 2),
        ("EventID:*", 2),
        ("source:inbox/* received_at>=2020-01-01", 3),
        ("received_at<2020-01-01", 0),
        ("patient:*", 0),
        ("o'hara' OR 1=1 --", 0),
    ] {
        assert_eq!(found(filter), n, "{filter}");
    }
    let folder = data.display().to_string();
    let output = run(&["search", "host:a OR", "--data", &folder]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("SK-WATCH-020") && told.contains("character 10"), "{told}");
    house.stop();
}

#[test]
fn a_power_cut_while_a_file_is_read_leaves_every_record_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    std::fs::create_dir_all(data.join("inbox")).unwrap();
    let lines: String =
        (0..30_000).map(|n| format!("{{\"n\": {n}, \"message\": \"record {n}\"}}\n")).collect();
    std::fs::write(data.join("inbox").join("many.jsonl"), lines).unwrap();
    for _ in 0..3 {
        let house = House::start(&data);
        wait_for("nothing was read", || count(&data, "true") > 0);
        house.kill();
    }
    let house = House::start(&data);
    wait_for("not all records came", || count(&data, "true") >= 30_000);
    assert_eq!(count(&data, "true"), 30_000);
    let sql = "SELECT count(DISTINCT src['n']) AS n FROM events";
    let output = run(&["search", sql, "--data", &data.display().to_string(), "--format", "csv"]);
    assert_eq!(printed(&output), "n\n30000\n");
    house.stop();
    assert_eq!(verify(&data).0, Some(0));
}

#[test]
fn a_file_whose_copy_pauses_is_read_on_and_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let house = House::start(&data);
    let mut copy = std::fs::File::create(data.join("inbox/slow.jsonl")).unwrap();
    let line = |n: usize| format!("{{\"time\":\"2026-11-20T10:00:00Z\",\"n\":{n}}}\n");
    (0..10).for_each(|n| copy.write_all(line(n).as_bytes()).unwrap());
    wait_for("the first part is taken", || count(&data, "true") == 10);
    (10..20).for_each(|n| copy.write_all(line(n).as_bytes()).unwrap());
    drop(copy);
    wait_for("the second part is taken", || count(&data, "true") == 20);
    house.kill();
    let house = House::start(&data);
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(count(&data, "true"), 20);
    house.stop();
}

#[test]
fn a_line_of_ten_megabytes_and_junk_on_the_tls_port_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let house = House::start(&data);
    let mut tcp = TcpStream::connect(house.syslog).unwrap();
    tcp.write_all(&[b'x'; 10 << 20]).unwrap();
    tcp.write_all(b"\n<34>1 2026-11-20T09:00:01+09:00 fw01 test - - - after the giant\n").unwrap();
    drop(tcp);
    let mut junk = TcpStream::connect(house.syslog_tls).unwrap();
    junk.write_all(b"this is not TLS\r\n\r\n").unwrap();
    drop(junk);
    wait_for("the line after the giant is missing", || {
        count(&data, "message LIKE '%after the giant%'") == 1
    });
    let sql =
        "SELECT sum(length(raw)) AS n FROM events WHERE message LIKE 'xxx%' OR raw LIKE 'xxx%'";
    let output = run(&["search", sql, "--data", &data.display().to_string(), "--format", "csv"]);
    assert_eq!(printed(&output), format!("n\n{}\n", 10 << 20));
    house.stop();
}

#[test]
fn a_changed_byte_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let house = House::start(&data);
    std::fs::write(data.join("inbox").join("one.jsonl"), "{\"message\": \"the original words\"}\n")
        .unwrap();
    wait_for("the record is not found", || count(&data, "raw LIKE '%original%'") == 1);
    house.stop();
    assert_eq!(verify(&data).0, Some(0));
    change_a_byte(&data.join("lake").join("segments"));
    let (code, text) = verify(&data);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(".parquet"), "{text}");
}

/// Changes one byte in the middle of the first sealed segment.
fn change_a_byte(folder: &Path) {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let mut bytes = std::fs::read(&path).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                return std::fs::write(&path, bytes).unwrap();
            }
        }
    }
    panic!("no sealed segment");
}
