//! The beginning of a report: which one, for whom, and whom the office may call back.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_content::{ContactRole, Recipient};
use sakimori_identity::Action;
use sakimori_respond::{Addressee, Draft, Report, ReportingParty, Stage};
use sakimori_words::{CaseId, Lang, Organisation, OrganisationKind, Prefecture};

use super::{actor, stage_word};
use crate::Failure;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::profile::{self, Profile};
use crate::site::Site;
use crate::visit::{Visit, page};

/// Longest name, number or address, in characters.
const LINE_CHARS_MAX: usize = 200;

const STAGES: [(&str, Stage); 3] =
    [("prompt", Stage::Prompt), ("follow-up", Stage::FollowUp), ("final", Stage::Final)];

/// The routes of the form.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/cases/{case}/reports/new", get(show).post(start))
        .route("/cases/{case}/reports/{id}/redraft", get(show_again).post(redraft))
}

#[derive(Template)]
#[template(path = "screens/respond/report_start/page.html")]
struct StartPage {
    frame: Frame,
    form: Form,
    /// Where the form goes, and where "cancel" leads.
    path: String,
    back: String,
    stages: Vec<Choice>,
    addressees: Vec<Choice>,
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::DraftReport, "case", &id, "").await?;
    let case = CaseId::from(id);
    let file = visit.site.cases.file(&case).await?;
    let mut form = Form::new();
    match file.reports.last() {
        Some(last) => prefill_from(&mut form, last),
        None => {
            form.set("stage", "prompt");
            form.set("party-person", &visit.principal.name);
            for (key, one) in candidates(&visit).await? {
                if one.recipient != Recipient::Ceptoar {
                    form.add("addressee", key);
                }
            }
        }
    }
    draw(&visit, &new_path(&case), &case_path(&case), form).await
}

async fn show_again(visit: Visit, Path((case, id)): Path<(String, String)>) -> Answer {
    visit.pass_personal(Action::DraftReport, "report", &id, "").await?;
    let report = super::report::find(&visit, &case, &id).await?;
    let mut form = Form::new();
    prefill_from(&mut form, &report);
    let stage = STAGES.iter().find(|(_, stage)| *stage == report.stage);
    form.set("stage", stage.map_or("prompt", |(value, _)| value));
    let back = super::report::path(&report);
    draw(&visit, &format!("{back}/redraft"), &back, form).await
}

/// What the version before said, so that nobody types it twice.
fn prefill_from(form: &mut Form, last: &Report) {
    form.set("stage", "follow-up");
    form.set("party-person", &last.party.person);
    form.set("party-department", &last.party.department);
    form.set("party-phone", &last.party.phone);
    form.set("party-after-hours", &last.party.after_hours_phone);
    form.set("party-email", &last.party.email);
    form.set("party-address", &last.party.address);
    for one in &last.addressees {
        form.add("addressee", key_of(one));
    }
}

async fn draw(visit: &Visit, path: &str, back: &str, form: Form) -> Answer {
    let mut frame = visit.frame("report-start").await;
    frame.narrow = true;
    let channel = |one: &Addressee| match one.organisation {
        Some(_) => frame.t("report-channel-federation"),
        None => frame.t("report-channel-by-hand"),
    };
    let addressees = candidates(visit)
        .await?
        .into_iter()
        .map(|(key, one)| Choice::new(key, format!("{} ({})", one.name, channel(&one))))
        .collect();
    let stages = STAGES
        .iter()
        .map(|(value, stage)| Choice::new(value, frame.t(stage_word(*stage))))
        .collect();
    let (path, back) = (path.to_owned(), back.to_owned());
    page(&StartPage { frame, form, path, back, stages, addressees })
}

async fn start(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    visit.pass_personal(Action::DraftReport, "case", &id, "").await?;
    let case = CaseId::from(id);
    let (form, draft) = read(&visit, form).await?;
    let Some(draft) = draft else {
        return draw(&visit, &new_path(&case), &case_path(&case), form).await;
    };
    let report = visit.site.cases.draft(&case, &draft, &actor(&visit)).await?;
    visit.done(&super::report::path(&report), &Flash::new("flash-report-started"))
}

async fn redraft(visit: Visit, Path((case, id)): Path<(String, String)>, form: Form) -> Answer {
    visit.pass_personal(Action::DraftReport, "report", &id, "").await?;
    let report = super::report::find(&visit, &case, &id).await?;
    let back = super::report::path(&report);
    let (form, draft) = read(&visit, form).await?;
    let Some(draft) = draft else {
        return draw(&visit, &format!("{back}/redraft"), &back, form).await;
    };
    visit.site.cases.redraft(&report.id, &draft, &actor(&visit)).await?;
    visit.done(&back, &Flash::new("flash-report-saved"))
}

/// What was typed; without a draft when something is wrong with it.
async fn read(visit: &Visit, mut form: Form) -> Result<(Form, Option<Draft>), Failure> {
    let stage = form.choice("stage", &STAGES);
    let addressees: Vec<Addressee> = candidates(visit)
        .await?
        .into_iter()
        .filter(|(key, _)| form.has("addressee", key))
        .map(|(_, one)| one)
        .collect();
    if addressees.is_empty() {
        form.wrong("addressee", Problem::new("problem-choice"));
    }
    let party = party(visit, &mut form).await?;
    let draft = stage.filter(|_| form.fine()).map(|stage| Draft { stage, party, addressees });
    Ok((form, draft))
}

fn new_path(case: &CaseId) -> String {
    format!("/cases/{case}/reports/new")
}

fn case_path(case: &CaseId) -> String {
    format!("/cases/{case}#reports")
}

async fn party(visit: &Visit, form: &mut Form) -> Result<ReportingParty, Failure> {
    Ok(ReportingParty {
        organisation: own_organisation(visit).await?,
        person: form.required("party-person", LINE_CHARS_MAX),
        department: form.limited("party-department", LINE_CHARS_MAX),
        phone: form.required("party-phone", LINE_CHARS_MAX),
        after_hours_phone: form.limited("party-after-hours", LINE_CHARS_MAX),
        email: form.limited("party-email", LINE_CHARS_MAX),
        address: form.limited("party-address", LINE_CHARS_MAX),
    })
}

async fn own_organisation(visit: &Visit) -> Result<Organisation, Failure> {
    let profile = profile::load(visit.site.store.as_ref()).await?;
    Ok(profile.map_or_else(|| visit.site.post.me(), |profile| profile.organisation))
}

/// Whom a report can be for: the offices we are connected with, and those served by hand where none is.
async fn candidates(visit: &Visit) -> Result<Vec<(String, Addressee)>, Failure> {
    let mut all: Vec<Addressee> = visit
        .site
        .post
        .organisations()
        .await?
        .into_iter()
        .filter_map(|known| connected(known.organisation))
        .collect();
    let profile = profile::load(visit.site.store.as_ref()).await?;
    let me = visit.site.post.me();
    let own = profile.as_ref().map_or(&me, |profile| &profile.organisation);
    if !all.iter().any(|one| one.recipient == Recipient::Ministry) {
        all.push(by_hand(Recipient::Ministry, "厚生労働省"));
    }
    if let Some(prefecture) = own.prefecture
        && !all.iter().any(|one| one.recipient == Recipient::Prefecture)
    {
        all.push(by_hand(Recipient::Prefecture, &health_department(profile.as_ref(), prefecture)));
    }
    all.sort_by_key(|one| one.recipient);
    Ok(all.into_iter().map(|one| (key_of(&one), one)).collect())
}

/// The health department a report is addressed to while no office is connected: the one the institution entered, since it may
/// be a city's or a ward's; without one, the prefecture's, with the others named.
fn health_department(profile: Option<&Profile>, prefecture: Prefecture) -> String {
    let own = profile.iter().flat_map(|profile| &profile.local_contacts);
    let entered = own.filter(|contact| contact.role == ContactRole::Prefecture);
    match entered.map(|contact| contact.name.trim()).find(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => format!(
            "{} 衛生主管部（局）（保健所設置市・特別区はその市・区）",
            prefecture.name(Lang::Ja)
        ),
    }
}

fn connected(organisation: Organisation) -> Option<Addressee> {
    let recipient = match organisation.kind {
        OrganisationKind::Ministry => Recipient::Ministry,
        OrganisationKind::Prefecture
        | OrganisationKind::HealthCentreCity
        | OrganisationKind::SpecialWard => Recipient::Prefecture,
        OrganisationKind::CeptoarBody => Recipient::Ceptoar,
        OrganisationKind::Institution | OrganisationKind::Vendor => return None,
    };
    Some(Addressee { recipient, name: organisation.name, organisation: Some(organisation.id) })
}

fn by_hand(recipient: Recipient, name: &str) -> Addressee {
    Addressee { recipient, name: name.to_owned(), organisation: None }
}

/// An addressee as the form spells it: its id, or its name when it is served by hand.
fn key_of(one: &Addressee) -> String {
    one.organisation.as_ref().map_or_else(|| one.name.clone(), ToString::to_string)
}
