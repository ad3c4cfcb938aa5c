//! What is done about those who have not answered: the plan by the rules of the class, what was sent, reminding by hand.

use sakimori_content::ChaseAct;
use sakimori_identity::Action;
use sakimori_warn::{
    ChaseStep, Chased, NewCall, Reminders, RowState, Selection, Telephone, Warning, WarningKey,
};
use sakimori_words::{Instant, OrganisationId};

use super::super::signer;
use super::{LINE_CHARS_MAX, back, draw};
use crate::failure::{Answer, Failure};
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::screens::mailing::{part, reminded_by_mail};
use crate::screens::warn::warning::ANSWERS;
use crate::visit::Visit;
use crate::wording;

/// What the screen says about chasing.
pub(super) struct Chase {
    /// The steps of the rule, and whether their time has come.
    pub(super) plan: Vec<PlanLine>,
    /// What was sent so far.
    pub(super) sent: Vec<String>,
    /// Who stopped the reminders that go out by themselves, and when.
    pub(super) stopped: Option<String>,
    /// How many of the silent ones a reminder reaches, and how.
    pub(super) reach: Reach,
    /// How many are to be telephoned now.
    pub(super) n_to_telephone: usize,
}

/// How many of those who have not answered a reminder reaches.
pub(super) struct Reach {
    /// On the screens of their nodes.
    pub(super) n_by_screen: usize,
    /// By mail; `None` while this office sends no mail.
    pub(super) n_by_mail: Option<usize>,
}

impl Reach {
    async fn of(visit: &Visit, warning: &Warning) -> Result<Self, Failure> {
        let site = &visit.site;
        let silent = site.warnings.silent(warning).await?;
        let (room, register) = (site.mailroom.as_ref(), site.register.as_ref());
        let n_by_mail = match room.on_since().await? {
            Some(_) => {
                Some(reminded_by_mail(room, register, warning, &silent.members).await?.len())
            }
            None => None,
        };
        Ok(Self { n_by_screen: silent.with_node.len(), n_by_mail })
    }

    /// Whether it reaches anybody.
    pub(super) fn is_anybody(&self) -> bool {
        self.n_by_screen > 0 || self.n_by_mail.is_some_and(|n_by_mail| n_by_mail > 0)
    }

    /// The same in words.
    pub(super) fn words(&self, frame: &Frame) -> String {
        let by_screen = frame.count(self.n_by_screen);
        match self.n_by_mail {
            None => frame.with("coverage-remind-hint", "count", by_screen),
            Some(n_by_mail) => {
                let by_mail = frame.count(n_by_mail);
                frame.with2("coverage-remind-mail-hint", "count", by_screen, "mails", by_mail)
            }
        }
    }
}

/// A step of the rule.
pub(super) struct PlanLine {
    pub(super) at: Instant,
    pub(super) what: String,
    pub(super) passed: bool,
}

impl Chase {
    pub(super) async fn of(
        visit: &Visit,
        frame: &Frame,
        warning: &Warning,
    ) -> Result<Self, Failure> {
        let steps = visit.site.warnings.chase_steps(warning).await?;
        let chased = visit.site.warnings.chased(warning).await?;
        let selection =
            Selection { state: to_telephone(&steps, frame.now), ..Selection::default() };
        let mut sent = vec![];
        for (reminder, one) in (1..).zip(&chased.reminders) {
            let letters = part::tally(&visit.site, warning, reminder).await?;
            sent.push(sent_words(frame, one, letters.map(|tally| tally.n_letters())));
        }
        let telephoned = visit.site.warnings.coverage_rows(warning, &selection, 0..0).await?;
        Ok(Self {
            plan: steps.iter().map(|step| plan_line(frame, step)).collect(),
            sent,
            stopped: stopped_words(frame, &chased),
            reach: Reach::of(visit, warning).await?,
            n_to_telephone: telephoned.n_selected,
        })
    }
}

/// The rows to be telephoned at `now`.
pub(super) fn to_telephone(steps: &[ChaseStep], now: Instant) -> RowState {
    RowState::ToTelephone(Telephone::by(steps, now))
}

fn plan_line(frame: &Frame, step: &ChaseStep) -> PlanLine {
    let word = match step.act {
        ChaseAct::Remind => "chase-remind",
        ChaseAct::RemindDeputies => "chase-remind-deputies",
        ChaseAct::TelephoneUnreached => "chase-telephone-unreached",
        ChaseAct::TelephoneSilent => "chase-telephone-silent",
    };
    PlanLine { at: step.at, what: frame.t(word), passed: step.at <= frame.now }
}

fn sent_words(frame: &Frame, sent: &Reminders, n_letters: Option<u64>) -> String {
    let by = sent.by.as_ref().map_or_else(|| frame.t("chase-by-rule"), |by| by.name.clone());
    let word = if sent.deputies { "chase-sent-deputies" } else { "chase-sent" };
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("at", &frame.minute(sent.at)), ("count", &frame.count(sent.n_to)), ("by", &by)];
    let line = wording::say_with(frame.lang, word, &values);
    match n_letters {
        Some(n_letters) => format!("{line} / {}", frame.with("chase-letters", "count", n_letters)),
        None => line,
    }
}

fn stopped_words(frame: &Frame, chased: &Chased) -> Option<String> {
    let (by, at) = chased.stopped.as_ref()?;
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("at", &frame.minute(*at)), ("by", &by.name)];
    Some(wording::say_with(frame.lang, "chase-stopped", &values))
}

pub(super) async fn remind(visit: Visit, key: &WarningKey, form: &Form) -> Answer {
    visit.pass(Action::RelayWarning, "warning", key.id.as_str()).await?;
    let warning = visit.site.warnings.warning(key).await?;
    let silent = visit.site.warnings.silent(&warning).await?.with_node;
    let deputies = form.has("chase-deputies", "yes");
    visit.site.warnings.remind(&warning, &silent, deputies, &signer(&visit)).await?;
    back(&visit, key, "flash-reminded")
}

/// Stops the reminders that go out by themselves, or lets them go on.
pub(super) async fn set(visit: Visit, key: &WarningKey, goes_on: bool) -> Answer {
    visit.pass(Action::RelayWarning, "warning", key.id.as_str()).await?;
    let warning = visit.site.warnings.warning(key).await?;
    visit.site.warnings.set_chasing(&warning, goes_on, &signer(&visit)).await?;
    back(&visit, key, if goes_on { "flash-chase-goes-on" } else { "flash-chase-stopped" })
}

pub(super) async fn call(visit: Visit, key: &WarningKey, mut form: Form) -> Answer {
    visit.pass(Action::RelayWarning, "warning", key.id.as_str()).await?;
    let called = form.text("called").to_owned();
    let called = OrganisationId::from(called);
    let known = visit.site.warnings.is_below(&called).await?;
    if !known {
        form.wrong("called", Problem::new("problem-choice"));
    }
    let answer = ANSWERS.iter().find(|(value, _, _)| form.text("call-answer") == *value);
    let call = NewCall {
        by: signer(&visit),
        spoke_with: form.required("call-spoke-with", LINE_CHARS_MAX),
        answer: answer.map(|(_, answer, _)| *answer),
        note: form.limited("call-note", LINE_CHARS_MAX),
    };
    if !form.fine() {
        return draw(&visit, key, form).await;
    }
    visit.site.warnings.record_call(key, &called, &call).await?;
    back(&visit, key, "flash-called")
}

pub(super) fn call_answers(frame: &Frame) -> Vec<Choice> {
    let mut choices = vec![Choice::new("none", frame.t("call-no-word"))];
    choices.extend(ANSWERS.iter().map(|(value, _, word)| Choice::new(value, frame.t(word))));
    choices
}
