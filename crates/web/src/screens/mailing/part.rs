//! What became of the letters about one warning, on the page that shows who has answered.

use sakimori_mail::{Letter, LetterState, Tally, ToCall};
use sakimori_warn::Warning;
use sakimori_words::OrganisationId;

use super::letter::reminder_words;
use super::matter_of;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::site::Site;

/// Institutions shown that are to be telephoned; the rest is on the telephone list.
const CALLS_SHOWN: usize = 100;

/// The letters about one warning.
pub(in crate::screens) struct MailPart {
    /// What the letters can have become.
    pub(in crate::screens) states: Vec<String>,
    /// The warning itself and its reminders, with how many letters became what.
    pub(in crate::screens) lines: Vec<(String, Vec<u64>)>,
    /// Institutions to be telephoned because mail does not reach them.
    pub(in crate::screens) n_to_call: u64,
    /// The first of these.
    pub(in crate::screens) calls: Vec<ToCall>,
}

/// The letters about the current revision, its reminders among them; `None` when none was ever queued.
pub(in crate::screens) async fn of(
    site: &Site,
    frame: &Frame,
    warning: &Warning,
) -> Result<Option<MailPart>, Failure> {
    let Some(tally) = tally(site, warning, 0).await? else { return Ok(None) };
    let mut lines = vec![line(frame, 0, &tally)];
    let n_reminders = site.warnings.chased(warning).await?.reminders.len();
    for reminder in (1..).take(n_reminders) {
        let reminded = self::tally(site, warning, reminder).await?;
        lines.extend(reminded.map(|tally| line(frame, reminder, &tally)));
    }
    Ok(Some(MailPart {
        states: counts(&tally).map(|(word, _)| frame.t(word)).to_vec(),
        lines,
        n_to_call: tally.to_call,
        calls: site.mailroom.to_call(&matter_of(warning), CALLS_SHOWN).await?,
    }))
}

/// The letters about the current revision in one line; empty when none was ever queued.
pub(in crate::screens) async fn in_short(
    site: &Site,
    frame: &Frame,
    warning: &Warning,
) -> Result<String, Failure> {
    let Some(tally) = tally(site, warning, 0).await? else { return Ok(String::new()) };
    let counts = counts(&tally).into_iter().filter(|(_, count)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(word, count)| format!("{} {count}", frame.t(word))).collect();
    Ok(format!("{}: {}", frame.t("mailing-route"), counts.join(" / ")))
}

/// The letters of the `reminder`th reminder of the current revision, or of the warning itself with 0; `None` when there are none.
pub(in crate::screens) async fn tally(
    site: &Site,
    warning: &Warning,
    reminder: u32,
) -> Result<Option<Tally>, Failure> {
    let tally = site.mailroom.tally(&matter_of(warning).reminder(reminder)).await?;
    Ok(tally.filter(|one| one.n_letters() > 0))
}

fn line(frame: &Frame, reminder: u32, tally: &Tally) -> (String, Vec<u64>) {
    (reminder_words(frame, reminder), counts(tally).map(|(_, count)| count).to_vec())
}

const fn counts(tally: &Tally) -> [(&'static str, u64); 6] {
    [
        ("mailing-state-waiting", tally.waiting),
        ("mailing-state-sent", tally.sent),
        ("mailing-state-returned", tally.returned),
        ("mailing-state-given-up", tally.given_up),
        ("mailing-state-skipped", tally.skipped),
        ("mailing-state-superseded", tally.superseded),
    ]
}

/// The route "mail" of each of these institutions in words, in their order; empty where no letter went.
pub(in crate::screens) async fn routes(
    site: &Site,
    frame: &Frame,
    warning: &Warning,
    organisations: &[&OrganisationId],
) -> Result<Vec<String>, Failure> {
    let letters = site.mailroom.letters(&matter_of(warning), organisations).await?;
    Ok(letters
        .iter()
        .map(|one| one.as_ref().map_or_else(String::new, |one| route(frame, one)))
        .collect())
}

fn route(frame: &Frame, letter: &Letter) -> String {
    let (word, at) = match letter.state {
        LetterState::Waiting { .. } => ("mailing-state-waiting", None),
        LetterState::Sent { at } => ("mailing-state-sent", Some(at)),
        LetterState::Returned { at } => ("mailing-state-returned", Some(at)),
        LetterState::GivenUp { at } => ("mailing-state-given-up", Some(at)),
        LetterState::Skipped { at } => ("mailing-state-skipped", Some(at)),
        LetterState::Superseded { at } => ("mailing-state-superseded", Some(at)),
    };
    let at = at.map(|at| frame.minute(at)).unwrap_or_default();
    format!("{}: {} {at}", frame.t("mailing-route"), frame.t(word)).trim().to_owned()
}
