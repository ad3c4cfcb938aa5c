//! What people do on the page of the evidence. Every act passes the gate first; a refused form comes back with everything
//! still filled in.

use axum::extract::Path;
use axum::extract::multipart::{Multipart, MultipartRejection};
use sakimori_identity::Action;
use sakimori_respond::RespondError;
use sakimori_respond::custody::{
    Authority, CustodyError, EvidenceClass, EvidenceKind, FoundState, ItemFacts, PulledDisk,
};
use sakimori_words::CaseId;

use super::super::{actor, past_time};
use super::draw;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::upload;
use crate::visit::Visit;

/// Longest name, number or place, in characters.
pub(super) const LINE_CHARS_MAX: usize = 300;
/// Longest text of a screen, in characters.
const SCREEN_CHARS_MAX: usize = 2_000;

/// The quick way: pull, label, bag, lock.
pub(super) async fn pull(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    let pulled = PulledDisk {
        machine: form.required("ev-machine", LINE_CHARS_MAX),
        serial: form.required("ev-serial", LINE_CHARS_MAX),
        seal: form.required("ev-seal", LINE_CHARS_MAX),
        place: form.required("ev-place", LINE_CHARS_MAX),
        completes: form.choice("ev-completes", &[("yes", true), ("no", false)]).unwrap_or(false),
        label: form.limited("ev-label", LINE_CHARS_MAX),
        model: form.limited("ev-model", LINE_CHARS_MAX),
        witness: form.limited("ev-witness", LINE_CHARS_MAX),
    };
    if !form.fine() {
        return draw(&visit, &case, form).await;
    }
    let decided = visit.site.cases.pull_disk(&case, &pulled, &actor(&visit)).await?;
    let path = format!("/cases/{case}/evidence/{}", decided.no);
    visit.done(&path, &Flash::new("flash-disk-pulled"))
}

/// Names a machine, or all machines of the findings.
pub(super) async fn machine(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    let by = actor(&visit);
    if form.text("do") == "findings" {
        visit.site.cases.name_machines_of_findings(&case, &by).await?;
        return back(&visit, &case, "#machines", "flash-machine-named");
    }
    let name = form.required("machine-name", LINE_CHARS_MAX);
    let note = form.limited("machine-note", LINE_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &case, form).await;
    }
    match visit.site.cases.name_machine(&case, &name, &note, &by).await {
        Ok(_) => back(&visit, &case, "#machines", "flash-machine-named"),
        Err(CustodyError::Known { .. }) => {
            form.wrong("machine-name", Problem::new("problem-machine-known"));
            draw(&visit, &case, form).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The gate of one machine: planned, waiver asked, waived, marked for rebuild.
pub(super) async fn gate(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    let act = form.text("do").to_owned();
    let action = match act.as_str() {
        "waive" => Action::WaiveEvidence,
        "rebuild" => Action::Decide,
        _ => Action::RecordCase,
    };
    visit.pass(action, "case", &id).await?;
    let (case, by) = (CaseId::from(id), actor(&visit));
    let machine = form.text("machine").to_owned();
    let cases = &visit.site.cases;
    let flash = match act.as_str() {
        "ask" | "waive" => {
            let reason = form.required("waiver-reason", LINE_CHARS_MAX);
            if !form.fine() {
                return draw(&visit, &case, form).await;
            }
            if act == "ask" {
                cases.ask_waiver(&case, &machine, &reason, &by).await?;
                "flash-waiver-asked"
            } else {
                // Only whoever passed the gate for this action comes here.
                let manager = Authority { manager: true };
                cases.waive_evidence(&case, &machine, &reason, manager, &by).await?;
                "flash-evidence-waived"
            }
        }
        "rebuild" => {
            cases.mark_rebuild(&case, &machine, &by).await?;
            "flash-rebuild-marked"
        }
        _ => {
            cases.plan_evidence(&case, &machine, &by).await?;
            "flash-evidence-planned"
        }
    };
    back(&visit, &case, "#machines", flash)
}

/// Any other item.
pub(super) async fn find(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    let kinds = EvidenceKind::ALL.map(|kind| (kind.as_str(), kind));
    let states = FoundState::ALL.map(|state| (state.as_str(), state));
    let classes = [EvidenceClass::Patients, EvidenceClass::Named].map(|one| (one.as_str(), one));
    let mut line = |name: &str| form.limited(name, LINE_CHARS_MAX);
    let facts = ItemFacts {
        title: line("find-title"),
        label: line("find-label"),
        root_no: line("find-root"),
        make: line("find-make"),
        model: line("find-model"),
        serial: line("find-serial"),
        machine: line("find-machine"),
        found_at: line("find-place"),
        collected_by: line("find-by"),
        witness: line("find-witness"),
        kind: form.choice("find-kind", &kinds).unwrap_or_default(),
        found_state: form.choice("find-state", &states).unwrap_or_default(),
        class: form.choice("find-class", &classes).unwrap_or_default(),
        screen_text: form.limited("find-screen", SCREEN_CHARS_MAX),
        collected_at: past_time(&mut form, "find-at", visit.site.clock.now()),
        completes: form.text("find-completes") == "yes",
    };
    if facts.title.is_empty() && facts.machine.is_empty() {
        form.wrong("find-title", Problem::new("problem-required"));
    }
    if !form.fine() {
        return draw(&visit, &case, form).await;
    }
    let decided = visit.site.cases.find_evidence(&case, &facts, &actor(&visit)).await?;
    let path = format!("/cases/{case}/evidence/{}", decided.no);
    visit.done(&path, &Flash::new("flash-evidence-found"))
}

/// The record of an acquisition, for an item or as a new one.
pub(super) async fn manifest(
    visit: Visit,
    Path(id): Path<String>,
    upload: Result<Multipart, MultipartRejection>,
) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    let (mut form, bytes) = upload::read(upload, "manifest").await?;
    form.set("act", "manifest");
    let (no, machine) = (form.text("manifest-item").to_owned(), form.text("manifest-machine"));
    let cases = &visit.site.cases;
    match cases.acquire_evidence(&case, &no, machine, &bytes, &actor(&visit)).await {
        Ok(decided) => {
            let path = format!("/cases/{case}/evidence/{}", decided.no);
            visit.done(&path, &Flash::new("flash-evidence-acquired"))
        }
        Err(CustodyError::Manifest(error)) => {
            form.wrong("manifest", Problem::new("problem-manifest").with("why", error));
            draw(&visit, &case, form).await
        }
        // Neither the record nor the person says what was acquired.
        Err(CustodyError::Respond(RespondError::Missing { what: "title" })) => {
            form.wrong("manifest-machine", Problem::new("problem-required"));
            draw(&visit, &case, form).await
        }
        Err(error) => Err(error.into()),
    }
}

fn back(visit: &Visit, case: &CaseId, part: &str, flash: &'static str) -> Answer {
    visit.done(&format!("/cases/{case}/evidence{part}"), &Flash::new(flash))
}
