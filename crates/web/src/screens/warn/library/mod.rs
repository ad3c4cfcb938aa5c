//! Past notices and reference (過去の通知・資料): the notices behind everything, our own and received warnings, unsigned copies, found by
//! any words in them.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_content::{Notice, WarningTemplate};
use sakimori_identity::Action;
use sakimori_warn::matching::normalised;
use sakimori_warn::paper::PaperNotice;
use sakimori_warn::{IssuedWarning, ReceivedWarning, Warning, WarningContent};
use sakimori_words::Date;

use super::document::day;
use super::key_path;
use crate::failure::{Answer, Failure};
use crate::form::Form;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

/// So many warnings and papers are searched, the newest.
const SEARCHED_MAX: usize = 1_000;
/// So many are shown.
const SHOWN_MAX: usize = 200;
/// Longest query, in characters.
const QUERY_CHARS_MAX: usize = 100;

/// The routes of the library.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/library", get(show))
}

#[derive(Template)]
#[template(path = "screens/warn/library/page.html")]
struct LibraryPage {
    frame: Frame,
    form: Form,
    summary: String,
    rows: Vec<Row>,
}

struct Row {
    kind: String,
    title: String,
    about: String,
    summary: String,
    actions: Vec<String>,
    link: Option<(String, String)>,
}

/// Something that can be found: how it is shown, the day it is of, and the text it is found by.
struct Item {
    on: Option<Date>,
    text: String,
    row: Row,
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::ReadWarning, "library", "").await?;
    let form = visit.query();
    let frame = visit.frame("library-title").await;
    let query: String = form.text("library-words").chars().take(QUERY_CHARS_MAX).collect();
    let words: Vec<String> = query.split_whitespace().map(normalised).collect();
    let mut items = items(&visit, &frame).await?;
    items.retain(|item| words.iter().all(|word| item.text.contains(word.as_str())));
    items.sort_by_key(|item| std::cmp::Reverse(item.on));
    let count = items.len();
    let rows = items.into_iter().take(SHOWN_MAX).map(|item| item.row).collect();
    page(&LibraryPage { summary: frame.with("library-found", "count", count), rows, form, frame })
}

async fn items(visit: &Visit, frame: &Frame) -> Result<Vec<Item>, Failure> {
    let site = &visit.site;
    let received = site.warnings.received(None, SEARCHED_MAX).await?;
    let issued = site.warnings.issued(None, SEARCHED_MAX).await?;
    let papers = site.papers.list(SEARCHED_MAX).await?;
    let may_write = visit.may(Action::WriteWarning);
    let coverage = visit.may(Action::ViewCoverage).then_some("/coverage");
    let notices = site.content.notices().iter().map(|notice| {
        let template = site.content.templates().iter().find(|one| one.notice == notice.id);
        of_notice(frame, notice, template, may_write)
    });
    let received = received.iter().filter_map(ReceivedWarning::current);
    let received =
        received.map(|one| of_warning(frame, &one.warning, "library-received", Some("/warnings")));
    let issued = issued.iter().filter_map(IssuedWarning::current);
    let issued = issued.map(|one| of_warning(frame, one, "library-issued", coverage));
    let papers = papers.iter().map(|paper| of_paper(frame, paper));
    Ok(notices.chain(received).chain(issued).chain(papers).collect())
}

/// A notice with what our summary of it asks for.
fn of_notice(
    frame: &Frame,
    notice: &Notice,
    template: Option<&WarningTemplate>,
    may_write: bool,
) -> Item {
    let lang = frame.lang;
    let body = template.map(|one| one.body.get(lang).to_owned()).unwrap_or_default();
    let actions: Vec<String> = template
        .map(|one| one.actions.iter().map(|action| action.text.get(lang).to_owned()).collect())
        .unwrap_or_default();
    let use_it = template
        .filter(|_| may_write)
        .map(|one| (format!("/outbox/new?template={}", one.id), frame.t("library-use")));
    let title = notice.title.get(lang).to_owned();
    let about = about(frame, &notice.number, notice.issuer.get(lang), Some(notice.issued_on));
    Item {
        on: Some(notice.issued_on),
        text: normalised(
            &[&notice.title.ja, &title, &about, &body, &actions.join(" ")]
                .map(String::as_str)
                .join(" "),
        ),
        row: Row {
            kind: frame.t("library-notice"),
            title,
            about,
            summary: body,
            actions,
            link: use_it,
        },
    }
}

/// A warning; `place` is where it is read, if the person may.
fn of_warning(frame: &Frame, warning: &Warning, kind: &str, place: Option<&str>) -> Item {
    let content = &warning.content;
    let address = |place: &str| format!("{place}{}", key_path(&warning.key));
    Item {
        on: Some(content.issued_on),
        text: warning_text(content),
        row: Row {
            kind: frame.t(kind),
            title: content.title.clone(),
            about: about(frame, &content.number, &content.issuer, Some(content.issued_on)),
            summary: String::new(),
            actions: Vec::new(),
            link: place.map(|place| (address(place), frame.t("library-open"))),
        },
    }
}

fn warning_text(content: &WarningContent) -> String {
    let actions = content.actions.iter().map(|action| action.text.as_str());
    let products = content.advisories.iter().flat_map(|advisory| {
        let names = advisory.products.iter().flat_map(|one| [&one.vendor, &one.product]);
        names.chain(&advisory.cves).map(String::as_str)
    });
    let head =
        [&content.title, &content.number, &content.issuer, &content.body].map(String::as_str);
    normalised(&head.into_iter().chain(actions).chain(products).collect::<Vec<_>>().join(" "))
}

fn of_paper(frame: &Frame, paper: &PaperNotice) -> Item {
    let fields = &paper.fields;
    let text = [&fields.title, &fields.number, &fields.issuer, &fields.body, &fields.from];
    Item {
        on: fields.issued_on,
        text: normalised(&text.map(String::as_str).join(" ")),
        row: Row {
            kind: frame.t("library-paper"),
            title: fields.title.clone(),
            about: about(frame, &fields.number, &fields.issuer, fields.issued_on),
            summary: String::new(),
            actions: Vec::new(),
            link: Some((format!("/papers/{}", paper.id), frame.t("library-open"))),
        },
    }
}

fn about(frame: &Frame, number: &str, issuer: &str, on: Option<Date>) -> String {
    let date = on.map(|date| day(frame, date)).unwrap_or_default();
    let parts = [issuer, number, &date].map(str::to_owned);
    let known: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    known.join(" · ")
}
