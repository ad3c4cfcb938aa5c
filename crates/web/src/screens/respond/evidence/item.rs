//! One item of evidence: what it is, what was done with it, and the forms for what is done next.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::RespondError;
use sakimori_respond::custody::{
    Authority, CustodyForm, EventKind, EvidenceItem, FormRow, Handling, ItemState, ItemStep,
    custody_form,
};
use sakimori_words::{CaseId, Digest};

use super::super::{Rights, actor, at_by, past_time};
use super::acts::LINE_CHARS_MAX;
use super::state_class;
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::visit::{Visit, page};

/// What a person can do here.
const ACTS: [Action; 3] = [Action::RecordCase, Action::WaiveEvidence, Action::ExportData];
/// Longest remark, in characters.
const REMARK_CHARS_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "screens/respond/evidence/item.html")]
struct ItemPage {
    frame: Frame,
    form: Form,
    case: String,
    item: EvidenceItem,
    title: String,
    state: String,
    state_class: &'static str,
    facts: Vec<(String, String)>,
    paper: CustodyForm,
    kinds: Vec<Choice>,
    /// Steps that can be taken now: what is sent, and the word for it.
    steps: Vec<(&'static str, String)>,
    asked: Vec<String>,
    /// Whether this person may grant the destruction.
    to_destroy: bool,
    destroyable: bool,
    rights: Rights,
}

impl ItemPage {
    fn may(&self, action: Action) -> bool {
        self.rights.to(action)
    }

    fn acquiring(&self) -> bool {
        self.item.state == ItemState::Acquiring
    }

    fn retainable(&self) -> bool {
        let state = &self.item.state;
        matches!(state, ItemState::Stored | ItemState::Verified | ItemState::Retained { .. })
    }

    fn refused(&self, act: &str) -> bool {
        !self.form.fine() && self.form.text("act") == act
    }
}

pub(super) async fn show(visit: Visit, Path((id, no)): Path<(String, String)>) -> Answer {
    let mut form = Form::new();
    form.set("handle-kind", visit.query().text("kind"));
    draw(&visit, &CaseId::from(id), &no, form).await
}

/// Draws the page. A form that was refused comes back with everything still filled in.
pub(super) async fn draw(visit: &Visit, id: &CaseId, no: &str, form: Form) -> Answer {
    visit.pass_personal(Action::ViewCase, "evidence", &format!("{id}/{no}"), "").await?;
    let case = visit.site.cases.case(id).await?;
    let (item, head) = item_of(visit, id, no).await?;
    let mut frame = visit.frame("evidence-title").await;
    let paper = custody_form(&case.title, id.as_str(), &item, head);
    let title = format!("{} {}", item.no, frame.text(&item.title()));
    frame.title.clone_from(&title);
    let rows = paper.object.iter().chain(&paper.identity);
    let asked = item.destruction.as_ref();
    let mine = asked.is_some_and(|asked| asked.by.person == visit.principal.person);
    page(&ItemPage {
        case: id.to_string(),
        title,
        state: frame.text(&item.state.label()).to_owned(),
        state_class: state_class(&item),
        facts: rows.filter_map(|row| filled(&frame, row)).collect(),
        kinds: EventKind::ALL
            .into_iter()
            .filter(|kind| *kind != EventKind::Destroy)
            .map(|kind| Choice::new(kind.as_str(), frame.text(&kind.label())))
            .collect(),
        steps: steps(&frame, &item),
        asked: asked
            .map(|asked| {
                let reason = frame.with("evidence-reason", "reason", &asked.reason);
                vec![at_by(&frame, "evidence-destroy-asked-by", asked.at, &asked.by), reason]
            })
            .unwrap_or_default(),
        to_destroy: asked.is_some() && !mine,
        destroyable: asked.is_none()
            && !matches!(
                item.state,
                ItemState::Destroyed | ItemState::Transferred | ItemState::Acquiring
            ),
        rights: Rights::of(visit, &ACTS),
        paper,
        item,
        form,
        frame,
    })
}

/// The item with the head of the chain it stands in.
pub(super) async fn item_of(
    visit: &Visit,
    id: &CaseId,
    no: &str,
) -> Result<(EvidenceItem, sakimori_respond::custody::ChainHead), Failure> {
    let mut custody = visit.site.cases.custody(id).await?;
    let unknown = || RespondError::Unknown { what: "evidence", id: no.to_owned() };
    let item = custody.items.remove(no).ok_or_else(unknown)?;
    Ok((item, custody.head))
}

fn filled(frame: &Frame, row: &FormRow) -> Option<(String, String)> {
    let value = frame.text(&row.value);
    (!value.is_empty()).then(|| (frame.text(&row.label).to_owned(), value.to_owned()))
}

fn steps(frame: &Frame, item: &EvidenceItem) -> Vec<(&'static str, String)> {
    let facts = &item.facts;
    let may_complete =
        facts.kind.stands_for_machine() && !facts.completes && !facts.machine.is_empty();
    let complete = (may_complete && item.state != ItemState::Destroyed).then_some("complete");
    let names: &[&'static str] = match item.state {
        ItemState::Identified => &["protect", "begin"],
        ItemState::Protected | ItemState::Failed { .. } => &["begin"],
        _ => &[],
    };
    let names = names.iter().copied().chain(complete);
    names.map(|name| (name, frame.t(&format!("evidence-step-{name}")))).collect()
}

pub(super) async fn step(
    visit: Visit,
    Path((id, no)): Path<(String, String)>,
    mut form: Form,
) -> Answer {
    visit.pass(Action::RecordCase, "evidence", &format!("{id}/{no}")).await?;
    let case = CaseId::from(id);
    if form.text("do") == "complete" {
        visit.site.cases.complete_evidence(&case, &no, &actor(&visit)).await?;
        return back(&visit, &case, &no, "flash-evidence-step");
    }
    let step = match form.text("do") {
        "protect" => ItemStep::Protect,
        "begin" => ItemStep::Begin,
        "retain" => {
            let until = form.date("retain-until");
            if until.is_none() && form.fine() {
                form.wrong("retain-until", Problem::new("problem-required"));
            }
            match until {
                Some(until) => ItemStep::Retain { until },
                None => return draw(&visit, &case, &no, form).await,
            }
        }
        _ => {
            let reason = form.required("fail-reason", LINE_CHARS_MAX);
            if !form.fine() {
                return draw(&visit, &case, &no, form).await;
            }
            ItemStep::Fail { reason }
        }
    };
    visit.site.cases.step_evidence(&case, &no, &step, &actor(&visit)).await?;
    back(&visit, &case, &no, "flash-evidence-step")
}

pub(super) async fn handle(
    visit: Visit,
    Path((id, no)): Path<(String, String)>,
    mut form: Form,
) -> Answer {
    visit.pass(Action::RecordCase, "evidence", &format!("{id}/{no}")).await?;
    let case = CaseId::from(id);
    let kinds = EventKind::ALL.map(|kind| (kind.as_str(), kind));
    let kind = form.choice("handle-kind", &kinds).unwrap_or_default();
    let handling = handling(&visit, &mut form, kind);
    must_say(&visit, &case, &no, &mut form, kind).await?;
    if !form.fine() {
        return draw(&visit, &case, &no, form).await;
    }
    visit.site.cases.handle_evidence(&case, &no, &handling, &actor(&visit)).await?;
    let (item, _) = item_of(&visit, &case, &no).await?;
    let differs = item.events.last().is_some_and(|event| event.matches == Some(false));
    back(
        &visit,
        &case,
        &no,
        if differs { "flash-evidence-mismatch" } else { "flash-evidence-handled" },
    )
}

/// What the kind asks for, named beside its field before the desk refuses it.
async fn must_say(
    visit: &Visit,
    case: &CaseId,
    no: &str,
    form: &mut Form,
    kind: EventKind,
) -> Result<(), Failure> {
    let fields: &[&str] = match kind {
        EventKind::Seal => &["handle-seal", "handle-to"],
        EventKind::Move | EventKind::HandOver | EventKind::Return => &["handle-to"],
        EventKind::Open => &["handle-reason"],
        EventKind::Check => &["handle-hash"],
        EventKind::Collect | EventKind::Copy | EventKind::Destroy => &[],
    };
    for field in fields.iter().filter(|field| form.text(field).is_empty()).collect::<Vec<_>>() {
        form.wrong(field, Problem::new("problem-required"));
    }
    let (item, _) = item_of(visit, case, no).await?;
    let unknown = item.measured.sha256.is_none() && form.text("handle-before").is_empty();
    if kind == EventKind::Check && unknown {
        form.wrong("handle-before", Problem::new("problem-required"));
    }
    Ok(())
}

fn handling(visit: &Visit, form: &mut Form, kind: EventKind) -> Handling {
    let mut line = |name: &str| form.limited(name, LINE_CHARS_MAX);
    Handling {
        kind,
        from: line("handle-from"),
        to: line("handle-to"),
        reason: line("handle-reason"),
        authority: line("handle-authority"),
        seal: line("handle-seal"),
        witness: line("handle-witness"),
        hash_before: hash(form, "handle-before"),
        hash_after: hash(form, "handle-hash"),
        at: past_time(form, "handle-at", visit.site.clock.now()),
    }
}

/// A digest as people type it from paper: in groups, in either case.
fn hash(form: &mut Form, name: &str) -> Option<Digest> {
    let text: String =
        form.text(name).chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    if text.is_empty() {
        return None;
    }
    let digest = Digest::from_hex(&text);
    if digest.is_none() {
        form.wrong(name, Problem::new("problem-digest"));
    }
    digest
}

pub(super) async fn remark(
    visit: Visit,
    Path((id, no)): Path<(String, String)>,
    mut form: Form,
) -> Answer {
    visit.pass(Action::RecordCase, "evidence", &format!("{id}/{no}")).await?;
    let case = CaseId::from(id);
    let text = form.required("evidence-remark", REMARK_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &case, &no, form).await;
    }
    visit.site.cases.remark_evidence(&case, &no, &text, &actor(&visit)).await?;
    back(&visit, &case, &no, "flash-evidence-remarked")
}

/// Asks to have the item destroyed, or records that it was: two people.
pub(super) async fn destroy(
    visit: Visit,
    Path((id, no)): Path<(String, String)>,
    mut form: Form,
) -> Answer {
    let granting = form.text("do") == "destroy";
    let action = if granting { Action::WaiveEvidence } else { Action::RecordCase };
    visit.pass(action, "evidence", &format!("{id}/{no}")).await?;
    let (case, by) = (CaseId::from(id), actor(&visit));
    let reason = form.required("destroy-reason", LINE_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &case, &no, form).await;
    }
    let cases = &visit.site.cases;
    if !granting {
        cases.ask_destruction(&case, &no, &reason, &by).await?;
        return back(&visit, &case, &no, "flash-destruction-asked");
    }
    let handling = Handling { kind: EventKind::Destroy, reason, ..Handling::default() };
    let manager = Authority { manager: true };
    cases.destroy_evidence(&case, &no, &handling, manager, &by).await?;
    back(&visit, &case, &no, "flash-evidence-destroyed")
}

pub(super) fn back(visit: &Visit, case: &CaseId, no: &str, flash: &'static str) -> Answer {
    visit.done(&format!("/cases/{case}/evidence/{no}"), &Flash::new(flash))
}
