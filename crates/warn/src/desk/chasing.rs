//! Reminding and telephoning those who have not answered.

use sakimori_federation::{Outgoing, Parcel};
use sakimori_ledger::Put;
use sakimori_words::OrganisationId;
use serde_json::json;

use super::{ANSWER, WarningDesk, answer_key, expecting, fact};
use crate::answer::{Acknowledgement, Answer, AnswerState, Call, Stage};
use crate::error::WarnError;
use crate::exchange::{REMINDER_TYPE, ReminderV1};
use crate::warning::{Signer, WarningKey};

/// A telephone call to an organisation that had not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCall {
    /// The officer who called.
    pub by: Signer,
    /// With whom the officer spoke.
    pub spoke_with: String,
    /// What was answered; `None` when only the message was passed.
    pub answer: Option<Answer>,
    /// What else was said.
    pub note: String,
}

pub(super) async fn record_call(
    desk: &WarningDesk,
    key: &WarningKey,
    organisation: &OrganisationId,
    call: &NewCall,
) -> Result<AnswerState, WarnError> {
    let warning = desk.warning(key).await?;
    let now = desk.clock.now();
    let record_key = answer_key(key, organisation);
    let record = desk.store.get(ANSWER, &record_key).await?;
    let version = record.as_ref().map(|record| record.version);
    let kept: Option<AnswerState> = record.map(|record| record.read()).transpose()?;
    let kept = kept.filter(|state| state.revision == warning.revision);
    let mut state = kept
        .unwrap_or_else(|| AnswerState::new(key.clone(), warning.revision, organisation.clone()));
    if call.answer.is_some() {
        let word = Acknowledgement {
            warning: key.clone(),
            revision: warning.revision,
            organisation: organisation.clone(),
            stage: Stage::Acknowledged,
            at: now,
            answer: call.answer,
            person: call.spoke_with.clone(),
            note: call.note.clone(),
            n_relayed_to: 0,
            devices: None,
        };
        state = state.merge(&word, &desk.post.me().id);
    }
    state.call = Some(Call { by: call.by.clone(), at: now, spoke_with: call.spoke_with.clone() });
    let put = Put::new(ANSWER, record_key, &state)?;
    let fact =
        fact(key, "reached_by_telephone", now, &call.by, &state)?.put(expecting(put, version));
    desk.commit(vec![], vec![fact]).await?;
    Ok(state)
}

pub(super) async fn remind(
    desk: &WarningDesk,
    key: &WarningKey,
    organisations: &[OrganisationId],
    by: &Signer,
) -> Result<(), WarnError> {
    let warning = desk.warning(key).await?;
    let now = desk.clock.now();
    let body = ReminderV1 { warning: key.clone(), revision: warning.revision, at: now };
    let parcels = organisations.iter().map(|organisation| {
        let reminder = Outgoing::new(organisation.clone(), REMINDER_TYPE, json!(body));
        Parcel::New(Outgoing { exercise: warning.content.exercise, ..reminder })
    });
    let fact = fact(key, "reminded", now, by, &json!({ "to": organisations }))?;
    desk.commit(parcels.collect(), vec![fact]).await
}
