//! One finding: what happened, why it matters, what to do, the records behind it, and what a person makes of it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use sakimori_content::Content;
use sakimori_identity::Action;
use sakimori_respond::{Case, FindingBrief, LearnedFrom, Opening, Origin};
use sakimori_watch::retro::RETRO_TAG;
use sakimori_watch::{FindingState, KeptFinding};
use sakimori_words::{CaseId, EvidenceRef, ExceptionId, FindingId, Level};

use super::findings::state_words;
use super::{Rights, actor, sentence};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::ports::{SearchCell, SearchLimits, Sight};
use crate::screens::logs::{MaintenanceBeside, maintenance_beside};
use crate::site::Site;
use crate::visit::{Visit, page};

/// Longest reason for closing, in characters.
const REASON_CHARS_MAX: usize = 500;
/// Most characters of one raw record on the page; the log search shows all of it.
const RAW_CHARS_MAX: usize = 6_000;
/// How many of the newest cases are looked through for open ones.
const CASES_LOOKED_AT: usize = 50;

/// The routes of one finding.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/findings/{id}", get(show))
        .route("/findings/{id}/looked-at", post(looked_at))
        .route("/findings/{id}/close", post(close))
        .route("/findings/{id}/suspect", post(suspect))
        .route("/findings/{id}/add", post(add))
}

#[derive(Template)]
#[template(path = "screens/respond/finding/page.html")]
struct FindingPage {
    frame: Frame,
    form: Form,
    id: String,
    revision: u32,
    level: Level,
    state: String,
    state_class: &'static str,
    standing: FindingState,
    count: u64,
    closed_because: Option<String>,
    case: Option<CaseId>,
    held_back_by: Option<ExceptionId>,
    /// Whether it was found by looking back.
    in_retrospect: bool,
    handled: Option<String>,
    summary: String,
    reason: String,
    next_step: String,
    /// The maintenance session it speaks of, and how that stands to the plans now.
    maintenance: Option<MaintenanceBeside>,
    facts: Vec<(String, String)>,
    events: Vec<EventView>,
    open_cases: Vec<Choice>,
    may: Rights,
}

impl FindingPage {
    const fn closed(&self) -> bool {
        matches!(self.standing, FindingState::Closed { .. })
    }
}

/// One record behind the finding.
struct EventView {
    name: String,
    raw: String,
    missing: String,
    digest: String,
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    draw(&visit, &FindingId::from(id), Form::new()).await
}

async fn draw(visit: &Visit, id: &FindingId, form: Form) -> Answer {
    visit.pass_personal(Action::ViewFindings, "finding", id.as_str(), "").await?;
    let kept = visit.site.findings.get(id).await?;
    let frame = visit.frame_titled(kept.finding.title.get(visit.lang()).to_owned()).await;
    let (word, state_class) = state_words(&kept.state);
    page(&FindingPage {
        form,
        revision: kept.revision,
        level: kept.finding.level,
        state: frame.t(word),
        state_class,
        count: kept.count,
        closed_because: closed_because(&kept.state),
        case: case_of(&kept.state),
        held_back_by: kept.state.held_back_by().cloned(),
        in_retrospect: kept.finding.tags.iter().any(|tag| tag == RETRO_TAG),
        handled: handled(visit, &frame, &kept).await,
        summary: kept.finding.summary.clone(),
        reason: kept.finding.reason.get(frame.lang).to_owned(),
        next_step: kept.finding.next_step.get(frame.lang).to_owned(),
        maintenance: maintenance_beside(&visit.site, &kept.finding).await,
        facts: facts(&frame, &visit.site.content, &kept),
        events: events(&visit.site, &frame, &kept.finding.evidence).await,
        open_cases: open_cases(&visit.site, &frame).await?,
        may: Rights::of(visit, &[Action::HandleFinding, Action::OpenCase, Action::RecordCase]),
        standing: kept.state,
        id: id.to_string(),
        frame,
    })
}

async fn looked_at(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    visit.pass(Action::HandleFinding, "finding", &id).await?;
    set_state(&visit, &id, &form, FindingState::LookedAt).await?;
    visit.done("/findings", &Flash::new("flash-finding-looked-at"))
}

async fn close(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::HandleFinding, "finding", &id).await?;
    let reason = form.required("finding-reason", REASON_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &FindingId::from(id), form).await;
    }
    set_state(&visit, &id, &form, FindingState::Closed { reason }).await?;
    visit.done("/findings", &Flash::new("flash-finding-closed"))
}

/// Opens a case from the finding. Whoever is there may do it; that the finding is then in a case follows from it.
async fn suspect(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    visit.pass(Action::OpenCase, "finding", &id).await?;
    let kept = visit.site.findings.get(&FindingId::from(id.as_str())).await?;
    if let Some(case) = case_of(&kept.state) {
        return visit.done(&format!("/cases/{case}"), &Flash::new("flash-case-opened"));
    }
    let opening = Opening {
        title: kept.finding.title.ja.clone(),
        origin: Origin::Findings { findings: vec![FindingBrief::from(&kept.finding)] },
        learned_from: LearnedFrom::Monitoring,
        // Our own clock: a device whose clock runs ahead must not keep anybody from acting.
        detected_at: Some(kept.finding.found_at.min(visit.site.clock.now())),
        knew_at: None,
        exercise: false,
    };
    let case = visit.site.cases.open(&opening, &actor(&visit)).await?;
    set_state(&visit, &id, &form, FindingState::Case { case: case.id.clone() }).await?;
    visit.done(&format!("/cases/{}", case.id), &Flash::new("flash-case-opened"))
}

async fn add(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "finding", &id).await?;
    let case = form.required("finding-case", 100);
    if !form.fine() {
        form.wrong("finding-case", Problem::new("problem-choice"));
        return draw(&visit, &FindingId::from(id), form).await;
    }
    let kept = visit.site.findings.get(&FindingId::from(id.as_str())).await?;
    let case = CaseId::from(case);
    visit.site.cases.add_findings(&case, &[kept.finding], &actor(&visit)).await?;
    set_state(&visit, &id, &form, FindingState::Case { case: case.clone() }).await?;
    visit.done(&format!("/cases/{case}"), &Flash::new("flash-finding-added"))
}

async fn set_state(
    visit: &Visit,
    id: &str,
    form: &Form,
    state: FindingState,
) -> Result<(), crate::Failure> {
    // A form without a revision is from nobody's page; it can only fail.
    let revision = form.text("revision").parse().unwrap_or(u32::MAX);
    let id = FindingId::from(id);
    visit.site.findings.set_state(&id, revision, state, &visit.principal.person).await?;
    Ok(())
}

fn closed_because(state: &FindingState) -> Option<String> {
    match state {
        FindingState::Closed { reason } => Some(reason.clone()),
        FindingState::New
        | FindingState::LookedAt
        | FindingState::Case { .. }
        | FindingState::HeldBack { .. } => None,
    }
}

fn case_of(state: &FindingState) -> Option<CaseId> {
    match state {
        FindingState::Case { case } => Some(case.clone()),
        FindingState::New
        | FindingState::LookedAt
        | FindingState::Closed { .. }
        | FindingState::HeldBack { .. } => None,
    }
}

async fn handled(visit: &Visit, frame: &Frame, kept: &KeptFinding) -> Option<String> {
    let handled = kept.handled.as_ref()?;
    let name = visit
        .site
        .identity
        .person(&handled.by)
        .await
        .ok()
        .flatten()
        .map(|person| person.display_name);
    let name = name.unwrap_or_else(|| handled.by.to_string());
    let at = frame.minute(handled.at);
    Some(sentence(frame.lang, "finding-handled", &[("by", &name), ("at", &at)]))
}

fn facts(frame: &Frame, content: &Content, kept: &KeptFinding) -> Vec<(String, String)> {
    let finding = &kept.finding;
    let rows = [
        ("finding-host", finding.host.clone()),
        ("finding-user", finding.user.clone()),
        ("finding-first", frame.minute(kept.first_at)),
        ("finding-last", frame.minute(kept.last_at)),
        ("finding-found", frame.minute(finding.found_at)),
        ("finding-source", finding.source.clone()),
        ("finding-clause", content.citation([finding.clause.as_str()]).get(frame.lang).to_owned()),
        ("finding-tags", techniques(&finding.tags)),
        ("finding-rule", finding.rule_id.clone()),
        ("finding-author", finding.author.clone()),
    ];
    rows.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(word, value)| (frame.t(word), value))
        .collect()
}

/// The tags of the rule; that it was found by looking back stands above.
fn techniques(tags: &[String]) -> String {
    let tags = tags.iter().map(String::as_str).filter(|tag| *tag != RETRO_TAG);
    tags.collect::<Vec<_>>().join(", ")
}

async fn open_cases(site: &Site, frame: &Frame) -> Result<Vec<Choice>, crate::Failure> {
    let cases = site.cases.cases(None, CASES_LOOKED_AT).await?;
    let named = |case: Case| {
        let title = if case.title.is_empty() { frame.t("cases-untitled") } else { case.title };
        Choice::new(case.id, title)
    };
    Ok(cases.into_iter().filter(Case::is_open).map(named).collect())
}

async fn events(site: &Site, frame: &Frame, evidence: &[EvidenceRef]) -> Vec<EventView> {
    let raws = raw_records(site, evidence).await;
    evidence.iter().map(|one| event(frame, one, &raws)).collect()
}

/// The raw records by sequence number. A record that cannot be read is shown as such, with its digest.
/// What a search shows of a record: its wording and its leaf, both masked where it names a patient.
struct Shown {
    seq: u64,
    raw: String,
    leaf: String,
}

async fn raw_records(site: &Site, evidence: &[EvidenceRef]) -> Vec<Shown> {
    let seqs: Vec<String> = evidence
        .iter()
        .filter_map(|one| match one {
            EvidenceRef::Event { seq, .. } => Some(seq.to_string()),
            EvidenceRef::File { .. } | EvidenceRef::Journal { .. } => None,
        })
        .collect();
    if seqs.is_empty() {
        return Vec::new();
    }
    let sql = format!("SELECT seq, raw, leaf FROM events WHERE seq IN ({})", seqs.join(", "));
    let limits = SearchLimits { rows: seqs.len(), seconds: 10 };
    let Ok(table) = site.search.sql(&sql, Sight::Masked, limits).await else { return Vec::new() };
    table.rows.iter().filter_map(|row| record(row)).collect()
}

fn record(row: &[SearchCell]) -> Option<Shown> {
    let [SearchCell::Number(seq), SearchCell::Text(raw), SearchCell::Text(leaf)] = row else {
        return None;
    };
    let raw = raw.chars().take(RAW_CHARS_MAX).collect();
    Some(Shown { seq: seq.parse().ok()?, raw, leaf: leaf.clone() })
}

fn event(frame: &Frame, evidence: &EvidenceRef, shown: &[Shown]) -> EventView {
    match evidence {
        EvidenceRef::Event { seq, leaf } => {
            let shown = shown.iter().find(|own| own.seq == *seq);
            // By its leaf a guess at a masked record could be confirmed: where the search masks it, so does the evidence.
            let is_digest = |leaf: &str| leaf.bytes().all(|letter| letter.is_ascii_hexdigit());
            let masked = shown.filter(|own| !is_digest(&own.leaf));
            EventView {
                name: frame.with("finding-event", "seq", seq),
                raw: shown.map(|own| own.raw.clone()).unwrap_or_default(),
                missing: shown.map_or_else(|| frame.t("finding-event-gone"), |_| String::new()),
                digest: masked.map_or_else(|| leaf.to_string(), |own| own.leaf.clone()),
            }
        }
        EvidenceRef::File { path, record, digest } => EventView {
            name: frame.with2("finding-event-file", "path", path, "record", record),
            raw: String::new(),
            missing: frame.t("finding-event-elsewhere"),
            digest: digest.to_string(),
        },
        EvidenceRef::Journal { seq, digest } => EventView {
            name: frame.with("finding-event-journal", "seq", seq),
            raw: String::new(),
            missing: frame.t("finding-event-journal-text"),
            digest: digest.to_string(),
        },
    }
}
