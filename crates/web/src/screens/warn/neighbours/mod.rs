//! Who is enrolled with us, how each link is doing, and the short code by which somebody new joins.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_federation::{CODE_HOURS, LinkStatus, MEDIUM_CODE_DAYS, Relation};
use sakimori_identity::Action;
use sakimori_words::{Instant, OrganisationId};

use super::{Rights, organisation_word};
use crate::Failure;
use crate::failure::Answer;
use crate::form::Form;
use crate::frame::{Choice, Frame, Lamp};
use crate::site::{Side, Site};
use crate::visit::{Visit, page};

mod logs;

use logs::LogRow;

/// Longest remark about who a code is for, in characters.
const NOTE_CHARS_MAX: usize = 200;
/// A link without contact for so many seconds wants a look; nodes call every minute or so.
const QUIET_SECONDS: i64 = 3_600;

/// The routes of the list and the code.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/neighbours", get(show).post(invite))
        .route("/neighbours/logs", get(show).post(begin_anew))
}

#[derive(Template)]
#[template(path = "screens/warn/neighbours/page.html")]
struct NeighboursPage {
    frame: Frame,
    form: Form,
    rows: Vec<Row>,
    again: Vec<Choice>,
    logs: Vec<LogRow>,
    differing: Vec<Choice>,
    code: Option<Code>,
    side: Side,
    may: Rights,
}

struct Row {
    name: String,
    kind: String,
    relation: String,
    lamp: Lamp,
    trouble: String,
    waiting: u64,
    contact: String,
}

/// A code, shown once.
struct Code {
    code: String,
    until: Instant,
    note: String,
    /// Whether the enrolment is carried on a medium.
    carried: bool,
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::ViewSystem, "neighbour", "").await?;
    draw(&visit, Form::new(), None).await
}

async fn draw(visit: &Visit, form: Form, code: Option<Code>) -> Answer {
    let mut frame = visit.frame("neighbours-title").await;
    // A page with a code on it is not refreshed: the code would be gone.
    frame.live = code.is_none();
    let links = visit.site.post.links().await?;
    let logs = logs::logs(visit).await?;
    page(&NeighboursPage {
        form,
        rows: links.iter().map(|link| row(&frame, link)).collect(),
        again: again(&frame, &links),
        logs: logs.iter().map(|log| logs::row(log, &frame)).collect(),
        differing: logs::differing(&logs),
        code,
        side: visit.site.settings.side,
        may: Rights::of(visit, &[Action::Enrol]),
        frame,
    })
}

/// Makes the code and shows it once: it is a secret and must not travel in a cookie or an address.
async fn invite(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::Enrol, "neighbour", "").await?;
    let note = form.required("invite-note", NOTE_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, form, None).await;
    }
    let carried = form.has("invite-medium", "yes");
    let code = make(&visit, &note, form.text("invite-again"), carried).await?;
    draw(&visit, Form::new(), Some(code)).await
}

/// Somebody has looked into a log that did not fit.
async fn begin_anew(visit: Visit, form: Form) -> Answer {
    visit.pass(Action::Enrol, "neighbour", "").await?;
    match logs::begin_anew(&visit, form).await {
        Ok(answer) => answer,
        Err(form) => draw(&visit, form, None).await,
    }
}

async fn make(visit: &Visit, note: &str, again: &str, carried: bool) -> Result<Code, Failure> {
    let again = Some(again).filter(|id| !id.is_empty()).map(OrganisationId::from);
    let (post, by) = (&visit.site.post, visit.principal.person.as_str());
    let (code, hours) = if carried {
        (post.invite_by_medium(by, note, again).await?, MEDIUM_CODE_DAYS * 24)
    } else {
        (post.invite(by, note, again).await?, CODE_HOURS)
    };
    let until = visit.site.clock.now().plus_seconds(hours * 3_600);
    Ok(Code { code: code.to_string(), until, note: note.to_owned(), carried })
}

fn row(frame: &Frame, link: &LinkStatus) -> Row {
    let organisation = &link.neighbour.organisation;
    let relation = match link.neighbour.relation {
        Relation::Parent => "relation-parent",
        Relation::Child => "relation-child",
    };
    Row {
        name: organisation.name.clone(),
        kind: frame.t(organisation_word(organisation.kind)),
        relation: frame.t(relation),
        lamp: lamp(frame, link),
        trouble: link.last_trouble.clone(),
        waiting: link.n_waiting,
        contact: link.last_contact_at.map(|at| frame.ago(at)).unwrap_or_default(),
    }
}

fn lamp(frame: &Frame, link: &LinkStatus) -> Lamp {
    let quiet = |at: Instant| frame.now > at.plus_seconds(QUIET_SECONDS);
    match link.last_contact_at {
        _ if !link.neighbour.is_active() => Lamp::Off,
        _ if link.n_failures > 0 => Lamp::Bad,
        Some(at) if !quiet(at) => Lamp::Good,
        Some(_) | None => Lamp::Look,
    }
}

/// Children that may enrol anew because they lost their key.
fn again(frame: &Frame, links: &[LinkStatus]) -> Vec<Choice> {
    let children = links.iter().filter(|link| link.neighbour.relation == Relation::Child);
    let named = |link: &LinkStatus| {
        let organisation = &link.neighbour.organisation;
        Choice::new(&organisation.id, organisation.name.clone())
    };
    let mut choices: Vec<Choice> = children.map(named).collect();
    if !choices.is_empty() {
        choices.insert(0, Choice::new("", frame.t("neighbours-again-none")));
    }
    choices
}
