//! Taking evidence by command: a file stands for the disk, and what was taken is checked, damaged and given back.

use std::fs;
use std::path::Path;

use crate::house::{House, count, printed, run, wait_for};

fn evidence(words: &[&str]) -> (Option<i32>, String) {
    let output = run(&[&["evidence"], words].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), printed(&output) + &said)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_disk_is_taken_proved_given_back_and_its_damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, out, back) =
        (folder.path().join("disk"), folder.path().join("out"), folder.path().join("back"));
    let bytes: Vec<u8> = (0..9_000_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
    fs::write(&disk, &bytes).unwrap();
    let (disk, out_name) = (shown(&disk), shown(&out));
    let (code, said) =
        evidence(&["acquire", "disk", &disk, "--out", &out_name, "--examiner", "防人 花子"]);
    assert!(code == Some(0) && said.contains("SHA-256"), "{said}");
    let (code, said) = evidence(&["verify", &out_name]);
    assert!(code == Some(0) && said.contains("as it was taken"), "{said}");
    let (code, said) = evidence(&["export", &out_name, "--raw", &shown(&back)]);
    assert_eq!((code, fs::read(&back).unwrap() == bytes), (Some(0), true), "{said}");
    let (code, said) = evidence(&["acquire", "disk", &disk, "--out", &out_name]);
    assert!(code == Some(3) && said.contains("SK-EVIDENCE-002"), "{said}");
    let data = out.join("data-00000.bin");
    let mut stored = fs::read(&data).unwrap();
    stored.truncate(stored.len() - 10);
    fs::write(&data, stored).unwrap();
    let (code, said) = evidence(&["verify", &out_name]);
    assert!(code == Some(1) && said.contains("SK-EVIDENCE-011"), "{said}");
    assert!(said.contains("data-00000.bin"), "{said}");
}

#[test]
fn logs_of_a_period_are_taken_with_what_proves_them() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    let house = House::start(&data);
    let lines: String = (0..20).map(|n| format!("{{\"message\": \"record {n}\"}}\n")).collect();
    fs::write(data.join("inbox").join("some.jsonl"), lines).unwrap();
    wait_for("not all records came", || count(&data, "true") == 20);
    house.stop();
    let (code, said) = evidence(&[
        "acquire",
        "logs",
        "--data",
        &shown(&data),
        "--from",
        "2020-01-01",
        "--to",
        "2099-12-31",
        "--filter",
        "message:*record*",
        "--out",
        &shown(&out),
    ]);
    assert_eq!(code, Some(0), "{said}");
    let list = fs::read_to_string(out.join("list.jsonl")).unwrap();
    for name in ["period.json", "catalogue.jsonl", "proof.json", "fitting.jsonl", ".parquet"] {
        assert!(list.contains(name), "{list}");
    }
    assert_eq!(evidence(&["verify", &shown(&out)]).0, Some(0));
}

#[test]
fn folders_triage_memory_and_archives_are_taken_and_the_guide_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(root.join("etc/passwd"), "root:x:0:0").unwrap();
    let image = folder.path().join("memory.lime");
    fs::write(&image, b"EMiL\x01\x00\x00\x00and so on").unwrap();
    for (kind, source) in
        [("files", &root), ("triage", &root), ("memory", &image), ("archive", &image)]
    {
        let out = shown(&folder.path().join(kind));
        let (code, said) = evidence(&["acquire", kind, &shown(source), "--out", &out]);
        assert_eq!(code, Some(0), "{kind}: {said}");
        assert_eq!(evidence(&["verify", &out]).0, Some(0), "{kind}");
    }
    let text = fs::read_to_string(folder.path().join("memory/manifest.json")).unwrap();
    assert!(text.contains("\"recognised\": \"lime\""), "{text}");
    assert!(evidence(&["guide", "memory"]).1.contains("AVML"));
}
