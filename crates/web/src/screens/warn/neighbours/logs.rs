//! The logs of the institutions below, as this office has seen them: whether each still begins as it did before.

use sakimori_words::OrganisationId;

use crate::Failure;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::{Choice, Frame, Lamp};
use crate::ports::{WatchedLog, WatchedState};
use crate::visit::Visit;

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;

/// One institution's log.
pub(super) struct LogRow {
    pub(super) name: String,
    pub(super) lamp: Lamp,
    pub(super) text: String,
    pub(super) size: String,
    pub(super) seen: String,
}

/// The logs below, those that somebody has to look at first.
pub(super) async fn logs(visit: &Visit) -> Result<Vec<WatchedLog>, Failure> {
    let mut logs = visit.site.heads.watched().await?;
    logs.sort_by_key(|log| rank(&log.state));
    Ok(logs)
}

const fn rank(state: &WatchedState) -> u8 {
    match state {
        WatchedState::Differs { .. } => 0,
        WatchedState::Late => 1,
        WatchedState::Never => 2,
        WatchedState::Fits => 3,
    }
}

/// A row of the table.
pub(super) fn row(log: &WatchedLog, frame: &Frame) -> LogRow {
    let (lamp, text) = match &log.state {
        WatchedState::Fits => (Lamp::Good, frame.t("logs-fits")),
        WatchedState::Late => (Lamp::Look, frame.t("logs-late")),
        WatchedState::Never => (Lamp::Off, frame.t("logs-never")),
        WatchedState::Differs { since, what } => {
            let text = frame.with2("logs-differs", "since", frame.minute(*since), "what", what);
            (Lamp::Bad, text)
        }
    };
    LogRow {
        name: log.name.clone(),
        lamp,
        text,
        size: log.size.map(|size| frame.thousands(size)).unwrap_or_default(),
        seen: log.seen_at.map(|at| frame.ago(at)).unwrap_or_default(),
    }
}

/// The institutions whose log may be begun anew: those with one that does not fit.
pub(super) fn differing(logs: &[WatchedLog]) -> Vec<Choice> {
    let differs = |log: &&WatchedLog| matches!(log.state, WatchedState::Differs { .. });
    let choice = |log: &WatchedLog| Choice::new(&log.organisation, log.name.clone());
    logs.iter().filter(differs).map(choice).collect()
}

/// Takes the next head of a log as a first one. Returns the form again when something is missing in it.
pub(super) async fn begin_anew(visit: &Visit, mut form: Form) -> Result<Answer, Form> {
    let keeper = form.required("log-anew", REASON_CHARS_MAX);
    let reason = form.required("log-anew-reason", REASON_CHARS_MAX);
    if !form.fine() {
        return Err(form);
    }
    let (keeper, by) = (OrganisationId::from(keeper.as_str()), &visit.principal.person);
    Ok(match visit.site.heads.accept_anew(&keeper, by, &reason).await {
        Ok(()) => visit.done("/neighbours", &Flash::new("flash-log-anew")),
        Err(trouble) => Err(trouble.into()),
    })
}
