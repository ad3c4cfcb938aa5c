//! Looking back: asking for it, what runs and ran, what runs again, and one run with what it found.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Path, Request};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_standards::{ids, stix};
use sakimori_watch::By;
use sakimori_watch::retro::{
    Asked, Every, IndicatorList, NewOrder, NotUnderstood, Order, Pace, RETRO_NAME_CHARS_MAX,
    RetroError, Run, RunHit, RunState, What,
};
use sakimori_words::{EvidenceRef, Instant, Tlp};

use crate::address::with_query;
use crate::failure::{Answer, Failure, fails_with};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::site::Site;
use crate::troubles;
use crate::visit::{Visit, page};

fails_with!(RetroError);

/// Longest list of indicators that can be pasted, in characters: what a form may carry. Longer ones go to the command line.
const LIST_CHARS_MAX: usize = 200_000;

/// Longest file of indicators (STIX, MISP or a list), with what the form adds to it, in bytes.
const FILE_BYTES_MAX: usize = 16 << 20;

/// Runs on one page.
const PAGE_ROWS: usize = 30;

/// Events of a hit that are linked.
const EVENTS_SHOWN: usize = 5;

/// What can be looked for, in the form.
const WHATS: [(&str, Wanted); 3] =
    [("indicators", Wanted::Indicators), ("rules", Wanted::Rules), ("new-rules", Wanted::NewRules)];

/// How often, in the form.
const OFTEN: [(&str, Option<Every>); 4] = [
    ("once", None),
    ("day", Some(Every::Day)),
    ("week", Some(Every::Week)),
    ("month", Some(Every::Month)),
];

#[derive(Clone, Copy)]
enum Wanted {
    Indicators,
    Rules,
    NewRules,
}

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/retro", get(list).post(ask).layer(DefaultBodyLimit::max(FILE_BYTES_MAX)))
        .route("/retro/{id}", get(show))
        .route("/retro/{id}/cancel", post(cancel))
        .route("/retro/{id}/sightings.json", get(sightings))
        .route("/retro/schedule/stop", post(stop))
}

#[derive(Template)]
#[template(path = "screens/logs/retro/page.html")]
struct RetroPage {
    frame: Frame,
    form: Form,
    whats: Vec<Choice>,
    often: Vec<Choice>,
    runs: Vec<RunLine>,
    schedules: Vec<ScheduleLine>,
    more: Option<String>,
    may_ask: bool,
}

struct RunLine {
    run: Run,
    name: String,
    state: &'static str,
    class: &'static str,
    percent: Option<u64>,
}

struct ScheduleLine {
    order: Order,
    name: String,
    every: String,
    next_at: Instant,
    last: Option<RunLine>,
}

#[derive(Template)]
#[template(path = "screens/logs/retro/one.html")]
struct OnePage {
    frame: Frame,
    line: RunLine,
    what: String,
    hits: Vec<HitLine>,
    /// Lines of the list that were not understood, the first of them, and how many there are.
    unknown: Vec<NotUnderstood>,
    n_unknown: u64,
    pace: Option<Pace>,
    left: Option<String>,
    may_ask: bool,
    /// Where the counts are handed out, once indicators were found.
    sightings: Option<String>,
}

struct HitLine {
    hit: RunHit,
    finding: Option<String>,
    events: Vec<(u64, String)>,
    more: bool,
}

async fn list(visit: Visit) -> Answer {
    visit.pass(Action::SearchLogs, "retro", "").await?;
    let mut form = Form::new();
    form.set("retro-what", "indicators");
    form.set("retro-every", "once");
    retro_page(&visit, form).await
}

async fn ask(visit: Visit, request: Request) -> Answer {
    visit.pass(Action::HandleFinding, "retro", "").await?;
    let (mut form, file) = sent(request, &visit.site).await?;
    let Some(new) = asked(&mut form, &file) else { return retro_page(&visit, form).await };
    let by = By { person: &visit.principal.person, name: &visit.principal.name };
    match visit.site.retro.ask(new, by).await {
        Ok(run) => visit.done(&format!("/retro/{}", run.id), &Flash::new("flash-retro-asked")),
        Err(RetroError::NoIndicators) => {
            if file.trim().is_empty() {
                form.wrong("retro-list", Problem::new("problem-retro-list"));
            } else {
                form.wrong("retro-file", Problem::new("problem-retro-file"));
            }
            retro_page(&visit, form).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass(Action::SearchLogs, "retro", &id).await?;
    let run = visit.site.retro.run(&id).await?;
    let mut frame = visit.frame("retro-one-title").await;
    frame.live = run.state.is_open();
    let pace = visit.site.retro.pace(&id);
    let (unknown, n_unknown) = not_understood(&run.what);
    let told = matches!(run.what, What::Indicators { .. }) && !run.hits.is_empty();
    page(&OnePage {
        sightings: told.then(|| format!("/retro/{id}/sightings.json")),
        unknown,
        n_unknown: n_unknown as u64,
        what: what_text(&run.what, &frame),
        hits: run.hits.iter().cloned().map(hit_line).collect(),
        left: pace.and_then(|pace| left(pace, &frame)),
        pace,
        line: run_line(run, pace, &frame),
        may_ask: visit.may(Action::HandleFinding),
        frame,
    })
}

/// How often the indicators of a run were seen, by day, as STIX that names no organisation and no machine: for a person to hand on.
async fn sightings(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass(Action::SearchLogs, "retro", &id).await?;
    let run = visit.site.retro.run(&id).await?;
    let list = visit.site.retro.indicators(&run.order).await?;
    let own = ids::derived(&run.id, &["sightings"]);
    let bundle = stix::sightings(&own, &run.sightings(&list), Tlp::Green, visit.site.clock.now());
    let headers = [
        (CONTENT_TYPE, stix::MEDIA_TYPE),
        (CONTENT_DISPOSITION, "attachment; filename=\"sightings.json\""),
    ];
    Ok((headers, format!("{bundle:#}\n")).into_response())
}

async fn cancel(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass(Action::HandleFinding, "retro", &id).await?;
    let by = By { person: &visit.principal.person, name: &visit.principal.name };
    visit.site.retro.cancel(&id, by).await?;
    visit.done(&format!("/retro/{id}"), &Flash::new("flash-retro-cancelled"))
}

async fn stop(visit: Visit, form: Form) -> Answer {
    let id = form.text("order").to_owned();
    visit.pass(Action::HandleFinding, "retro", &id).await?;
    let by = By { person: &visit.principal.person, name: &visit.principal.name };
    visit.site.retro.stop(&id, by).await?;
    visit.done("/retro", &Flash::new("flash-retro-stopped"))
}

/// The form and the file that came with it; browsers send both together, programs a form alone.
async fn sent(request: Request, site: &Arc<Site>) -> Result<(Form, String), Failure> {
    let kind = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if !kind.starts_with(b"multipart/") {
        return Ok((Form::from_request(request, site).await?, String::new()));
    }
    let unreadable = |what: String| Failure::new(&troubles::UNREADABLE, what);
    let broken = |error: MultipartError| match error.status().as_u16() {
        413 => Failure::new(&troubles::TOO_LARGE, error.to_string()),
        _ => unreadable(error.to_string()),
    };
    let upload = Multipart::from_request(request, site).await;
    let mut upload = upload.map_err(|error| unreadable(error.to_string()))?;
    let (mut form, mut file) = (Form::new(), String::new());
    while let Some(field) = upload.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(broken)?;
        let text = String::from_utf8_lossy(&bytes);
        if name == "retro-file" { file = text.into_owned() } else { form.set(&name, text) }
    }
    Ok((form, file))
}

/// What the form asks for; `None` when something is wrong with it.
fn asked(form: &mut Form, file: &str) -> Option<NewOrder> {
    let name = form.limited("retro-name", RETRO_NAME_CHARS_MAX);
    let wanted = form.choice("retro-what", &WHATS);
    let list = form.limited("retro-list", LIST_CHARS_MAX);
    let since = form.date("retro-since").map(|date| Instant::from_jst(date.at(0, 0, 0, 0)));
    let from = form.date("retro-from").map(|date| Instant::from_jst(date.at(0, 0, 0, 0)));
    let until =
        form.date("retro-until").map(|date| Instant::from_jst(date.at(0, 0, 0, 0)).plus_days(1));
    let every = form.choice("retro-every", &OFTEN);
    let asked = match wanted? {
        Wanted::Indicators => {
            let mut all = IndicatorList::read(file);
            all.join(IndicatorList::read(&list));
            Asked::Indicators(all)
        }
        Wanted::Rules => Asked::Rules { added_since: None },
        Wanted::NewRules => {
            if since.is_none() && form.fine() {
                form.wrong("retro-since", Problem::new("problem-required"));
            }
            Asked::Rules { added_since: since }
        }
    };
    form.fine().then_some(NewOrder { name, asked, from, until, every: every? })
}

async fn retro_page(visit: &Visit, form: Form) -> Answer {
    let query = visit.query();
    let before = Some(query.text("before")).filter(|text| !text.is_empty());
    let desk = &visit.site.retro;
    let runs = desk.runs(before, PAGE_ROWS).await?;
    let mut frame = visit.frame("retro-title").await;
    frame.live = runs.iter().any(|run| run.state.is_open());
    let more = runs.last().filter(|_| runs.len() == PAGE_ROWS).map(|run| run.id.clone());
    let mut schedules = Vec::new();
    for order in desk.schedules().await? {
        let last = match &order.last_run {
            Some(id) => Some(run_line(desk.run(id).await?, None, &frame)),
            None => None,
        };
        schedules.extend(schedule_line(order, last, &frame));
    }
    page(&RetroPage {
        whats: choices(&WHATS, "retro-what-", &frame),
        often: choices(&OFTEN, "retro-every-", &frame),
        runs: runs
            .into_iter()
            .map(|run| {
                let pace = desk.pace(&run.id);
                run_line(run, pace, &frame)
            })
            .collect(),
        schedules,
        more: more.map(|last| with_query("/retro", &[("before", &last)])),
        may_ask: visit.may(Action::HandleFinding),
        form,
        frame,
    })
}

fn choices<T>(options: &[(&str, T)], begins: &str, frame: &Frame) -> Vec<Choice> {
    let choice = |(value, _): &(&str, T)| Choice::new(value, frame.t(&format!("{begins}{value}")));
    options.iter().map(choice).collect()
}

fn run_line(run: Run, pace: Option<Pace>, frame: &Frame) -> RunLine {
    let (state, class) = match &run.state {
        RunState::Waiting => ("retro-waiting", "none"),
        RunState::Running => ("retro-running", "look"),
        RunState::Done if run.hits.is_empty() => ("retro-nothing", "good"),
        RunState::Done => ("retro-found", "bad"),
        RunState::Cancelled { .. } => ("retro-cancelled", "none"),
        RunState::Failed { .. } => ("retro-failed", "bad"),
    };
    let percent = pace.filter(|_| run.state.is_open());
    RunLine {
        name: name_or(&run.name, &run.what, frame),
        percent: percent.map(|pace| pace.passed.saturating_mul(100) / pace.total.max(1)),
        state,
        class,
        run,
    }
}

fn schedule_line(order: Order, last: Option<RunLine>, frame: &Frame) -> Option<ScheduleLine> {
    let every = match order.every? {
        Every::Day => "retro-every-day",
        Every::Week => "retro-every-week",
        Every::Month => "retro-every-month",
    };
    Some(ScheduleLine {
        name: name_or(&order.name, &order.what, frame),
        every: frame.t(every),
        next_at: order.next_at?,
        last,
        order,
    })
}

fn name_or(name: &str, what: &What, frame: &Frame) -> String {
    if name.is_empty() { what_text(what, frame) } else { name.to_owned() }
}

fn what_text(what: &What, frame: &Frame) -> String {
    match what {
        What::Indicators { count, .. } => frame.with("retro-of-indicators", "count", count),
        What::Rules { added_since: None } => frame.t("retro-of-rules"),
        What::Rules { added_since: Some(at) } => {
            frame.with("retro-of-new-rules", "since", frame.day(*at))
        }
    }
}

fn not_understood(what: &What) -> (Vec<NotUnderstood>, usize) {
    match what {
        What::Indicators { not_understood, n_not_understood, .. } => {
            (not_understood.clone(), *n_not_understood)
        }
        What::Rules { .. } => (Vec::new(), 0),
    }
}

fn hit_line(hit: RunHit) -> HitLine {
    let seq = |evidence: &EvidenceRef| match evidence {
        EvidenceRef::Event { seq, .. } => Some(*seq),
        EvidenceRef::File { .. } | EvidenceRef::Journal { .. } => None,
    };
    let linked = |seq: u64| (seq, with_query("/search/event", &[("seq", &seq.to_string())]));
    let events: Vec<_> =
        hit.evidence.iter().filter_map(seq).take(EVENTS_SHOWN).map(linked).collect();
    HitLine {
        finding: hit.finding.as_ref().map(|id| format!("/findings/{id}")),
        more: hit.count > events.len() as u64,
        events,
        hit,
    }
}

/// How long it will still take at the rate so far.
fn left(pace: Pace, frame: &Frame) -> Option<String> {
    let seconds = pace.total.saturating_sub(pace.passed).checked_div(pace.per_second)?;
    Some(frame.with("retro-left", "minutes", seconds.div_ceil(60)))
}
