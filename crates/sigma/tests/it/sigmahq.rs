//! SigmaHQ's own rules and its recorded events. They stay outside the repository (Detection Rule License).

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sakimori_sigma::{Document, Placeholders, RuleSet, Scratch};
use serde_json::Value as Json;

use crate::flat_windows;

/// Where the shared samples lie: `SAKIMORI_SHARED`, or `shared` beside the checkout.
fn shared() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    std::env::var_os("SAKIMORI_SHARED").map_or(beside, PathBuf::from)
}

/// Name and text of every rule file under one of the `folders` of the kept SigmaHQ checkout.
fn rule_files(folders: &[&str]) -> Vec<(String, String)> {
    let folder = shared().join("data/sigma");
    let archive = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "zip"))
        .unwrap();
    let mut archive = zip::ZipArchive::new(fs::File::open(archive).unwrap()).unwrap();
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let name = file.name().unwrap().into_owned();
        if name.ends_with(".yml") && folders.iter().any(|folder| name.starts_with(folder)) {
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            files.push((name, text));
        }
    }
    files
}

fn loaded(folders: &[&str]) -> (RuleSet, usize, Vec<String>) {
    let files = rule_files(folders);
    let n_files = files.len();
    let mut documents = Vec::new();
    let mut refused = Vec::new();
    for (name, text) in files {
        match Document::parse(&text) {
            Ok(own) => documents.extend(own),
            Err(error) => refused.push(format!("{name}: {error}")),
        }
    }
    let (rules, problems) = RuleSet::compile(documents, &Placeholders::new());
    refused.extend(problems.iter().map(ToString::to_string));
    (rules, n_files, refused)
}

#[test]
#[ignore = "needs ../shared (SigmaHQ rules)"]
fn sigmahq_windows_rules_are_loaded() {
    let (rules, n_files, refused) = loaded(&["rules/windows/"]);
    let coverage = rules.coverage();
    println!("{} of {n_files} loaded, {} refused", coverage.n_rules, refused.len());
    println!("{refused:#?}\nnot mapped: {:#?}", coverage.unmapped);
    assert_eq!(n_files, 2_407);
    assert_eq!(coverage.n_rules, n_files, "every rule applies to some log");
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
#[ignore = "needs ../shared (SigmaHQ rules)"]
fn all_sigmahq_rules_are_read() {
    let (rules, n_files, refused) =
        loaded(&["rules/", "rules-emerging-threats/", "rules-threat-hunting/"]);
    let coverage = rules.coverage();
    println!("{} of {n_files} loaded; refused: {refused:#?}", coverage.n_rules);
    println!("not mapped: {:#?}", coverage.unmapped);
    let other: Vec<_> = refused.iter().filter(|why| !why.contains("placeholder")).collect();
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
#[ignore = "needs ../shared (SigmaHQ rules and its regression events)"]
fn every_sigmahq_regression_event_fires_its_rule() {
    let (rules, ..) = loaded(&["rules/", "rules-emerging-threats/", "rules-threat-hunting/"]);
    let mut scratch = Scratch::new();
    let mut missed = Vec::new();
    let mut n_cases = 0;
    for case in cases(&shared().join("data/evtx/sigma-regression")) {
        n_cases += 1;
        let events = case.events();
        let fired = events.iter().any(|event| {
            let matched = rules.matches_with(&mut scratch, event);
            matched.iter().any(|rule| rules.header(*rule).unwrap().id == case.rule_id)
        });
        if !fired {
            missed.push(format!("{} {}", case.rule_id, case.folder.display()));
        }
    }
    println!("{} of {n_cases} fired", n_cases - missed.len());
    assert!(n_cases > 0 && missed.is_empty(), "{missed:#?}");
}

struct Case {
    folder: PathBuf,
    rule_id: String,
}

impl Case {
    fn events(&self) -> Vec<sakimori_words::Event> {
        let path = self.folder.join(format!("{}.json", self.rule_id));
        let text = fs::read_to_string(path).unwrap();
        let stream = serde_json::Deserializer::from_str(&text).into_iter::<Json>();
        stream.map(|json| flat_windows::event(&json.unwrap())).collect()
    }
}

/// Every folder with a recorded Windows event and the rule it must fire.
fn cases(folder: &Path) -> Vec<Case> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(cases(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let rule_id = path.file_stem().unwrap().to_str().unwrap().to_owned();
            found.push(Case { folder: folder.to_owned(), rule_id });
        }
    }
    found
}
