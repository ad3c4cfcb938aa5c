//! Decisions other than those on isolation, the duties people add, and the playbooks they follow.

use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::{Case, Choosing, Decision, Taking};
use sakimori_words::CaseId;

use super::super::{actor, past_time};
use super::acts::{again, back};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::visit::Visit;

/// Longest text of a decision, in characters.
const TEXT_CHARS_MAX: usize = 1_000;
/// Longest name or position, in characters.
const NAME_CHARS_MAX: usize = 100;

/// One decision.
pub(super) struct ChoiceView {
    pub(super) id: String,
    pub(super) question: String,
    pub(super) chosen: String,
    pub(super) holds: bool,
    pub(super) review_due: bool,
    pub(super) facts: Vec<(String, String)>,
}

/// The decisions: those that hold first, the latest first among equals.
pub(super) fn views(frame: &Frame, case: &Case) -> Vec<ChoiceView> {
    let mut all: Vec<ChoiceView> =
        case.room.decisions.iter().rev().map(|one| view(frame, case, one)).collect();
    all.sort_by_key(|one| !one.holds);
    all
}

fn view(frame: &Frame, case: &Case, decision: &Decision) -> ChoiceView {
    let holds = case.superseded_by(&decision.id).is_none();
    let rows = [
        ("choice-options-were", decision.options.join(" / ")),
        ("decision-by", decision.taken.decider().get(frame.lang).to_owned()),
        ("decision-at", frame.minute(decision.taken.at)),
        ("decision-clinical", decision.clinical_impact.clone()),
        ("decision-revert-when", decision.revert_condition.clone()),
        ("decision-review", decision.review_at.map(|at| frame.minute(at)).unwrap_or_default()),
    ];
    let said = rows.into_iter().filter(|(_, value)| !value.is_empty());
    ChoiceView {
        id: decision.id.clone(),
        question: decision.question.clone(),
        chosen: decision.chosen.clone(),
        holds,
        review_due: holds && decision.review_at.is_some_and(|at| at <= frame.now),
        facts: said.map(|(word, value)| (frame.t(word), value)).collect(),
    }
}

/// The decision that is being replaced: its id and words.
pub(super) fn replacing(case: &Case, form: &Form) -> Option<(String, String)> {
    let wanted = [form.text("replace"), form.text("replaces")];
    let found = case.room.decisions.iter().find(|one| wanted.contains(&one.id.as_str()))?;
    Some((found.id.clone(), format!("{} → {}", found.question, found.chosen)))
}

/// Fills the form with the decision that is being replaced, so that only what changed is typed.
pub(super) fn prefill(form: &mut Form, case: &Case) {
    let wanted = form.text("replace").to_owned();
    let Some(found) = case.room.decisions.iter().find(|one| one.id == wanted) else { return };
    form.set("choice-question", &found.question);
    form.set("choice-options", found.options.join("\n"));
    form.set("choice-impact", &found.clinical_impact);
    form.set("choice-revert", &found.revert_condition);
}

pub(super) async fn choose(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::Decide, "case", &id).await?;
    let case = CaseId::from(id);
    let options = form.limited("choice-options", TEXT_CHARS_MAX);
    let choosing = Choosing {
        question: form.required("choice-question", TEXT_CHARS_MAX),
        options: options.lines().map(str::to_owned).collect(),
        chosen: form.required("choice-chosen", TEXT_CHARS_MAX),
        clinical_impact: form.required("choice-impact", TEXT_CHARS_MAX),
        revert_condition: form.limited("choice-revert", TEXT_CHARS_MAX),
        review_at: form.time("choice-review"),
        taking: Taking {
            decided_by: form.limited("choice-by", NAME_CHARS_MAX),
            decider_role: form.limited("choice-role", NAME_CHARS_MAX),
            at: past_time(&mut form, "choice-at", visit.site.clock.now()),
        },
        supersedes: Some(form.text("replaces").to_owned()).filter(|id| !id.is_empty()),
    };
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    visit.site.cases.choose(&case, &choosing, &actor(&visit)).await?;
    back(&visit, &case, "#choices", &Flash::new("flash-choice-recorded"))
}

pub(super) async fn playbook(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    visit.site.cases.follow(&case, form.text("playbook"), &actor(&visit)).await?;
    back(&visit, &case, "#steps", &Flash::new("flash-playbook-followed"))
}

pub(super) async fn add_duty(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    visit.site.cases.add_duty(&case, form.text("duty"), &actor(&visit)).await?;
    back(&visit, &case, "#duties", &Flash::new("flash-duty-added"))
}

pub(super) async fn move_limit(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::Judge, "case", &id).await?;
    let case = CaseId::from(id);
    let to = form.time("limit-to");
    let reason = form.required("limit-reason", TEXT_CHARS_MAX);
    let granted_by = form.limited("limit-granted", NAME_CHARS_MAX);
    let Some(to) = to.filter(|_| form.fine()) else {
        if form.fine() {
            form.wrong("", Problem::new("problem-time"));
        }
        return again(&visit, &case, form).await;
    };
    let duty = form.text("duty").to_owned();
    let words = [reason.as_str(), granted_by.as_str()];
    visit.site.cases.move_limit(&case, &duty, to, words, &actor(&visit)).await?;
    back(&visit, &case, "#duties", &Flash::new("flash-limit-moved"))
}
