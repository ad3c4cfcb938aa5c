//! What the desk makes of messages the post delivers. It only reads; the post commits what is returned.

use async_trait::async_trait;
use sakimori_federation::{Delivered, Handler, HandlerError, Parcel, Relay, Standing, Taken};
use sakimori_ledger::{Fact, Put};
use sakimori_words::{Tlp, Trouble};
use serde_json::json;

use super::publishing::everybody;
use super::{ASKED, OWN, RECEIVED, ShareDesk, asked_key, expecting, own_stream, received_key};
use crate::error::ShareError;
use crate::exchange::{
    CONSENT_ANSWER_TYPE, CONSENT_REQUEST_TYPE, SHARED_CASE_TYPE, SIGHTINGS_TYPE, read_answer,
    read_case, read_request,
};
use crate::own::{Consent, ConsentWay, OwnCase};
use crate::received::{Arrival, AskedConsent, ReceivedCase, Route};
use crate::troubles::{NOT_THE_SENDERS, UNKNOWN};

#[async_trait]
impl Handler for ShareDesk {
    fn takes(&self, message_type: &str) -> bool {
        [SHARED_CASE_TYPE, CONSENT_REQUEST_TYPE, CONSENT_ANSWER_TYPE, SIGHTINGS_TYPE]
            .contains(&message_type)
    }

    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError> {
        match delivered.header.message_type.as_str() {
            SHARED_CASE_TYPE => take_case(self, delivered).await,
            CONSENT_REQUEST_TYPE => take_request(self, delivered).await,
            SIGHTINGS_TYPE => super::sighting::take(self, delivered).await,
            _ => take_answer(self, delivered).await,
        }
    }
}

/// Shared cases come down: published by an office to those below it. An office passes them on at once, untouched.
async fn take_case(desk: &ShareDesk, delivered: &Delivered) -> Result<Taken, HandlerError> {
    if delivered.standing != Standing::Published {
        return Err(not_entitled(delivered));
    }
    let case = read_case(delivered).map_err(HandlerError::NotUnderstood)?;
    let (shared, tlp) = (case.key.clone(), case.content.tlp);
    let (key, revision) = (received_key(&shared), case.revision);
    let record = desk.store.get(RECEIVED, &key).await?;
    let version = record.as_ref().map(|record| record.version);
    let route = Route { from: delivered.from.clone(), received_at: delivered.received_at };
    let message = &delivered.header.id;
    let (received, arrival) = match record {
        None => (ReceivedCase::new(case, message.clone(), route), Arrival::Newest),
        Some(record) => {
            let mut received: ReceivedCase = record.read()?;
            let arrival = received.arrive(case, message, route);
            (received, arrival)
        }
    };
    let kind = match arrival {
        Arrival::Newest => "shared_case_received",
        Arrival::Outdated => "outdated_revision_received",
        Arrival::AnotherRoute => "route_added",
    };
    let put = expecting(Put::new(RECEIVED, &*key, &received)?, version);
    let body = json!({ "revision": revision, "message": message, "from": delivered.from });
    let stream = format!("share-received/{key}");
    let fact = Fact::new(stream, kind, desk.clock.now(), actor(desk), &body)?.put(put);
    let relay = match arrival {
        Arrival::Newest => relay(desk, delivered, tlp),
        Arrival::Outdated | Arrival::AnotherRoute => None,
    };
    Ok(Taken { facts: vec![fact], parcels: relay.into_iter().collect() })
}

/// The case for those below us; none when its label keeps it here.
fn relay(desk: &ShareDesk, delivered: &Delivered, tlp: Tlp) -> Option<Parcel> {
    if !desk.post.me().kind.is_office() || matches!(tlp, Tlp::AmberStrict | Tlp::Red) {
        return None;
    }
    let (origin, message) = (delivered.header.origin.clone(), delivered.header.id.clone());
    let to = everybody(desk.clock.now());
    Some(Parcel::Relay(Relay { origin, message, to, remark: String::new() }))
}

/// A question to us as the victim. Only an office above us may ask.
async fn take_request(desk: &ShareDesk, delivered: &Delivered) -> Result<Taken, HandlerError> {
    let from = &delivered.header.origin;
    let known = desk.post.organisations().await?;
    let parents = desk.post.parents().await?;
    let above = parents.iter().any(|parent| parent.is_active() && parent.id() == from)
        || known.iter().any(|one| {
            one.organisation.id == *from && !one.below && one.organisation.kind.is_office()
        });
    if delivered.standing != Standing::ForUs || !above {
        return Err(not_entitled(delivered));
    }
    let request = read_request(delivered).map_err(HandlerError::NotUnderstood)?;
    let key = asked_key(from.as_str(), &request.request);
    let version = desk.store.get(ASKED, &key).await?.map(|record| record.version);
    let asked = AskedConsent {
        from: from.clone(),
        office: request.office.clone(),
        request: request.request.clone(),
        message: delivered.header.id.clone(),
        content: request.content(),
        n_candidates: request.n_candidates,
        asked_at: delivered.received_at,
        answered: None,
    };
    let put = expecting(Put::new(ASKED, &*key, &asked)?, version);
    let body = json!({ "digest": asked.digest(), "message": asked.message });
    let stream = format!("share-asked/{key}");
    let fact = Fact::new(stream, "consent_asked", desk.clock.now(), actor(desk), &body)?.put(put);
    Ok(Taken { facts: vec![fact], parcels: vec![] })
}

/// The victim's answer. It counts only from the victim itself, and only for what stands in the draft now.
async fn take_answer(desk: &ShareDesk, delivered: &Delivered) -> Result<Taken, HandlerError> {
    let (from, said) = read_answer(delivered).map_err(HandlerError::NotUnderstood)?;
    let Some(record) = desk.store.get(OWN, &said.request).await? else {
        let detail = format!("answer to `{}`", said.request);
        return Err(unknown(detail));
    };
    let (own, version): (OwnCase, u64) = (record.read()?, record.version);
    if own.reported.institution.id != from || delivered.standing != Standing::ForUs {
        return Err(not_entitled(delivered));
    }
    let id = own.id.clone();
    let consent = Consent {
        answer: said.answer,
        person: said.person,
        note: said.note,
        at: delivered.received_at,
        way: ConsentWay::Node,
        digest: said.digest,
    };
    let body = json!({ "consent": consent, "message": delivered.header.id });
    let (kind, put) = match own.answered(consent) {
        Ok(own) => {
            let put = Put::new(OWN, id.as_str(), &own)?;
            ("victim_answered", Some(expecting(put, Some(version))))
        }
        // The draft has changed since: the answer is on record and changes nothing.
        Err(ShareError::Ledger(error)) => return Err(error.into()),
        Err(_) => ("late_answer", None),
    };
    let fact = Fact::new(own_stream(&id), kind, desk.clock.now(), format!("org:{from}"), &body)?;
    let fact = match put {
        Some(put) => fact.put(put),
        None => fact,
    };
    Ok(Taken { facts: vec![fact], parcels: vec![] })
}

pub(super) fn actor(desk: &ShareDesk) -> String {
    format!("org:{}", desk.post.me().id)
}

pub(super) fn unknown(detail: String) -> HandlerError {
    HandlerError::NotUnderstood(Trouble::new(&UNKNOWN, detail))
}

pub(super) fn not_entitled(delivered: &Delivered) -> HandlerError {
    let detail = format!("`{}` may not send this", delivered.header.origin);
    HandlerError::NotUnderstood(Trouble::new(&NOT_THE_SENDERS, detail))
}
