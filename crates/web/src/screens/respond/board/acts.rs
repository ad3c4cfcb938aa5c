//! What people do on the board. Every act passes the gate first; a refused form comes back with everything still filled in.

use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::{ServiceChange, ServiceState, Taking};
use sakimori_words::CaseId;

use super::super::{actor, past_time};
use super::again;
use super::shown::{DISCLOSURES, PHASES, notice_of, states};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::visit::Visit;
use crate::wording;

/// Longest text of a step, in characters.
const TEXT_CHARS_MAX: usize = 1_000;
/// Longest name or position, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Services most institutions have, as words, with their priority.
const USUAL: [(&str, u8); 10] = [
    ("service-emergency", 1),
    ("service-surgery", 1),
    ("service-intensive", 1),
    ("service-dialysis", 1),
    ("service-wards", 1),
    ("service-outpatients", 2),
    ("service-laboratory", 2),
    ("service-pharmacy", 2),
    ("service-records", 2),
    ("service-billing", 3),
];

pub(super) async fn act(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    let case = CaseId::from(id);
    match form.text("act") {
        "phase" => phase(&visit, &case, form).await,
        "public" => public(&visit, &case, form).await,
        "patients" => patients(&visit, &case, form).await,
        "service" => service(&visit, &case, form).await,
        "usual" => usual(&visit, &case).await,
        _ => add(&visit, &case, form).await,
    }
}

async fn phase(visit: &Visit, case: &CaseId, mut form: Form) -> Answer {
    visit.pass(Action::Decide, "case", case.as_str()).await?;
    let to = form.choice("phase", &PHASES);
    let reason = form.limited("phase-reason", TEXT_CHARS_MAX);
    let (taking, seen) = (taking(visit, &mut form), seen(&form));
    let (Some(to), true) = (to, form.fine()) else { return again(visit, case, form).await };
    visit.site.cases.advance(case, to, &reason, &taking, seen, &actor(visit)).await?;
    back(visit, case, "flash-phase-moved")
}

async fn public(visit: &Visit, case: &CaseId, mut form: Form) -> Answer {
    visit.pass(Action::Decide, "case", case.as_str()).await?;
    let to = form.choice("public-state", &DISCLOSURES);
    let note = form.limited("public-note", TEXT_CHARS_MAX);
    let (taking, seen) = (taking(visit, &mut form), seen(&form));
    let (Some(to), true) = (to, form.fine()) else { return again(visit, case, form).await };
    visit.site.cases.disclose(case, to, &note, &taking, seen, &actor(visit)).await?;
    back(visit, case, "flash-disclosure-moved")
}

async fn patients(visit: &Visit, case: &CaseId, mut form: Form) -> Answer {
    visit.pass(Action::Decide, "case", case.as_str()).await?;
    let how = form.limited("patients-how", TEXT_CHARS_MAX);
    let by = form.time("patients-by");
    let to = notice_of(form.text("patients-state"), how, by);
    if to.is_none() {
        form.wrong("patients-state", Problem::new("problem-choice"));
    }
    let (taking, seen) = (taking(visit, &mut form), seen(&form));
    let (Some(to), true) = (to, form.fine()) else { return again(visit, case, form).await };
    visit.site.cases.notify_patients(case, &to, &taking, seen, &actor(visit)).await?;
    back(visit, case, "flash-patients-notified")
}

async fn service(visit: &Visit, case: &CaseId, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", case.as_str()).await?;
    let chosen = form.text("service").to_owned();
    let (service, seen) = chosen.split_once('~').unwrap_or((&chosen, ""));
    let change = ServiceChange {
        state: state(&mut form),
        condition: form.limited("service-condition", TEXT_CHARS_MAX),
        planned_restore: form.time("service-planned"),
        taking: taking(visit, &mut form),
    };
    if service.is_empty() {
        form.wrong("service", Problem::new("problem-choice"));
    }
    if !form.fine() {
        return again(visit, case, form).await;
    }
    let seen = seen.parse().ok();
    visit.site.cases.change_service(case, service, &change, seen, &actor(visit)).await?;
    back(visit, case, "flash-service-changed")
}

fn state(form: &mut Form) -> ServiceState {
    let chosen = form.text("service-state").to_owned();
    let known = states().into_iter().find(|(value, _)| *value == chosen);
    match known.map(|(_, state)| state) {
        Some(ServiceState::Partial { .. }) => {
            ServiceState::Partial { scope: form.required("service-scope", NAME_CHARS_MAX) }
        }
        Some(state) => state,
        None => {
            form.wrong("service-state", Problem::new("problem-choice"));
            ServiceState::Normal
        }
    }
}

async fn add(visit: &Visit, case: &CaseId, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", case.as_str()).await?;
    let name = form.required("service-name", NAME_CHARS_MAX);
    let priority = form.choice("service-priority", &[("1", 1), ("2", 2), ("3", 3)]);
    let (Some(priority), true) = (priority, form.fine()) else {
        return again(visit, case, form).await;
    };
    visit.site.cases.add_service(case, &name, priority, &actor(visit)).await?;
    back(visit, case, "flash-service-added")
}

/// Puts the services most institutions have on the board; those that are there stay as they are.
async fn usual(visit: &Visit, case: &CaseId) -> Answer {
    visit.pass(Action::RecordCase, "case", case.as_str()).await?;
    let known = visit.site.cases.case(case).await?.room.services;
    for (word, priority) in USUAL {
        let name = wording::say(visit.lang(), word);
        if !known.iter().any(|service| service.name == name) {
            visit.site.cases.add_service(case, &name, priority, &actor(visit)).await?;
        }
    }
    back(visit, case, "flash-services-usual")
}

fn taking(visit: &Visit, form: &mut Form) -> Taking {
    Taking {
        decided_by: form.limited("taken-by", NAME_CHARS_MAX),
        decider_role: form.limited("taken-role", NAME_CHARS_MAX),
        at: past_time(form, "taken-at", visit.site.clock.now()),
    }
}

/// How many steps there were when the person looked.
fn seen(form: &Form) -> Option<usize> {
    form.text("seen").parse().ok()
}

fn back(visit: &Visit, case: &CaseId, word: &'static str) -> Answer {
    visit.done(&format!("/cases/{case}/board"), &Flash::new(word))
}
