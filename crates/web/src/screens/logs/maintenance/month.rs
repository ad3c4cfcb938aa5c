//! The proof of a month: every session beside its plan, on screen, on paper and as CSV.

use askama::Template;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use sakimori_identity::Action;
use sakimori_watch::maintenance::{Plan, Session, cover, month_csv};
use sakimori_words::{Instant, jst_date, parse_date};

use super::{PlanView, SessionView};
use crate::address::with_query;
use crate::failure::{Answer, Failure};
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::visit::{Visit, page};

/// Most sessions of a month that are listed.
const SESSIONS_MAX: usize = 5_000;

/// Months that can be chosen: a log is kept for a year and more.
const MONTHS: i32 = 18;

#[derive(Template)]
#[template(path = "screens/logs/maintenance/month.html")]
struct MonthPage {
    frame: Frame,
    form: Form,
    month: String,
    months: Vec<Choice>,
    sessions: Vec<SessionView>,
    unused: Vec<PlanView>,
    n_unplanned: usize,
    csv: String,
}

/// What a month holds.
struct Month {
    name: String,
    sessions: Vec<Session>,
    /// Plans of the month.
    plans: Vec<Plan>,
    /// All plans, since one that began the month before may cover a session.
    all_plans: Vec<Plan>,
}

pub(super) async fn show(visit: Visit) -> Answer {
    visit.pass_to_list(Action::ViewFindings, "maintenance", "month").await?;
    let month = read(&visit).await?;
    let now = visit.site.maintenance.now();
    let mut sessions = month.sessions;
    sessions.sort_by_key(|session| session.begun_at);
    let used = |plan: &Plan| {
        let covers = |session: &Session| {
            cover(session, &month.all_plans)
                .is_some_and(|cover| cover.plans.iter().any(|own| own.id == plan.id))
        };
        sessions.iter().any(covers)
    };
    let unused = month.plans.iter().filter(|plan| !used(plan));
    let unused = unused.map(|plan| PlanView::of(plan, now)).collect();
    let views: Vec<SessionView> =
        sessions.iter().map(|own| SessionView::of(own, &month.all_plans, now)).collect();
    let mut form = Form::new();
    form.set("month", &month.name);
    page(&MonthPage {
        n_unplanned: views.iter().filter(|view| view.class == "bad").count(),
        sessions: views,
        unused,
        months: months(now),
        csv: with_query("/maintenance/month.csv", &[("month", &month.name)]),
        month: month.name,
        form,
        frame: visit.frame("maintenance-month-title").await,
    })
}

pub(super) async fn csv(visit: Visit) -> Answer {
    visit.pass_personal(Action::ViewFindings, "maintenance", "month.csv", "").await?;
    let (month, now, lang) = (read(&visit).await?, visit.site.maintenance.now(), visit.lang());
    let mut plans = month.all_plans;
    let covering: Vec<String> = month
        .sessions
        .iter()
        .filter_map(|session| cover(session, &plans))
        .flat_map(|cover| cover.plans.into_iter().map(|plan| plan.id.clone()))
        .collect();
    // Plans of other months are named only where they cover a session of this one.
    plans.retain(|plan| {
        covering.contains(&plan.id) || month.plans.iter().any(|own| own.id == plan.id)
    });
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"sakimori-maintenance-{}.csv\"", month.name),
        ),
    ];
    Ok((headers, month_csv(&month.sessions, &plans, now, lang)).into_response())
}

async fn read(visit: &Visit) -> Result<Month, Failure> {
    let desk = &visit.site.maintenance;
    let query = visit.query();
    let (name, from, to) = span(query.text("month"), desk.now());
    let sessions = desk.sessions_between(from, to, SESSIONS_MAX).await?;
    let all_plans = desk.plans().await?;
    let own = |plan: &&Plan| from <= plan.fields.from && plan.fields.from < to;
    let plans = all_plans.iter().filter(own).cloned().collect();
    Ok(Month { name, sessions, plans, all_plans })
}

/// The month written `2026-11`, or the present one: its name, begin and end.
fn span(written: &str, now: Instant) -> (String, Instant, Instant) {
    let today = jst_date(now);
    let day = Some(written)
        .filter(|written| written.len() == 7)
        .and_then(|written| parse_date(&format!("{written}-01")));
    let first = day.unwrap_or(today).first_of_month();
    let from = Instant::from_jst(first.at(0, 0, 0, 0));
    // Thirty-two days after the first is in the next month, whatever the month.
    let next = jst_date(from.plus_days(32)).first_of_month();
    let name = format!("{:04}-{:02}", first.year(), first.month());
    (name, from, Instant::from_jst(next.at(0, 0, 0, 0)))
}

fn months(now: Instant) -> Vec<Choice> {
    let mut first = Instant::from_jst(jst_date(now).first_of_month().at(12, 0, 0, 0));
    let mut months = Vec::new();
    for _ in 0..MONTHS {
        let day = jst_date(first);
        let name = format!("{:04}-{:02}", day.year(), day.month());
        months.push(Choice::new(&name, &name));
        let before = jst_date(first.plus_days(-1)).first_of_month();
        first = Instant::from_jst(before.at(12, 0, 0, 0));
    }
    months
}
