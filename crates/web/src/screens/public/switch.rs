//! Switching the public page on and off.

use askama::Template;

use super::{SWITCHES, at_hub, is_open, set_open};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/public/switch.html")]
struct SwitchPage {
    frame: Frame,
    open: bool,
}

pub(super) async fn show(visit: Visit) -> Answer {
    at_hub(&visit)?;
    visit.look(SWITCHES, "settings", "public").await?;
    let open = is_open(visit.site.store.as_ref()).await?;
    page(&SwitchPage { frame: visit.frame("public-switch").await, open })
}

pub(super) async fn take(visit: Visit, form: Form) -> Answer {
    at_hub(&visit)?;
    visit.pass(SWITCHES, "settings", "public").await?;
    let open = form.text("do") == "open";
    let (by, at) = (visit.principal.person.as_str(), visit.site.clock.now());
    set_open(&visit.site, open, by, at).await?;
    let word = if open { "flash-public-opened" } else { "flash-public-closed" };
    visit.done("/settings/public", &Flash::new(word))
}
