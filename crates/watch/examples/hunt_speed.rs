//! What a hunt costs: events per CPU second with a zip of Sigma rules, from opening the files to the written report, beside the
//! bare EVTX parser over the same files in the same run.
//!
//! ```text
//! cargo run --release -p sakimori-watch --example hunt_speed -- RULES.zip TITLE PATH… [-- TITLE PATH…]
//! ```

mod measure;

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use evtx::{EvtxParser, ParserSettings};
use sakimori_watch::hunt::{Format, HuntFile, hunt, write};
use sakimori_watch::sources::{Limits, ReadSeek};
use sakimori_watch::{Detector, RuleText};
use sakimori_words::{Instant, Lang};

use self::measure::{cpu_seconds, evtx_files, mega, rules_in, say};

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// How many rules the smaller of two sets has, whose costs are compared.
const FEW_RULES: usize = 500;

/// How often each thing is measured; the median is told.
const ROUNDS: usize = 5;

/// Fewest CPU seconds of a measurement.
const SECONDS_MIN: f64 = 1.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (zip, corpora) = arguments.split_first().ok_or("RULES.zip TITLE PATH… [-- TITLE PATH…]")?;
    let (mut few, mut all) = detectors(Path::new(zip))?;
    for corpus in corpora.split(|argument| argument == "--") {
        let (title, paths) = corpus.split_first().ok_or("a title and its paths")?;
        let mut files = Vec::new();
        for path in paths {
            files.extend(evtx_files(Path::new(path))?);
        }
        compare(title, &files, &mut few, &mut all)?;
    }
    Ok(())
}

/// Detectors with some rules for Windows out of a zip, and with all.
fn detectors(zip: &Path) -> Result<(Detector, Detector)> {
    let mut all: Vec<RuleText> = rules_in(zip)?;
    all.retain(|rule| rule.name.contains("/windows/"));
    let few: Vec<RuleText> = all.iter().step_by(all.len() / FEW_RULES + 1).cloned().collect();
    Ok((Detector::new(&few), Detector::new(&all)))
}

/// Measures every way in turn, several times, so that an hour's noise falls on all alike.
fn compare(title: &str, files: &[PathBuf], few: &mut Detector, all: &mut Detector) -> Result<()> {
    let names = [
        "bare parser, nothing rendered".to_owned(),
        "bare parser, JSON bytes".to_owned(),
        format!("hunt with {} rules", few.report().loaded),
        format!("hunt with {} rules", all.report().loaded),
    ];
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push([
            measure(files, &mut |files| parse(files, false))?,
            measure(files, &mut |files| parse(files, true))?,
            measure(files, &mut |files| hunt_through(files, few))?,
            measure(files, &mut |files| hunt_through(files, all))?,
        ]);
    }
    say(&format!("{title}: {} files", files.len()));
    let costs = (0..names.len()).map(|way| median(&rounds, way)).collect::<Result<Vec<_>>>()?;
    names.iter().zip(&costs).for_each(|(name, cost)| say(&format!("  {name}: {cost}")));
    if let [parser, json, few, all] = costs.as_slice() {
        let of = |other: &Cost| all.micros / other.micros;
        let (parser, json, few) = (of(parser), of(json), of(few));
        say(&format!(
            "  all rules cost {parser:.1} × the parser, {json:.1} × JSON, {few:.2} × few rules"
        ));
    }
    Ok(())
}

/// What that way cost in the middle round.
fn median(rounds: &[[Cost; 4]], way: usize) -> Result<Cost> {
    let mut costs: Vec<Cost> = rounds.iter().filter_map(|round| round.get(way)).copied().collect();
    costs.sort_by(|a, b| a.micros.total_cmp(&b.micros));
    Ok(*costs.get(ROUNDS / 2).ok_or("no rounds")?)
}

/// What looking through the files once cost.
#[derive(Clone, Copy)]
struct Cost {
    n_events: usize,
    /// CPU time for an event.
    micros: f64,
    peak_mib: usize,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_events, micros, peak_mib } = self;
        let thousands = 1_000.0 / micros;
        write!(
            f,
            "{thousands:.0} k events/CPU-s ({micros:.2} µs each, {n_events} events), peak {peak_mib} MiB"
        )
    }
}

/// Looks through the files until enough CPU time is used to tell how much once takes.
fn measure(
    files: &[PathBuf],
    through: &mut dyn FnMut(&[PathBuf]) -> Result<usize>,
) -> Result<Cost> {
    // Linux: the peak begins anew.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let started = cpu_seconds()?;
    let (mut n_events, mut n_times, mut used) = (0, 0, 0.0);
    while used < SECONDS_MIN {
        n_events += through(files)?;
        n_times += 1;
        used = cpu_seconds()? - started;
    }
    let micros = used / mega(n_events);
    Ok(Cost { n_events: n_events / n_times, micros, peak_mib: peak_mib()? })
}

/// The most memory this process has had, from the kernel's own account (Linux).
fn peak_mib() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
    Ok(peak.trim().trim_end_matches(" kB").parse::<usize>()? >> 10)
}

/// How many records the bare parser reads; rendered as JSON when asked.
fn parse(files: &[PathBuf], rendered: bool) -> Result<usize> {
    let mut n_records = 0;
    for file in files {
        // A file whose header is damaged is none to it.
        let Ok(parser) = EvtxParser::from_buffer(std::fs::read(file)?) else { continue };
        let mut parser = parser.with_configuration(ParserSettings::new().indent(false));
        if rendered {
            n_records += parser.records_json_bytes().filter(Result::is_ok).count();
            continue;
        }
        for mut chunk in parser.into_chunks().flatten() {
            if let Ok(mut chunk) = chunk.parse(ParserSettings::new().into()) {
                n_records += chunk.iter().filter(Result::is_ok).count();
            }
        }
    }
    Ok(n_records)
}

/// Hunts as the command does, as far as the written report; tells how many events there were.
fn hunt_through(files: &[PathBuf], detector: &mut Detector) -> Result<usize> {
    let mut files = files.iter().map(|path| {
        let name = path.display().to_string();
        let path = path.clone();
        let open = move || Ok(Box::new(BufReader::new(File::open(path)?)) as Box<dyn ReadSeek>);
        HuntFile { name, written_at: None, open: Box::new(open) }
    });
    let now = Instant::default();
    let report = hunt(&mut files, detector, &Limits::STANDARD, &[], now, &mut |_| ());
    write(&report, Format::Jsonl, Lang::Ja, &mut std::io::sink())?;
    Ok(usize::try_from(report.events)?)
}
