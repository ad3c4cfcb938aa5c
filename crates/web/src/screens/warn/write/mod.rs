//! Writing a warning: from a template or from nothing, with the count of institutions it would reach.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_warn::{Addressees, WarningClass, WarningContent};
use sakimori_words::{OrganisationKind, Prefecture, Tlp, WarningId};

pub(super) use self::content::{fill, read};
use super::attachments::{self, AttachmentView};
use super::document::today;
use super::succession::replaceable;
use super::{CLASSES, KINDS, class_words, institution_word, matching, signer};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::site::Site;
use crate::upload;
use crate::visit::{Visit, page};

mod advisories;
mod content;
mod products;

/// The labels an officer can choose.
const TLPS: [Tlp; 5] = [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red];

/// The list of CVE ids that may be typed beside the rows.
const TYPED_IDS: &str = "advisory-cves";

/// Longest file of an advisory or attachment with the form around it, in bytes.
pub(super) const FILE_BYTES_MAX: usize = 16 << 20;

/// The routes of writing.
pub(super) fn routes() -> Router<Arc<Site>> {
    let reads = post(read_new).layer(DefaultBodyLimit::max(FILE_BYTES_MAX));
    let attaches = post(attach_new).layer(DefaultBodyLimit::max(FILE_BYTES_MAX));
    Router::new()
        .route("/outbox/new", get(show).post(begin))
        .route("/outbox/new/read", reads)
        .route("/outbox/new/attach", attaches)
}

/// Puts a file to a warning that was not saved yet.
async fn attach_new(visit: Visit, upload: Result<Multipart, MultipartRejection>) -> Answer {
    visit.pass(Action::WriteWarning, "warning", "").await?;
    draw(&visit, attachments::add(&visit, upload).await?, None).await
}

/// Fills the rows of products from the file and the list that came with the form; keeps nothing.
async fn read_new(visit: Visit, upload: Result<Multipart, MultipartRejection>) -> Answer {
    visit.pass(Action::WriteWarning, "warning", "").await?;
    draw(&visit, read_upload(upload).await?, None).await
}

/// The form, with the rows that its file and its list of CVE ids give.
pub(super) async fn read_upload(
    upload: Result<Multipart, MultipartRejection>,
) -> Result<Form, Failure> {
    let (mut form, file) = upload::read(upload, "advisory-file").await?;
    fill_rows(&mut form, &file);
    Ok(form)
}

fn fill_rows(form: &mut Form, bytes: &[u8]) {
    if advisories::is_broken(bytes) {
        form.wrong("advisory-file", Problem::new("problem-advisory-file"));
    } else if !bytes.iter().all(u8::is_ascii_whitespace) {
        products::fill_read(form, &advisories::read(bytes));
    }
}

/// The typed list of CVE ids turned into rows, whichever button was pressed: what is typed is never lost.
fn with_typed_ids(mut form: Form) -> Form {
    let typed = form.text(TYPED_IDS).to_owned();
    fill_rows(&mut form, typed.as_bytes());
    form.set(TYPED_IDS, "");
    form
}

#[derive(Template)]
#[template(path = "screens/warn/write/templates.html")]
struct TemplatesPage {
    frame: Frame,
    templates: Vec<TemplateRow>,
}

struct TemplateRow {
    id: String,
    title: String,
    occasion: String,
    source: String,
    urgency: String,
    urgency_class: &'static str,
}

#[derive(Template)]
#[template(path = "screens/warn/write/page.html")]
struct WritePage {
    frame: Frame,
    form: Form,
    action: String,
    returned: Option<String>,
    drop: Option<String>,
    count: usize,
    /// The companies that are reached by a name the rule gives; `None` while it gives none.
    companies: Option<String>,
    classes: Vec<Choice>,
    kinds: Vec<Choice>,
    prefectures: Vec<Choice>,
    tlps: Vec<Choice>,
    products: Vec<products::Row>,
    not_taken: Vec<String>,
    /// What the form carries on for each file, and the file.
    attachments: Vec<(String, AttachmentView)>,
    replaceable: Vec<Choice>,
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::WriteWarning, "warning", "").await?;
    let query = visit.query();
    let frame = visit.frame("write-title").await;
    let issuer = &frame.organisation;
    let content = match query.text("template") {
        "" => return choose(&visit, frame),
        "blank" => WarningContent::empty(issuer, today(&frame)),
        id => match visit.site.content.template(id) {
            Some(template) => {
                WarningContent::from_template(template, issuer, today(&frame), frame.lang)
            }
            None => return choose(&visit, frame),
        },
    };
    draw(&visit, fill(&content), None).await
}

fn choose(visit: &Visit, frame: Frame) -> Answer {
    let row = |template: &sakimori_content::WarningTemplate| {
        let (word, urgency_class) = class_words(WarningClass::from(template.urgency));
        TemplateRow {
            id: template.id.clone(),
            title: template.title.get(frame.lang).to_owned(),
            occasion: template.occasion.get(frame.lang).to_owned(),
            source: template.provenance.source.clone(),
            urgency: frame.t(word),
            urgency_class,
        }
    };
    let templates = visit.site.content.templates().iter().map(row).collect();
    page(&TemplatesPage { templates, frame })
}

/// A draft that is written on: its id, and why it was returned.
pub(super) struct Existing {
    pub(super) id: WarningId,
    pub(super) returned: Option<String>,
}

/// Draws the form.
pub(super) async fn draw(visit: &Visit, form: Form, existing: Option<Existing>) -> Answer {
    let frame = visit.frame("write-title").await;
    let form = with_typed_ids(form);
    let rule = content::shown_addressees(&form, visit.site.content.aliases());
    let kinds =
        KINDS.iter().map(|(value, kind)| Choice::new(value, frame.t(institution_word(*kind))));
    let action = existing
        .as_ref()
        .map_or_else(|| "/outbox/new".to_owned(), |one| format!("/outbox/{}", one.id));
    page(&WritePage {
        count: matching(visit, &rule).await?,
        companies: companies(visit, &rule).await?,
        returned: existing.as_ref().and_then(|one| one.returned.clone()),
        drop: existing.map(|_| action.clone()),
        action,
        classes: CLASSES
            .iter()
            .map(|(value, _, word, _)| Choice::new(value, frame.t(&format!("{word}-long"))))
            .collect(),
        kinds: kinds.collect(),
        prefectures: prefectures(visit, &frame),
        products: products::rows(&form),
        not_taken: form.all(products::NOT_TAKEN).map(str::to_owned).collect(),
        attachments: attachments::rows(&frame, &form),
        replaceable: replaceable(visit, frame.t("write-replaces-none")).await?,
        tlps: TLPS.iter().map(|tlp| Choice::new(tlp.label(), tlp.label())).collect(),
        form,
        frame,
    })
}

/// The connected companies that the names of a rule reach; `None` when it names none.
async fn companies(visit: &Visit, rule: &Addressees) -> Result<Option<String>, Failure> {
    if rule.companies.is_empty() {
        return Ok(None);
    }
    let named = Addressees { companies: rule.companies.clone(), ..Addressees::default() };
    let roll = visit.site.post.roll().await?;
    let reached = roll.iter().filter(|one| {
        let company = &one.organisation;
        one.below && company.kind == OrganisationKind::Vendor && named.include(company)
    });
    let names: Vec<&str> = reached.map(|one| one.organisation.name.as_str()).collect();
    Ok(Some(names.join("、")))
}

/// National offices choose among prefectures; an office of one prefecture has nothing to choose.
fn prefectures(visit: &Visit, frame: &Frame) -> Vec<Choice> {
    let national = matches!(
        visit.site.post.me().kind,
        OrganisationKind::Ministry | OrganisationKind::CeptoarBody
    );
    if !national {
        return Vec::new();
    }
    Prefecture::all().map(|one| Choice::new(one.code(), one.name(frame.lang))).collect()
}

async fn begin(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::WriteWarning, "warning", "").await?;
    if only_redraws(&form) {
        return draw(&visit, form, None).await;
    }
    let frame = visit.frame("write-title").await;
    let aliases = visit.site.content.aliases();
    let content = read(&mut form, today(&frame), &visit.site.post.me().id, aliases);
    let submit = form.text("do") == "submit";
    let Some(content) = content.filter(|_| form.fine()) else {
        return draw(&visit, form, None).await;
    };
    let by = signer(&visit);
    let issued = visit.site.warnings.begin(content, &by).await?;
    let id = issued.key.id;
    if submit {
        visit.site.warnings.submit(&id, &by).await?;
    }
    finished(&visit, &id, submit)
}

/// Whether the form is only to be looked at again and nothing kept: counting anew, more rows, ids that are typed and no rows yet.
pub(super) fn only_redraws(form: &Form) -> bool {
    matches!(form.text("do"), "count" | "rows") || !form.text(TYPED_IDS).is_empty()
}

/// Ends saving or submitting.
pub(super) fn finished(visit: &Visit, id: &WarningId, submitted: bool) -> Answer {
    let word = if submitted { "flash-draft-submitted" } else { "flash-draft-saved" };
    visit.done(&format!("/outbox/{id}"), &Flash::new(word))
}
