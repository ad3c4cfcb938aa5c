//! Programs of others at both ends: curl hands in records, `DuckDB` reads what was sealed. Run by `.ci/run` after
//! `cargo xtask setup-peers`.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use crate::house::{House, ask, count, peers_folder, printed, run, wait_for};
use crate::http::token;

/// Posts `file` with curl; the status and the answer.
fn curl(house: &House, path: &str, file: &Path, token: Option<&str>) -> (String, String) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "30"]);
    command.args([
        "--write-out",
        "\n%{http_code}",
        "--header",
        "Content-Type: application/fhir+json",
    ]);
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    command.arg("--data-binary").arg(format!("@{}", file.display()));
    let output = command.arg(format!("{}{path}", house.address)).output().expect("curl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = printed(&output);
    let (answer, status) = said.rsplit_once('\n').unwrap();
    (status.to_owned(), answer.to_owned())
}

/// A FHIR R4 `AuditEvent`: that person read a record.
fn audit_event(person: &str) -> String {
    format!(
        r#"{{"resourceType": "AuditEvent", "type": {{"code": "rest"}}, "action": "R", "outcome": "0",
            "recorded": "2026-11-20T09:00:00+09:00",
            "agent": [{{"altId": "{person}", "requestor": true, "network": {{"address": "192.0.2.41", "type": "2"}}}}],
            "source": {{"observer": {{"display": "ehr01"}}}}}}"#
    )
}

#[test]
#[ignore = "needs curl"]
fn curl_posts_audit_events_and_search_finds_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let token = token(&data, "ehr");
    let (one, several) = (folder.path().join("one.json"), folder.path().join("several.json"));
    std::fs::write(&one, audit_event("n2207")).unwrap();
    let entries =
        ["d1001", "d1002"].map(|person| format!(r#"{{"resource": {}}}"#, audit_event(person)));
    let bundle = format!(
        r#"{{"resourceType": "Bundle", "type": "batch", "entry": [{}]}}"#,
        entries.join(",")
    );
    std::fs::write(&several, bundle).unwrap();

    for wrong in [None, Some("skm_wrong"), Some(&*format!("skm_{}", "0".repeat(64)))] {
        let (status, _) = curl(&house, "/intake/v1/fhir/AuditEvent", &one, wrong);
        assert_eq!(status, "401");
    }
    assert_eq!(count(&data, "true"), 0, "what was refused is not kept");

    let (status, answer) = curl(&house, "/intake/v1/fhir/AuditEvent", &one, Some(&token));
    assert_eq!(status, "201", "{answer}");
    let (status, answer) = curl(&house, "/intake/v1/fhir", &several, Some(&token));
    assert_eq!(status, "201", "{answer}");
    let sql = "SELECT \"user\", host, src_ip, source FROM events WHERE source = 'http/ehr' ORDER BY \"user\"";
    assert_eq!(
        ask(&data, sql),
        "user,host,src_ip,source\n\
         d1001,ehr01,192.0.2.41,http/ehr\nd1002,ehr01,192.0.2.41,http/ehr\nn2207,ehr01,192.0.2.41,http/ehr\n"
    );
    let data = data.display().to_string();
    let found = run(&["search", "user:n2207", "--data", &data, "--format", "csv"]);
    assert_eq!(printed(&found).lines().count(), 2, "{}", printed(&found));
    house.stop();
}

/// What `DuckDB` answers to a statement over the sealed segments of `data`, as CSV.
fn ask_duckdb(data: &Path, sql: &str) -> String {
    let output = Command::new("python3")
        .env("PYTHONPATH", peers_folder().join("python"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/read_segments.py"))
        .arg(data.join("lake/segments"))
        .arg(sql)
        .output()
        .expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    printed(&output)
}

/// Lines as devices of three makers write them, from the samples of their readers, and many of one kind.
fn lines() -> Vec<u8> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../watch/src/sources");
    let mut lines = Vec::new();
    for product in ["fortigate", "yamaha", "postfix"] {
        let mut files: Vec<_> = std::fs::read_dir(samples.join(product).join("samples"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            lines.extend(std::fs::read(file).unwrap());
            lines.push(b'\n');
        }
    }
    for n in 0..3_000 {
        let (host, address) = (n % 7, n % 250);
        let line = format!(
            "<38>1 2026-11-20T09:{:02}:{:02}+09:00 ward-{host} sshd 812 - - Failed password for root from 192.0.2.{address} port 50022 ssh2\n",
            n / 60 % 60,
            n % 60,
        );
        lines.extend(line.into_bytes());
    }
    lines
}

#[test]
#[ignore = "needs DuckDB for Python (cargo xtask setup-peers)"]
fn duckdb_reads_sealed_segments_and_comes_to_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let mut sender = TcpStream::connect(house.syslog).unwrap();
    sender.write_all(&lines()).unwrap();
    drop(sender);
    wait_for("the last line is missing", || count(&data, "host LIKE 'ward-%'") == 3_000);
    // Stopping seals what was taken in.
    house.stop();
    let same = [
        "SELECT source, class_uid, count(*) AS n FROM events GROUP BY source, class_uid ORDER BY source, class_uid",
        "SELECT product, activity, status, count(*) AS n FROM events GROUP BY product, activity, status \
         ORDER BY product, activity, status",
        "SELECT min(seq) AS first, max(seq) AS last, count(DISTINCT seq) AS n FROM events",
        "SELECT seq, host FROM events WHERE host = 'ward-3' ORDER BY seq",
        "SELECT seq, host, \"user\", dst_ip FROM events WHERE src_ip = '192.0.2.7' ORDER BY seq",
        "SELECT seq, source, process FROM events WHERE \"user\" = 'root' AND seq BETWEEN 100 AND 200 ORDER BY seq",
        "SELECT host, src_ip, count(*) AS n FROM events WHERE class_uid = 3002 GROUP BY host, src_ip ORDER BY host, src_ip",
    ];
    for sql in same {
        let answer = ask(&data, sql);
        assert!(answer.lines().count() > 1, "nothing to compare: {sql}");
        assert_eq!(ask_duckdb(&data, sql), answer, "{sql}");
    }
    // Each has its own word for an instant as a number.
    let spans = |micros: &str| {
        format!(
            "SELECT source, min({micros}) AS first, max({micros}) AS last FROM events GROUP BY source ORDER BY source"
        )
    };
    assert_eq!(
        ask_duckdb(&data, &spans("epoch_us(time)")),
        ask(&data, &spans("CAST(time AS BIGINT)"))
    );
}
