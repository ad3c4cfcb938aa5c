//! Counts of what looking back found: kept here, handed to one office above, added up on the way to whoever shared the case.

use sakimori_federation::{Delivered, HandlerError, Neighbour, Outgoing, Parcel, Standing, Taken};
use sakimori_ledger::{Fact, LedgerError, Put, Record};
use sakimori_standards::stix::Sighting;
use sakimori_words::{Instant, OrganisationId, OrganisationKind, Tlp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::taking::{actor, not_entitled, unknown};
use super::{COUNTED_MAX, OWN, RECEIVED, ShareDesk, expecting, read_all, received_key};
use crate::case::{SharedKey, Signer};
use crate::error::ShareError;
use crate::exchange::{SIGHTINGS_TYPE, SightingsV1, read_sightings};
use crate::indicators::SharedIndicator;
use crate::own::OwnCase;
use crate::received::ReceivedCase;
use crate::sightings::{Look, LookState, Sightings};

/// [`Look`] by case.
const LOOKS: &str = "share-looks";
/// [`Told`] by case and who told it: ourselves, or a neighbour below.
const SIGHTED: &str = "share-sighted";
/// [`Said`] by case: what we told last, and whom.
const SAID: &str = "share-sighted-said";
/// [`Returning`], once somebody has decided.
const SETTINGS: &str = "share-settings";
const RETURNING: &str = "sightings";
/// How many received cases are looked through for something to tell, the newest.
const CASES_MAX: usize = 100;
/// How many neighbours tell about one case.
const TELLERS_MAX: usize = 20_000;

/// What somebody told about a case, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    at: Instant,
    sightings: Sightings,
}

/// What we told last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    to: OrganisationId,
    sightings: Sightings,
}

/// Whether counts go back without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Returning {
    by_itself: bool,
}

impl ShareDesk {
    /// Whether counts of what was found go back by themselves, without a name. They do until the institution decides otherwise.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn sightings_return_by_themselves(&self) -> Result<bool, ShareError> {
        let record = self.store.get(SETTINGS, RETURNING).await?;
        let kept: Option<Returning> = record.map(|record| record.read()).transpose()?;
        Ok(kept.is_none_or(|kept| kept.by_itself))
    }

    /// Decides whether counts go back by themselves.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn let_sightings_return(
        &self,
        by_itself: bool,
        by: &Signer,
    ) -> Result<(), ShareError> {
        let setting = Returning { by_itself };
        let put = Put::new(SETTINGS, RETURNING, &setting)?;
        let (now, who) = (self.clock.now(), by.person.as_str());
        let fact = Fact::new("share-settings", "sightings_setting_changed", now, who, &setting)?;
        self.store.commit(vec![fact.put(put)]).await?;
        Ok(())
    }

    /// Remembers that `run` looks back for what a case tells. Of several runs the latest counts.
    ///
    /// # Errors
    /// When no such case came, or the ledger fails.
    pub async fn looks_back(
        &self,
        case: &SharedKey,
        run: &str,
        by: &Signer,
    ) -> Result<(), ShareError> {
        self.received_one(case).await?;
        let look = Look { case: case.clone(), run: run.to_owned(), state: LookState::Running };
        let body = json!({ "run": run });
        self.keep_look(&look, ("shared_case_looked_for", by.person.as_str()), &body, None).await
    }

    /// What looking back for a case came to here; `None` when nobody looked.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn look(&self, case: &SharedKey) -> Result<Option<Look>, ShareError> {
        let record = self.store.get(LOOKS, &received_key(case)).await?;
        Ok(record.map(|record| record.read()).transpose()?)
    }

    /// Looks whose run was not over when they were last seen.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn running_looks(&self) -> Result<Vec<Look>, ShareError> {
        let mut looks: Vec<Look> =
            read_all(&self.store.list_latest(LOOKS, None, COUNTED_MAX).await?)?;
        looks.retain(|look| look.state == LookState::Running);
        Ok(looks)
    }

    /// Takes down what the run of a look found. Where the institution lets counts go back by themselves, they do.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn looked(&self, look: &Look, found: &[Sighting]) -> Result<Look, ShareError> {
        let case = self.received_one(&look.case).await?.case;
        let sightings = Sightings::of_one(found).about(&case.content.indicators);
        if self.sightings_return_by_themselves().await? {
            return self.let_go(look, sightings, None).await;
        }
        let look = Look { state: LookState::Found { sightings }, ..look.clone() };
        let body = json!({ "run": look.run, "state": look.state });
        self.keep_look(&look, ("shared_case_looked_back", "system"), &body, None).await?;
        Ok(look)
    }

    /// Forgets a look whose run was cancelled or failed: it says nothing of what is in the log.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn look_ended(&self, look: &Look) -> Result<(), ShareError> {
        let key = received_key(&look.case);
        let body = json!({ "run": look.run });
        let (stream, now) = (received_stream(&key), self.clock.now());
        let fact = Fact::new(stream, "shared_case_look_ended", now, "system", &body)?;
        self.store.commit(vec![fact.put(Put::removal(LOOKS, key))]).await?;
        Ok(())
    }

    /// Lets the counts of a look go back without a name, as `by` decided.
    ///
    /// # Errors
    /// When nothing was looked for, the run is not over, they went back already, or the ledger fails.
    pub async fn return_sightings(
        &self,
        case: &SharedKey,
        by: &Signer,
    ) -> Result<Look, ShareError> {
        let look = self.look(case).await?.ok_or(ShareError::Unknown)?;
        let LookState::Found { sightings } = &look.state else {
            return Err(ShareError::DraftState);
        };
        self.let_go(&look, sightings.clone(), Some(by)).await
    }

    async fn let_go(
        &self,
        look: &Look,
        sightings: Sightings,
        by: Option<&Signer>,
    ) -> Result<Look, ShareError> {
        let at = self.clock.now();
        let told = Told { at, sightings: sightings.clone() };
        let own = told_key(&received_key(&look.case), &self.post.me().id);
        let state = LookState::Returned { sightings, at, by: by.cloned() };
        let look = Look { state, ..look.clone() };
        let who = by.map_or("system", |by| by.person.as_str());
        let body = json!({ "run": look.run, "state": look.state });
        let put = Put::new(SIGHTED, own, &told)?;
        self.keep_look(&look, ("sightings_returned", who), &body, Some(put)).await?;
        Ok(look)
    }

    /// How often the indicators of a case were seen by us and everybody below who told us.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn sightings(&self, case: &SharedKey) -> Result<Sightings, ShareError> {
        let prefix = format!("{}/", received_key(case));
        let records = self.store.list_prefix(SIGHTED, &prefix, TELLERS_MAX).await?;
        let told: Vec<Told> = read_all(&records)?;
        let told: Vec<Sightings> = told.into_iter().map(|told| told.sightings).collect();
        Ok(Sightings::sum(&told))
    }

    /// Hands what was seen to one office above, added up, for every case of which that has changed. Returns of how many.
    ///
    /// # Errors
    /// When the ledger fails; what was not told is told the next time.
    pub async fn tell_sightings(&self) -> Result<usize, ShareError> {
        let parents = self.post.parents().await?;
        let mut n_told = 0;
        for received in self.received(CASES_MAX).await? {
            if !received.case.content.indicators.is_empty() {
                n_told += usize::from(tell(self, &received, &parents).await?);
            }
        }
        Ok(n_told)
    }

    async fn keep_look(
        &self,
        look: &Look,
        (kind, who): (&str, &str),
        body: &impl Serialize,
        also: Option<Put>,
    ) -> Result<(), ShareError> {
        let key = received_key(&look.case);
        let fact = Fact::new(received_stream(&key), kind, self.clock.now(), who, body)?;
        let fact = fact.put(Put::new(LOOKS, &*key, look)?);
        let fact = match also {
            Some(put) => fact.put(put),
            None => fact,
        };
        self.store.commit(vec![fact]).await?;
        Ok(())
    }
}

async fn tell(
    desk: &ShareDesk,
    received: &ReceivedCase,
    parents: &[Neighbour],
) -> Result<bool, ShareError> {
    let sightings = desk.sightings(&received.key).await?;
    let key = received_key(&received.key);
    let record = desk.store.get(SAID, &key).await?;
    let version = record.as_ref().map(|record| record.version);
    let said: Option<Said> = record.map(|record| record.read()).transpose()?;
    let same = said.as_ref().map_or(sightings.n_looked == 0, |said| said.sightings == sightings);
    let Some(to) = office_above(received, parents, said.as_ref()).filter(|_| !same) else {
        return Ok(false);
    };
    let now = desk.clock.now();
    let said = Said { to: to.clone(), sightings };
    let body = SightingsV1::new(&received.key, now, &said.sightings);
    let parcel = Outgoing {
        tlp: Tlp::AmberStrict,
        exercise: received.case.content.exercise,
        ..Outgoing::new(to, SIGHTINGS_TYPE, json!(body))
    };
    let put = expecting(Put::new(SAID, &*key, &said)?, version);
    let fact = Fact::new(received_stream(&key), "sightings_told", now, actor(desk), &body)?;
    desk.post.post(vec![Parcel::New(parcel)], vec![fact.put(put)]).await?;
    Ok(true)
}

/// One office above, always the same: whoever tells two is counted twice. Of those that brought the case an authority comes first.
fn office_above(
    received: &ReceivedCase,
    parents: &[Neighbour],
    said: Option<&Said>,
) -> Option<OrganisationId> {
    let active: Vec<&Neighbour> = parents.iter().filter(|one| one.is_active()).collect();
    if let Some(said) = said.filter(|said| active.iter().any(|one| *one.id() == said.to)) {
        return Some(said.to.clone());
    }
    let brought = |one: &Neighbour| received.routes.iter().any(|route| route.from == *one.id());
    let rank = |one: &&Neighbour| {
        let is_body = one.organisation.kind == OrganisationKind::CeptoarBody;
        (!brought(one), is_body, one.id().clone())
    };
    active.into_iter().min_by_key(rank).map(|one| one.id().clone())
}

/// Counts from a neighbour directly below. What it told before is replaced; who it is stays out of the fact and of everything we tell.
pub(super) async fn take(desk: &ShareDesk, delivered: &Delivered) -> Result<Taken, HandlerError> {
    let from = &delivered.header.origin;
    let roll = desk.post.roll().await?;
    let sender = roll.iter().find(|one| one.below && one.organisation.id == *from);
    let Some(sender) =
        sender.filter(|_| delivered.standing == Standing::ForUs && delivered.from == *from)
    else {
        return Err(not_entitled(delivered));
    };
    let told = read_sightings(delivered).map_err(HandlerError::NotUnderstood)?;
    let Some(indicators) = indicators_of(desk, &told.case).await? else {
        return Err(unknown(format!("counts about `{}`", told.case.id)));
    };
    let sightings = told.sightings.about(&indicators);
    let is_office = sender.organisation.kind.is_office();
    let sightings = if is_office { sightings } else { sightings.by_one() };
    let key = told_key(&received_key(&told.case), from);
    let record = desk.store.get(SIGHTED, &key).await?;
    let version = record.as_ref().map(|record| record.version);
    let kept: Option<Told> = record.map(|record| record.read()).transpose()?;
    if kept.is_some_and(|kept| kept.at >= told.at) {
        return Ok(Taken::default());
    }
    let told = Told { at: told.at, sightings };
    let put = expecting(Put::new(SIGHTED, key, &told)?, version);
    let stream = "share-sightings";
    let fact = Fact::new(stream, "sightings_counted", desk.clock.now(), actor(desk), &told)?;
    Ok(Taken { facts: vec![fact.put(put)], parcels: vec![] })
}

/// What a case tells that we published or received; `None` when we know no such case.
async fn indicators_of(
    desk: &ShareDesk,
    case: &SharedKey,
) -> Result<Option<Vec<SharedIndicator>>, LedgerError> {
    if case.origin != desk.post.me().id {
        let record = desk.store.get(RECEIVED, &received_key(case)).await?;
        let received: Option<ReceivedCase> = record.map(|record| record.read()).transpose()?;
        return Ok(received.map(|received| received.case.content.indicators));
    }
    let records = desk.store.list_latest(OWN, None, COUNTED_MAX).await?;
    let own = records.iter().map(Record::read).collect::<Result<Vec<OwnCase>, _>>()?;
    let published = own.iter().find(|own| own.published_key() == Some(case));
    Ok(published.map(OwnCase::all_indicators))
}

fn told_key(case: &str, who: &OrganisationId) -> String {
    format!("{case}/{who}")
}

fn received_stream(key: &str) -> String {
    format!("share-received/{key}")
}
