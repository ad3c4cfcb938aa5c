//! Own procedures and criteria per kind of event, in versions, with who approved them and when they were last looked at.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::readiness::{PROCEDURE_KINDS, Procedure, ProcedureText};
use sakimori_words::jst_date;

use super::super::actor;
use super::{desk, pass_to_read};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::troubles;
use crate::visit::{Visit, page};

/// Longest text of one part, in characters.
const TEXT_CHARS_MAX: usize = 4_000;

#[derive(Template)]
#[template(path = "screens/respond/readiness/procedures.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<ProcedureLine>,
}

struct ProcedureLine {
    kind: &'static str,
    title: String,
    state: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "screens/respond/readiness/procedure.html")]
struct ProcedurePage {
    frame: Frame,
    form: Form,
    kind: String,
    shown: Option<Procedure>,
    state: String,
    older: Vec<String>,
    may_change: bool,
}

pub(super) async fn list(visit: Visit) -> Answer {
    pass_to_read(&visit, "procedure", "").await?;
    let frame = visit.frame("procedures-title").await;
    let all = desk(&visit).procedures().await?;
    let rows = PROCEDURE_KINDS.iter().map(|kind| {
        let own = all.iter().find(|own| own.kind == *kind);
        ProcedureLine {
            kind,
            title: title(&frame, kind),
            state: own.map_or(frame.t("procedure-missing"), |own| state(&frame, own)),
            class: match own {
                Some(own) if !own.is_stale_on(jst_date(frame.now)) => "good",
                _ => "look",
            },
        }
    });
    page(&ListPage { rows: rows.collect(), frame })
}

fn title(frame: &Frame, kind: &str) -> String {
    frame.t(&format!("procedure-{kind}"))
}

fn state(frame: &Frame, own: &Procedure) -> String {
    let version =
        frame.with2("procedure-version", "version", own.version, "by", &own.text.approved_by);
    let reviewed = match own.text.reviewed_on {
        Some(day) => frame.with("procedure-reviewed", "day", day),
        None => frame.t("procedure-not-reviewed"),
    };
    let stale = own.is_stale_on(jst_date(frame.now));
    let stale = if stale { frame.t("procedure-stale") } else { String::new() };
    [version, reviewed, stale].join(" ").trim().to_owned()
}

pub(super) async fn show(visit: Visit, Path(kind): Path<String>) -> Answer {
    pass_to_read(&visit, "procedure", &kind).await?;
    let mut form = Form::new();
    if let Some(own) = known(&visit, &kind).await?.pop() {
        form.set("pr-handling", &own.text.handling);
        form.set("pr-preservation", &own.text.preservation);
        form.set("pr-stopping", &own.text.stopping);
        form.set("pr-approved", &own.text.approved_by);
    }
    form.set("pr-reviewed", jst_date(visit.site.clock.now()));
    draw(&visit, &kind, form).await
}

pub(super) async fn write(visit: Visit, Path(kind): Path<String>, mut form: Form) -> Answer {
    visit.pass_personal(Action::Decide, "procedure", &kind, "write").await?;
    let text = ProcedureText {
        handling: form.limited("pr-handling", TEXT_CHARS_MAX),
        preservation: form.limited("pr-preservation", TEXT_CHARS_MAX),
        stopping: form.limited("pr-stopping", TEXT_CHARS_MAX),
        approved_by: form.required("pr-approved", 200),
        reviewed_on: form.date("pr-reviewed"),
    };
    if text.handling.is_empty() && text.preservation.is_empty() && text.stopping.is_empty() {
        form.wrong("pr-handling", Problem::new("problem-procedure-empty"));
    }
    if !form.fine() {
        return draw(&visit, &kind, form).await;
    }
    let own = desk(&visit).write_procedure(&kind, &text, &actor(&visit)).await?;
    let flash = Flash::new("flash-procedure-written").with("version", own.version);
    visit.done(&format!("/readiness/procedures/{kind}"), &flash)
}

async fn known(visit: &Visit, kind: &str) -> Result<Vec<Procedure>, Failure> {
    if !PROCEDURE_KINDS.contains(&kind) {
        return Err(Failure::new(&troubles::NOT_FOUND, ""));
    }
    Ok(desk(visit).versions(kind).await?)
}

async fn draw(visit: &Visit, kind: &str, form: Form) -> Answer {
    let mut versions = known(visit, kind).await?;
    let mut frame = visit.frame("procedures-title").await;
    frame.title = title(&frame, kind);
    let shown = versions.pop();
    let older = versions.iter().rev().map(|own| {
        let at = frame.minute(own.written_at);
        format!("{} {at} {}", state(&frame, own), own.written_by.name)
    });
    page(&ProcedurePage {
        older: older.collect(),
        state: shown.as_ref().map(|own| state(&frame, own)).unwrap_or_default(),
        shown,
        kind: kind.to_owned(),
        may_change: visit.may(Action::Decide),
        form,
        frame,
    })
}
