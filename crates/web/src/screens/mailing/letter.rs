//! What a letter by mail says: the same document as on paper, with how to answer below it.

use sakimori_content::Content;
use sakimori_warn::MemberWarning;
use sakimori_words::document::{Block, Document as Letter};
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

/// For whom a letter is, and the how manieth about a revision it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addressing<'a> {
    /// The institution.
    pub institution: &'a str,
    /// The person there; empty for the institution as a whole.
    pub person: &'a str,
    /// Which reminder it is; 0 for the warning itself.
    pub reminder: u32,
}

/// The letter of `office` about a warning, in Japanese.
#[must_use]
pub fn letter_by_mail(
    pack: &Content,
    office: &str,
    to: Addressing<'_>,
    seen: &MemberWarning,
    answering: Answering<'_>,
    now: Instant,
) -> MailText {
    let frame = frame(office, now);
    let document = Document::of(&frame, pack, &seen.warning.content, "");
    let mut letter = as_letter(&frame, document, seen, to.institution.to_owned());
    if !to.person.is_empty() {
        letter.head.addressees.push(frame.with("mailing-person", "name", to.person));
    }
    if to.reminder > 0 {
        let due = frame.minute(seen.warning.due_at);
        let words = frame.with2("mailing-reminds", "count", to.reminder, "due", due);
        letter.blocks.insert(0, Block::Paragraph(words));
    }
    MailText {
        subject: subject(&frame, to.reminder, seen),
        letter,
        closing: closing(&frame, answering),
    }
}

/// `【訓練】[TLP:GREEN]【再通知】【第2版】件名`: who sorts mail sees the marks and the label without opening it.
fn subject(frame: &Frame, reminder: u32, seen: &MemberWarning) -> String {
    let content = &seen.warning.content;
    let mark = |is: bool, text: String| if is { format!("【{text}】") } else { String::new() };
    let revision = seen.warning.revision;
    [
        mark(content.exercise, frame.t("exercise")),
        format!("[{}]", content.tlp.label()),
        mark(reminder > 0, reminder_words(frame, reminder)),
        mark(content.withdrawn.is_some(), frame.t("mailing-withdrawn")),
        mark(revision > 1, frame.with("mailing-revision", "revision", revision)),
        format!(" {}", content.title),
    ]
    .concat()
}

/// 再通知, 再々通知, and from the third on with its number.
pub(super) fn reminder_words(frame: &Frame, reminder: u32) -> String {
    match reminder {
        0 => frame.t("mailing-first"),
        1 => frame.t("mailing-reminder"),
        2 => frame.t("mailing-reminder-second"),
        _ => frame.with("mailing-reminder-later", "count", reminder),
    }
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
