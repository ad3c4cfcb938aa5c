//! Evidence leaves the house and convinces somebody who has nothing of it; a head kept elsewhere notices what was put back.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house::{House, count, printed, run, sakimori, wait_for};

/// A node that has sealed twenty records and was stopped.
fn sealed(folder: &tempfile::TempDir) -> PathBuf {
    let data = folder.path().join("data");
    let house = House::start(&data);
    let lines: String =
        (0..20).map(|n| format!("{{\"n\": {n}, \"message\": \"記録 {n}\"}}\n")).collect();
    std::fs::write(data.join("inbox").join("some.jsonl"), lines).unwrap();
    wait_for("not all records came", || count(&data, "true") == 20);
    house.stop();
    data
}

fn export(data: &Path, seqs: &str, out: &Path) -> (Option<i32>, String) {
    let (data, out) = (data.display().to_string(), out.display().to_string());
    let output = run(&["evidence", "export", seqs, "--out", &out, "--data", &data]);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn check(file: &Path, key: Option<&str>) -> (Option<i32>, String) {
    let file = file.display().to_string();
    let mut arguments = vec!["verify", "--evidence", &file];
    arguments.extend(key.into_iter().flat_map(|key| ["--key", key]));
    let output = run(&arguments);
    (output.status.code(), printed(&output))
}

fn verify(data: &Path, copy: &Path) -> (Option<i32>, String) {
    let (data, copy) = (data.display().to_string(), copy.display().to_string());
    let output = run(&["verify", "--data", &data, "--witnessed", &copy]);
    (output.status.code(), printed(&output))
}

fn key_of(said: &str) -> &str {
    said.lines().find(|line| line.starts_with("sakimori.log/")).unwrap()
}

#[test]
fn exported_evidence_is_proved_without_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = sealed(&folder);
    let out = folder.path().join("evidence.json");
    let (code, said) = export(&data, "3,7-9", &out);
    assert_eq!(code, Some(0), "{said}");
    let key = key_of(&said).to_owned();
    let here = sakimori()
        .current_dir(folder.path())
        .args(["evidence", "export", "3", "--out", "here.json", "--data", "data"])
        .output()
        .unwrap();
    assert!(here.status.success(), "{}", String::from_utf8_lossy(&here.stderr));
    std::fs::remove_dir_all(&data).unwrap();
    let (code, text) = check(&out, Some(&key));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("all 4 events") && text.contains("checked with the key given"), "{text}");
    let (code, text) = check(&out, None);
    assert!(code == Some(0) && text.contains("--key"), "{text}");
}

#[test]
fn evidence_with_a_word_changed_or_under_another_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = sealed(&folder);
    let out = folder.path().join("evidence.json");
    let (_, said) = export(&data, "3", &out);
    let key = key_of(&said).to_owned();
    let text = std::fs::read_to_string(&out).unwrap();
    let source = "\"source\": \"";
    std::fs::write(&out, text.replacen(source, &format!("{source}x"), 1)).unwrap();
    let (code, shown) = check(&out, Some(&key));
    assert!(
        code == Some(1) && shown.contains("SK-LAKE-020") && shown.contains("event 3"),
        "{shown}"
    );
    std::fs::write(&out, &text).unwrap();
    let other = folder.path().join("other");
    House::start(&other).stop();
    let paper = std::fs::read_to_string(other.join("lake").join("checkpoint")).unwrap();
    assert!(!paper.is_empty());
    let (code, shown) = check(&out, Some(&key.replace("sakimori.log/", "sakimori.log/x")));
    assert!(code == Some(1), "{shown}");
    std::fs::write(&out, "{}").unwrap();
    assert_eq!(check(&out, None).0, Some(1));
}

#[test]
fn what_is_not_sealed_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let data = sealed(&folder);
    let out = folder.path().join("evidence.json");
    let (code, said) = export(&data, "999", &out);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("SK-LAKE-021"), "{said}");
    assert_eq!(export(&data, "x", &out).0, Some(2));
    assert!(!out.is_file());
}

/// Somebody with the node and its keys puts the whole data folder back to an older copy: every signature is good.
#[test]
fn a_folder_put_back_as_a_whole_is_found_by_the_copy_on_paper() {
    let folder = tempfile::tempdir().unwrap();
    let data = sealed(&folder);
    let older = folder.path().join("older");
    assert!(Command::new("cp").arg("-r").arg(&data).arg(&older).status().unwrap().success());
    let house = House::start(&data);
    std::fs::write(data.join("inbox").join("more.jsonl"), "{\"message\": \"the intrusion\"}\n")
        .unwrap();
    wait_for("the record did not come", || count(&data, "raw LIKE '%intrusion%'") == 1);
    house.stop();
    let note = folder.path().join("kept.note");
    std::fs::copy(data.join("lake").join("checkpoint"), &note).unwrap();
    let typed = folder.path().join("typed.txt");
    std::fs::write(&typed, typed_from(&std::fs::read_to_string(&note).unwrap())).unwrap();
    for copy in [&note, &typed] {
        let (code, text) = verify(&data, copy);
        assert_eq!(code, Some(0), "{text}");
        let (code, text) = verify(&older, copy);
        assert_eq!(code, Some(1), "{text}");
    }
}

/// Size and root as the printed day shows them.
fn typed_from(note: &str) -> String {
    use base64::Engine as _;
    let mut lines = note.lines().skip(1);
    let size = lines.next().unwrap();
    let root = base64::engine::general_purpose::STANDARD.decode(lines.next().unwrap()).unwrap();
    let groups: Vec<String> = root
        .chunks(2)
        .map(|pair| pair.iter().map(|byte| format!("{byte:02X}")).collect())
        .collect();
    format!("件数 : {size}\nルート: {}\n{}\n", groups[..8].join(" "), groups[8..].join(" "))
}

#[test]
#[ignore = "needs Python with cryptography (Debian python3-cryptography)"]
fn a_script_in_another_language_comes_to_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let data = sealed(&folder);
    let out = folder.path().join("evidence.json");
    let (_, said) = export(&data, "1-20", &out);
    let key = key_of(&said).to_owned();
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evidence/check_evidence.py");
    let python = |file: &Path| {
        Command::new("python3").arg(&script).arg(file).arg(&key).output().expect("python3")
    };
    let output = python(&out);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed(&output).starts_with("20 events"), "{}", printed(&output));
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lake/samples/evidence-v1.json");
    let document: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&sample).unwrap()).unwrap();
    let witnessed = Command::new("python3")
        .arg(&script)
        .arg(&sample)
        .arg(document["key"].as_str().unwrap())
        .output()
        .unwrap();
    assert!(printed(&witnessed).contains("sakimori.witness/office"), "{}", printed(&witnessed));
    let text = std::fs::read_to_string(&out).unwrap();
    for (from, to) in [("\"index\": 5", "\"index\": 6"), ("\"seq\": 5,", "\"seq\": 6,")] {
        std::fs::write(&out, text.replacen(from, to, 1)).unwrap();
        assert!(!python(&out).status.success(), "{from} was changed to {to}");
    }
}

/// A time-stamping authority of our own, made with OpenSSL. Its reply carries no chain: OpenSSL 3.0 writes the certificates of one
/// in an order that strict readers refuse.
fn authority(folder: &Path) -> PathBuf {
    let (key, certificate) = (folder.join("tsa.key"), folder.join("tsa.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test"])
        .args(["-addext", "extendedKeyUsage=critical,timeStamping"])
        .args(["-addext", "keyUsage=critical,digitalSignature"])
        .args(["-addext", "basicConstraints=CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::write(folder.join("serial"), "01\n").unwrap();
    let configuration = format!(
        "[tsa]\ndefault_tsa = one\n[one]\nserial = {}\nsigner_cert = {}\nsigner_key = {}\nsigner_digest = sha256\n\
         default_policy = 1.2.3.4.1\ndigests = sha256\naccuracy = secs:1\n",
        folder.join("serial").display(),
        certificate.display(),
        key.display(),
    );
    let file = folder.join("tsa.cnf");
    std::fs::write(&file, configuration).unwrap();
    file
}

fn timestamp(arguments: &[&str], data: &Path) -> (Option<i32>, String) {
    let data = data.display().to_string();
    let output = run(&[&["timestamp"], arguments, &["--data", &data]].concat());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
#[ignore = "needs OpenSSL (Debian openssl)"]
fn an_authority_s_time_stamp_is_kept_and_goes_along_with_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let data = sealed(&folder);
    let configuration = authority(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (code, said) = timestamp(&["request", "--out", &path("head.tsq")], &data);
    assert_eq!(code, Some(0), "{said}");
    let reply = |query: &str, out: &str| {
        let replied = Command::new("openssl")
            .args(["ts", "-reply", "-queryfile", &path(query), "-out", &path(out), "-config"])
            .arg(&configuration)
            .output()
            .unwrap();
        assert!(replied.status.success(), "{}", String::from_utf8_lossy(&replied.stderr));
    };
    reply("head.tsq", "head.tsr");
    let (code, said) = timestamp(&["keep", &path("head.tsr")], &data);
    assert_eq!(code, Some(0), "{said}");
    let kept = data.join("lake").join("timestamps");
    let file = |ending: &str| {
        let names = std::fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().path());
        names.into_iter().find(|path| path.extension().is_some_and(|own| own == ending)).unwrap()
    };
    let judged = Command::new("openssl")
        .args(["ts", "-verify", "-CAfile", &path("tsa.pem"), "-data"])
        .arg(file("note"))
        .arg("-in")
        .arg(file("tsr"))
        .output()
        .unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    let out = folder.path().join("evidence.json");
    assert_eq!(export(&data, "3", &out).0, Some(0));
    let (code, text) = check(&out, None);
    assert!(code == Some(0) && text.contains("time-stamping authority states"), "{text}");
    // A reply about something else is none of ours.
    std::fs::write(folder.path().join("other"), "something else").unwrap();
    let asked = Command::new("openssl")
        .args(["ts", "-query", "-sha256", "-cert", "-data", &path("other"), "-out", &path("o.tsq")])
        .status()
        .unwrap();
    assert!(asked.success());
    reply("o.tsq", "o.tsr");
    let (code, said) = timestamp(&["keep", &path("o.tsr")], &data);
    assert!(code == Some(3) && said.contains("SK-NODE-030"), "{said}");
}
