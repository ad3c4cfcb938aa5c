//! One warning in the portal: read, answered, printed.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_warn::{Answer as Word, MemberWarning, Stage};
use sakimori_words::document::{Block, Document as Letter, LetterHead};
use sakimori_words::{Digest, Instant};

use super::inbox::state_words;
use super::own;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::paper;
use crate::ports::Paper;
use crate::screens::warn::attachments::{AttachmentView, hand_out};
use crate::screens::warn::document::Document;
use crate::screens::warn::warning::ANSWERS;
use crate::screens::warn::{key_of, key_path, signer};
use crate::visit::{Visit, page};

/// Longest note, in characters.
const NOTE_CHARS_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "screens/portal/warning.html")]
struct WarningPage {
    frame: Frame,
    form: Form,
    path: String,
    doc: Document,
    remark: String,
    state: String,
    state_class: &'static str,
    due_at: Instant,
    waits: bool,
    answers: Vec<Choice>,
    facts: Vec<(String, String)>,
    answered: bool,
    may_finish: bool,
}

type Address = Path<(String, String)>;

pub(super) async fn show(visit: Visit, Path((origin, id)): Address) -> Answer {
    visit.pass_in_portal(Action::UsePortal, "warning", &id).await?;
    let (own, _) = own(&visit).await?;
    let key = key_of(&origin, &id);
    let seen = visit.site.warnings.member_opens(&key, &own.organisation, &signer(&visit)).await?;
    let mut form = Form::new();
    let known = ANSWERS.iter().find(|(_, word, _)| Some(*word) == seen.state.answer);
    form.set("warning-answer", known.map_or("", |(value, _, _)| value));
    form.set("warning-note", &seen.state.note);
    draw(&visit, &seen, form).await
}

pub(super) async fn answer(visit: Visit, Path((origin, id)): Address, mut form: Form) -> Answer {
    visit.pass_in_portal(Action::ActInPortal, "warning", &id).await?;
    let (own, _) = own(&visit).await?;
    let (key, by) = (key_of(&origin, &id), signer(&visit));
    let (desk, me) = (&visit.site.warnings, &own.organisation);
    if form.text("do") == "done" {
        let note = form.limited("done-note", NOTE_CHARS_MAX);
        if form.fine() {
            desk.member_finishes(&key, me, &by, &note).await?;
            return visit.done("/portal", &Flash::new("flash-warning-done"));
        }
    } else {
        let word = form.choice("warning-answer", &ANSWERS.map(|(value, word, _)| (value, word)));
        let note = form.limited("warning-note", NOTE_CHARS_MAX);
        if let Some(word) = word.filter(|_| form.fine()) {
            desk.member_answers(&key, me, &by, word, &note).await?;
            let path = format!("/portal/warnings{}", key_path(&key));
            return visit.done(&path, &Flash::new("flash-portal-answered"));
        }
    }
    let seen = desk.member_warning(&key, me).await?;
    draw(&visit, &seen, form).await
}

/// A file of the warning.
pub(super) async fn attachment(
    visit: Visit,
    Path((origin, id, digest)): Path<(String, String, String)>,
) -> Answer {
    visit.pass_in_portal(Action::UsePortal, "warning", &id).await?;
    let (own, _) = own(&visit).await?;
    let seen = visit.site.warnings.member_warning(&key_of(&origin, &id), &own.organisation).await?;
    hand_out(&visit.site, &[&seen.warning.content], &digest).await
}

/// The warning as a letter to this institution.
pub(super) async fn letter(visit: Visit, Path((origin, id)): Address, wanted: Paper) -> Answer {
    visit.pass_in_portal(Action::UsePortal, "warning", &id).await?;
    let (own, _) = own(&visit).await?;
    let seen = visit.site.warnings.member_warning(&key_of(&origin, &id), &own.organisation).await?;
    let frame = visit.frame_titled(seen.warning.content.title.clone()).await;
    let doc = Document::of(&frame, &visit.site.content, &seen.warning.content, "");
    paper::hand_out(&visit, as_letter(&frame, doc, &seen, own.organisation.name), wanted).await
}

/// The warning as a letter to the institution `to`.
pub(in crate::screens) fn as_letter(
    frame: &Frame,
    doc: Document,
    seen: &MemberWarning,
    to: String,
) -> Letter {
    let content = &seen.warning.content;
    let mut blocks: Vec<Block> = doc.body.into_iter().map(Block::Paragraph).collect();
    if !doc.actions.is_empty() {
        blocks.push(Block::Heading(frame.t("warning-actions")));
        let actions = doc.actions.into_iter().enumerate();
        blocks.extend(actions.map(|(n, (text, _))| Block::Paragraph(format!("{}. {text}", n + 1))));
    }
    if !doc.attachments.is_empty() {
        let file =
            |one: AttachmentView| (one.name, format!("{}\nSHA-256 {}", one.size, one.digest));
        let files: Vec<_> = doc.attachments.into_iter().map(file).collect();
        blocks.push(Block::Heading(frame.t("warning-attachments")));
        blocks.push(paper::rows("attachments", &files));
    }
    blocks.push(paper::rows("facts", &doc.facts));
    blocks
        .push(paper::rows("answer", &[(frame.t("portal-due"), frame.minute(seen.warning.due_at))]));
    let marks = if doc.exercise { vec![frame.t("exercise")] } else { vec![] };
    Letter {
        id: seen.warning.key.id.to_string(),
        version: seen.warning.revision.to_string(),
        source: Digest::of(content.body.as_bytes()),
        form: None,
        lang: frame.lang,
        dated: content.issued_on,
        head: LetterHead {
            number: doc.number,
            addressees: vec![to],
            sender: vec![doc.issuer],
            title: doc.title,
            marks,
            opening: String::new(),
        },
        blocks,
        foot: vec![seen.remark.clone()].into_iter().filter(|one| !one.is_empty()).collect(),
    }
}

async fn draw(visit: &Visit, seen: &MemberWarning, form: Form) -> Answer {
    let content = &seen.warning.content;
    let frame = visit.frame_titled(content.title.clone()).await;
    let (state, state_class) = state_words(seen);
    let path = format!("/portal/warnings{}", key_path(&seen.warning.key));
    page(&WarningPage {
        form,
        doc: Document::of(&frame, &visit.site.content, content, &path),
        path,
        remark: seen.remark.clone(),
        state: frame.t(state),
        state_class,
        due_at: seen.warning.due_at,
        waits: seen.awaits_answer(),
        answers: ANSWERS.iter().map(|(value, _, word)| Choice::new(value, frame.t(word))).collect(),
        facts: facts(&frame, seen),
        answered: seen.state.answer.is_some(),
        may_finish: seen.state.stage == Stage::Acknowledged
            && matches!(seen.state.answer, Some(Word::Affected | Word::NotAffected)),
        frame,
    })
}

fn facts(frame: &Frame, seen: &MemberWarning) -> Vec<(String, String)> {
    let state = &seen.state;
    let Some((_, _, word)) = ANSWERS.iter().find(|(_, own, _)| Some(*own) == state.answer) else {
        return vec![];
    };
    let signed =
        frame.with2("signed-by", "name", &state.person, "at", frame.minute(state.stage_at));
    let rows = [
        (frame.t("field-warning-answer"), frame.t(word)),
        (frame.t("field-warning-note"), state.note.clone()),
        (frame.t("signed-answered"), signed),
    ];
    rows.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
