//! Other people's mail programs take our letters and verify them. Installed by `cargo xtask setup-peers` into `tests/mail`.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Map, Value};

use crate::tests::{keys, now, sender};
use crate::{
    HandOver, MailSecret, Obstacle, Relay as _, RelaySettings, Security, SmtpRelay, Writing,
    compose,
};

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mail")
}

fn python() -> Command {
    let mut command = Command::new(tools().join(".venv/bin/python"));
    command.current_dir(tools());
    command
}

fn letter(to: &str) -> Vec<u8> {
    let writing = Writing {
        id: "0123456789abcdef",
        to,
        subject: "【訓練】[TLP:GREEN] 遠隔保守用 VPN 装置の脆弱性について（注意喚起）　至急ご確認ください",
        text: "見本病院 御中\n\n.点で始まる行\n至急、確認してください。\n",
        at: now(),
    };
    compose(&sender(), &keys(), &writing).unwrap()
}

#[test]
#[ignore = "needs dkimpy (cargo xtask setup-peers)"]
fn another_verifier_accepts_both_signatures_and_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let (message, records) = (folder.path().join("message"), folder.path().join("records"));
    std::fs::write(&message, letter("jimu@hospital.example.jp")).unwrap();
    let published = keys().records("pref.example.jp").unwrap().into_iter();
    let published: Map<String, Value> =
        published.map(|one| (one.name, Value::String(one.value))).collect();
    std::fs::write(&records, Value::Object(published).to_string()).unwrap();
    let output = python().arg("verify.py").arg(&message).arg(&records).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "True True\nFalse False\nFalse False\n");
}

/// The relay of the tests; ends with the test.
struct Sink {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sink {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = python()
            .args(["sink.py", &port.to_string()])
            .arg(folder.path().join("letters"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self { child, port, folder }
    }

    fn relay(&self) -> SmtpRelay {
        SmtpRelay::new(RelaySettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: Security::Plain,
            account: None,
            own_name: "hub.pref.example.jp".to_owned(),
            authority_pem: None,
        })
        .unwrap()
    }

    fn letters(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("letters")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
#[ignore = "needs aiosmtpd (cargo xtask setup-peers)"]
async fn another_server_takes_a_letter_unchanged_puts_it_off_or_refuses_it() {
    use base64::Engine as _;
    let sink = Sink::start();
    let relay = sink.relay();
    let path = sender().return_path(&MailSecret::new([9; 32]), "0123456789abcdef");
    let hand_over = async |to: &str| relay.hand_over(&path, to, &letter(to)).await;
    assert_eq!(hand_over("jimu@hospital.example.jp").await, HandOver::Accepted);
    assert!(matches!(hand_over("later@hospital.example.jp").await, HandOver::NotNow { .. }));
    assert_eq!(hand_over("later@hospital.example.jp").await, HandOver::Accepted);
    let gone = hand_over("gone@hospital.example.jp").await;
    assert!(matches!(gone, HandOver::Never { of_address: true, .. }), "{gone:?}");
    let letters = sink.letters();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0]["from"], path);
    assert_eq!(letters[0]["to"], serde_json::json!(["jimu@hospital.example.jp"]));
    let content = letters[0]["content"].as_str().unwrap();
    let content = base64::engine::general_purpose::STANDARD.decode(content).unwrap();
    assert!(content == letter("jimu@hospital.example.jp"), "the bytes that were signed arrive");
    drop(sink);
    let nobody = relay.hand_over(&path, "a@b.example", b"").await;
    assert!(matches!(nobody, HandOver::Stopped { obstacle: Obstacle::Line, .. }), "{nobody:?}");
}

/// How another client of SMTP ends when it hands `message` to the sink.
fn swaks(sink: &Sink, from: &str, to: &str, message: &Path) -> Option<i32> {
    let status = Command::new("swaks")
        .args(["--server", &format!("127.0.0.1:{}", sink.port), "--from", from, "--to", to])
        .arg("--data")
        .arg(format!("@{}", message.display()))
        .args(["--silent", "3"])
        .status();
    status.unwrap().code()
}

#[test]
#[ignore = "needs swaks and aiosmtpd (cargo xtask setup-peers)"]
fn another_client_hands_over_our_letter_as_we_do() {
    use base64::Engine as _;
    let sink = Sink::start();
    let (folder, to) = (tempfile::tempdir().unwrap(), "jimu@hospital.example.jp");
    let message = folder.path().join("message");
    std::fs::write(&message, letter(to)).unwrap();
    let path = sender().return_path(&MailSecret::new([9; 32]), "0123456789abcdef");
    assert_eq!(swaks(&sink, &path, to, &message), Some(0));
    // 24: the server refused every recipient.
    assert_eq!(swaks(&sink, &path, "gone@hospital.example.jp", &message), Some(24));
    let letters = sink.letters();
    assert_eq!((letters.len(), letters[0]["from"].as_str()), (1, Some(path.as_str())));
    let content = letters[0]["content"].as_str().unwrap();
    let content = base64::engine::general_purpose::STANDARD.decode(content).unwrap();
    assert_eq!(
        String::from_utf8(content).unwrap().trim_end(),
        String::from_utf8(letter(to)).unwrap().trim_end()
    );
}
