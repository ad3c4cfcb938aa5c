//! Remote maintenance: who is in the house now, what was announced, what came in without a plan, and the proof of a month.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_watch::By;
use sakimori_watch::maintenance::{
    HowEnded, Line, MaintenanceError, PLANS_FILE_BYTES_MAX, Plan, Proposal, RULES, Session,
    Standing, cover,
};
use sakimori_words::{EvidenceRef, Finding, Instant, Text};

use crate::address::with_query;
use crate::failure::{Answer, fails_with};
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::site::Site;
use crate::visit::{Visit, page};

mod lines;
mod month;
mod plans;

fails_with!(MaintenanceError);

/// Sessions on one page.
const PAGE_ROWS: usize = 50;

/// Sessions looked through for one supplier's, and for those that go on.
const LOOKED: usize = 1_000;

/// Proposals shown at a time.
const PROPOSALS_SHOWN: usize = 10;

/// Days of plans that count as coming.
const COMING_DAYS: i64 = 60;

/// A table, and what a browser puts around a file.
const UPLOAD_BYTES_MAX: usize = PLANS_FILE_BYTES_MAX + 64 * 1024;

pub(crate) fn routes() -> Router<Arc<Site>> {
    let upload = DefaultBodyLimit::max(UPLOAD_BYTES_MAX);
    Router::new()
        .route("/maintenance", get(overview))
        .route("/maintenance/sessions/{id}", get(session))
        .route("/maintenance/plans/new", get(plans::offer).post(plans::add))
        .route(
            "/maintenance/plans/import",
            get(plans::offer_file).post(plans::import).layer(upload),
        )
        .route("/maintenance/plans/{id}", get(plans::show))
        .route("/maintenance/plans/{id}/extend", post(plans::extend))
        .route("/maintenance/plans/{id}/cancel", post(plans::cancel))
        .route("/maintenance/lines", get(lines::list))
        .route("/maintenance/lines/new", get(lines::offer).post(lines::add))
        .route("/maintenance/lines/adopt", post(lines::adopt))
        .route("/maintenance/lines/disown", post(lines::disown))
        .route("/maintenance/lines/{id}", get(lines::show).post(lines::change))
        .route("/maintenance/lines/{id}/remove", post(lines::remove))
        .route("/maintenance/month", get(month::show))
        .route("/maintenance/month.csv", get(month::csv))
}

#[derive(Template)]
#[template(path = "screens/logs/maintenance/page.html")]
struct OverviewPage {
    frame: Frame,
    form: Form,
    no_lines: bool,
    going_on: Vec<SessionView>,
    proposals: Vec<Proposal>,
    coming: Vec<PlanView>,
    past: Vec<SessionView>,
    suppliers: Vec<Choice>,
    more: Option<String>,
    may_plan: bool,
    may_manage: bool,
}

#[derive(Template)]
#[template(path = "screens/logs/maintenance/session.html")]
struct SessionPage {
    frame: Frame,
    view: SessionView,
    session: Session,
    plans: Vec<PlanView>,
    line: Option<Line>,
    /// Its events in the log, for those who may search.
    events: Vec<String>,
    new_plan: Option<String>,
}

/// A session beside its plan, ready to be shown.
struct SessionView {
    id: String,
    supplier: String,
    road: &'static str,
    account: String,
    from: String,
    device: String,
    begun_at: Instant,
    ended_at: Option<Instant>,
    end_unknown: bool,
    machines: String,
    standing: Text,
    class: &'static str,
    plan: Option<PlanView>,
    told: Vec<Tale>,
}

/// The session a finding speaks of, to be shown beside it: a plan that was entered afterwards deletes no finding.
pub(crate) struct MaintenanceBeside {
    pub(crate) address: String,
    pub(crate) standing: Text,
    pub(crate) class: &'static str,
}

/// The session of a finding of ours; `None` for any other finding, and when it cannot be read.
pub(crate) async fn maintenance_beside(
    site: &Site,
    finding: &Finding,
) -> Option<MaintenanceBeside> {
    if !RULES.contains(&finding.rule_id.as_str()) {
        return None;
    }
    let desk = &site.maintenance;
    let sessions = desk.sessions(None, LOOKED).await.ok()?;
    let shared = |session: &&Session| {
        session.account == finding.user
            && session.evidence.iter().any(|own| finding.evidence.contains(own))
    };
    let session = sessions.iter().find(shared)?;
    let view = SessionView::of(session, &desk.plans().await.ok()?, desk.now());
    let address = format!("/maintenance/sessions/{}", view.id);
    Some(MaintenanceBeside { address, standing: view.standing, class: view.class })
}

/// What was told of a session, and when.
struct Tale {
    at: Instant,
    title: Text,
}

/// A plan, ready to be shown.
struct PlanView {
    id: String,
    supplier: String,
    from: Instant,
    until: Instant,
    purpose: String,
    machines: String,
    asked_by: String,
    attended_by: String,
    cancelled: bool,
    /// It was entered after it had begun.
    late: bool,
    /// It holds now.
    holds: bool,
}

async fn overview(visit: Visit) -> Answer {
    visit.pass_to_list(Action::ViewFindings, "maintenance", "maintenance").await?;
    let desk = &visit.site.maintenance;
    desk.refresh().await?;
    let (query, now) = (visit.query(), desk.now());
    let (wanted, before) = (query.text("mt-supplier-filter"), query.text("before"));
    let plans = desk.plans().await?;
    let lines = desk.lines().await?;
    let newest = desk.sessions(None, LOOKED).await?;
    let going_on = newest.iter().filter(|session| session.ended.is_none());
    let going_on = going_on.map(|session| SessionView::of(session, &plans, now)).collect();
    let rest = newest.iter().filter(|session| {
        let after = before.is_empty() || session.id.as_str() < before;
        after && session.ended.is_some() && is_of(session.line.as_deref(), wanted)
    });
    let past: Vec<SessionView> =
        rest.take(PAGE_ROWS).map(|session| SessionView::of(session, &plans, now)).collect();
    let last = past.last().filter(|_| past.len() == PAGE_ROWS).map(|last| last.id.clone());
    let frame = visit.frame("maintenance-title").await;
    let mut suppliers = vec![Choice::new("", frame.t("maintenance-every-supplier"))];
    suppliers.extend(lines.iter().map(|line| Choice::new(&line.id, &line.fields.supplier)));
    let mut proposals = desk.proposals();
    // Staff at home are on the VPN too: only while nothing is known yet are all shown.
    proposals.retain(|proposal| lines.is_empty() || proposal.like_supplier);
    proposals.truncate(PROPOSALS_SHOWN);
    page(&OverviewPage {
        no_lines: lines.is_empty(),
        going_on,
        proposals,
        coming: coming(&plans, wanted, now),
        more: last.map(|last| {
            with_query("/maintenance", &[("mt-supplier-filter", wanted), ("before", &last)])
        }),
        past,
        suppliers,
        may_plan: visit.may(Action::PlanMaintenance),
        may_manage: visit.may(Action::ManageSettings),
        form: query,
        frame,
    })
}

/// Plans that hold now or will, the next one first.
fn coming(plans: &[Plan], wanted: &str, now: Instant) -> Vec<PlanView> {
    let until = now.plus_days(COMING_DAYS);
    let shown = |plan: &&Plan| {
        let near = plan.fields.to.max(plan.until()) >= now.plus_seconds(-12 * 3_600);
        near && plan.fields.from <= until && is_of(Some(&plan.fields.line), wanted)
    };
    let mut coming: Vec<PlanView> =
        plans.iter().filter(shown).map(|plan| PlanView::of(plan, now)).collect();
    coming.sort_by_key(|plan| plan.from);
    coming
}

fn is_of(line: Option<&str>, wanted: &str) -> bool {
    wanted.is_empty() || line == Some(wanted)
}

async fn session(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ViewFindings, "maintenance_session", &id, "").await?;
    let desk = &visit.site.maintenance;
    let (session, plans, now) = (desk.session(&id).await?, desk.plans().await?, desk.now());
    let covering = cover(&session, &plans).map(|cover| cover.plans).unwrap_or_default();
    let line = match &session.line {
        Some(line) => Some(desk.line(line).await?),
        None => None,
    };
    let seqs = session.evidence.iter().filter_map(|evidence| match evidence {
        EvidenceRef::Event { seq, .. } => Some(seq.to_string()),
        _ => None,
    });
    let may_search = visit.may(Action::SearchLogs);
    let events = seqs.filter(|_| may_search);
    let events = events.map(|seq| with_query("/search/event", &[("seq", &seq)])).collect();
    let new_plan = session.line.as_deref().filter(|_| visit.may(Action::PlanMaintenance));
    page(&SessionPage {
        view: SessionView::of(&session, &plans, now),
        plans: covering.into_iter().map(|plan| PlanView::of(plan, now)).collect(),
        line,
        events,
        new_plan: new_plan
            .map(|line| with_query("/maintenance/plans/new", &[("line", line), ("session", &id)])),
        session,
        frame: visit.frame("maintenance-session-title").await,
    })
}

impl SessionView {
    fn of(session: &Session, plans: &[Plan], now: Instant) -> Self {
        let standing = Standing::of(session, plans, now);
        let machines: Vec<&str> =
            session.machines.iter().map(|machine| machine.name.as_str()).collect();
        let plan = cover(session, plans).and_then(|cover| cover.plans.first().copied());
        Self {
            id: session.id.clone(),
            supplier: session.supplier.clone(),
            road: session.road.name(),
            account: session.account.clone(),
            from: session.from.map(|from| from.to_string()).unwrap_or_default(),
            device: session.device.clone(),
            begun_at: session.begun_at,
            ended_at: session.ended.map(|ended| ended.at),
            end_unknown: session.ended.is_some_and(|ended| ended.how == HowEnded::Unknown),
            machines: machines.join(" "),
            standing: standing.words(),
            class: match standing {
                Standing::Planned => "good",
                Standing::Afterwards => "look",
                Standing::Overrun | Standing::Unplanned => "bad",
            },
            plan: plan.map(|plan| PlanView::of(plan, now)),
            told: session
                .told
                .iter()
                .map(|told| Tale { at: told.at, title: told.deviation.title() })
                .collect(),
        }
    }
}

impl PlanView {
    fn of(plan: &Plan, now: Instant) -> Self {
        Self {
            id: plan.id.clone(),
            supplier: plan.supplier.clone(),
            from: plan.fields.from,
            until: plan.until().max(plan.fields.from),
            purpose: plan.fields.purpose.clone(),
            machines: plan.fields.machines.join(" "),
            asked_by: plan.fields.asked_by.clone(),
            attended_by: plan.fields.attended_by.clone(),
            cancelled: plan.cancelled(),
            late: plan.entered_at > plan.fields.from,
            holds: plan.fields.from <= now && now <= plan.until(),
        }
    }
}

fn by(visit: &Visit) -> By<'_> {
    By { person: &visit.principal.person, name: &visit.principal.name }
}

/// Says beside the field what the desk could not use; any other error is a trouble.
fn note(
    form: &mut Form,
    error: MaintenanceError,
    own: &[(&str, &str)],
) -> Result<(), MaintenanceError> {
    match error {
        MaintenanceError::Unfit { field, why } => {
            let named = own.iter().find(|(theirs, _)| *theirs == field);
            form.wrong(named.map_or("", |(_, ours)| ours), Problem::said(why));
            Ok(())
        }
        other => Err(other),
    }
}

/// Names on lines or between commas.
fn names(text: &str) -> Vec<String> {
    let between = |sign: char| matches!(sign, '\n' | '\r' | ',' | '、' | '，');
    let names = text.split(between).map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}
