//! The room as a document for the meeting: what the printed page says, in the same order, as PDF, workbook or words.

use sakimori_respond::case_number;
use sakimori_words::document::{Block, Datum, Document, LetterHead, Row};
use sakimori_words::{CaseId, Instant};

use super::super::sentence;
use super::room::{CallCard, DecisionView, DutyView, EntryView, Room};
use super::tasks::TaskView;
use crate::frame::Frame;
use crate::paper::{blank, lines, rows, table};

/// The document of a room, printed by somebody of that name.
pub(super) fn document(frame: &Frame, id: &CaseId, room: &Room, printed_by: &str) -> Document {
    let mut document = blank(frame, format!("{}-sheet", case_number(id)), frame.t("sheet-title"));
    let by = sentence(frame.lang, "sheet-printed-by", &[("name", &printed_by)]);
    document.head = LetterHead {
        number: frame.with("sheet-at", "at", frame.minute(frame.now)),
        sender: vec![frame.organisation.clone(), by],
        title: format!("{}\n{}", frame.t("sheet-title"), room.title),
        marks: if room.exercise { vec![frame.t("case-exercise")] } else { Vec::new() },
        ..document.head
    };
    document.blocks = [about, standing, tasks, duties, judgement, decisions, calls, steps, keeping]
        .into_iter()
        .chain([reports, timeline])
        .flat_map(|part| part(frame, room))
        .collect();
    document.source = document.content_digest();
    document
}

/// One part of the document.
type Part = Vec<Block>;

fn about(frame: &Frame, room: &Room) -> Part {
    let mut facts = vec![Row::new(
        "state",
        frame.t("sheet-state"),
        lines([room.state.as_str(), room.since.as_str()]),
    )];
    if let Some(next) = &room.next_duty {
        facts.push(Row::new("next_duty", frame.t("case-next-duty"), Datum::text(next)));
    }
    let findings = room
        .findings
        .iter()
        .map(|one| (frame.t("case-findings"), format!("{}\n{}", one.title, one.words)));
    let told: Vec<(String, String)> = room.facts.iter().cloned().chain(findings).collect();
    vec![heading(frame, "case-about"), Block::Rows(facts), rows("about", &told)]
}

fn standing(frame: &Frame, room: &Room) -> Part {
    let regions =
        room.regions.iter().map(|one| (one.name.clone(), format!("{}\n{}", one.state, one.more)));
    let groups = room.groups.iter().map(|one| (one.state.clone(), one.names.clone()));
    let all: Vec<(String, String)> = regions.chain(groups).collect();
    vec![heading(frame, "board-regions"), rows("region", &all)]
}

fn tasks(frame: &Frame, room: &Room) -> Part {
    let row = |task: &TaskView| {
        let late = if task.overdue { frame.t("task-overdue") } else { String::new() };
        [
            lines([task.state.as_str(), &late]),
            Datum::text(&task.title),
            Datum::text(&task.owner),
            moment(task.due_at),
        ]
    };
    let columns = [
        ("state", frame.t("sheet-state"), 2),
        ("task", frame.t("sheet-duty"), 5),
        ("owner", frame.t("sheet-owner"), 3),
        ("due", frame.t("sheet-due"), 3),
    ];
    let open = room.tasks.open.iter().map(row).collect();
    some(frame, "case-tasks", "task-none", |code| table(code, columns, open), room.tasks.open.len())
}

fn duties(frame: &Frame, room: &Room) -> Part {
    let row = |duty: &DutyView| {
        [
            Datum::text(&duty.recipient),
            Datum::text(&duty.duty),
            due(frame, duty),
            lines([duty.state.as_str(), &duty.done]),
        ]
    };
    let columns = [
        ("recipient", frame.t("sheet-recipient"), 3),
        ("duty", frame.t("sheet-duty"), 4),
        ("due", frame.t("sheet-due"), 4),
        ("state", frame.t("sheet-state"), 3),
    ];
    let all = room.duties.iter().map(row).collect();
    some(frame, "case-duties", "duty-none", |code| table(code, columns, all), room.duties.len())
}

/// The limit in words, and the moment it falls on.
fn due(frame: &Frame, duty: &DutyView) -> Datum {
    let at = duty.due_at.map(|at| frame.minute(at)).unwrap_or_default();
    lines([duty.limit.as_str(), &at])
}

fn judgement(frame: &Frame, room: &Room) -> Part {
    let Some(judgement) = &room.judgement else {
        return vec![heading(frame, "case-judgement"), Block::Paragraph(frame.t("judgement-none"))];
    };
    let outcome = format!("{}　{}", judgement.outcome, judgement.by);
    vec![
        heading(frame, "case-judgement"),
        Block::Paragraph(outcome),
        rows("judgement", &judgement.answers),
    ]
}

fn decisions(frame: &Frame, room: &Room) -> Part {
    let mut blocks = vec![heading(frame, "case-decisions")];
    if room.decisions.is_empty() {
        blocks.push(Block::Paragraph(frame.t("decision-none")));
    }
    blocks.extend(
        room.decisions
            .iter()
            .enumerate()
            .map(|(n, one)| decision(frame, &number("decision", n), one)),
    );
    for (n, choice) in room.choices.iter().filter(|choice| choice.holds).enumerate() {
        let chosen = (choice.question.clone(), choice.chosen.clone());
        let all: Vec<(String, String)> =
            std::iter::once(chosen).chain(choice.facts.iter().cloned()).collect();
        blocks.push(rows(&number("choice", n), &all));
    }
    blocks
}

fn decision(frame: &Frame, code: &str, decision: &DecisionView) -> Block {
    let word = if decision.holds { "decision-holds" } else { "decision-replaced" };
    let mut all = vec![(frame.t(word), decision.chosen.clone())];
    all.extend(decision.facts.iter().cloned());
    if !decision.order.is_empty() {
        let order = decision.order.iter().enumerate();
        let order: Vec<String> = order.map(|(n, step)| format!("{}. {step}", n + 1)).collect();
        all.push((frame.t("decision-order"), order.join("\n")));
    }
    rows(code, &all)
}

fn calls(frame: &Frame, room: &Room) -> Part {
    let row = |card: &CallCard| {
        let made: Vec<&str> = card.made.iter().map(|call| call.outcome.as_str()).collect();
        [Datum::text(&card.name), numbers(frame, card), lines(made)]
    };
    let columns = [
        ("recipient", frame.t("sheet-recipient"), 3),
        ("number", frame.t("sheet-number"), 6),
        ("state", frame.t("sheet-state"), 2),
    ];
    let mut blocks = vec![
        heading(frame, "case-calls"),
        Block::Paragraph(room.day_note.clone()),
        table("contacts", columns, room.calls.iter().map(row).collect()),
    ];
    if !room.calls_made.is_empty() {
        let made = room.calls_made.iter();
        let made: Vec<(String, String)> = made
            .map(|call| (call.contact.clone(), format!("{}　{}", call.outcome, call.words)))
            .collect();
        blocks.extend([heading(frame, "sheet-calls-made"), rows("call", &made)]);
    }
    blocks
}

/// The numbers of a contact, that which is answered now marked, and what else helps to reach it.
fn numbers(frame: &Frame, card: &CallCard) -> Datum {
    let mut said: Vec<String> = Vec::new();
    for line in &card.lines {
        let mark = if line.right_now { "→ " } else { "" };
        said.push(format!("{mark}{} {}", line.phone, line.label));
    }
    said.push(card.without_number.clone());
    for (word, text) in [("call-page", &card.url), ("call-rule", &card.rule)] {
        if !text.is_empty() {
            said.push(format!("{} {text}", frame.t(word)));
        }
    }
    lines(said.iter().map(String::as_str))
}

fn steps(frame: &Frame, room: &Room) -> Part {
    let row = |step: &super::room::StepView| {
        [Datum::text(&step.state), lines([step.title.as_str(), &step.marked])]
    };
    let columns = [("state", frame.t("sheet-state"), 2), ("step", frame.t("sheet-duty"), 9)];
    vec![
        heading(frame, "case-steps"),
        Block::Paragraph(room.steps_note.clone()),
        table("steps", columns, room.steps().map(row).collect()),
    ]
}

/// The order to keep evidence, and how far it is secured.
fn keeping(frame: &Frame, room: &Room) -> Part {
    let hold = &room.hold;
    let evidence = &room.evidence;
    let mut said = vec![(frame.t("evidence-title"), evidence.items.clone())];
    for (word, names) in
        [("evidence-not-secured", &evidence.unsecured), ("evidence-mismatch", &evidence.mismatches)]
    {
        if !names.is_empty() {
            said.push((frame.t(word), names.join(", ")));
        }
    }
    vec![
        heading(frame, "case-hold"),
        Block::Paragraph(format!("{} {} {}", hold.placed, hold.words, hold.lifted)),
        heading(frame, "evidence-title"),
        rows("evidence", &said),
        Block::Note(evidence.head.clone()),
    ]
}

fn reports(frame: &Frame, room: &Room) -> Part {
    let all: Vec<(String, String)> = room
        .reports
        .iter()
        .map(|one| (one.title.clone(), format!("{}　{}", one.state, one.words)))
        .collect();
    some(frame, "case-reports", "report-none", |code| rows(code, &all), all.len())
}

fn timeline(frame: &Frame, room: &Room) -> Part {
    let row = |entry: &EntryView| {
        let corrected = if entry.corrected { frame.t("note-corrected") } else { String::new() };
        [
            Datum::text(&entry.when),
            lines([entry.kind.as_str(), &entry.settled]),
            lines([entry.text.as_str(), &corrected, &entry.corrects, &entry.recorded]),
            Datum::text(&entry.by),
        ]
    };
    let columns = [
        ("when", frame.t("sheet-when"), 3),
        ("kind", frame.t("sheet-kind"), 2),
        ("what", frame.t("sheet-what"), 7),
        ("who", frame.t("sheet-who"), 3),
    ];
    // The oldest first, as minutes of a meeting are read.
    let all = room.timeline.iter().rev().map(row).collect();
    some(frame, "case-timeline", "note-none", |code| table(code, columns, all), room.timeline.len())
}

/// A heading with what stands below it, or with the sentence that there is nothing.
fn some(
    frame: &Frame,
    word: &str,
    none: &str,
    block: impl FnOnce(&str) -> Block,
    count: usize,
) -> Part {
    let body = if count == 0 { Block::Paragraph(frame.t(none)) } else { block(word) };
    vec![heading(frame, word), body]
}

fn heading(frame: &Frame, word: &str) -> Block {
    Block::Heading(frame.t(word))
}

fn number(code: &str, n: usize) -> String {
    format!("{code}.{}", n + 1)
}

fn moment(at: Option<Instant>) -> Datum {
    at.map_or_else(|| Datum::text(""), Datum::Moment)
}
