//! Help, errors, exit codes, hunting without a server.

use crate::house::{printed, run, sakimori};

#[test]
fn help_speaks_both_languages() {
    for (lang, word) in [("ja", "使い方"), ("en", "Usage")] {
        for command in [
            "up",
            "hunt",
            "mail",
            "maintenance",
            "search",
            "retro",
            "verify",
            "doctor",
            "sender-certificate",
            "sender-certificates",
            "serve",
            "proxy-certificate",
            "rules",
            "content",
            "export",
            "import",
            "evidence",
            "timestamp",
            "explain",
            "grid",
            "bundle",
        ] {
            let output =
                sakimori().env("SAKIMORI_LANG", lang).args([command, "--help"]).output().unwrap();
            let text = printed(&output);
            assert!(output.status.success() && text.contains(word), "{command}: {text}");
            if lang == "ja" {
                assert!(!text.contains("Usage:") && !text.contains("Options:"), "{text}");
            }
        }
    }
}

#[test]
fn wrong_use_is_named_and_exits_with_2() {
    let output = run(&["hunt"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("SK-NODE-001") && text.contains("<PATH>"), "{text}");
}

#[test]
fn every_code_is_explained_and_none_is_used_twice() {
    let listed = printed(&run(&["explain"]));
    let codes: Vec<&str> =
        listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.len() > 50, "{listed}");
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), codes.len(), "a code is declared twice");
    for code in ["SK-NODE-001", "sk-lake-001"] {
        let output = run(&["explain", code]);
        assert!(output.status.success() && printed(&output).contains("Now"), "{code}");
    }
    assert_eq!(run(&["explain", "SK-NONE-999"]).status.code(), Some(3));
}

#[test]
fn completions_know_every_command() {
    let script = printed(&run(&["completions", "bash"]));
    assert!(["up", "hunt", "doctor"].iter().all(|name| script.contains(name)));
}

#[test]
fn a_missing_folder_is_a_trouble_and_makes_nothing() {
    let output = run(&["search", "SELECT 1", "--data", "no-such-folder"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("SK-NODE-003"));
    assert!(!std::path::Path::new("no-such-folder").is_dir());
}

#[test]
fn a_demonstration_begins_in_a_new_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ministry")).unwrap();
    let output = run(&["up", "--demo", "--data", &folder.path().display().to_string()]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("SK-NODE-041") && said.contains("ministry"), "{said}");
}

#[test]
fn a_hunt_prints_findings_as_lines_for_machines_and_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("midori.log");
    let start = sakimori_words::Instant::parse("2026-11-19T17:00:00Z").unwrap();
    let lines = sakimori_testkit::attack::osaka(start, "midori");
    std::fs::write(
        &log,
        lines.iter().flat_map(|line| [line.bytes.as_slice(), b"\n"].concat()).collect::<Vec<u8>>(),
    )
    .unwrap();
    let output = run(&["hunt", &folder.path().display().to_string(), "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let text = printed(&output);
    for line in text.lines() {
        let finding: serde_json::Value = serde_json::from_str(line).unwrap();
        for key in ["time", "rule_id", "title", "level", "source", "record", "host"] {
            assert!(finding.get(key).is_some(), "{key} is missing: {line}");
        }
    }
    let quiet =
        run(&["hunt", "--no-builtin-rules", &log.display().to_string(), "--format", "jsonl"]);
    assert_eq!((quiet.status.code(), printed(&quiet).as_str()), (Some(0), ""));
}

#[test]
fn a_broken_rule_is_named_and_the_others_work() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.yml"), "title: x\ndetection: [\n").unwrap();
    let output = run(&["rules", "test", &folder.path().display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output).contains("broken.yml"), "{}", printed(&output));
    let built_in = run(&["rules", "test"]);
    assert_eq!(built_in.status.code(), Some(0), "{}", printed(&built_in));
}

#[test]
fn rules_are_imported_whole_or_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let given = folder.path().join("house");
    let data = folder.path().join("data");
    std::fs::create_dir_all(&given).unwrap();
    std::fs::create_dir_all(&data).unwrap();
    let good = "title: Scan\nid: 5f0d2a4e-6f0f-4f3e-9f39-3c4b8a0d9e11\nstatus: test\nlogsource:\n  product: windows\n  \
                service: security\ndetection:\n  sel:\n    EventID: 4625\n  condition: sel\nlevel: low\n";
    std::fs::write(given.join("good.yml"), good).unwrap();
    std::fs::write(given.join("broken.yml"), "title: x\ndetection: [\n").unwrap();
    let (given, data_text) = (given.display().to_string(), data.display().to_string());
    let output = run(&["rules", "import", &given, "--data", &data_text]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let said = printed(&output);
    assert!(said.contains("broken.yml") && said.contains("house.zip"), "{said}");
    let imported = data.join("rules/house.zip").display().to_string();
    let listed = printed(&run(&["rules", "list", &imported]));
    assert!(listed.contains("Scan") && !listed.contains("broken"), "{listed}");
}

#[test]
fn a_rule_waits_for_the_list_it_asks_for_and_runs_when_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let [rule, data, log, lists] = ["own.yml", "data", "log.jsonl", "data/rules/lists.toml"]
        .map(|name| folder.path().join(name));
    let [rule_text, data_text, log_text, lists_text] =
        [&rule, &data, &log, &lists].map(|path| path.display().to_string());
    std::fs::create_dir_all(&data).unwrap();
    let yaml = "title: Nurse's PC\nid: 5f0d2a4e-6f0f-4f3e-9f39-3c4b8a0d9e12\nstatus: test\nlogsource:\n  product: windows\n  \
                service: security\ndetection:\n  sel:\n    EventID: 4625\n    WorkstationName|expand: '%Workstations%'\n  \
                condition: sel\nlevel: low\n";
    std::fs::write(&rule, yaml).unwrap();
    let record = r##"{"Event":{"System":{"Channel":"Security","EventID":4625,"Computer":"DC1","TimeCreated":{"#attributes":{"SystemTime":"2026-11-20T00:00:00Z"}}},"EventData":{"WorkstationName":"NURSE-3"}}}"##;
    std::fs::write(&log, format!("{record}\n")).unwrap();
    let hunt =
        ["hunt", "--no-builtin-rules", "--rules", &rule_text, "--format", "jsonl", &log_text];

    let import = run(&["rules", "import", &rule_text, "--data", &data_text]);
    assert!(printed(&import).contains("%Workstations%"), "{}", printed(&import));
    assert_eq!(import.status.code(), Some(1));
    let waiting = run(&["rules", "lists", "--data", &data_text]);
    assert_eq!(waiting.status.code(), Some(1));
    assert!(printed(&waiting).contains("%Workstations%: "), "{}", printed(&waiting));
    assert_eq!(printed(&run(&hunt)), "", "without its list a rule does not run");

    std::fs::write(&lists, "Workstations = [\"NURSE-*\"]\n").unwrap();
    let complete = run(&["rules", "lists", "--data", &data_text]);
    assert_eq!(complete.status.code(), Some(0), "{}", printed(&complete));
    let found = run(&[&hunt[..], &["--lists", &lists_text]].concat());
    assert!(printed(&found).contains("Nurse's PC"), "{}", printed(&found));

    std::fs::write(&lists, "Workstations = [\"*\"]\n").unwrap();
    let wrong = run(&["rules", "lists", "--data", &data_text]);
    assert_eq!(wrong.status.code(), Some(3));
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(said.contains("SK-WATCH-093") && said.contains("lists.toml:1"), "{said}");
}

#[test]
fn the_built_in_content_has_no_problem() {
    let output = run(&["content", "check"]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
}

#[cfg(not(feature = "grid"))]
#[test]
fn a_build_without_a_grid_says_so() {
    for arguments in
        [&["grid", "scheduler"][..], &["grid", "executor", "--listen", "127.0.0.1:50051"]]
    {
        let output = run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("SK-NODE-031") && said.contains("docs/grid.md"), "{said}");
    }
}

#[test]
fn tunnels_and_certificates_of_a_grid_that_are_given_wrongly_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().display().to_string();
    let tunnel = ["grid", "tunnel", "--member", &here];
    let given = |more: &[&str]| run(&tunnel.iter().chain(more).copied().collect::<Vec<_>>());
    for (output, code) in [
        (given(&["--in", "127.0.0.1:50050=192.0.2.10:51050"]), "SK-NODE-032"),
        (given(&["--out", "0.0.0.0:50050=192.0.2.10:51050"]), "SK-NODE-032"),
        (given(&["--in", "192.0.2.10:51050=127.0.0.1:50050"]), "SK-NODE-006"),
        (run(&["grid", "certificate", "two words", "--out", "x", "--data", &here]), "SK-NODE-033"),
        (run(&["grid", "certificate", "one", "--out", &here, "--data", &here]), "SK-NODE-033"),
    ] {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(code), "{code}: {said}");
    }
    assert_eq!(given(&[]).status.code(), Some(2), "a tunnel without a way");
}
