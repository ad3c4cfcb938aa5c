//! The page behind a letter's link: the warning, which institution it is for, and three ways to answer.

use askama::Template;
use axum::extract::Path;
use sakimori_mail::{LINK_DAYS, Letter};
use sakimori_warn::{MemberWarning, Signer, Stage, WarningKey};
use sakimori_words::{Instant, PersonId};

use super::at_hub;
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::screens::warn::attachments::hand_out;
use crate::screens::warn::document::Document;
use crate::screens::warn::warning::ANSWERS;
use crate::visit::{Guest, go, page};

const NAME_CHARS_MAX: usize = 100;
const NOTE_CHARS_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "screens/mailing/answer.html")]
struct AnswerPage {
    frame: Frame,
    form: Form,
    path: String,
    institution: String,
    doc: Document,
    remark: String,
    due_at: Instant,
    until: Instant,
    answers: Vec<Choice>,
    answered: Option<String>,
    /// A newer revision has gone out: this link no longer answers.
    outdated: bool,
}

/// Reads only: scanners of mail open every link.
pub(super) async fn show(guest: Guest, Path(link): Path<String>) -> Answer {
    let (letter, seen) = behind(&guest, &link).await?;
    let mut form = Form::new();
    let known = ANSWERS.iter().find(|(_, word, _)| Some(*word) == seen.state.answer);
    form.set("warning-answer", known.map_or("", |(value, _, _)| value));
    draw(&guest, &link, &letter, &seen, form).await
}

pub(super) async fn take(guest: Guest, Path(link): Path<String>, mut form: Form) -> Answer {
    let (letter, seen) = behind(&guest, &link).await?;
    let name = form.required("mailing-name", NAME_CHARS_MAX);
    let word = form.choice("warning-answer", &ANSWERS.map(|(value, word, _)| (value, word)));
    let note = form.limited("warning-note", NOTE_CHARS_MAX);
    let Some(word) = word.filter(|_| form.fine() && !is_outdated(&letter, &seen)) else {
        return draw(&guest, &link, &letter, &seen, form).await;
    };
    guest.site.mailroom.count_answer(&letter)?;
    let (member, _) = guest.site.register.get(&letter.organisation).await?;
    let by = Signer { person: PersonId::from(format!("mail-{}", letter.id)), name };
    let desk = &guest.site.warnings;
    desk.member_answers(&seen.warning.key, &member.organisation, &by, word, &note).await?;
    let flash = Flash::new("flash-mailing-answered");
    Ok(go(&guest.site, &format!("/m/{link}"), Some(&flash)))
}

/// A file of the warning.
pub(super) async fn attachment(
    guest: Guest,
    Path((link, digest)): Path<(String, String)>,
) -> Answer {
    let (_, seen) = behind(&guest, &link).await?;
    hand_out(&guest.site, &[&seen.warning.content], &digest).await
}

/// The letter of a link, and the warning as it is now.
async fn behind(guest: &Guest, link: &str) -> Result<(Letter, MemberWarning), Failure> {
    at_hub(&guest.site)?;
    let letter = guest.site.mailroom.opened(link).await?;
    let (member, _) = guest.site.register.get(&letter.organisation).await?;
    let matter = &letter.matter;
    let key = WarningKey { origin: matter.origin.clone(), id: matter.warning.clone() };
    let seen = guest.site.warnings.member_warning(&key, &member.organisation).await?;
    Ok((letter, seen))
}

const fn is_outdated(letter: &Letter, seen: &MemberWarning) -> bool {
    letter.matter.revision != seen.warning.revision
}

async fn draw(
    guest: &Guest,
    link: &str,
    letter: &Letter,
    seen: &MemberWarning,
    form: Form,
) -> Answer {
    let mut frame = guest.frame("mailing-title").await;
    frame.title.clone_from(&seen.warning.content.title);
    page(&AnswerPage {
        form,
        path: format!("/m/{link}"),
        institution: letter.name.clone(),
        doc: Document::of(
            &frame,
            &guest.site.content,
            &seen.warning.content,
            &format!("/m/{link}"),
        ),
        remark: seen.remark.clone(),
        due_at: seen.warning.due_at,
        until: letter.queued_at.plus_days(LINK_DAYS),
        answers: ANSWERS.iter().map(|(value, _, word)| Choice::new(value, frame.t(word))).collect(),
        answered: answered(&frame, seen),
        outdated: is_outdated(letter, seen),
        frame,
    })
}

/// What stands recorded: the answer, by whom and when.
fn answered(frame: &Frame, seen: &MemberWarning) -> Option<String> {
    let state = &seen.state;
    if state.stage < Stage::Acknowledged {
        return None;
    }
    let (_, _, word) = ANSWERS.iter().find(|(_, own, _)| Some(*own) == state.answer)?;
    let signed =
        frame.with2("signed-by", "name", &state.person, "at", frame.minute(state.stage_at));
    Some(format!("{} / {signed}", frame.t(word)))
}
