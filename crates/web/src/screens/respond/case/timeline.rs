//! The timeline of the room: what is shown of it, its filters, and as a table for a spreadsheet.

use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::{EntryKind, Precision, TimelineEntry, Verdict};
use sakimori_watch::spreadsheet::{BYTE_ORDER_MARK, push_row, safe};
use sakimori_words::{CaseId, Lang, jst_date};

use super::super::by;
use super::room::{EntryView, KindLink};
use super::shown::entry_word;
use crate::failure::Answer;
use crate::frame::{Choice, Frame};
use crate::paper;
use crate::visit::Visit;
use crate::wording;

/// Entries further apart in happening and writing down than this say so, in microseconds.
const WRITTEN_LATER_MICROS: i64 = 120 * 1_000_000;
/// A clock that is further behind the last entry than this was set back, in microseconds.
const BEHIND_MICROS: i64 = 60 * 1_000_000;

/// Kinds of entries by their spelling in addresses.
const KINDS: [(&str, EntryKind); 6] = [
    ("fact", EntryKind::Fact),
    ("action", EntryKind::Action),
    ("decision", EntryKind::Decision),
    ("contact", EntryKind::Contact),
    ("hypothesis", EntryKind::Hypothesis),
    ("correction", EntryKind::Correction),
];

/// How exactly a time is known, by the spelling of the form.
pub(super) const PRECISIONS: [(&str, Precision); 3] =
    [("exact", Precision::Exact), ("about", Precision::About), ("day", Precision::Day)];

/// What became of a hypothesis, by the spelling of the form.
pub(super) const VERDICTS: [(&str, Verdict); 2] =
    [("confirmed", Verdict::Confirmed), ("refuted", Verdict::Refuted)];

/// The entries of one kind, or all; newest happening first.
pub(super) fn views(frame: &Frame, entries: &[TimelineEntry], kind: &str) -> Vec<EntryView> {
    let mut shown: Vec<EntryView> = entries.iter().map(|one| view(frame, one, entries)).collect();
    if KINDS.iter().any(|(value, _)| *value == kind) {
        shown.retain(|entry| entry.kind_value == kind);
    }
    // Stable and reversed: of two entries about the same minute the later written one stands above.
    shown.sort_by_key(|entry| entry.at);
    shown.reverse();
    shown
}

fn view(frame: &Frame, entry: &TimelineEntry, all: &[TimelineEntry]) -> EntryView {
    let corrects = entry.corrects.as_ref().and_then(|id| all.iter().find(|one| one.id == *id));
    let later = entry.recorded_at.micros_since(entry.at) > WRITTEN_LATER_MICROS;
    let recorded = || frame.with("note-recorded-later", "at", frame.minute(entry.recorded_at));
    let verdict = verdict(entry, all);
    let (settled, settled_class) = match verdict {
        Some(Verdict::Confirmed) => (frame.t("hypothesis-confirmed"), "good"),
        Some(Verdict::Refuted) => (frame.t("hypothesis-refuted"), "look"),
        None => (String::new(), ""),
    };
    EntryView {
        id: entry.id.clone(),
        at: entry.at,
        when: when(frame.lang, entry),
        kind: frame.t(entry_word(entry.kind)),
        kind_value: kind_value(entry.kind),
        text: entry.text.get(frame.lang).to_owned(),
        by: by(frame, &entry.by),
        recorded: if later { recorded() } else { String::new() },
        corrects: corrects
            .map(|wrong| frame.with("note-corrects", "at", frame.minute(wrong.at)))
            .unwrap_or_default(),
        corrected: all.iter().any(|one| one.corrects.as_deref() == Some(entry.id.as_str())),
        unsettled: entry.kind == EntryKind::Hypothesis && verdict.is_none(),
        settled,
        settled_class,
        recorded_at: entry.recorded_at,
        writer: entry.by.name.clone(),
        new: false,
    }
}

/// What became of a hypothesis, by the last entry about it.
fn verdict(entry: &TimelineEntry, all: &[TimelineEntry]) -> Option<Verdict> {
    let about = all.iter().filter_map(|one| one.settles.as_ref());
    about.rev().find(|settled| settled.entry == entry.id).map(|settled| settled.verdict)
}

/// The time of an entry as exactly as it is known: `2026-11-02 02:00`, `2026-11-02 02:00 ごろ`, `2026-11-02`.
fn when(lang: Lang, entry: &TimelineEntry) -> String {
    let text = entry.at.to_string();
    let minute = text.rsplit_once(':').map_or(text.clone(), |(minute, _)| minute.to_owned());
    match entry.precision {
        Precision::Exact => minute,
        Precision::About => wording::say_with(lang, "note-about", &[("at", &minute)]),
        Precision::Day => jst_date(entry.at).to_string(),
    }
}

fn kind_value(kind: EntryKind) -> &'static str {
    KINDS.iter().find(|(_, one)| *one == kind).map_or("", |(value, _)| *value)
}

/// The filters, the one in use marked.
pub(super) fn kinds(frame: &Frame, now: &str) -> Vec<KindLink> {
    let all = KindLink {
        value: String::new(),
        label: frame.t("note-all"),
        current: KINDS.iter().all(|(value, _)| *value != now),
    };
    let link = |(value, kind): &(&str, EntryKind)| KindLink {
        value: (*value).to_owned(),
        label: frame.t(entry_word(*kind)),
        current: *value == now,
    };
    std::iter::once(all).chain(KINDS.iter().map(link)).collect()
}

pub(super) fn precisions(frame: &Frame) -> Vec<Choice> {
    let word = |value: &str| frame.t(&format!("precision-{value}"));
    PRECISIONS.iter().map(|(value, _)| Choice::new(value, word(value))).collect()
}

pub(super) fn verdicts(frame: &Frame) -> Vec<Choice> {
    let word = |value: &str| frame.t(&format!("hypothesis-{value}"));
    VERDICTS.iter().map(|(value, _)| Choice::new(value, word(value))).collect()
}

/// What to say when this machine's clock stands before the last entry: somebody set it back, and times will not be in order.
pub(super) fn clock_behind(frame: &Frame, entries: &[TimelineEntry]) -> String {
    let last = entries.iter().map(|entry| entry.recorded_at).max();
    let behind = last.filter(|last| last.micros_since(frame.now) > BEHIND_MICROS);
    behind.map(|last| frame.with("clock-behind", "at", frame.minute(last))).unwrap_or_default()
}

/// The whole timeline as a table, in the order things happened.
pub(super) async fn csv(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ViewCase, "case", &id, "timeline.csv").await?;
    let case = CaseId::from(id);
    // Whether there is such a case is said before a file is made.
    visit.site.cases.case(&case).await?;
    let mut entries = visit.site.cases.timeline(&case).await?;
    entries.sort_by_key(|entry| entry.at);
    let text = table(visit.lang(), &entries);
    Ok(paper::csv_file(&format!("timeline-{case}"), &entries.len().to_string(), text))
}

fn table(lang: Lang, entries: &[TimelineEntry]) -> String {
    let heads = [
        "sheet-when",
        "csv-precision",
        "csv-recorded",
        "sheet-kind",
        "sheet-what",
        "sheet-who",
        "csv-corrects",
        "csv-id",
    ];
    let mut text = BYTE_ORDER_MARK.to_owned();
    push_row(&mut text, heads.map(|word| wording::say(lang, word)));
    for entry in entries {
        let precision = PRECISIONS.iter().find(|(_, one)| *one == entry.precision);
        let settles = entry.settles.as_ref().map(|settled| settled.entry.as_str());
        let about = entry.corrects.as_deref().or(settles).unwrap_or_default();
        let cells = [
            entry.at.to_string(),
            precision.map_or("", |(value, _)| *value).to_owned(),
            entry.recorded_at.to_string(),
            wording::say(lang, entry_word(entry.kind)),
            entry.text.get(lang).to_owned(),
            entry.by.words().get(lang).to_owned(),
            about.to_owned(),
            entry.id.clone(),
        ];
        push_row(&mut text, cells.iter().map(|cell| safe(cell)));
    }
    text
}
