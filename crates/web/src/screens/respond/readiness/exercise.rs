//! The director's page of an exercise: events that are told at times, who did what after how many minutes, what to improve.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::readiness::{exercise_marks, inject_scores};
use sakimori_respond::{Case, RespondError};
use sakimori_words::{CaseId, jst_date};

use super::super::actor;
use super::drills::{Improvements, read_done, read_improvement};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::troubles;
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/respond/readiness/exercise.html")]
struct ExercisePage {
    frame: Frame,
    form: Form,
    id: String,
    title: String,
    offices: bool,
    injects: Vec<InjectView>,
    marks: Vec<(i64, String, String)>,
    improvements: Improvements,
    steps: Vec<Choice>,
    may_change: bool,
}

struct InjectView {
    minutes: u32,
    text: String,
    step: String,
    told: bool,
    answered: String,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ViewCase, "case", &id, "exercise").await?;
    draw(&visit, &CaseId::from(id), Form::new()).await
}

async fn draw(visit: &Visit, id: &CaseId, form: Form) -> Answer {
    let case = visit.site.cases.case(id).await?;
    if !case.exercise {
        return Err(RespondError::NotAnExercise.into());
    }
    let mut frame = visit.frame("exercise-title").await;
    frame.live = true;
    let steps = steps(visit, &frame, &case);
    let step = |id: &str| {
        let known = steps.iter().find(|step| step.value == id);
        known.map(|step| step.label.clone()).unwrap_or_default()
    };
    let marks = exercise_marks(&case).into_iter().map(|mark| {
        let what = mark.what.get(frame.lang).to_owned();
        (mark.minutes, if mark.step.is_empty() { what } else { step(&mark.step) }, mark.by)
    });
    let told = case.rehearsal.told(case.opened_at, frame.now).len();
    let injects = inject_scores(&case).into_iter().enumerate().map(|(n, score)| InjectView {
        minutes: score.inject.after_minutes,
        step: step(&score.inject.step),
        text: score.inject.text,
        told: n < told,
        answered: score
            .minutes
            .map(|minutes| frame.with("exercise-after", "minutes", minutes))
            .unwrap_or_default(),
    });
    page(&ExercisePage {
        id: id.to_string(),
        title: case.title.clone(),
        offices: case.rehearsal.offices_take_part,
        injects: injects.collect(),
        marks: marks.collect(),
        improvements: Improvements::of(
            &frame,
            &case.rehearsal.improvements,
            format!("/cases/{id}/exercise/done"),
        ),
        steps,
        may_change: visit.may(Action::RecordCase),
        form,
        frame,
    })
}

/// The steps of the playbook that an event may ask for, and none.
fn steps(visit: &Visit, frame: &Frame, case: &Case) -> Vec<Choice> {
    let [id, version] = &case.playbook;
    let content = &visit.site.content;
    let playbook =
        content.playbook_version(id, version).or_else(|| content.playbook(id, jst_date(frame.now)));
    let steps = playbook.map(|own| own.steps.as_slice()).unwrap_or_default();
    let steps = steps.iter().map(|step| Choice::new(&step.id, step.title.get(frame.lang)));
    std::iter::once(Choice::new("", frame.t("exercise-no-step"))).chain(steps).collect()
}

pub(super) async fn act(
    visit: Visit,
    Path((id, act)): Path<(String, String)>,
    mut form: Form,
) -> Answer {
    visit.pass_personal(Action::RecordCase, "case", &id, "exercise").await?;
    let (case, by) = (CaseId::from(id), actor(&visit));
    let cases = &visit.site.cases;
    match act.as_str() {
        "inject" => {
            let text = form.required("ex-text", 500);
            let minutes = form.number("ex-minutes").unwrap_or(0);
            if !form.fine() {
                return draw(&visit, &case, form).await;
            }
            cases.add_inject(&case, minutes, &text, form.text("ex-step"), &by).await?;
        }
        "offices" => {
            cases.offices_take_part(&case, form.has("offices", "yes"), &by).await?;
        }
        "improve" => {
            let Some((what, owner, due)) = read_improvement(&mut form) else {
                return draw(&visit, &case, form).await;
            };
            cases.improve_exercise(&case, &what, &owner, due, &by).await?;
        }
        "done" => {
            let Some((improvement, done)) = read_done(&mut form) else {
                return draw(&visit, &case, form).await;
            };
            cases.improved_exercise(&case, &improvement, &done, &by).await?;
        }
        _ => return Err(Failure::new(&troubles::NOT_FOUND, "")),
    }
    visit.done(&format!("/cases/{case}/exercise"), &Flash::new("flash-saved"))
}
