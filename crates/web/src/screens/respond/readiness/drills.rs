//! Drills of the phone tree: planned, timed while several people call, scored, improved.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::readiness::{
    Drill, DrillPerson, DrillPlan, DrillState, Improvement, Tried, drill_score,
};
use sakimori_words::{Instant, SECOND_MICROS, jst_date};

use super::super::{actor, dial, sentence};
use super::contacts::contacts_of;
use super::{desk, pass_to_read};
use crate::chart::{Bar, bars};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::troubles;
use crate::visit::{Visit, page};

/// How a try can end, as forms spell it.
const OUTCOMES: [(&str, Tried); 3] = [
    ("answered", Tried::Answered),
    ("no-answer", Tried::NoAnswer),
    ("wrong-number", Tried::WrongNumber),
];
/// Newest cases that are looked through for exercises.
const CASES_READ_MAX: usize = 1_000;
/// Longest text of what was done, in characters.
const IMPROVEMENT_CHARS_MAX: usize = 500;
/// Drills in the chart.
const CHARTED: usize = 12;

#[derive(Template)]
#[template(path = "screens/respond/readiness/drills.html")]
struct ListPage {
    frame: Frame,
    form: Form,
    rows: Vec<DrillLine>,
    chart: String,
    people: Vec<Choice>,
    /// What has to become better after drills and exercises and is not done: what, where, and the address.
    to_improve: Vec<OpenImprovement>,
    may_change: bool,
}

/// Something that has to become better and is not done.
struct OpenImprovement {
    view: ImprovementView,
    from: String,
    address: String,
}

struct DrillLine {
    id: String,
    title: String,
    state: String,
    class: &'static str,
    when: String,
    reached: String,
    most: String,
    all: String,
}

#[derive(Template)]
#[template(path = "screens/respond/readiness/drill.html")]
struct DrillPage {
    frame: Frame,
    form: Form,
    line: DrillLine,
    /// `planned`, `running`, `scored` or `closed`.
    stage: &'static str,
    waiting: Vec<WaitingView>,
    rows: Vec<PersonView>,
    unreached: String,
    wrong: String,
    improvements: Improvements,
    may_change: bool,
}

/// Somebody who is to be called, with the numbers.
struct WaitingView {
    contact: String,
    name: String,
    duty: String,
    tries: usize,
    phones: Vec<(String, String)>,
    deputies: String,
}

/// Somebody who is called, with the tries.
struct PersonView {
    name: String,
    reached: String,
    tries: Vec<String>,
}

/// Something that has to become better.
pub(super) struct ImprovementView {
    pub(super) what: String,
    pub(super) words: String,
    /// What was done, by whom and when; empty while it is open.
    pub(super) done: String,
    pub(super) late: bool,
}

/// What has to become better, with the form by which somebody says that it was done.
pub(super) struct Improvements {
    /// Where the form goes.
    pub(super) path: String,
    pub(super) rows: Vec<ImprovementView>,
    /// Those that are open, for the choice of the form.
    pub(super) open: Vec<Choice>,
}

impl Improvements {
    pub(super) fn of(frame: &Frame, all: &[Improvement], path: String) -> Self {
        let open = all.iter().filter(|own| own.is_open());
        Self {
            path,
            rows: all.iter().map(|own| improvement(frame, own)).collect(),
            open: open.map(|own| Choice::new(&own.id, own.what.clone())).collect(),
        }
    }
}

pub(super) async fn list(visit: Visit) -> Answer {
    pass_to_read(&visit, "drill", "").await?;
    draw_list(&visit, Form::new()).await
}

async fn draw_list(visit: &Visit, mut form: Form) -> Answer {
    let frame = visit.frame("drills-title").await;
    let drills = desk(visit).drills().await?;
    let contacts = contacts_of(visit).await?;
    let today = jst_date(frame.now);
    let valid = contacts.iter().filter(|own| own.is_valid_on(today));
    let people: Vec<Choice> = valid
        .map(|own| Choice::new(&own.id, format!("{} {}", own.name, own.duty).trim().to_owned()))
        .collect();
    if form.fine() {
        form.set("dr-on", today);
    }
    let rows: Vec<DrillLine> = drills.iter().map(|own| line(&frame, own)).collect();
    let mut charted: Vec<Bar> = drills.iter().filter_map(bar).take(CHARTED).collect();
    charted.reverse();
    let chart =
        if charted.is_empty() { String::new() } else { bars(&frame.t("drills-chart"), &charted) };
    let to_improve = open_improvements(visit, &frame, &drills).await?;
    let may_change = visit.may(Action::RecordCase);
    page(&ListPage { rows, chart, people, to_improve, may_change, form, frame })
}

/// What is not done yet after drills and exercises, the oldest day first.
async fn open_improvements(
    visit: &Visit,
    frame: &Frame,
    drills: &[Drill],
) -> Result<Vec<OpenImprovement>, Failure> {
    let mut all = Vec::new();
    for drill in drills {
        all.extend(drill.improvements.iter().map(|own| (own, &drill.title, address(&drill.id))));
    }
    let cases = visit.site.cases.cases(None, CASES_READ_MAX).await?;
    for case in cases.iter().filter(|case| case.exercise) {
        let address = format!("/cases/{}/exercise", case.id);
        let own = case.rehearsal.improvements.iter();
        all.extend(own.map(|own| (own, &case.title, address.clone())));
    }
    all.retain(|(own, _, _)| own.is_open());
    all.sort_by_key(|(own, _, _)| own.due_on);
    let open = all.into_iter().map(|(own, from, address)| OpenImprovement {
        view: improvement(frame, own),
        from: from.clone(),
        address,
    });
    Ok(open.collect())
}

/// How many improvements are open after their day.
pub(super) async fn late_improvements(visit: &Visit, frame: &Frame) -> Result<usize, Failure> {
    let drills = desk(visit).drills().await?;
    let open = open_improvements(visit, frame, &drills).await?;
    Ok(open.iter().filter(|one| one.view.late).count())
}

/// Per cent reached of a drill that is over.
fn bar(drill: &Drill) -> Option<Bar> {
    let score = drill_score(drill);
    let value = score.reached.saturating_mul(100).checked_div(score.people)?;
    let label = jst_date(drill.ended_at()?).to_string();
    Some(Bar { label, value: u64::try_from(value).unwrap_or(100) })
}

fn line(frame: &Frame, drill: &Drill) -> DrillLine {
    let score = drill_score(drill);
    let (word, class) = match drill.state {
        DrillState::Planned => ("drill-planned", "look"),
        DrillState::Running { .. } => ("drill-running", "bad"),
        DrillState::Scored { .. } => ("drill-scored", "look"),
        DrillState::Closed { .. } => ("drill-closed", "good"),
    };
    let kind = frame.t(if drill.announced { "drill-announced" } else { "drill-blind" });
    let span = |seconds: Option<i64>| match seconds {
        Some(seconds) => span_words(frame, seconds),
        None => frame.t("drill-not-reached"),
    };
    DrillLine {
        id: drill.id.clone(),
        title: drill.title.clone(),
        state: format!("{}（{kind}）", frame.t(word)),
        class,
        when: match (drill.started_at(), drill.on) {
            (Some(at), _) => frame.minute(at),
            (None, Some(day)) => day.to_string(),
            (None, None) => String::new(),
        },
        reached: format!("{}/{}", score.reached, score.people),
        most: span(score.seconds_to_most),
        all: span(score.seconds_to_all),
    }
}

fn span_words(frame: &Frame, seconds: i64) -> String {
    frame.with2("drill-span", "minutes", seconds / 60, "seconds", seconds % 60)
}

pub(super) async fn plan(visit: Visit, mut form: Form) -> Answer {
    visit.pass_personal(Action::RecordCase, "drill", "", "plan").await?;
    let plan = DrillPlan {
        title: form.required("dr-title", 200),
        on: form.date("dr-on"),
        announced: form.has("dr-announced", "yes"),
        people: form.all("dr-people").map(str::to_owned).collect(),
    };
    let contacts = contacts_of(&visit).await?;
    if !contacts.iter().any(|own| plan.people.contains(&own.id)) {
        form.wrong("dr-people", Problem::new("problem-choice"));
    }
    if !form.fine() {
        return draw_list(&visit, form).await;
    }
    let drill = desk(&visit).plan_drill(&plan, &contacts, &actor(&visit)).await?;
    visit.done(&address(&drill.id), &Flash::new("flash-drill-planned"))
}

fn address(id: &str) -> String {
    format!("/readiness/drills/{id}")
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    pass_to_read(&visit, "drill", &id).await?;
    draw(&visit, &id, Form::new()).await
}

async fn draw(visit: &Visit, id: &str, form: Form) -> Answer {
    let drill = desk(visit).drill(id).await?;
    let mut frame = visit.frame("drills-title").await;
    frame.title.clone_from(&drill.title);
    frame.live = true;
    let score = drill_score(&drill);
    page(&DrillPage {
        line: line(&frame, &drill),
        stage: match drill.state {
            DrillState::Planned => "planned",
            DrillState::Running { .. } => "running",
            DrillState::Scored { .. } => "scored",
            DrillState::Closed { .. } => "closed",
        },
        waiting: waiting(visit, &drill).await?,
        rows: drill.people.iter().map(|one| person(&frame, &drill, one)).collect(),
        unreached: score.unreached.join("、"),
        wrong: score.wrong.join("、"),
        improvements: Improvements::of(
            &frame,
            &drill.improvements,
            format!("{}/done", address(&drill.id)),
        ),
        may_change: visit.may(Action::RecordCase),
        form,
        frame,
    })
}

async fn waiting(visit: &Visit, drill: &Drill) -> Result<Vec<WaitingView>, Failure> {
    let contacts = contacts_of(visit).await?;
    let (now, calendar) = (visit.site.clock.now(), visit.site.content.calendar());
    let view = |person: &DrillPerson| {
        let own = contacts.iter().find(|own| own.id == person.contact);
        let lines = own.map(|own| own.lines(now, calendar)).unwrap_or_default();
        let deputies = own.map(|own| own.deputies.as_slice()).unwrap_or_default();
        let named = deputies.iter().filter_map(|id| contacts.iter().find(|own| own.id == *id));
        let named: Vec<&str> = named.map(|own| own.name.as_str()).collect();
        WaitingView {
            contact: person.contact.clone(),
            name: person.name.clone(),
            duty: person.duty.clone(),
            tries: person.tries.len(),
            phones: lines.into_iter().map(|line| (dial(&line.phone), line.phone)).collect(),
            deputies: named.join("、"),
        }
    };
    Ok(drill.waiting().into_iter().map(view).collect())
}

fn person(frame: &Frame, drill: &Drill, person: &DrillPerson) -> PersonView {
    let after = |at: Instant| {
        let began = drill.started_at().unwrap_or(at);
        span_words(frame, at.micros_since(began) / SECOND_MICROS)
    };
    PersonView {
        name: format!("{} {}", person.name, person.duty).trim().to_owned(),
        reached: person.reached_at().map_or(frame.t("drill-not-reached"), after),
        tries: person
            .tries
            .iter()
            .map(|one| {
                let words = one.outcome.words();
                let words = words.get(frame.lang);
                format!("{} {words} {}（{}）", after(one.at), one.channel, one.by.name)
            })
            .collect(),
    }
}

fn improvement(frame: &Frame, own: &Improvement) -> ImprovementView {
    let done = own.done_at.map(|at| {
        let by = own.done_by.as_ref().map_or("", |by| by.name.as_str());
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("at", &frame.minute(at)), ("by", &by), ("done", &own.done)];
        sentence(frame.lang, "improvement-was-done", &values)
    });
    ImprovementView {
        what: own.what.clone(),
        words: frame.with2("improvement-words", "owner", &own.owner, "day", own.due_on),
        done: done.unwrap_or_default(),
        late: own.is_late_on(jst_date(frame.now)),
    }
}

pub(super) async fn act(
    visit: Visit,
    Path((id, act)): Path<(String, String)>,
    mut form: Form,
) -> Answer {
    visit.pass_personal(Action::RecordCase, "drill", &id, "").await?;
    let (desk, by) = (desk(&visit), actor(&visit));
    let word = match act.as_str() {
        "start" => desk.start_drill(&id, &by).await.map(|_| "flash-drill-started")?,
        "end" => desk.end_drill(&id, &by).await.map(|_| "flash-drill-ended")?,
        "close" => desk.close_drill(&id, &by).await.map(|_| "flash-drill-closed")?,
        "done" => {
            let Some((improvement, done)) = read_done(&mut form) else {
                return draw(&visit, &id, form).await;
            };
            desk.improved(&id, &improvement, &done, &by).await.map(|_| "flash-improved")?
        }
        "try" => {
            let Some(outcome) = form.choice("outcome", &OUTCOMES) else {
                return draw(&visit, &id, form).await;
            };
            let channel = form.limited("channel", 200);
            let tried = desk.tried(&id, form.text("contact"), &channel, outcome, &by).await;
            tried.map(|_| "flash-drill-tried")?
        }
        "improve" => {
            let Some((what, owner, due)) = read_improvement(&mut form) else {
                return draw(&visit, &id, form).await;
            };
            let kept = desk.improve_drill(&id, &what, &owner, due, &by).await;
            kept.map(|_| "flash-saved")?
        }
        _ => return Err(Failure::new(&troubles::NOT_FOUND, "")),
    };
    visit.done(&address(&id), &Flash::new(word))
}

/// What has to become better, who sees to it and until when; `None` when something is missing, which the form then says.
pub(super) fn read_improvement(form: &mut Form) -> Option<(String, String, sakimori_words::Date)> {
    let (what, owner) = (form.required("im-what", 500), form.required("im-owner", 200));
    let due = form.date("im-due");
    if due.is_none() && form.problem("im-due").is_none() {
        form.wrong("im-due", Problem::new("problem-required"));
    }
    due.filter(|_| form.fine()).map(|due| (what, owner, due))
}

/// Which improvement was done and what was done; `None` when something is missing, which the form then says.
pub(super) fn read_done(form: &mut Form) -> Option<(String, String)> {
    let (improvement, done) =
        (form.required("im-which", 100), form.required("im-done", IMPROVEMENT_CHARS_MAX));
    form.fine().then_some((improvement, done))
}
