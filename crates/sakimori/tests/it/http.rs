//! Records handed in over HTTP: who may, what is answered, and that an answer can be relied on.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sakimori_ledger::Store;
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_watch::{By, Senders};
use sakimori_words::{Instant, PersonId};
use serde_json::Value;

use crate::house::{House, count};

/// What a request was answered with.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// What a signed answer says (DSSE); nobody checks the signature here.
    pub(crate) fn payload(&self) -> String {
        let sealed = self.json();
        let payload = STANDARD.decode(sealed["payload"].as_str().unwrap()).unwrap();
        String::from_utf8(payload).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// The desk of the senders over the ledger of a running house, as its screen has it.
async fn senders(data: &Path) -> (Senders, Arc<dyn Store>) {
    let address = format!("sqlite:{}", data.join("ledger.sqlite").display());
    let store = sakimori_ledger::open(&address).await.unwrap();
    let clock = Arc::new(StepClock::new(Instant::parse("2026-11-20T09:00:00Z").unwrap()));
    (Senders::new(Arc::clone(&store), clock, Arc::new(SeededChance::new(7))), store)
}

/// A token for a new sender of that name.
pub(crate) fn token(data: &Path, name: &str) -> String {
    let person = PersonId::from("tanaka");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (senders, _store) = senders(data).await;
        senders.add(name, By { person: &person, name: "Tanaka" }).await.unwrap().token
    })
}

fn revoke(data: &Path, name: &str) {
    let person = PersonId::from("tanaka");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (senders, _store) = senders(data).await;
        senders.revoke(name, By { person: &person, name: "Tanaka" }).await.unwrap();
    });
}

/// Posts `body` and reads the answer to its end.
pub(crate) fn post(house: &House, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let length = body.len().to_string();
    let headers = [headers, &[("Content-Length", length.as_str())]].concat();
    exchange(house, path, &headers, body)
}

fn exchange(house: &House, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let host = house.address.strip_prefix("http://").unwrap();
    ask(host.parse().unwrap(), "POST", path, headers, body)
}

/// One request over a connection of its own; the answer read to its end.
pub(crate) fn ask(
    host: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), text: text.to_owned() }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const EVENTS: &str = "/intake/v1/events";

#[test]
fn what_is_answered_for_is_kept_even_when_the_power_goes_out_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let bearer = format!("Bearer {}", token(&data, "emr"));
    let lines = b"{\"message\":\"first record\"}\nnot json, kept as it is\n";
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/x-ndjson")];
    let answer = post(&house, EVENTS, &headers, lines);
    assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (200, Some(2)));
    house.kill();
    assert_eq!(count(&data, "source = 'http/emr'"), 2);
    assert_eq!(count(&data, "message = 'first record'"), 1);
    let house = House::start(&data);
    let array = packed(b"[{\"n\": 1}, {\"n\": 2},\n{\"n\": 3}]");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Content-Encoding", "gzip"),
    ];
    let answer = post(&house, EVENTS, &headers, &array);
    assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (200, Some(3)));
    assert_eq!(count(&data, "source = 'http/emr' AND src['n'] IS NOT NULL"), 3);
    assert_eq!(count(&data, "raw = '{\"n\": 2}'"), 1);
    house.stop();
}

#[test]
fn audit_events_of_a_fhir_system_are_taken_in_one_by_one_and_as_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let bearer = format!("Bearer {}", token(&data, "fhir"));
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/fhir+json")];
    let event = r#"{"resourceType":"AuditEvent","recorded":"2026-11-20T09:00:00+09:00","type":{"code":"rest"},"agent":[{"requestor":true}]}"#;
    let answer = post(&house, "/intake/v1/fhir/AuditEvent", &headers, event.as_bytes());
    assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (201, Some(1)));
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"batch","entry":[{{"resource":{event}}},{{"resource":{event}}}]}}"#
    );
    let answer = post(&house, "/intake/v1/fhir", &headers, bundle.as_bytes());
    assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (201, Some(2)));
    let other = format!(
        r#"{{"resourceType":"Bundle","type":"batch","entry":[{{"resource":{event}}},{{"resource":{{"resourceType":"Patient"}}}}]}}"#
    );
    let answer = post(&house, "/intake/v1/fhir", &headers, other.as_bytes());
    assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (400, Some(0)));
    assert!(answer.text.contains("Bundle.entry[1].resource"), "{}", answer.text);
    assert_eq!(count(&data, "source = 'http/fhir'"), 3);
    house.stop();
}

#[test]
fn who_has_no_token_that_works_learns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let token = token(&data, "emr");
    let with = |value: &str| post(&house, EVENTS, &[("Authorization", value)], b"a line");
    assert_eq!(with(&format!("Splunk {token}")).status, 200);
    let refusals = [
        post(&house, EVENTS, &[], b"a line"),
        with("Bearer "),
        with(&format!("Bearer skm_{}", "0".repeat(64))),
        with(&format!("Basic {token}")),
    ];
    for refusal in &refusals {
        assert_eq!((refusal.status, &refusal.text), (401, &refusals[0].text));
        assert!(refusal.header("www-authenticate").is_some_and(|asks| asks.starts_with("Bearer")));
    }
    revoke(&data, "emr");
    let shut_out = with(&format!("Bearer {token}"));
    assert_eq!((shut_out.status, &shut_out.text), (401, &refusals[0].text));
    assert_eq!(count(&data, "true"), 1);
    house.stop();
}

#[test]
fn a_body_that_cannot_be_taken_is_refused_as_a_whole_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start(&data);
    let bearer = format!("Bearer {}", token(&data, "emr"));
    let refusal = |answer: &Answer| {
        let json = answer.json();
        assert_eq!(json["accepted"], 0);
        (answer.status, json["code"].as_str().unwrap().to_owned())
    };
    let code = |header: (&str, &str), body: &[u8]| {
        refusal(&post(&house, EVENTS, &[("Authorization", &bearer), header], body))
    };
    let refused = |status: u16, code: &str| (status, code.to_owned());
    // Only told how long it is: the answer comes before the body.
    let long = [("Authorization", bearer.as_str()), ("Content-Length", "100000000")];
    assert_eq!(refusal(&exchange(&house, EVENTS, &long, b"")), refused(413, "SK-NODE-022"));
    let json = ("Content-Type", "application/json");
    assert_eq!(code(json, b"[{\"a\": 1}, {\"b\": 2}"), refused(400, "SK-NODE-024"));
    assert_eq!(code(("Content-Type", "image/png"), b"x"), refused(415, "SK-NODE-025"));
    let bomb = packed(&vec![b'x'; 17 << 20]);
    assert_eq!(code(("Content-Encoding", "gzip"), &bomb), refused(413, "SK-NODE-022"));
    // Many small records: what is stored of them is more than can be stored together.
    let line = format!("{{\"message\": \"{}\"}}\n", "x".repeat(100));
    let many = line.as_bytes().repeat(60_000);
    assert_eq!(code(("Content-Type", "text/plain"), &many), refused(413, "SK-NODE-022"));
    assert_eq!(count(&data, "true"), 0);
    house.stop();
}
