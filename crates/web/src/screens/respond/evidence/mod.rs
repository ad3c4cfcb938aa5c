//! The evidence of a case: the quick form first, the machines with their gate, the items, and what to do in the first hour.
//!
//! [`acts`] takes the forms of this page, [`item`] is one item with its chain, [`paper`] what is printed, [`files`] what leaves
//! as a file. Its main use is a telephone in a server room.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_respond::EvidenceStanding;
use sakimori_respond::custody::{
    Custody, CustodyError, EvidenceClass, EvidenceItem, EvidenceKind, FoundState,
    MANIFEST_BYTES_MAX, Machine, MachineState, PICTURE_BYTES_MAX, check_chain, head_words,
};
use sakimori_words::{CaseId, Text, jst_date};

use super::{Rights, at_by, sentence};
use crate::failure::{Answer, Failure, fails_with};
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::paper::beside;
use crate::site::Site;
use crate::visit::{Visit, page};

mod acts;
mod files;
mod item;
mod paper;
mod photo;
#[cfg(test)]
mod tests;

fails_with!(CustodyError);

/// The guide that is shown.
const GUIDE: &str = "first-hour";
/// What a browser puts around a file.
const AROUND_BYTES: usize = 64 * 1024;
/// What a person can do here.
const ACTS: [Action; 4] =
    [Action::RecordCase, Action::Decide, Action::WaiveEvidence, Action::ExportData];

/// The routes of the evidence of a case.
pub(super) fn routes() -> Router<Arc<Site>> {
    let manifest = DefaultBodyLimit::max(MANIFEST_BYTES_MAX + AROUND_BYTES);
    let picture = DefaultBodyLimit::max(PICTURE_BYTES_MAX + AROUND_BYTES);
    Router::new()
        .route("/cases/{id}/evidence", get(show))
        .route("/cases/{id}/evidence/pull", post(acts::pull))
        .route("/cases/{id}/evidence/machine", post(acts::machine))
        .route("/cases/{id}/evidence/gate", post(acts::gate))
        .route("/cases/{id}/evidence/find", post(acts::find))
        .route("/cases/{id}/evidence/manifest", post(acts::manifest).layer(manifest))
        .route("/cases/{id}/evidence/labels", get(paper::labels))
        .route("/cases/{id}/custody.csv", get(files::csv))
        .route("/cases/{id}/custody.jsonl", get(files::chain))
        .route("/cases/{id}/custody.jsonld", get(files::case_uco))
        .route("/cases/{id}/evidence/{no}", get(item::show))
        .route("/cases/{id}/evidence/{no}/form", get(paper::form))
        .merge(beside("/cases/{id}/evidence/{no}/form", &get(paper::form_file)))
        .route("/cases/{id}/evidence/{no}/step", post(item::step))
        .route("/cases/{id}/evidence/{no}/handle", post(item::handle))
        .route("/cases/{id}/evidence/{no}/remark", post(item::remark))
        .route("/cases/{id}/evidence/{no}/destroy", post(item::destroy))
        .route("/cases/{id}/evidence/{no}/photo", post(photo::take).layer(picture))
        .route("/cases/{id}/evidence/{no}/photos/{digest}", get(photo::show))
}

#[derive(Template)]
#[template(path = "screens/respond/evidence/list.html")]
struct EvidencePage {
    frame: Frame,
    form: Form,
    case: String,
    case_title: String,
    exercise: bool,
    machines: Vec<MachineRow>,
    names: Vec<String>,
    items: Vec<ItemRow>,
    open_items: Vec<Choice>,
    kinds: Vec<Choice>,
    states: Vec<Choice>,
    classes: Vec<Choice>,
    completes: Vec<Choice>,
    /// Machines the findings name that are not on the list yet.
    unnamed: Vec<String>,
    n_unsecured: usize,
    head: String,
    chain: String,
    chain_class: &'static str,
    guide: Option<GuideView>,
    rights: Rights,
}

impl EvidencePage {
    fn may(&self, action: Action) -> bool {
        self.rights.to(action)
    }

    /// Which of the folded forms was refused, so that it comes back unfolded.
    fn refused(&self, act: &str) -> bool {
        !self.form.fine() && self.form.text("act") == act
    }
}

/// A machine as the list shows it.
struct MachineRow {
    name: String,
    note: String,
    state: String,
    class: &'static str,
    /// Who secured, waived or asked, when and why.
    words: Vec<String>,
    /// Whether the gate is open and it is not marked yet.
    ready: bool,
    rebuilt: String,
    /// Where its evidence stands, as it is stored.
    stands: &'static str,
    /// Whether somebody else asked for a waiver, so that this person may grant it.
    to_waive: bool,
}

impl MachineRow {
    /// Whether the gate is shut.
    fn open(&self) -> bool {
        !matches!(self.stands, "secured" | "waived")
    }

    fn untouched(&self) -> bool {
        self.stands == "untouched"
    }
}

/// An item as the list shows it.
struct ItemRow {
    no: String,
    title: String,
    words: String,
    state: String,
    class: &'static str,
    mismatch: bool,
}

/// The guide as the page shows it.
struct GuideView {
    steps: Vec<(String, String, String)>,
    volatility: Vec<String>,
    secured: Vec<String>,
    memory: Vec<String>,
    source: String,
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let mut form = Form::new();
    form.set("ev-machine", visit.query().text("machine"));
    draw(&visit, &CaseId::from(id), form).await
}

/// Draws the page. A form that was refused comes back with everything still filled in.
async fn draw(visit: &Visit, id: &CaseId, mut form: Form) -> Answer {
    visit.pass_personal(Action::ViewCase, "case", id.as_str(), "evidence").await?;
    let case = visit.site.cases.case(id).await?;
    let custody = visit.site.cases.custody(id).await?;
    let chain = check_chain(&visit.site.cases.custody_chain(id).await?, Some(custody.head));
    let frame = visit.frame("evidence-title").await;
    prefill(&mut form, &custody);
    let mut unnamed: Vec<String> = case
        .findings()
        .map(|finding| finding.host.trim().to_owned())
        .filter(|host| !host.is_empty() && !custody.machines.contains_key(host))
        .collect();
    unnamed.sort_unstable();
    unnamed.dedup();
    let guide = visit.site.content.evidence_guide(GUIDE, jst_date(frame.now));
    let me = visit.principal.person.clone();
    let (chain, chain_class) = match chain {
        Ok(_) => (frame.t("evidence-chain-whole"), "good"),
        Err(fault) => {
            (frame.with("evidence-chain-broken", "fault", frame.text(&fault.words())), "strong")
        }
    };
    page(&EvidencePage {
        case: id.to_string(),
        case_title: case.title.clone(),
        exercise: case.exercise,
        machines: machines(&frame, &custody, &me),
        names: custody.machines.keys().chain(&unnamed).cloned().collect(),
        items: custody.items.values().map(|item| item_row(&frame, item)).collect(),
        open_items: open_items(&frame, &custody),
        kinds: choices(&frame, EvidenceKind::ALL.map(|kind| (kind.as_str(), kind.label()))),
        states: choices(&frame, FoundState::ALL.map(|state| (state.as_str(), state.label()))),
        classes: choices(
            &frame,
            [EvidenceClass::Patients, EvidenceClass::Named].map(|one| (one.as_str(), one.label())),
        ),
        completes: ["yes", "no"]
            .map(|value| Choice::new(value, frame.t(&format!("evidence-completes-{value}"))))
            .into(),
        n_unsecured: custody.unsecured().count(),
        head: frame.text(&head_words(custody.head)).to_owned(),
        chain,
        chain_class,
        guide: guide.map(|guide| guide_view(&frame, guide)),
        rights: Rights::of(visit, &ACTS),
        unnamed,
        form,
        frame,
    })
}

/// The place of the last disk is most likely the place of the next one.
fn prefill(form: &mut Form, custody: &Custody) {
    if !form.fine() {
        return;
    }
    if let Some(item) = custody.items.values().rev().find(|item| !item.seal.is_empty()) {
        form.set("ev-place", &item.place);
    }
    form.set("find-kind", EvidenceKind::Disk.as_str());
    form.set("find-state", FoundState::Unknown.as_str());
}

fn choices<const N: usize>(frame: &Frame, all: [(&str, Text); N]) -> Vec<Choice> {
    all.into_iter().map(|(value, label)| Choice::new(value, frame.text(&label))).collect()
}

fn open_items(frame: &Frame, custody: &Custody) -> Vec<Choice> {
    let mut items = vec![Choice::new("", frame.t("evidence-new-item"))];
    items.extend(
        custody.items.values().map(|item| {
            Choice::new(&item.no, format!("{} {}", item.no, frame.text(&item.title())))
        }),
    );
    items
}

fn machines(frame: &Frame, custody: &Custody, me: &sakimori_words::PersonId) -> Vec<MachineRow> {
    let mut rows: Vec<MachineRow> =
        custody.machines.values().map(|machine| machine_row(frame, machine, me)).collect();
    // What still has to be done stands first.
    rows.sort_by_key(|row| (!row.open(), !row.to_waive, !row.ready));
    rows
}

fn machine_row(frame: &Frame, machine: &Machine, me: &sakimori_words::PersonId) -> MachineRow {
    let class = match machine.state {
        MachineState::Untouched => "bad",
        MachineState::Planned | MachineState::Collecting => "look",
        MachineState::Secured { .. } => "good",
        MachineState::Waived { .. } => "strong",
    };
    let mut words = Vec::new();
    match &machine.state {
        MachineState::Secured { at, items } => {
            let (at, items) = (frame.minute(*at), items.join(", "));
            words.push(frame.with2("evidence-secured-by", "at", at, "items", items));
        }
        MachineState::Waived { at, by, reason, asked } => {
            words.push(at_by(frame, "evidence-waived-by", *at, by));
            words.push(frame.with("evidence-reason", "reason", reason));
            words.push(at_by(frame, "evidence-asked-by", asked.at, &asked.by));
            words.push(frame.with("evidence-reason", "reason", &asked.reason));
        }
        _ => {}
    }
    if let Some(asked) = &machine.asked {
        words.push(at_by(frame, "evidence-asked-by", asked.at, &asked.by));
        words.push(frame.with("evidence-reason", "reason", &asked.reason));
    }
    let rebuilt = machine.rebuild.as_ref();
    MachineRow {
        name: machine.name.clone(),
        note: machine.note.clone(),
        state: frame.text(&machine.state.label()).to_owned(),
        class,
        words,
        ready: machine.may_be_rebuilt() && rebuilt.is_none(),
        rebuilt: rebuilt
            .map(|(at, by)| at_by(frame, "evidence-rebuild-by", *at, by))
            .unwrap_or_default(),
        stands: machine.state.as_str(),
        to_waive: machine.asked.as_ref().is_some_and(|asked| asked.by.person != *me),
    }
}

fn item_row(frame: &Frame, item: &EvidenceItem) -> ItemRow {
    let parts = [
        (frame.t("evidence-serial"), item.facts.serial.as_str()),
        (frame.t("evidence-seal"), &item.seal),
        (frame.t("evidence-place"), &item.place),
    ];
    let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
    ItemRow {
        no: item.no.clone(),
        title: frame.text(&item.title()).to_owned(),
        words: parts.map(|(word, value)| format!("{word} {value}")).collect::<Vec<_>>().join(" · "),
        state: frame.text(&item.state.label()).to_owned(),
        class: state_class(item),
        mismatch: item.has_mismatch(),
    }
}

fn state_class(item: &EvidenceItem) -> &'static str {
    match item.state.as_str() {
        "failed" => "bad",
        "acquired" | "acquiring" | "identified" | "protected" => "look",
        "stored" | "verified" | "retained" => "good",
        _ => "",
    }
}

fn guide_view(frame: &Frame, guide: &sakimori_content::EvidenceGuide) -> GuideView {
    let lines = |lines: &[sakimori_content::GuideLine]| {
        lines.iter().map(|line| frame.text(&line.what).to_owned()).collect()
    };
    GuideView {
        steps: guide
            .steps
            .iter()
            .map(|step| {
                let minutes = format!("{}–{}", step.from_minute, step.to_minute);
                let minutes = frame.with("evidence-minutes", "minutes", minutes);
                let (title, detail) = (frame.text(&step.title), frame.text(&step.detail));
                (minutes, title.to_owned(), detail.to_owned())
            })
            .collect(),
        volatility: lines(&guide.volatility),
        secured: lines(&guide.secured),
        memory: lines(&guide.memory),
        source: guide.provenance.citation(),
    }
}

/// What the case's own page says of its evidence.
pub(super) struct Brief {
    pub(super) standing: EvidenceStanding,
    pub(super) items: String,
    pub(super) unsecured: Vec<String>,
    pub(super) head: String,
    pub(super) mismatches: Vec<String>,
}

/// What the case's own page and the sheet for the meeting say of its evidence.
pub(super) async fn brief(visit: &Visit, frame: &Frame, id: &CaseId) -> Result<Brief, Failure> {
    let custody = visit.site.cases.custody(id).await?;
    let secured = custody.machines.len() - custody.unsecured().count();
    let wrong = custody.items.values().filter(|item| item.has_mismatch());
    Ok(Brief {
        standing: custody.standing_at(frame.now),
        items: sentence(
            frame.lang,
            "evidence-brief",
            &[
                ("items", &custody.items.len()),
                ("machines", &custody.machines.len()),
                ("secured", &secured),
            ],
        ),
        unsecured: custody.unsecured().map(|machine| machine.name.clone()).collect(),
        mismatches: wrong.map(|item| item.no.clone()).collect(),
        head: frame.text(&head_words(custody.head)).to_owned(),
    })
}
