//! The events of one group, in the order of their own time, and the window that slides over them.

use std::collections::{HashMap, HashSet, VecDeque};

use sakimori_words::{Event, EvidenceRef, Fields};
use serde::{Deserialize, Serialize};

use super::held::outline;
use super::plan::CompiledCorrelation;
use super::{COUNTED_MAX, EVIDENCE_MAX};
use crate::document::CorrelationKind;

/// One event counted in one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Hit {
    /// When it happened, in microseconds.
    pub(crate) time: i64,
    pub(crate) source: u32,
    /// What makes it different from others: a value, or which rule it matched.
    pub(crate) mark: Box<str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) evidence: Vec<EvidenceRef>,
}

/// The stretch of time in which a correlation came true.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) value: f64,
    /// The marks of a count of values, each once, in the order of their time; at most [`COUNTED_MAX`].
    pub(crate) marks: Vec<Box<str>>,
    /// The first events of it that were kept as evidence.
    pub(crate) evidence: Vec<EvidenceRef>,
    /// `false` in the quiet after a result: it still feeds other correlations, but is no result of its own.
    pub(crate) loud: bool,
}

/// The events of one group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// By time; those of the same time in the order they came.
    hits: VecDeque<Hit>,
    /// The window that ends with the newest event.
    current: Sliding,
    /// Where a result has been given last.
    quiet: Option<Quiet>,
    /// When the window that is open began, once its first event had to be forgotten.
    opened: Option<i64>,
    /// Of the windows that have not ended, the newest.
    newest_window: Option<NewestWindow>,
    /// The newest event without its fields, for a result that is given when no event is at hand.
    latest: Option<Box<Event>>,
    pub(crate) touched: u64,
}

/// The newest window of a correlation that waits for its end.
#[derive(Clone, Copy, Debug)]
struct NewestWindow {
    start: i64,
    /// How many events of it are kept as evidence, so that every window has some.
    n_evidence: usize,
}

/// How an event joins its group.
pub(crate) struct Joining<'a> {
    /// The correlation the group belongs to.
    pub(crate) correlation: &'a CompiledCorrelation,
    /// Whether other correlations listen to it.
    pub(crate) feeds: bool,
    /// Asked only while the window has less evidence than a result shows.
    pub(crate) evidence: &'a dyn Fn() -> Vec<EvidenceRef>,
}

/// The stretch of time in which a result was given and after which the next may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quiet {
    from: i64,
    to: i64,
    /// Whose clock decides when it is over.
    source: u32,
}

impl Quiet {
    fn holds(&self, time: i64) -> bool {
        (self.from..=self.to).contains(&time)
    }
}

impl Group {
    /// A group as it was kept.
    pub(crate) fn restored(kept: KeptGroup, span: i64) -> Self {
        let KeptGroup { mut hits, quiet, opened, latest, .. } = kept;
        hits.sort_by_key(|hit| hit.time);
        let mut own = Self { hits: hits.into(), quiet, opened, latest, ..Self::default() };
        own.rebuild(span);
        own
    }

    /// The group as it is kept over a restart.
    pub(crate) fn kept(&self, key: &[String]) -> KeptGroup {
        KeptGroup {
            key: key.to_vec(),
            quiet: self.quiet,
            hits: self.hits.iter().cloned().collect(),
            opened: self.opened,
            latest: self.latest.clone(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.hits.len()
    }

    /// The source of its oldest event; 0 when it has none.
    pub(crate) fn source(&self) -> u32 {
        self.hits.front().map_or(0, |hit| hit.source)
    }

    /// Whether some event, or the quiet after a result, is still live in the view of its source.
    pub(crate) fn is_live(&self, live: impl Fn(u32, i64) -> bool) -> bool {
        self.hits.iter().any(|hit| live(hit.source, hit.time))
            || self.quiet.is_some_and(|quiet| live(quiet.source, quiet.to))
    }

    /// Drops the oldest events as long as they are stale and outside the current window.
    pub(crate) fn forget(&mut self, stale: impl Fn(u32, i64) -> bool) {
        while self.current.from > 0
            && self.hits.front().is_some_and(|hit| stale(hit.source, hit.time))
        {
            self.drop_oldest();
        }
    }

    /// Makes room when there are more events than `capacity`, and says how many were forgotten. Parts of a sum are added up in
    /// pairs instead, which costs nothing but the sharpness of their times.
    pub(crate) fn shrink_to(&mut self, capacity: usize, correlation: &CompiledCorrelation) -> u64 {
        if self.hits.len() > capacity && correlation.kind() == CorrelationKind::ValueSum {
            self.add_up_pairs();
            self.rebuild(correlation.span());
        }
        let mut n_dropped = 0;
        while self.hits.len() > capacity {
            if correlation.waits_for_end() {
                self.opened = self.opened.or_else(|| self.hits.front().map(|hit| hit.time));
            }
            self.drop_oldest();
            n_dropped += 1;
        }
        n_dropped
    }

    /// All but the newest event, two and two as one at the earlier time: nothing is counted for longer than it may be.
    fn add_up_pairs(&mut self) {
        let newest = self.hits.pop_back();
        let mut merged: VecDeque<Hit> = VecDeque::with_capacity(self.hits.len() / 2 + 2);
        let mut hits = std::mem::take(&mut self.hits).into_iter();
        while let Some(mut first) = hits.next() {
            if let Some(second) = hits.next() {
                first.absorb(second);
            }
            merged.push_back(first);
        }
        merged.extend(newest);
        self.hits = merged;
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.hits.pop_front() else { return };
        match self.current.from.checked_sub(1) {
            Some(from) => self.current.from = from,
            None => self.current.remove(&oldest),
        }
    }

    /// Adds an event; the window in which the correlation thereby came true, if it did.
    pub(crate) fn add(&mut self, hit: Hit, joining: &Joining<'_>) -> Option<Window> {
        let (time, source) = (hit.time, hit.source);
        let quiet = self.quiet;
        let is_quiet = |at: i64| quiet.is_some_and(|quiet| quiet.holds(at));
        if is_quiet(time) && !joining.feeds {
            return None;
        }
        let span = joining.correlation.span();
        let mut window = self.join(hit, joining)?;
        // A window that began in the quiet would give the same result again.
        window.loud = !is_quiet(time) && !is_quiet(window.first);
        if window.loud {
            let to = window.last.saturating_add(span);
            self.quiet = Some(Quiet { from: window.first, to, source });
            if !joining.feeds {
                self.drop_quiet(span);
            }
        }
        Some(window)
    }

    /// Adds an event to a correlation that is judged only when its window has ended.
    pub(crate) fn gather(&mut self, mut hit: Hit, joining: &Joining<'_>, about: &Event) {
        if self.latest.as_ref().is_none_or(|latest| latest.time <= about.time) {
            self.latest = Some(Box::new(outline(about, Fields::new())));
        }
        let span = joining.correlation.span();
        let newest = self.newest_window.filter(|own| hit.time <= own.start.saturating_add(span));
        let mut window = newest.unwrap_or(NewestWindow { start: hit.time, n_evidence: 0 });
        if window.n_evidence < EVIDENCE_MAX {
            hit.evidence = (joining.evidence)();
            window.n_evidence += hit.evidence.len();
        }
        self.newest_window = Some(window);
        let at = self.hits.partition_point(|own| own.time <= hit.time);
        self.hits.insert(at, hit);
    }

    fn join(&mut self, hit: Hit, joining: &Joining<'_>) -> Option<Window> {
        match self.hits.back() {
            Some(newest) if hit.time < newest.time => {
                let newest = newest.time;
                self.add_late(hit, newest, joining)
            }
            _ => self.add_newest(hit, joining),
        }
    }

    fn add_newest(&mut self, mut hit: Hit, joining: &Joining<'_>) -> Option<Window> {
        let start = hit.time.saturating_sub(joining.correlation.span());
        self.current.start_at(start, &self.hits);
        if self.current.n_evidence < EVIDENCE_MAX {
            hit.evidence = (joining.evidence)();
        }
        self.current.add(&hit);
        self.hits.push_back(hit);
        self.judged(&self.current, self.hits.len(), joining.correlation)
    }

    /// Slides a window over every place that holds the late event.
    fn add_late(&mut self, mut hit: Hit, newest: i64, joining: &Joining<'_>) -> Option<Window> {
        let (time, span) = (hit.time, joining.correlation.span());
        let at = self.hits.partition_point(|own| own.time <= time);
        let from = self.hits.partition_point(|own| own.time < time.saturating_sub(span));
        let mut sliding = Sliding { from, ..Sliding::default() };
        self.hits.range(from..at).for_each(|own| sliding.add(own));
        if sliding.n_evidence < EVIDENCE_MAX {
            hit.evidence = (joining.evidence)();
        }
        if time >= newest.saturating_sub(span) {
            self.current.add(&hit);
        } else {
            self.current.from += 1;
        }
        self.hits.insert(at, hit);
        let until = time.saturating_add(span);
        for end in at..self.hits.len() {
            let Some(last) = self.hits.get(end).filter(|own| own.time <= until) else { break };
            sliding.add(last);
            sliding.start_at(last.time.saturating_sub(span), &self.hits);
            let window = self.judged(&sliding, end + 1, joining.correlation);
            if window.is_some() {
                return window;
            }
        }
        None
    }

    /// Ends every window whose time is over in the view of its source, and gives those in which the correlation came true. The
    /// first event opens a window, and the first after its end the next.
    pub(crate) fn close(
        &mut self,
        correlation: &CompiledCorrelation,
        is_over: impl Fn(u32, i64) -> bool,
    ) -> Vec<Window> {
        let mut windows = Vec::new();
        while let Some(first) = self.hits.front() {
            let end = self.opened.unwrap_or(first.time).saturating_add(correlation.span());
            if !is_over(first.source, end) {
                break;
            }
            // At least the first, so that this ends whatever a damaged state says.
            let n_hits = self.hits.partition_point(|own| own.time <= end).max(1);
            let mut whole = Sliding::default();
            self.hits.range(..n_hits).for_each(|own| whole.add(own));
            windows.extend(self.judged(&whole, n_hits, correlation));
            self.hits.drain(..n_hits);
            self.opened = None;
        }
        windows
    }

    /// What is known of the event a window ended with: all of it, or only where it came from.
    pub(crate) fn last_event(&self, window: &Window) -> Event {
        match self.latest.as_deref() {
            Some(latest) if latest.time.as_micros() <= window.last => latest.clone(),
            Some(later) => Event { message: String::new(), ..later.clone() },
            None => Event::default(),
        }
    }

    /// The window if the condition holds for the hits from where it begins to before `end`.
    fn judged(
        &self,
        window: &Sliding,
        end: usize,
        correlation: &CompiledCorrelation,
    ) -> Option<Window> {
        let hits = || self.hits.range(window.from.min(end)..end);
        let value = measure(window, correlation, hits)?;
        let threshold = correlation.threshold();
        let complete = threshold.bounds.is_empty() && window.marks.len() == correlation.n_members();
        if !(complete || (!threshold.bounds.is_empty() && threshold.holds(value))) {
            return None;
        }
        Some(Window {
            first: hits().next()?.time,
            last: hits().next_back()?.time,
            value,
            marks: if correlation.kind() == CorrelationKind::ValueCount {
                first_of_each(hits().map(|hit| &hit.mark))
            } else {
                Vec::new()
            },
            evidence: hits()
                .flat_map(|hit| hit.evidence.iter().cloned())
                .take(EVIDENCE_MAX)
                .collect(),
            loud: true,
        })
    }

    /// What lies in the quiet stretch belongs to the result already given.
    fn drop_quiet(&mut self, span: i64) {
        let Some(quiet) = self.quiet else { return };
        self.hits.retain(|hit| !quiet.holds(hit.time));
        self.rebuild(span);
    }

    fn rebuild(&mut self, span: i64) {
        let newest = self.hits.back().map_or(i64::MIN, |hit| hit.time);
        let from = self.hits.partition_point(|hit| hit.time < newest.saturating_sub(span));
        self.current = Sliding { from, ..Sliding::default() };
        for hit in self.hits.range(from..) {
            self.current.add(hit);
        }
    }
}

impl Hit {
    /// Takes the number and evidence of a later part of the same sum.
    fn absorb(&mut self, later: Self) {
        let number = |mark: &str| mark.parse::<f64>().unwrap_or(0.0);
        self.mark = (number(&self.mark) + number(&later.mark)).to_string().into();
        self.evidence.extend(later.evidence);
        self.evidence.truncate(EVIDENCE_MAX);
    }
}

/// A group as it is kept over a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptGroup {
    pub(crate) key: Vec<String>,
    quiet: Option<Quiet>,
    hits: Vec<Hit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latest: Option<Box<Event>>,
}

/// A window over the hits from `from` on, with how often each mark is in it.
#[derive(Debug, Default)]
struct Sliding {
    from: usize,
    marks: HashMap<Box<str>, usize>,
    /// How many events its hits point at.
    n_evidence: usize,
}

impl Sliding {
    fn add(&mut self, hit: &Hit) {
        self.n_evidence += hit.evidence.len();
        match self.marks.get_mut(&hit.mark) {
            Some(n) => *n += 1,
            None => {
                self.marks.insert(hit.mark.clone(), 1);
            }
        }
    }

    fn remove(&mut self, hit: &Hit) {
        self.n_evidence = self.n_evidence.saturating_sub(hit.evidence.len());
        if let Some(n) = self.marks.get_mut(&hit.mark) {
            *n -= 1;
            if *n == 0 {
                self.marks.remove(&hit.mark);
            }
        }
    }

    /// Lets go of hits before `start`.
    fn start_at(&mut self, start: i64, hits: &VecDeque<Hit>) {
        while let Some(hit) = hits.get(self.from).filter(|hit| hit.time < start) {
            self.remove(hit);
            self.from += 1;
        }
    }
}

fn first_of_each<'h>(marks: impl Iterator<Item = &'h Box<str>>) -> Vec<Box<str>> {
    let mut seen = HashSet::new();
    marks.filter(|mark| seen.insert(*mark)).take(COUNTED_MAX).cloned().collect()
}

/// The number that the condition compares; `None` when there is nothing to compare.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn measure<'h, I>(
    window: &Sliding,
    correlation: &CompiledCorrelation,
    hits: impl Fn() -> I,
) -> Option<f64>
where
    I: Iterator<Item = &'h Hit>,
{
    let numbers = || hits().filter_map(|hit| hit.mark.parse::<f64>().ok());
    match correlation.kind() {
        CorrelationKind::EventCount => Some(window.marks.values().sum::<usize>() as f64),
        CorrelationKind::ValueCount | CorrelationKind::Temporal => Some(window.marks.len() as f64),
        CorrelationKind::TemporalOrdered => {
            let n_members = correlation.n_members();
            let ordered = window.marks.len() == n_members && in_order(n_members, &hits);
            ordered.then_some(n_members as f64)
        }
        CorrelationKind::ValueSum => Some(numbers().sum()),
        CorrelationKind::ValueAverage => {
            let n = numbers().count();
            (n > 0).then(|| numbers().sum::<f64>() / n as f64)
        }
        CorrelationKind::ValuePercentile => {
            let percentile = correlation.threshold().percentile();
            self::percentile(numbers().collect(), percentile)
        }
    }
}

/// Whether the rules matched one after the other in the order listed; the same instant counts as after, since many logs know
/// no more than the second.
fn in_order<'h, I>(n_members: usize, hits: &impl Fn() -> I) -> bool
where
    I: Iterator<Item = &'h Hit>,
{
    let mut not_before = i64::MIN;
    for place in 0..n_members {
        let place = place.to_string();
        let times = hits().filter(|hit| *hit.mark == *place).map(|hit| hit.time);
        match times.filter(|time| *time >= not_before).min() {
            Some(time) => not_before = time,
            None => return false,
        }
    }
    true
}

/// Linear interpolation between the two nearest ranks.
fn percentile(mut numbers: Vec<f64>, percentile: f64) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let rank = percentile / 100.0 * numbers.len().checked_sub(1)? as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank lies between 0 and the number of values"
    )]
    let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
    let (low, high) = (numbers.get(below)?, numbers.get(above)?);
    Some((high - low).mul_add(rank.fract(), *low))
}
