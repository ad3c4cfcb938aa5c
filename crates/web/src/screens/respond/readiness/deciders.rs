//! The prepared list of deciders: in order, with what each may decide alone, and who can be reached now.

use askama::Template;
use sakimori_identity::Action;
use sakimori_respond::readiness::{Decider, reach};

use super::super::{actor, dial, sentence};
use super::contacts::contacts_of;
use super::{desk, pass_to_read};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::visit::{Visit, page};

/// Rows without a name that are offered.
const BLANK: usize = 3;
/// Most rows that are read.
const ROWS_MAX: usize = 50;

#[derive(Template)]
#[template(path = "screens/respond/readiness/deciders.html")]
struct DecidersPage {
    frame: Frame,
    form: Form,
    reach: Vec<DeciderView>,
    people: Vec<Choice>,
    rows: Vec<DeciderRow>,
    may_change: bool,
}

/// A decider or deputy as shown, also in the case room.
pub(crate) struct DeciderView {
    pub(crate) name: String,
    pub(crate) position: String,
    pub(crate) limits: String,
    pub(crate) answers: bool,
    pub(crate) phone: String,
    pub(crate) dial: String,
    pub(crate) words: String,
}

struct DeciderRow {
    n: usize,
    contact: String,
    position: String,
    limits: String,
}

/// The deciders and their deputies in order, with the number to try now.
pub(crate) async fn views(visit: &Visit, frame: &Frame) -> Result<Vec<DeciderView>, Failure> {
    let (deciders, contacts) = (desk(visit).deciders().await?, contacts_of(visit).await?);
    let all = reach(&deciders, &contacts, visit.site.content.calendar(), frame.now);
    Ok(all
        .into_iter()
        .map(|one| {
            let answers = one.answers_now();
            let deputy = !one.deputy_of.is_empty();
            let phone = one.line.as_ref().map(|line| line.phone.clone()).unwrap_or_default();
            let label = one.line.map(|line| {
                let parts = [line.label.get(frame.lang), line.validity.get(frame.lang)];
                parts.join(" ").trim().to_owned()
            });
            DeciderView {
                position: if deputy {
                    sentence(frame.lang, "decider-deputy-of", &[("name", &one.deputy_of)])
                } else {
                    one.position
                },
                name: one.name,
                limits: one.limits,
                answers,
                dial: dial(&phone),
                phone,
                words: label.unwrap_or_default(),
            }
        })
        .collect())
}

pub(super) async fn show(visit: Visit) -> Answer {
    pass_to_read(&visit, "deciders", "").await?;
    let deciders = desk(&visit).deciders().await?;
    draw(&visit, Form::new(), &deciders).await
}

pub(super) async fn change(visit: Visit, mut form: Form) -> Answer {
    visit.pass_personal(Action::ManageSettings, "deciders", "", "").await?;
    let deciders = read(&form);
    if deciders.iter().any(|one| one.position.is_empty()) {
        form.wrong("de-position", Problem::new("problem-required"));
        return draw(&visit, form, &deciders).await;
    }
    desk(&visit).set_deciders(&deciders, &actor(&visit)).await?;
    visit.done("/readiness/deciders", &Flash::new("flash-saved"))
}

/// The rows for which a person was chosen.
fn read(form: &Form) -> Vec<Decider> {
    let cut = |text: &str| text.chars().take(500).collect::<String>();
    let rows = form.all("de-contact").zip(form.all("de-position")).zip(form.all("de-limits"));
    rows.filter(|((contact, _), _)| !contact.is_empty())
        .take(ROWS_MAX)
        .map(|((contact, position), limits)| Decider {
            contact: cut(contact),
            position: cut(position),
            limits: cut(limits),
        })
        .collect()
}

async fn draw(visit: &Visit, form: Form, deciders: &[Decider]) -> Answer {
    let frame = visit.frame("deciders-title").await;
    let contacts = contacts_of(visit).await?;
    let nobody = Choice::new("", frame.t("decider-nobody"));
    let people = contacts.iter().map(|own| Choice::new(&own.id, own.name.clone()));
    let blank = Decider { contact: String::new(), position: String::new(), limits: String::new() };
    let rows = deciders.iter().chain(std::iter::repeat_n(&blank, BLANK)).enumerate();
    page(&DecidersPage {
        reach: views(visit, &frame).await?,
        people: std::iter::once(nobody).chain(people).collect(),
        rows: rows
            .map(|(n, one)| DeciderRow {
                n: n + 1,
                contact: one.contact.clone(),
                position: one.position.clone(),
                limits: one.limits.clone(),
            })
            .collect(),
        may_change: visit.may(Action::ManageSettings),
        form,
        frame,
    })
}
