//! Who has answered a warning and who has not: the silent ones first, on screen and as a telephone list.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_content::Calendar;
use sakimori_identity::Action;
use sakimori_register::{Dial, Facility};
use sakimori_warn::{
    AnswerState, Counts, CoverageRow, MemberSums, OfficeRow, RowState, Selection, Stage, Warning,
    WarningKey,
};
use sakimori_words::{Instant, OrganisationId, WarningId};

use super::attachments;
use super::devices::{counts_words, totals_words};
use super::document::Document;
use super::succession::{Other, replaced_by, replaces};
use super::warning::ANSWERS;
use super::{Rights, key_of, key_path, place, signer};
use crate::chart::{Bar, bars};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::screens::mailing::part::{self, MailPart};
use crate::screens::respond::{dial, letter_stylesheet};
use crate::site::Site;
use crate::visit::{Visit, page};
use crate::wording;

use chasing::Chase;
use selection::{Breakdown, Choices, Chosen, breakdowns};

mod by_route;
mod chasing;
mod export;
mod selection;

const LINE_CHARS_MAX: usize = 500;
/// Rows of a telephone list: what an office calls in days. The rest is another prefecture, kind or size.
const CALLS_MAX: usize = 1_000;
/// Numbers of one institution on the telephone list: the person in charge, a deputy, the desk.
const NUMBERS_SHOWN: usize = 3;

/// The routes of one warning's coverage.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/coverage/{origin}/{id}", get(show).post(act))
        .route("/coverage/{origin}/{id}/calls", get(calls))
        .route("/coverage/{origin}/{id}/attachments/{digest}", get(attachments::of_covered))
        .route("/coverage/{origin}/{id}/list.csv", get(export::file))
        .route("/coverage/{origin}/{id}/routes", get(by_route::show))
}

#[derive(Template)]
#[template(path = "screens/warn/coverage/page.html")]
struct CoveragePage {
    frame: Frame,
    form: Form,
    key_path: String,
    doc: Document,
    due_at: Instant,
    summary: String,
    devices: Option<String>,
    replaces: Option<Other>,
    replaced_by: Option<Other>,
    chart: String,
    counts: Vec<(String, usize, &'static str)>,
    breakdowns: Vec<Breakdown>,
    filter: Form,
    choices: Choices,
    page_words: String,
    before: Option<String>,
    after: Option<String>,
    calls: String,
    calls_now: String,
    export: String,
    rows: Vec<Row>,
    mail: Option<MailPart>,
    offices: Vec<Row>,
    sums: Vec<MemberSums>,
    silent: Vec<Choice>,
    chase: Chase,
    call_answers: Vec<Choice>,
    own: bool,
    draft: Option<WarningId>,
    may: Rights,
}

/// The silent ones on paper, with room to write.
#[derive(Template)]
#[template(path = "screens/warn/coverage/calls.html")]
struct CallsPage {
    frame: Frame,
    key_path: String,
    doc: Document,
    due_at: Instant,
    page_words: String,
    rows: Vec<CallRow>,
    stylesheet: &'static str,
}

/// One to be telephoned.
struct CallRow {
    row: Row,
    /// The reading of the name, by which the list is ordered; the name when it is not known.
    reading: String,
    /// The numbers to dial, the right one of this moment first, then the deputies'.
    numbers: Vec<Number>,
    /// How far a letter by mail came; empty when none went.
    route: String,
}

/// A number of a list to telephone by.
struct Number {
    /// As a telephone dials it.
    dial: String,
    phone: String,
    /// Whose it is; empty for the institution's own.
    name: String,
}

struct Row {
    name: String,
    place: String,
    state: String,
    class: &'static str,
    overdue: bool,
    answer: String,
    since: String,
    person: String,
    note: String,
}

type Address = Path<(String, String)>;

async fn show(visit: Visit, Path((origin, id)): Address) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", &id).await?;
    draw(&visit, &key_of(&origin, &id), Form::new()).await
}

async fn draw(visit: &Visit, key: &WarningKey, mut form: Form) -> Answer {
    let desk = &visit.site.warnings;
    let warning = desk.warning(key).await?;
    let coverage = desk.coverage(key).await?;
    let steps = visit.site.warnings.chase_steps(&warning).await?;
    let to_telephone = chasing::to_telephone(&steps, visit.site.clock.now());
    let chosen = Chosen::read(&visit.query(), to_telephone);
    let shown = desk.coverage_rows(&warning, &chosen.selection, chosen.page.clone()).await?;
    let offices = desk.coverage_offices(&warning).await?;
    let path = format!("/coverage{}", key_path(key));
    let (before, after) = chosen.neighbours(&path, shown.n_selected);
    let own = key.origin == visit.site.post.me().id;
    let draft = if own { visit.site.warnings.issued_one(&key.id).await?.draft } else { None };
    if form.text("call-answer").is_empty() {
        form.set("call-answer", "none");
    }
    let mut frame = visit.frame_titled(warning.content.title.clone()).await;
    frame.live = true;
    page(&CoveragePage {
        form,
        key_path: key_path(key),
        doc: Document::of(&frame, &visit.site.content, &warning.content, &path),
        due_at: warning.due_at,
        summary: summary(&frame, &coverage.counts),
        devices: if names_products(&warning) {
            totals_words(&frame, &desk.device_totals(&warning).await?)
        } else {
            None
        },
        replaces: replaces(visit, &warning).await,
        replaced_by: replaced_by(visit, key).await?,
        chart: chart(&frame, &coverage.counts),
        counts: counts(&frame, &coverage.counts),
        breakdowns: breakdowns(&frame, &path, &coverage),
        filter: visit.query(),
        choices: Choices::of(&frame, &coverage),
        page_words: page_words(&frame, chosen.page.start, shown.rows.len(), shown.n_selected),
        before,
        after,
        calls: format!("{path}/calls"),
        calls_now: format!("{path}/calls?coverage-which=telephone"),
        export: chosen.address(&format!("{path}/list.csv"), 0),
        rows: rows(visit, &frame, &warning, &shown.rows).await?,
        mail: part::of(&visit.site, &frame, &warning).await?,
        offices: offices.iter().map(|one| office(&frame, one)).collect(),
        sums: coverage.sums,
        silent: silent(&shown.rows).map(choice).collect(),
        chase: Chase::of(visit, &frame, &warning).await?,
        call_answers: chasing::call_answers(&frame),
        own,
        draft: draft.map(|_| key.id.clone()),
        may: Rights::of(visit, &[Action::RelayWarning, Action::WriteWarning, Action::ExportData]),
        frame,
    })
}

async fn calls(visit: Visit, Path((origin, id)): Address) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", &id).await?;
    let key = key_of(&origin, &id);
    let warning = visit.site.warnings.warning(&key).await?;
    let steps = visit.site.warnings.chase_steps(&warning).await?;
    let to_telephone = chasing::to_telephone(&steps, visit.site.clock.now());
    let chosen = Chosen::read(&visit.query(), to_telephone).selection;
    // Whoever has answered is on no telephone list.
    let state = if chosen.state == to_telephone { to_telephone } else { RowState::Silent };
    let listed = Selection { state, ..chosen };
    let shown = visit.site.warnings.coverage_rows(&warning, &listed, 0..CALLS_MAX).await?;
    let frame = visit.frame("calls-title").await;
    page(&CallsPage {
        key_path: key_path(&key),
        doc: Document::of(&frame, &visit.site.content, &warning.content, ""),
        due_at: warning.due_at,
        page_words: page_words(&frame, 0, shown.rows.len(), shown.n_selected),
        rows: call_rows(&visit, &frame, &warning, &shown.rows).await?,
        stylesheet: letter_stylesheet(),
        frame,
    })
}

/// The silent ones by the reading of their names, with the numbers of the register.
async fn call_rows(
    visit: &Visit,
    frame: &Frame,
    warning: &Warning,
    silent: &[CoverageRow],
) -> Result<Vec<CallRow>, Failure> {
    let ids: Vec<&OrganisationId> = silent.iter().map(|one| &one.organisation.id).collect();
    let routes = part::routes(&visit.site, frame, warning, &ids).await?;
    let mut rows = vec![];
    for (one, route) in silent.iter().zip(routes) {
        let entry = visit.site.register.entry_of(&one.organisation.id).await?;
        let row = call_row(frame, visit.site.content.calendar(), one, entry.as_ref());
        rows.push(CallRow { route, ..row });
    }
    rows.sort_by(|one, other| one.reading.cmp(&other.reading));
    Ok(rows)
}

fn call_row(
    frame: &Frame,
    calendar: &Calendar,
    one: &CoverageRow,
    entry: Option<&Facility>,
) -> CallRow {
    let kana = entry.map(|entry| entry.kana.clone()).filter(|kana| !kana.is_empty());
    let dials = entry.map(|entry| entry.contacts.dials(frame.now, calendar)).unwrap_or_default();
    let number = |own: &Dial| Number {
        dial: dial(&own.phone),
        phone: own.phone.clone(),
        name: own.name.clone(),
    };
    CallRow {
        row: row(frame, one),
        reading: kana.unwrap_or_else(|| one.organisation.name.clone()),
        numbers: dials.iter().take(NUMBERS_SHOWN).map(number).collect(),
        route: String::new(),
    }
}

/// Those from whom no named person has answered.
fn silent(rows: &[CoverageRow]) -> impl Iterator<Item = &CoverageRow> {
    rows.iter().filter(|row| row.state.stage < Stage::Acknowledged)
}

/// `1–100 / 8,060`: which rows of how many are shown.
fn page_words(frame: &Frame, start: usize, n_shown: usize, n_selected: usize) -> String {
    let first = if n_shown == 0 { 0 } else { start + 1 };
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("first", &first), ("last", &(start + n_shown)), ("all", &n_selected)];
    wording::say_with(frame.lang, "coverage-page", &values)
}

fn choice(row: &CoverageRow) -> Choice {
    Choice::new(&row.organisation.id, row.organisation.name.clone())
}

/// The rows, with the route "mail" of those that got a letter.
async fn rows(
    visit: &Visit,
    frame: &Frame,
    warning: &Warning,
    shown: &[CoverageRow],
) -> Result<Vec<Row>, Failure> {
    let ids: Vec<&OrganisationId> = shown.iter().map(|one| &one.organisation.id).collect();
    let routes = part::routes(&visit.site, frame, warning, &ids).await?;
    let with_route = |(one, route): (&CoverageRow, String)| {
        let row = row(frame, one);
        let parts = [row.note, route].into_iter().filter(|part| !part.is_empty());
        Row { note: parts.collect::<Vec<_>>().join(" / "), ..row }
    };
    Ok(shown.iter().zip(routes).map(with_route).collect())
}

fn row(frame: &Frame, row: &CoverageRow) -> Row {
    let (word, class) = stage_words(row.state.stage);
    Row {
        name: row.organisation.name.clone(),
        place: place(frame, &row.organisation),
        state: frame.t(word),
        class,
        overdue: row.overdue,
        answer: answer_word(frame, &row.state),
        since: if row.state.stage == Stage::Unreached {
            String::new()
        } else {
            frame.minute(row.state.stage_at)
        },
        person: row.state.person.clone(),
        note: note(frame, &row.state),
    }
}

fn office(frame: &Frame, row: &OfficeRow) -> Row {
    let (word, class) = match row.state.stage {
        Stage::Acknowledged | Stage::Done => ("office-relayed", "good"),
        Stage::Opened => ("office-opened", "look"),
        Stage::Delivered => ("office-delivered", "look"),
        Stage::Unreached => ("stage-unreached", "bad"),
    };
    let relayed = row.state.n_relayed_to;
    Row {
        name: row.organisation.name.clone(),
        place: place(frame, &row.organisation),
        state: frame.t(word),
        class,
        overdue: false,
        answer: String::new(),
        since: String::new(),
        person: row.state.person.clone(),
        note: match (relayed, row.state.stage >= Stage::Acknowledged) {
            (0, true) => frame.t("office-relayed-to-nobody"),
            (0, false) => String::new(),
            _ => frame.with("office-relayed-to", "count", frame.count(relayed)),
        },
    }
}

fn note(frame: &Frame, state: &AnswerState) -> String {
    let called = state.call.as_ref().map(|call| {
        wording::say_with(
            frame.lang,
            "coverage-called",
            &[("at", &frame.minute(call.at)), ("by", &call.by.name), ("name", &call.spoke_with)],
        )
    });
    let parts = [Some(counts_words(frame, state.devices)), Some(state.note.clone()), called];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|one| !one.is_empty()).collect();
    parts.join(" / ")
}

const fn stage_words(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Unreached => ("stage-unreached", "strong"),
        Stage::Delivered => ("stage-delivered", "bad"),
        Stage::Opened => ("stage-opened", "look"),
        Stage::Acknowledged => ("stage-acknowledged", ""),
        Stage::Done => ("stage-done", "good"),
    }
}

/// Whether its answers can speak of devices.
fn names_products(warning: &Warning) -> bool {
    warning.content.advisories.iter().any(|advisory| !advisory.products.is_empty())
}

fn answer_word(frame: &Frame, state: &AnswerState) -> String {
    let found = ANSWERS.iter().find(|(_, word, _)| Some(*word) == state.answer);
    found.map(|(_, _, word)| frame.t(word)).unwrap_or_default()
}

fn summary(frame: &Frame, counts: &Counts) -> String {
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("expected", &counts.expected),
        ("silent", &counts.silent),
        ("overdue", &counts.overdue),
        ("answered", &counts.acknowledged),
    ];
    wording::say_with(frame.lang, "coverage-summary", &values)
}

fn counts(frame: &Frame, counts: &Counts) -> Vec<(String, usize, &'static str)> {
    [
        ("coverage-expected", counts.expected, ""),
        ("coverage-silent", counts.silent, "bad"),
        ("coverage-overdue", counts.overdue, "strong"),
        ("stage-unreached", counts.unreached, "strong"),
        ("stage-delivered", counts.delivered, "bad"),
        ("stage-opened", counts.opened, "look"),
        ("coverage-answered", counts.acknowledged, ""),
        ("answer-affected", counts.affected, "look"),
        ("answer-not-affected", counts.not_affected, ""),
        ("answer-checking", counts.checking, "look"),
        ("stage-done", counts.done, "good"),
    ]
    .into_iter()
    .map(|(word, count, class)| (frame.t(word), count, if count > 0 { class } else { "" }))
    .collect()
}

fn chart(frame: &Frame, counts: &Counts) -> String {
    let answered = counts.acknowledged.saturating_sub(counts.done);
    let parts = [
        ("stage-unreached", counts.unreached),
        ("stage-delivered", counts.delivered),
        ("stage-opened", counts.opened),
        ("stage-acknowledged", answered),
        ("stage-done", counts.done),
    ];
    let parts: Vec<Bar> = parts
        .into_iter()
        .map(|(word, count)| Bar {
            label: frame.t(word),
            value: u64::try_from(count).unwrap_or(u64::MAX),
        })
        .collect();
    bars(&frame.t("coverage-counts"), &parts)
}

async fn act(visit: Visit, Path((origin, id)): Address, form: Form) -> Answer {
    let key = key_of(&origin, &id);
    match form.text("do") {
        "remind" => chasing::remind(visit, &key, &form).await,
        "chase-stop" => chasing::set(visit, &key, false).await,
        "chase-go-on" => chasing::set(visit, &key, true).await,
        "call" => chasing::call(visit, &key, form).await,
        "withdraw" => withdraw(visit, &key, form).await,
        _ => revise(visit, &key).await,
    }
}

async fn revise(visit: Visit, key: &WarningKey) -> Answer {
    visit.pass(Action::WriteWarning, "warning", key.id.as_str()).await?;
    visit.site.warnings.revise(&key.id, &signer(&visit)).await?;
    visit.done(&format!("/outbox/{}", key.id), &Flash::new("flash-revision-begun"))
}

async fn withdraw(visit: Visit, key: &WarningKey, mut form: Form) -> Answer {
    visit.pass(Action::WriteWarning, "warning", key.id.as_str()).await?;
    let reason = form.required("withdraw-reason", LINE_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, key, form).await;
    }
    visit.site.warnings.withdraw(&key.id, &signer(&visit), &reason).await?;
    visit.done(&format!("/outbox/{}", key.id), &Flash::new("flash-draft-submitted"))
}

fn back(visit: &Visit, key: &WarningKey, word: &'static str) -> Answer {
    visit.done(&format!("/coverage{}", key_path(key)), &Flash::new(word))
}
