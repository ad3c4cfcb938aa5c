//! The archive: every warning for everybody, searched in its whole text.

use askama::Template;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, VARY};
use sakimori_content::Sharing;
use sakimori_share::SharedCase;
use sakimori_warn::Warning;
use sakimori_words::{Instant, Lang, jst_date, wareki_with_western};

use super::{CACHED, everybodys, everybodys_cases};
use crate::failure::{Answer, Failure};
use crate::form::Form;
use crate::frame::Frame;
use crate::screens::warn::attachments::hand_out;
use crate::screens::warn::document::Document;
use crate::screens::warn::{class_words, key_path};
use crate::troubles;
use crate::visit::{Guest, page};
use crate::wording;

/// Warnings on one page.
const PAGE_ROWS: usize = 50;

#[derive(Template)]
#[template(path = "screens/public/list.html")]
struct ListPage {
    frame: Frame,
    form: Form,
    rows: Vec<Row>,
    n_found: usize,
    more: Option<String>,
}

struct Row {
    path: String,
    title: String,
    line: String,
    urgency: String,
    class: &'static str,
    withdrawn: bool,
}

#[derive(Template)]
#[template(path = "screens/public/one.html")]
struct OnePage {
    frame: Frame,
    doc: Document,
}

#[derive(Template)]
#[template(path = "screens/public/case.html")]
struct CasePage {
    frame: Frame,
    withdrawn: bool,
    /// What the gate has looked through, byte for byte.
    article: String,
}

pub(super) async fn list(guest: Guest) -> Answer {
    let warnings = everybodys(&guest.site).await?;
    let cases = everybodys_cases(&guest.site).await?;
    let frame = guest.frame_for_all(wording::say(guest.lang(), "public-title")).await;
    let text: String = guest.query.text("public-q").chars().take(100).collect();
    let sharing = guest.site.content.sharing();
    let found_warnings = warnings.iter().filter(|one| says(one, &text));
    let found_cases = cases.iter().filter(|one| case_says(one, sharing, frame.lang, &text));
    let mut found: Vec<(Instant, Row)> = found_warnings
        .map(|one| (one.released_at, row(&frame, one)))
        .chain(found_cases.map(|one| (one.modified_at, case_row(&frame, sharing, one))))
        .collect();
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let from: usize = guest.query.text("from").parse().unwrap_or(0);
    let next = from.saturating_add(PAGE_ROWS);
    let more = (found.len() > next).then(|| {
        crate::address::with_query("/public", &[("public-q", &text), ("from", &next.to_string())])
    });
    let mut form = Form::new();
    form.set("public-q", &text);
    cached(page(&ListPage {
        n_found: found.len(),
        rows: found.into_iter().skip(from).take(PAGE_ROWS).map(|(_, row)| row).collect(),
        more,
        form,
        frame,
    }))
}

pub(super) async fn one(guest: Guest, Path((origin, id)): Path<(String, String)>) -> Answer {
    let warning = everybodys_one(&guest, &origin, &id).await?;
    let frame = guest.frame_for_all(warning.content.title.clone()).await;
    let at = format!("/public/warnings{}", key_path(&warning.key));
    let doc = Document::of(&frame, &guest.site.content, &warning.content, &at);
    cached(page(&OnePage { doc, frame }))
}

/// A file of a warning for everybody.
pub(super) async fn attachment(
    guest: Guest,
    Path((origin, id, digest)): Path<(String, String, String)>,
) -> Answer {
    let warning = everybodys_one(&guest, &origin, &id).await?;
    cached(hand_out(&guest.site, &[&warning.content], &digest).await)
}

async fn everybodys_one(guest: &Guest, origin: &str, id: &str) -> Result<Warning, Failure> {
    let warnings = everybodys(&guest.site).await?;
    let same = |one: &Warning| one.key.origin.as_str() == origin && one.key.id.as_str() == id;
    let found = warnings.into_iter().find(same);
    found.ok_or_else(|| Failure::new(&troubles::NOT_FOUND, ""))
}

pub(super) async fn case(guest: Guest, Path(id): Path<String>) -> Answer {
    everybodys(&guest.site).await?;
    let cases = everybodys_cases(&guest.site).await?;
    let Some(case) = cases.iter().find(|one| one.key.id.as_str() == id) else {
        return Err(Failure::new(&troubles::NOT_FOUND, ""));
    };
    let frame = guest.frame_for_all(case.content.title.clone()).await;
    let sharing = guest.site.content.sharing();
    let article = sakimori_share::public_article(case, sharing, frame.lang);
    cached(page(&CasePage { withdrawn: case.withdrawn, article, frame }))
}

fn case_says(case: &SharedCase, sharing: &Sharing, lang: Lang, searched: &str) -> bool {
    let whole = sakimori_share::letter(case, sharing, lang).to_lowercase();
    searched.to_lowercase().split_whitespace().all(|word| whole.contains(word))
}

fn case_row(frame: &Frame, sharing: &Sharing, case: &SharedCase) -> Row {
    let (title, line) = sakimori_share::public_row(case, sharing, frame.lang);
    Row {
        path: sakimori_share::public_path(case),
        title,
        line,
        urgency: frame.t("public-case"),
        class: "",
        withdrawn: case.withdrawn,
    }
}

/// Whether every word of the search stands somewhere in the warning.
fn says(warning: &Warning, searched: &str) -> bool {
    let content = &warning.content;
    let actions = content.actions.iter().map(|action| action.text.as_str());
    let parts = [&content.title, &content.body, &content.number, &content.issuer];
    let whole: Vec<&str> = parts.into_iter().map(String::as_str).chain(actions).collect();
    let whole = whole.join("\n").to_lowercase();
    searched.to_lowercase().split_whitespace().all(|word| whole.contains(word))
}

fn row(frame: &Frame, warning: &Warning) -> Row {
    let content = &warning.content;
    let (word, class) = class_words(content.class);
    let day = match frame.lang {
        Lang::Ja => wareki_with_western(jst_date(warning.released_at)),
        Lang::En => jst_date(warning.released_at).to_string(),
    };
    Row {
        path: format!("/public/warnings{}", key_path(&warning.key)),
        title: content.title.clone(),
        line: format!("{} · {} · {day}", content.issuer, content.number),
        urgency: frame.t(word),
        class,
        withdrawn: content.withdrawn.is_some(),
    }
}

/// Lets caches keep the answer, apart for each language.
pub(super) fn cached(answer: Answer) -> Answer {
    answer.map(|mut response| {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHED));
        headers.insert(VARY, HeaderValue::from_static("accept-language, cookie"));
        response
    })
}
