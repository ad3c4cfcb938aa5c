//! A month's review as a document for an inspection: counts, every item with its verdict, the signature.
//!
//! Patients stand on it by pseudonym, as on the page.

use sakimori_watch::access_review::{Item, ItemKind, Review, VerdictKind};
use sakimori_words::document::{Block, Datum, Document, Row};
use sakimori_words::{Digest, jst_date};

use super::{percent, shares, who, why};
use crate::frame::Frame;
use crate::paper::{blank, lines, minute, table};

/// The document of a review. Until it is signed every page says so.
pub(super) fn document(frame: &Frame, review: &Review, items: &[Item]) -> Document {
    let title = frame.with("record-access-month", "month", &review.month);
    let mut document = blank(frame, format!("access-review-{}", review.month), title);
    match &review.signature {
        Some(own) => document.version = minute(own.at),
        None => document.head.marks = vec![frame.t("record-access-unsigned")],
    }
    document.blocks = vec![
        Block::Heading(frame.t("record-access-result")),
        Block::Rows(counts(frame, review)),
        Block::Note(frame.t("record-access-points")),
    ];
    for kind in [ItemKind::Candidate, ItemKind::SampleUnexplained, ItemKind::SampleExplained] {
        document.blocks.extend(of_kind(frame, kind, items));
    }
    document.blocks.extend([
        Block::Heading(frame.t("record-access-signature")),
        Block::Rows(signature(frame, review)),
    ]);
    document.foot = lists(frame, review);
    document.source = document.content_digest();
    document
}

fn counts(frame: &Frame, review: &Review) -> Vec<Row> {
    let number =
        |n: u64| i64::try_from(n).map_or_else(|_| Datum::text(n.to_string()), Datum::Number);
    let share = |(name, n): &(String, u64)| format!("{name} {}", frame.thousands(*n));
    let shares: Vec<String> = shares(review, frame).iter().map(share).collect();
    let explained = percent(review);
    let made = format!("{} {}", frame.minute(review.made_at), review.made_by_name);
    let row = |code: &str, word: &str, value: Datum| Row::new(code, frame.t(word), value);
    vec![
        row("accesses", "record-access-accesses", number(review.accesses)),
        row(
            "explained",
            "record-access-explained",
            lines(std::iter::once(explained.as_str()).chain(shares.iter().map(String::as_str))),
        ),
        row("unexplained", "record-access-unexplained", number(review.n_candidates)),
        row("unnamed", "record-access-unnamed", number(review.unnamed)),
        row("made", "record-access-made", Datum::text(made)),
        row("seed", "record-access-seed", Datum::text(review.seed.to_string())),
    ]
}

fn of_kind(frame: &Frame, kind: ItemKind, items: &[Item]) -> [Block; 2] {
    let rows: Vec<[Datum; 6]> =
        items.iter().filter(|item| item.kind == kind).map(|item| line(frame, item)).collect();
    let columns = [
        ("number", frame.t("record-access-number"), 2),
        ("day", frame.t("record-access-day"), 4),
        ("who", frame.t("record-access-who"), 4),
        ("patient", frame.t("record-access-patient"), 3),
        ("reasons", frame.t("record-access-reasons"), 7),
        ("verdict", frame.t("record-access-verdict"), 6),
    ];
    let body = if rows.is_empty() {
        Block::Paragraph(frame.t("record-access-no-items"))
    } else {
        table(code(kind), columns, rows)
    };
    [Block::Heading(kind.label().get(frame.lang).to_owned()), body]
}

const fn code(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Candidate => "candidate",
        ItemKind::SampleUnexplained => "sample_unexplained",
        ItemKind::SampleExplained => "sample_explained",
    }
}

fn line(frame: &Frame, item: &Item) -> [Datum; 6] {
    let mut why = why(item, frame);
    if item.kind == ItemKind::Candidate {
        why.push(format!("{} {}", frame.t("record-access-sum"), item.points));
    }
    [
        Datum::Number(i64::from(item.number)),
        Datum::Day(jst_date(item.first_at)),
        Datum::text(who(item)),
        Datum::text(&item.patient),
        lines(why.iter().map(String::as_str)),
        verdict(frame, item),
    ]
}

/// The verdict that stands, what it rests on, and who gave it.
fn verdict(frame: &Frame, item: &Item) -> Datum {
    item.verdict().map_or_else(
        || Datum::text(frame.t("record-access-no-verdict")),
        |own| lines([own.kind.label().get(frame.lang), own.note.as_str(), own.by_name.as_str()]),
    )
}

/// Who answers for the review; without a signature there is room for one.
fn signature(frame: &Frame, review: &Review) -> Vec<Row> {
    let row = |code: &str, word: &str, value: Datum| Row::new(code, frame.t(word), value);
    let Some(own) = &review.signature else {
        return vec![row("signed_by", "record-access-signed", Datum::text("\n\n"))];
    };
    let verdict = |(kind, n): &(VerdictKind, u32)| format!("{} {n}", kind.label().get(frame.lang));
    let verdicts: Vec<String> = own.verdicts.iter().map(verdict).collect();
    let too = if own.judged_too { frame.t("record-access-judged-too") } else { String::new() };
    let mut rows = vec![
        row("signed_by", "record-access-signed", lines([own.by_name.as_str(), &too])),
        row("signed_at", "record-access-signed-at", Datum::Moment(own.at)),
        row("verdicts", "record-access-verdict", Datum::text(verdicts.join("、"))),
    ];
    if !own.note.is_empty() {
        rows.push(Row::new("note", frame.label("review-note"), Datum::text(&own.note)));
    }
    rows
}

/// The lists it was compared with, each with its digest.
fn lists(frame: &Frame, review: &Review) -> Vec<String> {
    if review.lists.is_empty() {
        return vec![frame.t("record-access-no-lists")];
    }
    let line = |(name, digest): &(String, Digest)| format!("{name} SHA-256 {digest}");
    let head = std::iter::once(frame.t("record-access-lists"));
    head.chain(review.lists.iter().map(line)).collect()
}
