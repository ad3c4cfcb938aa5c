//! The maintenance lines of the hospital: whose they are, how their sessions are told, and what they may touch.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_watch::maintenance::{Line, LineFields, Network, Proposal};

use super::{by, names, note};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::visit::{Visit, page};

/// Where the desk's fields stand in the form.
const FIELDS: [(&str, &str); 7] = [
    ("supplier", "mt-supplier"),
    ("phone", "mt-phone"),
    ("accounts", "mt-accounts"),
    ("groups", "mt-groups"),
    ("addresses", "mt-addresses"),
    ("machines", "mt-line-machines"),
    ("device", "mt-device"),
];

/// Longest list, in characters.
const LIST_CHARS_MAX: usize = 20_000;

#[derive(Template)]
#[template(path = "screens/logs/maintenance/lines.html")]
struct LinesPage {
    frame: Frame,
    lines: Vec<LineView>,
    proposals: Vec<Proposal>,
}

/// A line, ready to be shown.
struct LineView {
    line: Line,
    recognised: String,
    machines: String,
}

#[derive(Template)]
#[template(path = "screens/logs/maintenance/line.html")]
struct LinePage {
    frame: Frame,
    form: Form,
    /// The line, or `None` for a new one.
    line: Option<Line>,
}

pub(super) async fn list(visit: Visit) -> Answer {
    visit.pass_to_list(Action::ManageSettings, "maintenance_line", "lines").await?;
    let desk = &visit.site.maintenance;
    desk.refresh().await?;
    let lines = desk.lines().await?.into_iter().map(|line| {
        let addresses = line.fields.addresses.iter().map(Network::to_string);
        let own = line.fields.accounts.iter().chain(&line.fields.groups).cloned();
        let recognised = own.chain(addresses).collect::<Vec<_>>().join(" ");
        LineView { recognised, machines: line.fields.machines.join(" "), line }
    });
    let lines = lines.collect();
    let proposals = desk.proposals();
    page(&LinesPage { frame: visit.frame("maintenance-lines").await, lines, proposals })
}

pub(super) async fn offer(visit: Visit) -> Answer {
    visit.look(Action::ManageSettings, "maintenance_line", "").await?;
    line_page(&visit, None, Form::new()).await
}

pub(super) async fn add(visit: Visit, mut form: Form) -> Answer {
    visit.pass_personal(Action::ManageSettings, "maintenance_line", "", "").await?;
    let fields = read(&mut form);
    if form.fine() {
        match visit.site.maintenance.add_line(fields, by(&visit)).await {
            Ok(line) => {
                let flash =
                    Flash::new("flash-maintenance-line").with("supplier", line.fields.supplier);
                return visit.done("/maintenance/lines", &flash);
            }
            Err(error) => note(&mut form, error, &FIELDS)?,
        }
    }
    line_page(&visit, None, form).await
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ManageSettings, "maintenance_line", &id, "").await?;
    let line = visit.site.maintenance.line(&id).await?;
    let mut form = Form::new();
    fill(&mut form, &line.fields);
    line_page(&visit, Some(line), form).await
}

pub(super) async fn change(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass_personal(Action::ManageSettings, "maintenance_line", &id, "").await?;
    let line = visit.site.maintenance.line(&id).await?;
    let fields = read(&mut form);
    if form.fine() {
        match visit.site.maintenance.change_line(&id, fields, by(&visit)).await {
            Ok(line) => {
                let flash =
                    Flash::new("flash-maintenance-line").with("supplier", line.fields.supplier);
                return visit.done("/maintenance/lines", &flash);
            }
            Err(error) => note(&mut form, error, &FIELDS)?,
        }
    }
    line_page(&visit, Some(line), form).await
}

pub(super) async fn remove(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ManageSettings, "maintenance_line", &id, "").await?;
    let line = visit.site.maintenance.remove_line(&id, by(&visit)).await?;
    let flash = Flash::new("flash-maintenance-line-removed").with("supplier", line.fields.supplier);
    visit.done("/maintenance/lines", &flash)
}

/// One press makes a line of an account that the log shows; who it is can be written then.
pub(super) async fn adopt(visit: Visit, form: Form) -> Answer {
    visit.pass_personal(Action::ManageSettings, "maintenance_line", "", "").await?;
    let desk = &visit.site.maintenance;
    let account = form.text("account");
    let proposals = desk.proposals();
    let Some(proposal) = proposals.into_iter().find(|own| own.seen.account == account) else {
        // Somebody else was quicker.
        return visit.done("/maintenance/lines", &Flash::new("flash-maintenance-gone"));
    };
    let fields = LineFields {
        supplier: proposal.seen.account.clone(),
        accounts: vec![proposal.seen.account],
        device: proposal.seen.device,
        ..LineFields::default()
    };
    let line = desk.add_line(fields, by(&visit)).await?;
    let address = format!("/maintenance/lines/{}", line.id);
    visit.done(&address, &Flash::new("flash-maintenance-adopted"))
}

pub(super) async fn disown(visit: Visit, form: Form) -> Answer {
    visit.pass_personal(Action::ManageSettings, "maintenance_line", "", "").await?;
    let account = form.text("account");
    visit.site.maintenance.disown(account, by(&visit)).await?;
    let flash = Flash::new("flash-maintenance-disowned").with("account", account);
    visit.done("/maintenance/lines", &flash)
}

fn fill(form: &mut Form, fields: &LineFields) {
    let addresses: Vec<String> = fields.addresses.iter().map(Network::to_string).collect();
    form.set("mt-supplier", &fields.supplier);
    form.set("mt-phone", &fields.phone);
    form.set("mt-accounts", fields.accounts.join("\n"));
    form.set("mt-groups", fields.groups.join("\n"));
    form.set("mt-addresses", addresses.join("\n"));
    form.set("mt-line-machines", fields.machines.join("\n"));
    form.set("mt-device", &fields.device);
}

fn read(form: &mut Form) -> LineFields {
    let written = names(&form.limited("mt-addresses", LIST_CHARS_MAX));
    let mut addresses = Vec::new();
    for text in written {
        match text.parse::<Network>() {
            Ok(network) => addresses.push(network),
            Err(_) => {
                let problem = Problem::new("problem-maintenance-address").with("text", text);
                form.wrong("mt-addresses", problem);
            }
        }
    }
    LineFields {
        supplier: form.required("mt-supplier", 300),
        phone: form.limited("mt-phone", 300),
        accounts: names(&form.limited("mt-accounts", LIST_CHARS_MAX)),
        groups: names(&form.limited("mt-groups", LIST_CHARS_MAX)),
        addresses,
        machines: names(&form.limited("mt-line-machines", LIST_CHARS_MAX)),
        device: form.limited("mt-device", 300),
    }
}

async fn line_page(visit: &Visit, line: Option<Line>, form: Form) -> Answer {
    let word = if line.is_some() { "maintenance-line-title" } else { "maintenance-line-new" };
    page(&LinePage { frame: visit.frame(word).await, form, line })
}
