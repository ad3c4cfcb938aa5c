//! What the house says about itself, so that imitations of it are seen: domains, partners, names, the number to call.

use askama::Template;
use sakimori_identity::Action;
use sakimori_watch::By;
use sakimori_watch::mail::{House, MailDeskError};

use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::visit::{Visit, page};

/// Longest list, in characters.
const LIST_CHARS_MAX: usize = 20_000;

#[derive(Template)]
#[template(path = "screens/logs/mail/house.html")]
struct HousePage {
    frame: Frame,
    form: Form,
}

pub(super) async fn show(visit: Visit) -> Answer {
    visit.look(Action::ManageSettings, "mail_house", "").await?;
    let house = visit.site.mail.house().await?;
    let mut form = Form::new();
    form.set("mail-own", house.own_domains.join("\n"));
    form.set("mail-partners", house.partners.join("\n"));
    form.set("mail-people", house.people.join("\n"));
    form.set("mail-phone", house.phone);
    page(&HousePage { frame: visit.frame("mail-house-title").await, form })
}

pub(super) async fn save(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::ManageSettings, "mail_house", "").await?;
    let mut list = |name: &str| lines(&form.limited(name, LIST_CHARS_MAX));
    let house = House {
        own_domains: list("mail-own"),
        partners: list("mail-partners"),
        people: list("mail-people"),
        phone: form.limited("mail-phone", 100),
    };
    if form.fine() {
        let by = By { person: &visit.principal.person, name: &visit.principal.name };
        match visit.site.mail.describe(house, by).await {
            Ok(_) => return visit.done("/mail", &Flash::new("flash-mail-house")),
            Err(MailDeskError::House { what }) => {
                form.wrong("", Problem::new("problem-mail-house").with("what", what));
            }
            Err(other) => return Err(other.into()),
        }
    }
    page(&HousePage { frame: visit.frame("mail-house-title").await, form })
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.split(['\n', '\r', '、', ',']).map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
