//! How fast EVTX files are read and searched: records per CPU second, ours beside the bare parser, over the files and
//! folders given; with the built-in detections, and with the rules of a zip when one is given.
//!
//! ```text
//! cargo run --release -p sakimori-watch --example evtx_speed -- FOLDER… [RULES.zip]
//! ```

mod measure;

use std::io::Cursor;
use std::path::PathBuf;

use evtx::{EvtxParser, ParserSettings};
use sakimori_content::{Content, Detection};
use sakimori_watch::sources::{Context, Limits, Reading, read_file};
use sakimori_watch::{Detector, RuleText};
use sakimori_words::{Digest, EvidenceRef, Instant};

use self::measure::{cpu_seconds, evtx_files, mega, rules_in, say};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut files, mut rules) = (Vec::new(), built_in()?);
    for argument in std::env::args_os().skip(1).map(PathBuf::from) {
        if argument.extension().is_some_and(|ending| ending == "zip") {
            rules = rules_in(&argument)?;
        } else {
            files.extend(evtx_files(&argument)?);
        }
    }
    let files: Vec<Vec<u8>> = files.iter().map(std::fs::read).collect::<Result<_, _>>()?;
    let n_bytes: usize = files.iter().map(Vec::len).sum();
    say(&format!("{} files, {:.1} MB", files.len(), mega(n_bytes)));
    measure("bare parser, nothing rendered", &files, &mut bare)?;
    measure("bare parser, JSON bytes", &files, &mut json)?;
    measure("bare parser, JSON bytes, chunk by chunk", &files, &mut chunks)?;
    let mut detector = Detector::new(&[]);
    measure("ours: raw JSON, native fields, columns", &files, &mut |file| {
        ours(file, &mut detector)
    })?;
    let started = cpu_seconds()?;
    let mut detector = Detector::new(&rules);
    say(&format!(
        "{} rules compiled in {:.2} CPU-s",
        detector.report().loaded,
        cpu_seconds()? - started
    ));
    measure("ours, searched with the rules", &files, &mut |file| ours(file, &mut detector))?;
    Ok(())
}

fn bare(bytes: &[u8]) -> usize {
    let Ok(parser) = EvtxParser::from_buffer(bytes.to_vec()) else { return 0 };
    let mut n_records = 0;
    for mut chunk in parser.into_chunks().flatten() {
        if let Ok(mut chunk) = chunk.parse(ParserSettings::new().into()) {
            n_records += chunk.iter().filter(Result::is_ok).count();
        }
    }
    n_records
}

fn json(bytes: &[u8]) -> usize {
    let Ok(parser) = EvtxParser::from_buffer(bytes.to_vec()) else { return 0 };
    let mut parser = parser.with_configuration(ParserSettings::new().indent(false));
    parser.records_json_bytes().filter(Result::is_ok).count()
}

fn chunks(bytes: &[u8]) -> usize {
    let Ok(parser) = EvtxParser::from_buffer(bytes.to_vec()) else { return 0 };
    let settings = std::sync::Arc::new(ParserSettings::new().indent(false));
    let mut n_records = 0;
    for mut chunk in parser.into_chunks().flatten() {
        if let Ok(mut chunk) = chunk.parse(settings.clone()) {
            let records = chunk.iter().filter_map(Result::ok);
            n_records += records.filter(|record| record.clone().into_json_bytes().is_ok()).count();
        }
    }
    n_records
}

fn ours(bytes: &[u8], detector: &mut Detector) -> usize {
    let context = Context { source: "speed".to_owned(), received_at: Instant::default() };
    let evidence = || EvidenceRef::Event { seq: 0, leaf: Digest::default() };
    let mut n_records = 0;
    let each = &mut |reading: Reading<'_>| {
        if let Reading::Event { event, .. } = reading {
            n_records += 1;
            detector.look(&event, &evidence);
        }
    };
    match read_file("speed.evtx", &mut Cursor::new(bytes), &context, &Limits::STANDARD, each) {
        Ok(()) => n_records,
        Err(_) => 0,
    }
}

fn built_in() -> Result<Vec<RuleText>, Box<dyn std::error::Error>> {
    let content = Content::embedded()?;
    let rule = |own: &Detection| RuleText {
        name: own.id.clone(),
        yaml: own.rule.clone(),
        ..RuleText::default()
    };
    Ok(content.detections().iter().map(rule).collect())
}

/// Repeats until two CPU seconds are used.
fn measure(
    name: &str,
    files: &[Vec<u8>],
    read: &mut dyn FnMut(&[u8]) -> usize,
) -> std::io::Result<()> {
    let started = cpu_seconds()?;
    let (mut n_records, mut n_bytes, mut used) = (0, 0, 0.0);
    while used < 2.0 {
        n_records += files.iter().map(|file| read(file)).sum::<usize>();
        n_bytes += files.iter().map(Vec::len).sum::<usize>();
        used = cpu_seconds()? - started;
    }
    let thousands = mega(n_records) * 1_000.0 / used;
    say(&format!("{name}: {thousands:.0} k records/CPU-s, {:.0} MB/CPU-s", mega(n_bytes) / used));
    Ok(())
}
