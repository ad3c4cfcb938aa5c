//! Announcing work: a plan in under a minute, a table of them, and what became of one.

use askama::Template;
use axum::extract::Path;
use axum::extract::multipart::{Multipart, MultipartRejection};
use sakimori_identity::Action;
use sakimori_watch::maintenance::{MaintenanceError, Plan, PlanFields, PlansFileError, RefusedRow};
use sakimori_words::{Instant, jst_datetime};

use super::{PlanView, by, names, note};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::troubles;
use crate::visit::{Visit, page};

/// Where the desk's fields stand in the form.
const FIELDS: [(&str, &str); 5] = [
    ("to", "mt-to"),
    ("purpose", "mt-purpose"),
    ("machines", "mt-machines"),
    ("asked_by", "mt-asked"),
    ("attended_by", "mt-attended"),
];

/// Length of a plan until somebody says otherwise, in seconds.
const USUAL_SECONDS: i64 = 3 * 3_600;

#[derive(Template)]
#[template(path = "screens/logs/maintenance/plan_new.html")]
struct NewPage {
    frame: Frame,
    form: Form,
    lines: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "screens/logs/maintenance/import.html")]
struct ImportPage {
    frame: Frame,
    form: Form,
    refused: Vec<RefusedRow>,
}

#[derive(Template)]
#[template(path = "screens/logs/maintenance/plan.html")]
struct PlanPage {
    frame: Frame,
    form: Form,
    view: PlanView,
    plan: Plan,
    changes: Vec<ChangeView>,
    may_change: bool,
}

/// A change of a plan; `to` is the new end, `None` a cancellation.
struct ChangeView {
    at: Instant,
    by: String,
    reason: String,
    to: Option<Instant>,
}

pub(super) async fn offer(visit: Visit) -> Answer {
    visit.pass_personal(Action::PlanMaintenance, "maintenance_plan", "", "").await?;
    let (desk, query) = (&visit.site.maintenance, visit.query());
    let mut form = Form::new();
    form.set("mt-line", query.text("line"));
    // For a session that is known its own time is proposed, else the next hours.
    let session = match query.text("session") {
        "" => None,
        id => desk.session(id).await.ok(),
    };
    let from = session.as_ref().map_or_else(|| desk.now(), |session| session.begun_at);
    let ended = session.and_then(|session| session.ended).map(|ended| ended.at.plus_seconds(60));
    form.set("mt-from", local(from));
    form.set("mt-to", local(ended.unwrap_or_else(|| from.plus_seconds(USUAL_SECONDS))));
    form.set("mt-asked", &visit.principal.name);
    new_page(&visit, form).await
}

pub(super) async fn add(visit: Visit, mut form: Form) -> Answer {
    visit.pass_personal(Action::PlanMaintenance, "maintenance_plan", "", "").await?;
    let (from, to) = (form.time("mt-from"), form.time("mt-to"));
    for (name, at) in [("mt-from", from), ("mt-to", to)] {
        if at.is_none() && form.problem(name).is_none() {
            form.wrong(name, Problem::new("problem-required"));
        }
    }
    let fields = PlanFields {
        line: form.required("mt-line", 100),
        from: from.unwrap_or_default(),
        to: to.unwrap_or_default(),
        purpose: form.required("mt-purpose", 300),
        machines: names(&form.limited("mt-machines", 10_000)),
        asked_by: form.limited("mt-asked", 300),
        attended_by: form.limited("mt-attended", 300),
    };
    if form.fine() {
        match visit.site.maintenance.add_plan(fields, by(&visit)).await {
            Ok(plan) => {
                let word = if plan.entered_at > plan.fields.from {
                    "flash-maintenance-planned-late"
                } else {
                    "flash-maintenance-planned"
                };
                let flash = Flash::new(word).with("supplier", plan.supplier);
                return visit.done("/maintenance", &flash);
            }
            Err(error) => note(&mut form, error, &FIELDS)?,
        }
    }
    new_page(&visit, form).await
}

async fn new_page(visit: &Visit, form: Form) -> Answer {
    let lines = visit.site.maintenance.lines().await?;
    let lines = lines.iter().map(|line| Choice::new(&line.id, &line.fields.supplier)).collect();
    page(&NewPage { frame: visit.frame("maintenance-plan-new").await, form, lines })
}

pub(super) async fn offer_file(visit: Visit) -> Answer {
    visit.look(Action::PlanMaintenance, "maintenance_plan", "").await?;
    import_page(&visit, Form::new(), Vec::new()).await
}

pub(super) async fn import(visit: Visit, upload: Result<Multipart, MultipartRejection>) -> Answer {
    visit.pass_personal(Action::PlanMaintenance, "maintenance_plan", "", "import").await?;
    let bytes = read(upload).await?;
    let mut form = Form::new();
    let refused = match visit.site.maintenance.import(&bytes, by(&visit)).await {
        Ok(import) => {
            let flash = Flash::new("flash-maintenance-imported")
                .with("entered", import.entered)
                .with("known", import.known);
            return visit.done("/maintenance", &flash);
        }
        Err(MaintenanceError::File(PlansFileError::Rows(rows))) => rows,
        Err(MaintenanceError::File(PlansFileError::NoHeading)) => {
            form.wrong("mt-file", Problem::new("problem-maintenance-heading"));
            Vec::new()
        }
        Err(MaintenanceError::Unfit { why, .. }) => {
            form.wrong("mt-file", Problem::said(why));
            Vec::new()
        }
        Err(other) => return Err(other.into()),
    };
    import_page(&visit, form, refused).await
}

async fn import_page(visit: &Visit, form: Form, refused: Vec<RefusedRow>) -> Answer {
    page(&ImportPage { frame: visit.frame("maintenance-import").await, form, refused })
}

/// The bytes of the form's file.
async fn read(upload: Result<Multipart, MultipartRejection>) -> Result<Vec<u8>, Failure> {
    let unreadable = |what: String| Failure::new(&troubles::UNREADABLE, what);
    let mut upload = upload.map_err(|error| unreadable(error.to_string()))?;
    loop {
        let field = upload.next_field().await.map_err(|error| unreadable(error.to_string()))?;
        let Some(field) = field else { return Ok(Vec::new()) };
        if field.name() == Some("mt-file") {
            let bytes = field.bytes().await.map_err(|error| unreadable(error.to_string()))?;
            return Ok(bytes.into());
        }
    }
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ViewFindings, "maintenance_plan", &id, "").await?;
    plan_page(&visit, &id, Form::new()).await
}

pub(super) async fn extend(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass_personal(Action::PlanMaintenance, "maintenance_plan", &id, "").await?;
    let reason = form.required("mt-extend-reason", 300);
    let to = form.time("mt-extend-to");
    if to.is_none() && form.problem("mt-extend-to").is_none() {
        form.wrong("mt-extend-to", Problem::new("problem-required"));
    }
    if let Some(to) = to.filter(|_| form.fine()) {
        match visit.site.maintenance.extend(&id, to, &reason, by(&visit)).await {
            Ok(_) => return visit.done(&address(&id), &Flash::new("flash-maintenance-extended")),
            Err(error) => {
                let own = [("to", "mt-extend-to"), ("reason", "mt-extend-reason")];
                note(&mut form, error, &own)?;
            }
        }
    }
    plan_page(&visit, &id, form).await
}

pub(super) async fn cancel(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass_personal(Action::PlanMaintenance, "maintenance_plan", &id, "").await?;
    let reason = form.required("mt-cancel-reason", 300);
    if form.fine() {
        match visit.site.maintenance.cancel(&id, &reason, by(&visit)).await {
            Ok(_) => return visit.done(&address(&id), &Flash::new("flash-maintenance-cancelled")),
            Err(error) => note(&mut form, error, &[("reason", "mt-cancel-reason")])?,
        }
    }
    plan_page(&visit, &id, form).await
}

fn address(id: &str) -> String {
    format!("/maintenance/plans/{id}")
}

async fn plan_page(visit: &Visit, id: &str, mut form: Form) -> Answer {
    let desk = &visit.site.maintenance;
    let (plan, now) = (desk.plan(id).await?, desk.now());
    if form.text("mt-extend-to").is_empty() {
        form.set("mt-extend-to", local(plan.until().max(now).plus_seconds(3_600)));
    }
    let changes = plan.changes.iter().map(|own| ChangeView {
        at: own.at,
        by: own.by_name.clone(),
        reason: own.reason.clone(),
        to: match own.change {
            sakimori_watch::maintenance::Change::Extended { to } => Some(to),
            sakimori_watch::maintenance::Change::Cancelled => None,
        },
    });
    page(&PlanPage {
        frame: visit.frame("maintenance-plan-title").await,
        form,
        view: PlanView::of(&plan, now),
        changes: changes.collect(),
        may_change: visit.may(Action::PlanMaintenance) && !plan.cancelled(),
        plan,
    })
}

/// As a field for date and time holds it.
fn local(at: Instant) -> String {
    jst_datetime(at).strftime("%Y-%m-%dT%H:%M").to_string()
}
