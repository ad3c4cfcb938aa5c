//! Hunting: the rules over files, without a server and without keeping anything.

mod html;
mod layer;
mod summary;
mod text;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

pub use self::summary::HostSummary;
pub use self::words::left_out;

use sakimori_sigma::{Held, Lost};
use sakimori_words::{Digest, Event, EvidenceRef, Finding, Instant, Lang, Level};

use crate::behaviour::{held_bytes, reduced};
use crate::detector::Wants;
use crate::sources::{
    Context, CsvMap, Damage, FileContext, Limits, ReadSeek, Reading, Unreadable, Wanted,
    read_file_with, understood,
};
use crate::stories::{Lead, Story, stories};
use crate::{Behaviour, Detector, RulesReport};

/// Most findings of one rule that a report lists; what is left out is counted.
pub const FINDINGS_PER_RULE_MAX: u64 = 100_000;

/// Most stories that a report for reading shows; the rest is counted.
const STORIES_MAX: usize = 30;

/// Most memory that matches waiting to be counted may take, in bytes (about half a million of them).
///
/// Files come in any order, so correlations count only after the last one; what is beyond this is told in
/// [`HuntReport::uncounted`].
pub const HELD_BYTES_MAX: usize = 512 << 20;

/// Events between two reports of progress.
const PROGRESS_EVENTS: u64 = 4_096;

/// A file to look through; opened only when its turn comes.
pub struct HuntFile {
    /// Its name as the person gave it.
    pub name: String,
    /// When it was last written, as far as known: lines that name no year are dated by it.
    pub written_at: Option<Instant>,
    /// Opens it.
    pub open: Box<dyn FnOnce() -> io::Result<Box<dyn ReadSeek>>>,
}

/// How far a hunt is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The file being read.
    pub file: &'a str,
    /// Files finished.
    pub files_done: usize,
    /// Events read so far.
    pub events: u64,
    /// Findings so far.
    pub findings: usize,
}

/// What a hunt found, and what it could not read.
#[derive(Clone, Debug, Default)]
pub struct HuntReport {
    /// Findings in the order of their time. Their ids are empty; `source` is the file given, the evidence names the record.
    pub findings: Vec<Finding>,
    /// What belongs together among them, the story to look at first in front.
    pub stories: Vec<Story>,
    /// Findings left out because their rule had too many, by rule id.
    pub left_out: BTreeMap<String, u64>,
    /// Matches that correlations could not count, because more were waiting than [`HELD_BYTES_MAX`] allows.
    pub uncounted: u64,
    /// Events that behaviour could not learn from, because more were waiting than [`HELD_BYTES_MAX`] allows.
    pub unlearnt: u64,
    /// What correlations had to leave out.
    pub lost: Lost,
    /// Files given.
    pub files: u64,
    /// Of them, files of which nothing could be read.
    pub failed: u64,
    /// Events read.
    pub events: u64,
    /// Of them, events no source understood.
    pub not_understood: u64,
    /// Parts of files that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// What became of the rules.
    pub rules: RulesReport,
    /// When the hunt was made.
    pub made_at: Instant,
}

impl HuntReport {
    /// How many findings are of that level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// What was found on each machine, the one to look at first in front.
    #[must_use]
    pub fn by_host(&self) -> Vec<HostSummary> {
        summary::by_host(&self.findings)
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A timeline for the terminal.
    Table,
    /// RFC 4180 with a header line, in UTF-8 with a byte order mark so that a Japanese spreadsheet opens it right.
    Csv,
    /// One finding a line with at least `time, rule_id, title, level, source, record, host`.
    Jsonl,
    /// One self-contained page to read, print and hand on.
    Html,
    /// A layer of the ATT&CK Navigator: which techniques were seen, how often, by which rules and where.
    Layer,
}

/// Looks through the files in turn; one that cannot be opened or read to its end is named in the report.
///
/// `maps` say what the columns of CSV files mean. `now` becomes the time of receipt of every record and the date of the report.
pub fn hunt(
    files: &mut dyn Iterator<Item = HuntFile>,
    detector: &mut Detector,
    limits: &Limits,
    maps: &[CsvMap],
    now: Instant,
    progress: &mut dyn FnMut(Progress<'_>),
) -> HuntReport {
    hunt_with(files, detector, None, limits, maps, now, progress)
}

/// As [`hunt`]; and `behaviour`, when given, learns from the first weeks of the records and speaks about the rest, in the order
/// of their time.
pub fn hunt_with(
    files: &mut dyn Iterator<Item = HuntFile>,
    detector: &mut Detector,
    behaviour: Option<&mut Behaviour>,
    limits: &Limits,
    maps: &[CsvMap],
    now: Instant,
    progress: &mut dyn FnMut(Progress<'_>),
) -> HuntReport {
    let mut hunt = Hunt {
        report: HuntReport { made_at: now, ..HuntReport::default() },
        of_rule: BTreeMap::new(),
        held: Vec::new(),
        learning: behaviour.is_some().then(Vec::new),
        held_bytes: 0,
        // Behaviour learns from what no rule speaks of.
        wants: behaviour.is_none().then(|| Rc::new(detector.wants())),
        detector,
        progress,
    };
    for file in files {
        hunt.look_through(file, limits, maps, now);
    }
    hunt.count();
    if let Some(behaviour) = behaviour {
        hunt.learn(behaviour);
    }
    let mut report = hunt.report;
    report.lost = detector.lost();
    // Stable: findings of the same instant stay in the order of their records.
    report.findings.sort_by_key(|finding| finding.time);
    report.stories = stories(&report.findings.iter().map(Lead::from).collect::<Vec<_>>());
    report.rules = detector.report().clone();
    report
}

/// Writes the report.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(
    report: &HuntReport,
    format: Format,
    lang: Lang,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Table => text::write_table(report, lang, out),
        Format::Csv => text::write_csv(report, lang, out),
        Format::Jsonl => text::write_jsonl(report, lang, out),
        Format::Html => html::write_html(report, lang, out),
        Format::Layer => layer::write_layer(report, lang, out),
    }
}

struct Hunt<'h> {
    report: HuntReport,
    of_rule: BTreeMap<String, u64>,
    /// Matches to be counted after the last file.
    held: Vec<(Held, EvidenceRef)>,
    /// Events to be learnt from after the last file, when there is behaviour.
    learning: Option<Vec<(Event, EvidenceRef)>>,
    held_bytes: usize,
    /// Which records the rules may match, unless all are needed.
    wants: Option<Rc<Wants>>,
    detector: &'h mut Detector,
    progress: &'h mut dyn FnMut(Progress<'_>),
}

impl Hunt<'_> {
    fn look_through(&mut self, file: HuntFile, limits: &Limits, maps: &[CsvMap], now: Instant) {
        let context = Context { source: file.name, received_at: now };
        let name = &context.source;
        self.tell(name);
        let before = (self.report.events, self.report.unreadable.len());
        let wants = self.wants.clone();
        let read = (file.open)().and_then(|mut input| {
            let each = &mut |reading: Reading<'_>| self.take(reading, name);
            let written_by = file.written_at.unwrap_or(now);
            let wanted = wants.as_deref().map(|wants| wants as &dyn Wanted);
            let file = FileContext { name, context: &context, written_by, maps, wanted };
            read_file_with(&file, &mut *input, limits, each)
        });
        if let Err(error) = read {
            self.report.unreadable.push(Unreadable::file(name, Damage::Input, &error));
        }
        let (n_events, n_unreadable) = before;
        let nothing = self.report.events == n_events && self.report.unreadable.len() > n_unreadable;
        self.report.failed += u64::from(nothing);
        self.report.files += 1;
        self.tell(name);
    }

    fn take(&mut self, reading: Reading<'_>, given: &str) {
        let (file, record, event) = match reading {
            Reading::Event { file, record, event } => (file, record, event),
            Reading::Passed => return self.count_event(given),
            Reading::Unreadable(part) => return self.report.unreadable.push(part),
        };
        self.count_event(given);
        self.report.not_understood += u64::from(!understood(&event));
        let evidence =
            || EvidenceRef::File { path: file.to_owned(), record, digest: Digest::of(&event.raw) };
        if self.learning.is_some() {
            self.put_aside(&event, &evidence);
        }
        let (found, held) = self.detector.look_alone(&event, &evidence);
        found.into_iter().for_each(|finding| self.keep(finding));
        if let Some(held) = held {
            self.hold(held, evidence());
        }
    }

    fn count_event(&mut self, given: &str) {
        self.report.events += 1;
        if self.report.events.is_multiple_of(PROGRESS_EVENTS) {
            self.tell(given);
        }
    }

    fn hold(&mut self, held: Held, evidence: EvidenceRef) {
        if self.has_room(held.n_bytes(), &evidence) {
            self.held.push((held, evidence));
        } else {
            self.report.uncounted += 1;
        }
    }

    fn put_aside(&mut self, event: &Event, evidence: &dyn Fn() -> EvidenceRef) {
        let Some(reduced) = reduced(event) else { return };
        let evidence = evidence();
        if !self.has_room(held_bytes(&reduced), &evidence) {
            self.report.unlearnt += 1;
        } else if let Some(learning) = &mut self.learning {
            learning.push((reduced, evidence));
        }
    }

    /// Whether so many bytes and the place of their record may be kept as well; counts them when they may.
    fn has_room(&mut self, n_bytes: usize, evidence: &EvidenceRef) -> bool {
        let path_bytes = match evidence {
            EvidenceRef::File { path, .. } => path.len(),
            EvidenceRef::Event { .. } | EvidenceRef::Journal { .. } => 0,
        };
        let n_bytes = n_bytes + path_bytes + size_of::<EvidenceRef>();
        let whole = self.held_bytes.saturating_add(n_bytes);
        if whole <= HELD_BYTES_MAX {
            self.held_bytes = whole;
        }
        whole <= HELD_BYTES_MAX
    }

    /// Shows behaviour everything it learns from in the order of time.
    fn learn(&mut self, behaviour: &mut Behaviour) {
        let mut learning = self.learning.take().unwrap_or_default();
        learning.sort_by_key(|(event, _)| event.time);
        for (event, evidence) in learning {
            for finding in behaviour.look(&event, &|| evidence.clone()) {
                self.keep(finding);
            }
        }
    }

    /// Shows correlations every match in the order of time, whatever file it stands in.
    fn count(&mut self) {
        let mut held = std::mem::take(&mut self.held);
        // Stable: what happened in the same instant stays in the order of the records.
        held.sort_by_key(|(own, _)| own.time());
        for (own, evidence) in held {
            for finding in self.detector.count(&own, &evidence) {
                self.keep(finding);
            }
        }
        for finding in self.detector.finish() {
            self.keep(finding);
        }
    }

    fn keep(&mut self, finding: Finding) {
        let count = self.of_rule.entry(finding.rule_id.clone()).or_default();
        *count += 1;
        if *count > FINDINGS_PER_RULE_MAX {
            *self.report.left_out.entry(finding.rule_id).or_default() += 1;
        } else {
            self.report.findings.push(finding);
        }
    }

    fn tell(&mut self, file: &str) {
        (self.progress)(Progress {
            file,
            files_done: usize::try_from(self.report.files).unwrap_or(usize::MAX),
            events: self.report.events,
            findings: self.report.findings.len(),
        });
    }
}

/// The findings of a story by rule, in the order in which the rules first spoke: the first, and how many there are.
fn steps<'r>(report: &'r HuntReport, story: &Story) -> Vec<(&'r Finding, usize)> {
    let mut steps: Vec<(&Finding, usize)> = Vec::new();
    for finding in story.leads.iter().filter_map(|at| report.findings.get(*at)) {
        match steps.iter_mut().find(|(first, _)| first.rule_id == finding.rule_id) {
            Some((_, count)) => *count += 1,
            None => steps.push((finding, 1)),
        }
    }
    steps
}

/// File and record of the last event behind a finding.
fn place(finding: &Finding) -> (&str, Option<u64>) {
    match finding.evidence.last() {
        Some(EvidenceRef::File { path, record, .. }) => (path, Some(*record)),
        Some(EvidenceRef::Event { seq, .. } | EvidenceRef::Journal { seq, .. }) => {
            (&finding.source, Some(*seq))
        }
        None => (&finding.source, None),
    }
}
