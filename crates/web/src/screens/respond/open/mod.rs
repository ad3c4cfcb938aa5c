//! One sentence becomes a suspicion: the shortest way from a telephone call at night to the call sheet.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_content::Playbook;
use sakimori_identity::Action;
use sakimori_respond::{LearnedFrom, Opening, Origin};
use sakimori_words::jst_date;

use super::{actor, past_time};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::site::Site;
use crate::visit::{Visit, page};

/// Longest sentence, in characters.
const SENTENCE_CHARS_MAX: usize = 1_000;

/// The playbook that every case begins with.
const FIRST_HOUR: &str = "first-hour";

/// How it became known, by the spelling of the form.
pub(super) const LEARNED: [(&str, LearnedFrom, &str); 6] = [
    ("staff", LearnedFrom::Staff, "learned-staff"),
    ("monitoring", LearnedFrom::Monitoring, "learned-monitoring"),
    ("vendor", LearnedFrom::Vendor, "learned-vendor"),
    ("outside", LearnedFrom::Outside, "learned-outside"),
    ("attacker", LearnedFrom::Attacker, "learned-attacker"),
    ("press", LearnedFrom::Press, "learned-press"),
];

/// The routes of the form.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/cases/new", get(show).post(open))
}

#[derive(Template)]
#[template(path = "screens/respond/open/page.html")]
struct OpenPage {
    frame: Frame,
    form: Form,
    learned: Vec<Choice>,
    playbooks: Vec<Choice>,
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::OpenCase, "case", "").await?;
    let mut form = Form::new();
    form.set("learned-from", "staff");
    draw(&visit, form).await
}

async fn draw(visit: &Visit, form: Form) -> Answer {
    let mut frame = visit.frame("open-title").await;
    frame.narrow = true;
    let learned =
        LEARNED.iter().map(|(value, _, word)| Choice::new(*value, frame.t(word))).collect();
    let playbooks = playbooks(visit, &frame);
    page(&OpenPage { frame, form, learned, playbooks })
}

/// Playbooks that can be followed besides that of the first hour.
fn playbooks(visit: &Visit, frame: &Frame) -> Vec<Choice> {
    let today = visit.site.content.playbooks(jst_date(frame.now));
    let others = today.filter(|playbook| playbook.id != FIRST_HOUR);
    let none = Choice::new("", frame.t("open-playbook-none"));
    let choice = |playbook: &Playbook| Choice::new(&playbook.id, playbook.title.get(frame.lang));
    std::iter::once(none).chain(others.map(choice)).collect()
}

async fn open(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::OpenCase, "case", "").await?;
    let sentence = form.required("sentence", SENTENCE_CHARS_MAX);
    let learned_from = form.choice("learned-from", &LEARNED.map(|(value, from, _)| (value, from)));
    let knew_at = past_time(&mut form, "knew-at", visit.site.clock.now());
    let Some(learned_from) = learned_from.filter(|_| form.fine()) else {
        return draw(&visit, form).await;
    };
    let opening = Opening {
        title: String::new(),
        origin: Origin::Person { sentence },
        learned_from,
        detected_at: knew_at,
        knew_at,
        exercise: form.has("exercise", "yes"),
    };
    let by = actor(&visit);
    let mut case = visit.site.cases.open(&opening, &by).await?;
    let playbook = form.text("open-playbook");
    if !playbook.is_empty() {
        case = visit.site.cases.follow(&case.id, playbook, &by).await?;
    }
    visit.done(&format!("/cases/{}", case.id), &Flash::new("flash-case-opened"))
}
