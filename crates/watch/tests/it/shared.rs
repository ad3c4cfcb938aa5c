//! Against the samples of real machines that lie beside the repository. They are never part of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use sakimori_watch::hunt::{HuntFile, hunt};
use sakimori_watch::sources::{
    Context, Limits, ReadSeek, Reading, Unreadable, read_file, understood,
};
use sakimori_watch::{Detector, RuleText};
use sakimori_words::{Event, EvidenceRef, Instant};

fn shared() -> PathBuf {
    std::env::var_os("SAKIMORI_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    )
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path, ending));
        } else if path.to_str().unwrap().ends_with(ending) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(path: &Path) -> (Vec<Event>, Vec<Unreadable>) {
    let name = path.display().to_string();
    let context = Context {
        source: name.clone(),
        received_at: Instant::parse("2026-11-20T09:00:00Z").unwrap(),
    };
    let (mut events, mut trouble) = (Vec::new(), Vec::new());
    let mut input = BufReader::new(File::open(path).unwrap());
    read_file(&name, &mut input, &context, &Limits::STANDARD, &mut |reading| match reading {
        Reading::Event { event, .. } => events.push(event),
        Reading::Passed => panic!("every record was asked for"),
        Reading::Unreadable(part) => trouble.push(part),
    })
    .unwrap();
    (events, trouble)
}

#[test]
#[ignore = "needs ../shared"]
fn every_evtx_file_is_read_and_the_damaged_ones_say_so() {
    let mut troubled = BTreeMap::new();
    let (mut n_records, mut n_odd) = (0, 0);
    for path in files_below(&shared().join("data/evtx"), ".evtx") {
        let (events, trouble) = read(&path);
        n_records += events.len();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(!events.is_empty() || !trouble.is_empty(), "{name} gives nothing and says nothing");
        assert!(events.iter().all(understood), "{name}");
        n_odd += events.iter().filter(|event| event.service.is_empty()).count();
        println!("{:6} records {:3} troubles {name}", events.len(), trouble.len());
        if !trouble.is_empty() {
            trouble
                .iter()
                .take(40)
                .for_each(|part| println!("    {}: {}", part.place, part.reason));
            troubled.insert(name, (events.len(), trouble.len()));
        }
    }
    println!("{n_records} records; troubled: {troubled:#?}");
    assert!(n_odd <= 3, "only the known records without a channel");
    for damaged in ["sample_with_a_bad_chunk_magic.evtx", "security_bad_string_cache.evtx"] {
        assert!(troubled.get(damaged).is_some_and(|(records, _)| *records > 0), "{damaged}");
    }
}

fn sigma_rules() -> BTreeMap<String, String> {
    let path = shared().join("data/sigma/sigmahq-rules-8eaafff1.zip");
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut rules = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut yaml = String::new();
        if entry.name().unwrap().ends_with(".yml") && entry.read_to_string(&mut yaml).is_ok() {
            let id = yaml.lines().find_map(|line| line.strip_prefix("id: ")).unwrap_or_default();
            rules.insert(id.trim().to_owned(), yaml);
        }
    }
    rules
}

#[test]
#[ignore = "needs ../shared"]
fn every_regression_case_of_sigmahq_fires() {
    let rules = sigma_rules();
    let cases = files_below(&shared().join("data/evtx/sigma-regression"), ".evtx");
    let evidence = || EvidenceRef::Event { seq: 0, leaf: sakimori_words::Digest::default() };
    let mut missed = Vec::new();
    for path in &cases {
        let id = path.file_stem().unwrap().to_str().unwrap();
        let yaml = rules.get(id).unwrap_or_else(|| panic!("{id} is not in the zip")).clone();
        let mut detector =
            Detector::new(&[RuleText { name: id.to_owned(), yaml, ..RuleText::default() }]);
        let (events, _) = read(path);
        let found: usize = events.iter().map(|event| detector.look(event, &evidence).len()).sum();
        if found == 0 {
            missed.push((id.to_owned(), path.clone(), detector.report().clone(), events));
        }
    }
    println!("{} of {} cases fire", cases.len() - missed.len(), cases.len());
    for (id, path, report, events) in &missed {
        println!("missed {id} {}\n  {report:?}", path.display());
        for event in events.iter().take(3) {
            println!("  {} {:?}", event.service, event.src);
        }
    }
    assert!(missed.is_empty());
    assert!(cases.len() >= 91);
}

/// What a hunt finds, and what is found when every record is read to its end and shown to the rules.
fn found_both_ways(path: &Path, detector: &mut Detector) -> [BTreeMap<String, u64>; 2] {
    let name = path.display().to_string();
    let opened = path.to_owned();
    let open = move || Ok(Box::new(BufReader::new(File::open(opened)?)) as Box<dyn ReadSeek>);
    let file = HuntFile { name, written_at: None, open: Box::new(open) };
    let now = Instant::parse("2026-11-20T09:00:00Z").unwrap();
    let report = hunt(&mut [file].into_iter(), detector, &Limits::STANDARD, &[], now, &mut |_| ());
    let own = report.findings.into_iter().map(|finding| finding.rule_id);
    let evidence = || EvidenceRef::Event { seq: 0, leaf: sakimori_words::Digest::default() };
    let (events, _) = read(path);
    assert_eq!(report.events, events.len() as u64, "{}", path.display());
    let all = events.iter().flat_map(|event| detector.look(event, &evidence));
    let all: Vec<String> = all.map(|finding| finding.rule_id).collect();
    [counted(own), counted(all.into_iter())]
}

fn counted(ids: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    ids.for_each(|id| *counts.entry(id).or_default() += 1);
    counts
}

#[test]
#[ignore = "needs ../shared"]
fn a_hunt_leaves_no_record_unread_that_a_rule_matches() {
    // Correlations count differently over a stream and over files; what they count is compared.
    let yaml = sigma_rules().into_iter().filter(|(_, yaml)| !yaml.contains("\ncorrelation:"));
    let rules: Vec<_> =
        yaml.map(|(name, yaml)| RuleText { name, yaml, ..RuleText::default() }).collect();
    let mut detector = Detector::new(&rules);
    let mut n_found = 0;
    for path in files_below(&shared().join("data/evtx"), ".evtx") {
        let [own, all] = found_both_ways(&path, &mut detector);
        assert_eq!(own, all, "{}", path.display());
        n_found += own.len();
    }
    assert!(n_found > 100, "{n_found}");
}
