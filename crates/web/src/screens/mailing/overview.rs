//! An office's mail at a glance: whether it is on, by which relay, what to publish in the DNS, and which addresses do not work.

use askama::Template;
use sakimori_identity::Action;
use sakimori_mail::{DEAD_AFTER, Overview};

use super::at_hub;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::ports::MailFacts;
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/mailing/overview.html")]
struct OverviewPage {
    frame: Frame,
    facts: Option<MailFacts>,
    mail: Overview,
    dead_after: u32,
}

pub(super) async fn show(visit: Visit) -> Answer {
    at_hub(&visit.site)?;
    visit.look(Action::ManageSettings, "settings", "mail").await?;
    page(&OverviewPage {
        facts: visit.site.control.mail(),
        mail: visit.site.mailroom.overview().await?,
        dead_after: DEAD_AFTER,
        frame: visit.frame("mailing-settings").await,
    })
}

/// A person found out that an address works.
pub(super) async fn take(visit: Visit, form: Form) -> Answer {
    at_hub(&visit.site)?;
    visit.pass(Action::ManageSettings, "settings", "mail").await?;
    let by = visit.principal.person.as_str();
    visit.site.mailroom.revive(form.text("address"), by).await?;
    visit.done("/settings/mail", &Flash::new("flash-mailing-revived"))
}
