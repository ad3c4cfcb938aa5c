//! Measures the matcher: events per CPU second with all rules of a SigmaHQ archive on recorded Windows events.
//!
//! `cargo run --release -p sakimori-sigma --example throughput -- RULES.zip EVENTS_DIR` (see `docs/performance.md`).
//! CPU time is read from `/proc`, so it runs on Linux only.

use std::io::Read as _;
use std::path::Path;

use sakimori_sigma::{Document, Placeholders, RuleSet, Scratch};
use sakimori_words::Event;

#[path = "../tests/it/flat_windows.rs"]
mod flat_windows;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(archive), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: throughput RULES.zip EVENTS_DIR [RULES_FOLDER]".into());
    };
    let prefix = arguments.next().unwrap_or_else(|| "rules/windows/".to_owned());
    let texts = rule_texts(Path::new(&archive), &prefix)?;
    let started = cpu_seconds()?;
    let mut documents = Vec::new();
    for text in &texts {
        documents.extend(Document::parse(text)?);
    }
    let parsed = cpu_seconds()?;
    let (rules, problems) = RuleSet::compile(documents, &Placeholders::new());
    let compiled = cpu_seconds()?;
    say(&format!(
        "{} rules, {} refused; parse {:.2} s, compile {:.2} s CPU",
        rules.coverage().n_rules,
        problems.len(),
        parsed - started,
        compiled - parsed
    ));
    let mut events = Vec::new();
    read_events(Path::new(&folder), &mut events)?;
    measure(&rules, &events)
}

fn measure(rules: &RuleSet, events: &[Event]) -> Result<(), Box<dyn std::error::Error>> {
    let rounds = (200_000 / events.len().max(1)).max(1);
    let mut scratch = Scratch::new();
    let started = cpu_seconds()?;
    let mut n_matches = 0;
    for _ in 0..rounds {
        for event in events {
            n_matches += rules.matches_with(&mut scratch, event).len();
        }
    }
    let seconds = cpu_seconds()? - started;
    let n_events = rounds * events.len();
    say(&format!(
        "{n_events} events ({} different), {} matches a round: {:.0} events per CPU second",
        events.len(),
        n_matches / rounds,
        f64::from(u32::try_from(n_events)?) / seconds
    ));
    Ok(())
}

fn rule_texts(archive: &Path, prefix: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(archive)?)?;
    let mut texts = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at)?;
        let name = file.name()?.into_owned();
        if name.starts_with(prefix) && name.ends_with(".yml") {
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            texts.push(text);
        }
    }
    Ok(texts)
}

fn read_events(folder: &Path, events: &mut Vec<Event>) -> Result<(), Box<dyn std::error::Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_events(&path, events)?;
        } else if path.extension().is_some_and(|own| own == "json" || own == "jsonl") {
            let text = std::fs::read_to_string(path)?;
            for json in serde_json::Deserializer::from_str(&text).into_iter() {
                events.push(flat_windows::event(&json?));
            }
        }
    }
    Ok(())
}

fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: u64 = text.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(std::time::Duration::from_nanos(nanoseconds).as_secs_f64())
}

#[expect(clippy::print_stdout, reason = "an example that measures prints what it measured")]
fn say(line: &str) {
    println!("{line}");
}
