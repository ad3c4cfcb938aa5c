//! What became of the letters about one warning, on the page that shows who has answered.

use sakimori_mail::{Letter, LetterState, ToCall};
use sakimori_warn::Warning;
use sakimori_words::OrganisationId;

use super::matter_of;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::site::Site;

/// Institutions shown that are to be telephoned; the rest is on the telephone list.
const CALLS_SHOWN: usize = 100;

/// The letters about one warning.
pub(in crate::screens) struct MailPart {
    pub(in crate::screens) counts: Vec<(String, u64)>,
    pub(in crate::screens) n_to_call: u64,
    pub(in crate::screens) calls: Vec<ToCall>,
}

/// The letters about the current revision; `None` when none was ever queued.
pub(in crate::screens) async fn of(
    site: &Site,
    frame: &Frame,
    warning: &Warning,
) -> Result<Option<MailPart>, Failure> {
    let matter = matter_of(warning);
    let Some(tally) = site.mailroom.tally(&matter).await?.filter(|one| one.n_letters() > 0) else {
        return Ok(None);
    };
    let counts = [
        ("mailing-state-waiting", tally.waiting),
        ("mailing-state-sent", tally.sent),
        ("mailing-state-returned", tally.returned),
        ("mailing-state-given-up", tally.given_up),
        ("mailing-state-skipped", tally.skipped),
    ];
    Ok(Some(MailPart {
        counts: counts.into_iter().map(|(word, count)| (frame.t(word), count)).collect(),
        n_to_call: tally.n_to_call(),
        calls: site.mailroom.to_call(&matter, CALLS_SHOWN).await?,
    }))
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
