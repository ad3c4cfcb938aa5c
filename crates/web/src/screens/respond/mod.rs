//! RESPOND: findings, the incident room, reports, and the office's inbox of reports.

use std::fmt::Display;

use sakimori_content::Recipient;
use sakimori_federation::SendError;
use sakimori_identity::Action;
use sakimori_respond::{Actor, RespondError, Stage};
use sakimori_watch::FindingsError;
use sakimori_words::{Instant, Lang};

use super::{MenuEntry, Screen};
use crate::failure::fails_with;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::site::Side;
use crate::visit::Visit;

mod board;
mod case;
mod cases;
mod evidence;
mod exceptions;
mod finding;
mod findings;
mod letter;
pub(in crate::screens) mod office;
mod open;
#[cfg(test)]
mod papers_tests;
pub(crate) mod readiness;
mod received;
mod received_report;
mod report;
mod report_start;
#[cfg(test)]
mod room_tests;
#[cfg(test)]
pub(super) mod tests;

pub(super) use letter::stylesheet as letter_stylesheet;

fails_with!(RespondError, FindingsError, SendError);

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[
    Screen {
        path: "/findings",
        routes: findings::routes,
        menu: Some(MenuEntry {
            word: "menu-findings",
            place: 15,
            side: Some(Side::Node),
            action: Action::ViewFindings,
        }),
    },
    Screen { path: "/findings", routes: finding::routes, menu: None },
    Screen { path: "/findings", routes: exceptions::making, menu: None },
    Screen {
        path: "/exceptions",
        routes: exceptions::routes,
        menu: Some(MenuEntry {
            word: "menu-exceptions",
            place: 57,
            side: Some(Side::Node),
            action: Action::ViewFindings,
        }),
    },
    Screen {
        path: "/cases",
        routes: cases::routes,
        menu: Some(MenuEntry {
            word: "menu-cases",
            place: 20,
            side: Some(Side::Node),
            action: Action::ViewCase,
        }),
    },
    Screen { path: "/cases", routes: open::routes, menu: None },
    Screen { path: "/cases", routes: case::routes, menu: None },
    Screen { path: "/cases", routes: evidence::routes, menu: None },
    Screen { path: "/cases", routes: board::routes, menu: None },
    Screen { path: "/cases", routes: report_start::routes, menu: None },
    Screen { path: "/cases", routes: report::routes, menu: None },
    Screen {
        path: "/readiness",
        routes: readiness::routes,
        menu: Some(MenuEntry {
            word: "menu-readiness",
            place: 56,
            side: Some(Side::Node),
            action: Action::ViewCase,
        }),
    },
    Screen { path: "/assets", routes: letter::routes, menu: None },
    Screen {
        path: "/reports",
        routes: received::routes,
        menu: Some(MenuEntry {
            word: "menu-received",
            place: 25,
            side: Some(Side::Hub),
            action: Action::ReceiveReport,
        }),
    },
    Screen { path: "/reports", routes: received_report::routes, menu: None },
    Screen {
        path: "/office/cases",
        routes: office::routes,
        menu: Some(MenuEntry {
            word: "menu-office-cases",
            place: 24,
            side: Some(Side::Hub),
            action: Action::ViewReports,
        }),
    },
    Screen { path: "/emergency", routes: office::open_routes, menu: None },
];

/// How many rows a list shows at once.
const PAGE_ROWS: usize = 100;

/// The person signed in, as records remember who acted.
fn actor(visit: &Visit) -> Actor {
    let roles: Vec<String> = visit.principal.roles.iter().map(|role| role.label().ja).collect();
    Actor::new(visit.principal.person.clone(), visit.principal.name.clone(), roles.join("・"))
}

/// What the visitor may do, of what a page offers: for showing or leaving out a form. Handlers pass the gate.
pub(super) struct Rights(Vec<Action>);

impl Rights {
    pub(super) fn of(visit: &Visit, offered: &[Action]) -> Self {
        Self(offered.iter().copied().filter(|action| visit.may(*action)).collect())
    }

    pub(super) fn to(&self, action: Action) -> bool {
        self.0.contains(&action)
    }
}

/// Name and role of somebody who acted.
fn by(frame: &Frame, actor: &Actor) -> String {
    actor.words().get(frame.lang).to_owned()
}

/// A sentence with its places filled.
fn sentence(lang: Lang, key: &str, values: &[(&str, &dyn Display)]) -> String {
    crate::wording::say_with(lang, key, values)
}

/// `2026-11-20 21:40 山田 太郎（院長）`-like sentence made of a moment and a person.
fn at_by(frame: &Frame, key: &str, at: Instant, who: &Actor) -> String {
    sentence(frame.lang, key, &[("at", &frame.minute(at)), ("by", &by(frame, who))])
}

/// A length of time in its largest whole unit.
fn span(frame: &Frame, seconds: i64) -> String {
    let minutes = seconds.max(0) / 60;
    let (word, count) = match minutes {
        0..=119 => ("span-minutes", minutes),
        120..=2_879 => ("span-hours", minutes / 60),
        _ => ("span-days", minutes / 1_440),
    };
    frame.with(word, "count", count)
}

/// Digits for a `tel:` link.
pub(in crate::screens) fn dial(phone: &str) -> String {
    phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

/// Whom a duty or report is for.
fn recipient_word(recipient: Recipient) -> &'static str {
    match recipient {
        Recipient::Vendor => "recipient-vendor",
        Recipient::Police => "recipient-police",
        Recipient::Ministry => "recipient-ministry",
        Recipient::Prefecture => "recipient-prefecture",
        Recipient::PrivacyCommission => "recipient-privacy-commission",
        Recipient::Ceptoar => "recipient-ceptoar",
        Recipient::Subjects => "recipient-subjects",
        Recipient::Insurer => "recipient-insurer",
        Recipient::DesignatedOperator => "recipient-designated-operator",
        Recipient::Principal => "recipient-principal",
    }
}

/// A moment somebody typed that cannot lie in the future; notes a problem otherwise. Empty is `None` without a problem.
fn past_time(form: &mut Form, name: &str, now: Instant) -> Option<Instant> {
    let at = form.time(name);
    if at.is_some_and(|at| at > now) {
        form.wrong(name, Problem::new("problem-future"));
    }
    at
}

/// Which report it is, as a word.
const fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Prompt => "stage-prompt",
        Stage::FollowUp => "stage-follow-up",
        Stage::Final => "stage-final",
    }
}
