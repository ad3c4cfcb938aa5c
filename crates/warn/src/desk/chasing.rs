//! Reminding and telephoning those who have not answered.

use std::collections::HashSet;

use sakimori_content::ChaseAct;
use sakimori_federation::{Addressee, Members, Neighbour, Outgoing, Parcel, Relation};
use sakimori_ledger::{Fact, Put};
use sakimori_words::OrganisationId;
use serde_json::json;

use super::covering::Silent;
use super::{
    ANSWER, WarningDesk, answer_key, covering, current, expecting, fact, record_key, said, stream,
};
use crate::answer::{Acknowledgement, Answer, AnswerState, Call, Stage};
use crate::chase::{Chased, Reminders};
use crate::error::WarnError;
use crate::exchange::{REMINDER_TYPE, ReminderV1};
use crate::warning::{Signer, Warning, WarningKey};

/// [`Chased`] by warning.
const CHASED: &str = "warning-chased";
/// Who reminded when no person did.
const RULE: &str = "rule:warn/chasing";
/// How many are reminded by one message or commit.
const REMINDED_MAX: usize = 500;
/// So many days after its deadline a warning is chased no longer by itself.
const CHASED_DAYS: i64 = 30;

/// Reminders that went out by a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminded {
    /// Of which warning.
    pub warning: Warning,
    /// Whether their deputies are to hear of it too.
    pub deputies: bool,
    /// The silent ones without a node, whom only a letter by mail or the telephone reaches.
    pub members: Vec<OrganisationId>,
}

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
    let now = desk.clock.now();
    let record_key = answer_key(key, organisation);
    let record = async { Ok(desk.store.get(ANSWER, &record_key).await?) };
    let (warning, record) = tokio::try_join!(current::warning(desk, key), record)?;
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
    let fact = fact(key, "reached_by_telephone", now, &call.by, &said(&state))?
        .put(expecting(put, version));
    desk.commit(vec![], vec![fact]).await?;
    Ok(state)
}

/// Reminds `organisations`. Those directly below us share one message for [`REMINDED_MAX`]; the others get one each, over the offices
/// between.
pub(super) async fn remind(
    desk: &WarningDesk,
    warning: &Warning,
    organisations: &[OrganisationId],
    reminders: &Reminders,
) -> Result<(), WarnError> {
    let children = children(desk).await?;
    let (below, further): (Vec<OrganisationId>, Vec<OrganisationId>) =
        organisations.iter().cloned().partition(|id| children.contains(id));
    let parcel = |to: Addressee| {
        let body = ReminderV1 {
            warning: warning.key.clone(),
            revision: warning.revision,
            at: reminders.at,
            deputies: reminders.deputies,
        };
        let reminder = Outgoing::addressed(to, REMINDER_TYPE, json!(body));
        Parcel::New(Outgoing { exercise: warning.content.exercise, ..reminder })
    };
    let shared = below
        .chunks(REMINDED_MAX)
        .map(|some| vec![parcel(Addressee::Members(Members::These(some.to_vec())))]);
    let each = further
        .chunks(REMINDED_MAX)
        .map(|some| some.iter().map(|id| parcel(Addressee::Organisation(id.clone()))).collect());
    let commits: Vec<Vec<Parcel>> = shared.chain(each).collect();
    // What was done is written with the last of them: after a crash before that somebody is reminded twice rather than never.
    let n_before_last = commits.len().saturating_sub(1);
    let mut commits = commits.into_iter();
    for parcels in commits.by_ref().take(n_before_last) {
        desk.commit(parcels, vec![]).await?;
    }
    let fact = reminded(desk, warning, organisations, reminders).await?;
    desk.commit(commits.next().unwrap_or_default(), vec![fact]).await
}

/// The fact that they were reminded, with what has been done so far.
async fn reminded(
    desk: &WarningDesk,
    warning: &Warning,
    organisations: &[OrganisationId],
    reminders: &Reminders,
) -> Result<Fact, WarnError> {
    let (mut chased, version) = chased(desk, warning).await?;
    chased.reminders.push(reminders.clone());
    let body = json!({ "to": organisations, "deputies": reminders.deputies });
    let fact = match &reminders.by {
        Some(by) => fact(&warning.key, "reminded", reminders.at, by, &body)?,
        None => Fact::new(stream(&warning.key), "reminded", reminders.at, RULE, &body)?,
    };
    let put = Put::new(CHASED, record_key(&warning.key), &chased)?;
    Ok(fact.put(expecting(put, version)))
}

/// What was done about those who have not answered the current revision.
pub(super) async fn chased(
    desk: &WarningDesk,
    warning: &Warning,
) -> Result<(Chased, Option<u64>), WarnError> {
    let record = desk.store.get(CHASED, &record_key(&warning.key)).await?;
    let version = record.as_ref().map(|record| record.version);
    let kept: Option<Chased> = record.map(|record| record.read()).transpose()?;
    Ok((kept.unwrap_or_default().for_revision(warning.revision), version))
}

/// Stops the reminders that go out by themselves, or lets them go on.
pub(super) async fn set_chasing(
    desk: &WarningDesk,
    warning: &Warning,
    goes_on: bool,
    by: &Signer,
) -> Result<(), WarnError> {
    let (mut chased, version) = chased(desk, warning).await?;
    let now = desk.clock.now();
    chased.stopped = (!goes_on).then(|| (by.clone(), now));
    let kind = if goes_on { "chasing_goes_on" } else { "chasing_stopped" };
    let put = Put::new(CHASED, record_key(&warning.key), &chased)?;
    let fact = fact(&warning.key, kind, now, by, &json!({}))?.put(expecting(put, version));
    desk.commit(vec![], vec![fact]).await
}

/// Sends the reminders that are due by the rules to those directly below us who have not answered, or have not passed the warning on.
/// What lies further below is its own office's to remind.
pub(super) async fn chase(desk: &WarningDesk) -> Result<Vec<Reminded>, WarnError> {
    let now = desk.clock.now();
    let mut done = vec![];
    for (warning, _) in desk.gone_out().await? {
        if now > warning.due_at.plus_days(CHASED_DAYS) {
            continue;
        }
        let (chased, _) = chased(desk, &warning).await?;
        let Some(step) = chased.due(&desk.chase_steps(&warning).await?, now) else { continue };
        let deputies = step.act == ChaseAct::RemindDeputies;
        let to = waited_for(desk, &warning).await?;
        let n_to = u32::try_from(to.with_node.len()).unwrap_or(u32::MAX);
        remind(desk, &warning, &to.with_node, &Reminders { at: now, deputies, n_to, by: None })
            .await?;
        if !(to.with_node.is_empty() && to.members.is_empty()) {
            done.push(Reminded { warning, deputies, members: to.members });
        }
    }
    Ok(done)
}

/// Those whose word is missing: who has a node, offices that have not passed the warning on among them, only when it is directly below us.
async fn waited_for(desk: &WarningDesk, warning: &Warning) -> Result<Silent, WarnError> {
    let mut silent = covering::silent(desk, warning).await?;
    let offices = covering::office_rows(desk, warning).await?;
    let waiting = offices.into_iter().filter(|row| row.state.stage < Stage::Acknowledged);
    silent.with_node.extend(waiting.map(|row| row.organisation.id));
    let children = children(desk).await?;
    silent.with_node.retain(|id| children.contains(id));
    Ok(silent)
}

async fn children(desk: &WarningDesk) -> Result<HashSet<OrganisationId>, WarnError> {
    let neighbours = desk.post.neighbours().await?;
    let below = |one: &Neighbour| one.relation == Relation::Child && one.is_active();
    Ok(neighbours.into_iter().filter(below).map(|one| one.organisation.id).collect())
}
