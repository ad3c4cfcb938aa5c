//! The form behind a one-time link: a clinic without an account tells what happened and gets a receipt number.

use askama::Template;
use sakimori_respond::RespondError;
use sakimori_respond::office::{EmergencyReport, OfficeError, Stopped};
use sakimori_words::Instant;

use super::{NAME_CHARS_MAX, TEXT_CHARS_MAX, at_hub};
use crate::failure::Answer;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::visit::{Guest, page};

#[derive(Template)]
#[template(path = "screens/respond/office/emergency.html")]
struct EmergencyPage {
    frame: Frame,
    form: Form,
    /// The institution of the link; `None` while only the code is asked for.
    institution: Option<String>,
    code: String,
    until: Option<Instant>,
    stopped: Vec<Choice>,
    suspects: Vec<String>,
    exercise: bool,
}

#[derive(Template)]
#[template(path = "screens/respond/office/receipt.html")]
struct ReceiptPage {
    frame: Frame,
    number: String,
    at: Instant,
}

pub(super) async fn show(guest: Guest) -> Answer {
    at_hub(&guest.site)?;
    let code = guest.query.text("code").to_owned();
    let mut form = Form::new();
    form.set("em-code", &code);
    // Whoever comes from the portal is known there.
    form.set("em-contact", guest.query.text("contact"));
    form.set("em-phone", guest.query.text("phone"));
    draw(&guest, form, &code, Vec::new()).await
}

pub(super) async fn take(guest: Guest, mut form: Form) -> Answer {
    at_hub(&guest.site)?;
    let code = form.text("em-code").to_owned();
    let stopped =
        Stopped::ALL.into_iter().filter(|one| form.has("em-stopped", one.as_str())).collect();
    let report = EmergencyReport {
        what: form.required("em-what", TEXT_CHARS_MAX),
        since: form.limited("em-since", NAME_CHARS_MAX),
        stopped,
        contact: form.required("em-contact", NAME_CHARS_MAX),
        phone: form.required("em-phone", NAME_CHARS_MAX),
        consent: form.has("em-consent", "yes"),
        names_no_patient: form.has("em-no-patient", "yes"),
    };
    if !report.consent {
        form.wrong("em-consent", Problem::new("problem-em-consent"));
    }
    if !form.fine() {
        return draw(&guest, form, &code, Vec::new()).await;
    }
    let source = guest.client().source;
    match guest.site.office.send_emergency(&code, &source, &report).await {
        Ok(receipt) => {
            let frame = guest.frame("em-receipt-title").await;
            page(&ReceiptPage { frame, number: receipt.number, at: receipt.at })
        }
        Err(RespondError::Office(OfficeError::MayNamePatient { .. })) => {
            let suspects = guest.site.office.suspects(&[&report.what, &report.since]);
            let pieces = suspects.into_iter().map(|suspect| suspect.text).collect();
            form.wrong("em-no-patient", Problem::new("problem-em-patient"));
            draw(&guest, form, &code, pieces).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn draw(guest: &Guest, form: Form, code: &str, suspects: Vec<String>) -> Answer {
    let link = match code {
        "" => None,
        code => Some(guest.site.office.link_of(code, &guest.client().source).await?),
    };
    let frame = guest.frame("em-title").await;
    let choice = |one: Stopped| Choice::new(one.as_str(), one.words().get(frame.lang).to_owned());
    page(&EmergencyPage {
        stopped: Stopped::ALL.into_iter().map(choice).collect(),
        institution: link.as_ref().map(|link| link.institution.name.clone()),
        until: link.as_ref().map(|link| link.expires_at),
        exercise: link.is_some_and(|link| link.exercise),
        code: code.to_owned(),
        suspects,
        form,
        frame,
    })
}
