//! Entering a case the office learnt of by another way than a report.

use askama::Template;
use sakimori_identity::Action;
use sakimori_respond::office::Entering;

use super::{
    NAME_CHARS_MAX, TEXT_CHARS_MAX, at_hub, awareness, awareness_choices, case_address,
    child_choices, children, institution, kind_choices, operating_body, work,
};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::screens::respond::{actor, past_time};
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/respond/office/new.html")]
struct NewPage {
    frame: Frame,
    form: Form,
    awareness: Vec<Choice>,
    children: Vec<Choice>,
    kinds: Vec<Choice>,
}

pub(super) async fn offer(visit: Visit) -> Answer {
    at_hub(&visit.site)?;
    visit.look(Action::ReceiveReport, "office_case", "").await?;
    let mut form = Form::new();
    form.set("office-awareness", "media");
    draw(&visit, form).await
}

pub(super) async fn take(visit: Visit, mut form: Form) -> Answer {
    work(&visit, "").await?;
    let now = visit.site.clock.now();
    let children = children(&visit).await?;
    let awareness = awareness(form.text("office-awareness"));
    if awareness.is_none() {
        form.wrong("office-awareness", Problem::new("problem-choice"));
    }
    let detail = form.limited("office-detail", NAME_CHARS_MAX);
    let mut institution = institution(&mut form, &children);
    institution.operating_body = operating_body(&mut form);
    let title = form.limited("office-title", NAME_CHARS_MAX);
    let damage = form.limited("office-damage", TEXT_CHARS_MAX);
    let care_impact = form.limited("office-care", TEXT_CHARS_MAX);
    let known_at = past_time(&mut form, "office-known", now);
    let (Some(awareness), true) = (awareness, form.fine()) else { return draw(&visit, form).await };
    let entering = Entering {
        awareness,
        awareness_detail: detail,
        institution,
        title,
        damage,
        care_impact,
        known_at,
        exercise: form.has("office-exercise", "yes"),
    };
    let case = visit.site.office.enter(&entering, &actor(&visit)).await?;
    visit.done(&case_address(&case), &Flash::new("flash-office-entered"))
}

async fn draw(visit: &Visit, form: Form) -> Answer {
    let mut frame = visit.frame("office-new-title").await;
    frame.narrow = true;
    page(&NewPage {
        awareness: awareness_choices(&frame, true),
        children: child_choices(&frame, &children(visit).await?),
        kinds: kind_choices(&frame),
        form,
        frame,
    })
}
