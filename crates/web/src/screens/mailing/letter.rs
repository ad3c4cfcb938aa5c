//! What a letter by mail says: the same document as on paper, with how to answer below it.

use sakimori_content::Content;
use sakimori_warn::MemberWarning;
use sakimori_words::document::Document as Letter;
use sakimori_words::{Instant, Lang};

use crate::frame::Frame;
use crate::screens::portal::as_letter;
use crate::screens::warn::document::Document;
use crate::wording;

/// A letter by mail: its subject, the document, and the lines below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailText {
    /// The subject, with mark and label.
    pub subject: String,
    /// What is printed as text.
    pub letter: Letter,
    /// How to answer.
    pub closing: String,
}

/// How an institution answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering<'a> {
    /// Behind a link.
    Link {
        /// Its whole address.
        url: &'a str,
        /// Until when it works.
        until: Instant,
    },
    /// On its own node.
    OwnNode,
}

/// The letter of `office` about a warning to the institution `to`, in Japanese.
#[must_use]
pub fn letter_by_mail(
    pack: &Content,
    office: &str,
    to: &str,
    seen: &MemberWarning,
    answering: Answering<'_>,
    now: Instant,
) -> MailText {
    let frame = frame(office, now);
    let document = Document::of(&frame, pack, &seen.warning.content, "");
    MailText {
        subject: subject(&frame, seen),
        letter: as_letter(&frame, document, seen, to.to_owned()),
        closing: closing(&frame, answering),
    }
}

/// `【訓練】[TLP:GREEN]【第2版】件名`: who sorts mail sees the mark and the label without opening it.
fn subject(frame: &Frame, seen: &MemberWarning) -> String {
    let content = &seen.warning.content;
    let mark = |is: bool, text: String| if is { format!("【{text}】") } else { String::new() };
    let revision = seen.warning.revision;
    [
        mark(content.exercise, frame.t("exercise")),
        format!("[{}]", content.tlp.label()),
        mark(content.withdrawn.is_some(), frame.t("mailing-withdrawn")),
        mark(revision > 1, frame.with("mailing-revision", "revision", revision)),
        format!(" {}", content.title),
    ]
    .concat()
}

fn closing(frame: &Frame, answering: Answering<'_>) -> String {
    let lines = match answering {
        Answering::Link { url, until } => vec![
            frame.t("mailing-answer-here"),
            url.to_owned(),
            frame.with("mailing-until", "until", frame.minute(until)),
            frame.t("mailing-forwarding"),
        ],
        Answering::OwnNode => vec![frame.t("mailing-answer-node")],
    };
    let end = [frame.t("mailing-no-reply"), frame.organisation.clone()];
    let lines: Vec<String> = lines.into_iter().chain(end).collect();
    format!("\n----------\n{}\n", lines.join("\n"))
}

/// The surroundings of a paper nobody is looking at.
fn frame(office: &str, now: Instant) -> Frame {
    Frame {
        lang: Lang::Ja,
        title: wording::say(Lang::Ja, "mailing-title"),
        organisation: office.to_owned(),
        person: None,
        menu: vec![],
        menu_more: vec![],
        here: String::new(),
        reopens: false,
        flash: None,
        help: None,
        demo: None,
        live: false,
        narrow: false,
        now,
    }
}
