//! The printed page: an official letter on A4, shared by the institution's report and the office's copy of it.
//!
//! The letter exists in both languages; the Japanese one is the original, the English one says that it is a copy for reading.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use sakimori_respond::PrintableReport;
use sakimori_words::{Digest, Lang};

use crate::failure::Answer;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};
use crate::wording;

#[cfg(test)]
mod tests;

const STYLE: &str = include_str!("letter.css");
const STYLE_PATH: &str = "/assets/letter.css";

static STYLE_ADDRESS: LazyLock<String> =
    LazyLock::new(|| format!("{STYLE_PATH}?v={}", Digest::of(STYLE.as_bytes()).short()));

/// The route of the stylesheet of printed pages.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route(STYLE_PATH, get(style))
}

async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, STYLE)
}

/// Address of the stylesheet of printed pages.
pub(in super::super) fn stylesheet() -> &'static str {
    &STYLE_ADDRESS
}

/// A letter in one language.
pub(super) struct Letter {
    pub(super) number: String,
    pub(super) dated: String,
    pub(super) addressees: Vec<String>,
    pub(super) sender: Vec<String>,
    pub(super) banner: Vec<String>,
    pub(super) title: String,
    pub(super) sections: Vec<LetterSection>,
    pub(super) foot: Vec<String>,
}

/// One table of a letter.
pub(super) struct LetterSection {
    title: String,
    rows: Vec<LetterRow>,
}

struct LetterRow {
    label: String,
    value: String,
}

#[derive(Template)]
#[template(path = "screens/respond/letter/page.html")]
struct LetterPage {
    lang: Lang,
    letter: Letter,
    back: String,
    path: String,
    other: Lang,
    stylesheet: &'static str,
    script: &'static str,
}

impl LetterPage {
    fn say(&self, key: &str) -> String {
        wording::say(self.lang, key)
    }
}

impl Letter {
    /// The letter of a document. Number, further lines of the sender and the foot come from its record.
    pub(super) fn of(document: &PrintableReport, lang: Lang) -> Self {
        let text = |text: &sakimori_words::Text| text.get(lang).to_owned();
        let mut letter = Self {
            number: String::new(),
            dated: text(&document.dated),
            addressees: document.addressees.iter().map(text).collect(),
            sender: vec![text(&document.sender)],
            banner: document.banner.iter().map(text).collect(),
            title: text(&document.title),
            sections: Vec::new(),
            foot: vec![wording::say_with(lang, "letter-digest", &[("digest", &document.digest())])],
        };
        for section in &document.sections {
            let rows = section
                .rows
                .iter()
                .map(|row| LetterRow { label: text(&row.label), value: text(&row.value) });
            letter
                .sections
                .push(LetterSection { title: text(&section.title), rows: rows.collect() });
        }
        if lang == Lang::En {
            letter.foot.push(wording::say(lang, "letter-copy"));
        }
        letter
    }
}

/// The language a letter is asked for in: that of the screens unless `?in=` names the other.
pub(super) fn language(visit: &Visit) -> Lang {
    Lang::from_tag(visit.query().text("in")).unwrap_or(visit.lang())
}

/// Draws a letter. `path` is its own address, `back` the page it belongs to.
pub(super) fn draw(frame: &Frame, letter: Letter, lang: Lang, path: &str, back: &str) -> Answer {
    page(&LetterPage {
        lang,
        letter,
        back: back.to_owned(),
        path: path.to_owned(),
        other: frame.other_lang(),
        stylesheet: stylesheet(),
        script: frame.script(),
    })
}
