//! What an officer does on a case. Every act comes back to the case; what was typed wrongly stays filled in.

use axum::extract::Path;
use sakimori_respond::HandIn;
use sakimori_respond::office::{DispatchRoute, DispatchState, EntryHeading};
use sakimori_words::CaseId;

use super::one::draw;
use super::{NAME_CHARS_MAX, TEXT_CHARS_MAX, kind, operating_body, send, work};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::screens::respond::{actor, past_time};
use crate::visit::Visit;

/// Comes back to the case with a sentence.
fn done(visit: &Visit, id: &CaseId, flash: &'static str) -> Answer {
    visit.done(&format!("/office/cases/{id}"), &Flash::new(flash))
}

pub(super) async fn note(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let headings = EntryHeading::INVESTIGATION.into_iter().chain([EntryHeading::Act]);
    let heading = headings.into_iter().find(|one| one.as_str() == form.text("office-heading"));
    if heading.is_none() {
        form.wrong("office-heading", Problem::new("problem-choice"));
    }
    let text = form.required("office-text", TEXT_CHARS_MAX);
    let at = past_time(&mut form, "office-at", visit.site.clock.now());
    let (Some(heading), true) = (heading, form.fine()) else {
        return draw(&visit, &id, form).await;
    };
    visit.site.office.note_office_case(&id, heading, &text, at, &actor(&visit)).await?;
    done(&visit, &id, "flash-office-noted")
}

pub(super) async fn correct(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let entry = form.required("office-entry", NAME_CHARS_MAX);
    let text = form.required("office-correction", TEXT_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    visit.site.office.correct_office_case(&id, &entry, &text, &actor(&visit)).await?;
    done(&visit, &id, "flash-office-corrected")
}

pub(super) async fn institution(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let mut named = visit.site.office.office_case(&id).await?.case.institution;
    named.name = form.required("office-name", NAME_CHARS_MAX);
    named.kind = kind(&form);
    named.beds = form.number("office-beds");
    named.municipal = form.has("office-municipal", "yes");
    named.phone = form.limited("office-phone", NAME_CHARS_MAX);
    named.operating_body = operating_body(&mut form);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    visit.site.office.describe_institution(&id, &named, &actor(&visit)).await?;
    done(&visit, &id, "flash-office-described")
}

pub(super) async fn join(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let other = form.required("office-other", NAME_CHARS_MAX);
    let how = form.choice("office-join-how", &[("join", true), ("differs", false)]);
    let reason = form.required("office-join-reason", TEXT_CHARS_MAX);
    let (Some(same), true) = (how, form.fine()) else { return draw(&visit, &id, form).await };
    let (office, by, other) = (&visit.site.office, actor(&visit), CaseId::from(other));
    if same {
        office.join_cases(&other, &id, &reason, &by).await?;
        return done(&visit, &id, "flash-office-joined");
    }
    office.cases_differ(&id, &other, &reason, &by).await?;
    done(&visit, &id, "flash-office-differs")
}

pub(super) async fn part(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let other = CaseId::from(form.required("office-part", NAME_CHARS_MAX));
    let reason = form.required("office-part-reason", TEXT_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    visit.site.office.part_cases(&other, &id, &reason, &actor(&visit)).await?;
    done(&visit, &id, "flash-office-parted")
}

pub(super) async fn told(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let hand_in = HandIn {
        channel: form.required("office-channel", NAME_CHARS_MAX),
        receipt_number: form.limited("office-receipt", NAME_CHARS_MAX),
        at: past_time(&mut form, "office-told-at", visit.site.clock.now()),
    };
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    let duty = form.text("duty").to_owned();
    visit.site.office.ministry_told(&id, &duty, &hand_in, &actor(&visit)).await?;
    done(&visit, &id, "flash-office-told")
}

pub(super) async fn excuse(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let reason = form.required("office-excuse-reason", TEXT_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    let duty = form.text("duty").to_owned();
    visit.site.office.excuse_report_up(&id, &duty, &reason, &actor(&visit)).await?;
    done(&visit, &id, "flash-office-excused")
}

pub(super) async fn guide(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let what = form.required("office-guidance", TEXT_CHARS_MAX);
    let basis = form.limited("office-basis", NAME_CHARS_MAX);
    let due_at = form.time("office-due");
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    let guided = visit.site.office.guide(&id, &what, &basis, due_at, &actor(&visit)).await?;
    let flash = if guided.1.is_some() { "flash-office-guided-sent" } else { "flash-office-guided" };
    send(&visit, guided.1).await?;
    done(&visit, &id, flash)
}

pub(super) async fn answered(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let guidance = form.required("office-guidance-of", NAME_CHARS_MAX);
    let text = form.required("office-guidance-answer", TEXT_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    visit.site.office.guidance_answered(&id, &guidance, &text, &actor(&visit)).await?;
    done(&visit, &id, "flash-office-answered")
}

pub(super) async fn request(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let routes =
        [DispatchRoute::HelpTeam, DispatchRoute::MinistryTeam].map(|one| (one.as_str(), one));
    let route = form.choice("office-route", &routes);
    let provider = form.limited("office-provider", NAME_CHARS_MAX);
    let note = form.limited("office-dispatch-note", TEXT_CHARS_MAX);
    let (Some(route), true) = (route, form.fine()) else { return draw(&visit, &id, form).await };
    let office = &visit.site.office;
    let (_, told) = office.request_dispatch(&id, route, &provider, &note, &actor(&visit)).await?;
    send(&visit, told).await?;
    done(&visit, &id, "flash-office-dispatch")
}

pub(super) async fn advance(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let dispatch = form.required("office-dispatch", NAME_CHARS_MAX);
    let to = form.choice("office-dispatch-to", &DispatchState::ALL.map(|one| (one.as_str(), one)));
    let person = form.limited("office-person", NAME_CHARS_MAX);
    let note = form.limited("office-advance-note", TEXT_CHARS_MAX);
    let must_name = matches!(to, Some(DispatchState::Assigned | DispatchState::HandedOver));
    if must_name && person.is_empty() {
        form.wrong("office-person", Problem::new("problem-required"));
    }
    let (Some(to), true) = (to, form.fine()) else { return draw(&visit, &id, form).await };
    let (office, by) = (&visit.site.office, actor(&visit));
    let (_, told) = office.advance_dispatch(&id, &dispatch, to, &person, &note, &by).await?;
    send(&visit, told).await?;
    done(&visit, &id, "flash-office-dispatch")
}

pub(super) async fn close(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let reason = form.required("office-close-reason", TEXT_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    visit.site.office.close_office_case(&id, &reason, &actor(&visit)).await?;
    done(&visit, &id, "flash-office-closed")
}

pub(super) async fn reopen(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let reason = form.required("office-reopen-reason", TEXT_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    visit.site.office.reopen_office_case(&id, &reason, &actor(&visit)).await?;
    done(&visit, &id, "flash-office-reopened")
}
