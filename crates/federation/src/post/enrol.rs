//! Coming under a hub, taking in a newcomer, and parting.

use std::sync::PoisonError;

use sakimori_ledger::LedgerError;
use sakimori_words::{Digest, Organisation, OrganisationId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Post;
use super::directory::{
    ORGANISATION_BYTES_MAX, announce, tell_the_other_side, those_above, those_below,
};
use super::exchange::record;
use super::known::{neighbour, vouched_with_another_key};
use super::send::own_actor;
use super::shelves::{INVITATION, Invitation, NEIGHBOUR, PARENT, journal_stream};
use super::work::Work;
use crate::code::{EnrolmentCode, ProofKey};
use crate::dsse::PublicKey;
use crate::enrolment::{
    EnrolmentAnswer, EnrolmentRequest, Introduction, hub_is_proven, hub_proof, newcomer_is_proven,
    newcomer_proof, open, seal,
};
use crate::errors::{EnrolError, ExchangeError};
use crate::message::{EnvelopeError, is_plain_id};
use crate::neighbour::{Neighbour, Parted, Relation, may_enrol_under};
use crate::wire::{Door, Trust, Wire};

/// The journal's stream of invitations and refused enrolments.
const ENROLMENT_STREAM: &str = "post/enrolment";

pub(super) async fn invite(
    post: &Post,
    by: &str,
    note: &str,
    again: Option<OrganisationId>,
    hours: i64,
) -> Result<EnrolmentCode, LedgerError> {
    let code = EnrolmentCode::new(&post.public_key(), &*post.chance);
    let now = post.clock.now();
    let invitation = Invitation {
        proof_key: code.proof_key().to_text(),
        expires_at: now.plus_seconds(hours * 3_600),
        by: by.to_owned(),
        again: again.clone(),
        used_by: None,
    };
    let mut work = Work::new(&*post.store, now, by);
    let body = json!({ "note": note, "again": again, "expires_at": invitation.expires_at });
    work.fact(ENROLMENT_STREAM, "invited", &body)?;
    work.commit(vec![]).await?;
    let lookup = code.proof_key().lookup();
    post.store
        .put_private(INVITATION, &lookup, json!(invitation), Some(invitation.expires_at))
        .await?;
    Ok(code)
}

pub(super) fn introduction(post: &Post, authority: &[u8]) -> Vec<u8> {
    let said = Introduction {
        organisation: post.me(),
        key: post.public_key(),
        authority: authority.to_vec(),
    };
    seal(&said, &post.key)
}

/// The hub's side.
pub(super) async fn handle(
    post: &Post,
    request: &[u8],
    source: &str,
) -> Result<Vec<u8>, EnrolError> {
    let now = post.clock.now();
    let wait = post.attempts.lock().unwrap_or_else(PoisonError::into_inner).wait_until(source, now);
    if let Some(next_at) = wait {
        return Err(EnrolError::TooManyAttempts { next_at });
    }
    let outcome = admit(post, request).await;
    if let Err(error) = &outcome {
        if matches!(error, EnrolError::UnusableCode | EnrolError::WrongProof { .. }) {
            let mut attempts = post.attempts.lock().unwrap_or_else(PoisonError::into_inner);
            attempts.failed(source, now);
        }
        let trouble = error.trouble();
        let detail = format!("{source}: {}", trouble.detail);
        record(post, ENROLMENT_STREAM, trouble.kind.code, &detail).await?;
    }
    outcome
}

async fn admit(post: &Post, request: &[u8]) -> Result<Vec<u8>, EnrolError> {
    let request: EnrolmentRequest = open(request)?;
    let record = post.store.get_private(INVITATION, &request.lookup).await?;
    let record = record.filter(|record| !record.expired(post.clock.now()));
    let invitation: Invitation = record.ok_or(EnrolError::UnusableCode)?.read()?;
    let code = ProofKey::from_text(&invitation.proof_key).ok_or(EnrolError::UnusableCode)?;
    if !newcomer_is_proven(&request, &code, &post.public_key()) {
        return Err(EnrolError::WrongProof { by: request.organisation.id });
    }
    check_newcomer(post, &request, &invitation).await?;
    use_up(post, &request, &invitation).await?;
    take_in(post, &request).await?;
    let answer = EnrolmentAnswer {
        organisation: post.me(),
        key: post.public_key(),
        proof: hub_proof(&code, &post.public_key(), &request.key, &request.nonce),
        nonce: request.nonce,
    };
    Ok(seal(&answer, &post.key))
}

async fn check_newcomer(
    post: &Post,
    request: &EnrolmentRequest,
    invitation: &Invitation,
) -> Result<(), EnrolError> {
    let organisation = &request.organisation;
    let me = post.me();
    check_description(organisation)?;
    if !may_enrol_under(organisation.kind, me.kind) {
        let kind = json!(organisation.kind).as_str().unwrap_or_default().to_owned();
        return Err(EnrolError::WrongKind { kind });
    }
    if organisation.id == me.id || is_taken(post, request, invitation).await? {
        return Err(EnrolError::AlreadyEnrolled { organisation: organisation.id.clone() });
    }
    Ok(())
}

/// Whether the id belongs to somebody with another key, to whoever we know it from. Only an invitation for exactly that id lets a
/// new key in: otherwise anybody with any invitation could take an organisation's name, and with it its messages.
async fn is_taken(
    post: &Post,
    request: &EnrolmentRequest,
    invitation: &Invitation,
) -> Result<bool, LedgerError> {
    let id = &request.organisation.id;
    // Also one that parted: its name stays its own.
    let record = post.store.get(NEIGHBOUR, id.as_str()).await?;
    let direct: Option<Neighbour> = record.map(|record| record.read()).transpose()?;
    let active = direct.as_ref().filter(|direct| direct.is_active());
    if active.is_some_and(|active| active.relation == Relation::Parent) {
        return Ok(true);
    }
    if invitation.again.as_ref() == Some(id) || active.is_some_and(|a| a.key == request.key) {
        return Ok(false);
    }
    let other_key = direct.is_some_and(|direct| direct.key != request.key);
    Ok(other_key || vouched_with_another_key(post, id, &request.key).await?)
}

fn check_description(organisation: &Organisation) -> Result<(), EnvelopeError> {
    let bytes = json!(organisation).to_string().len();
    if bytes > ORGANISATION_BYTES_MAX {
        return Err(EnvelopeError::TooLarge { bytes, n_vias: 0 });
    }
    if !is_plain_id(organisation.id.as_str()) {
        return Err(EnvelopeError::Unreadable { what: "id of the organisation".to_owned() });
    }
    Ok(())
}

/// A code works once. The key that used it may ask again, in case the answer was lost on the way.
async fn use_up(
    post: &Post,
    request: &EnrolmentRequest,
    invitation: &Invitation,
) -> Result<(), EnrolError> {
    match invitation.used_by {
        Some(key) if key == request.key => return Ok(()),
        Some(_) => return Err(EnrolError::UnusableCode),
        None => {}
    }
    let used = Invitation { used_by: Some(request.key), ..invitation.clone() };
    let expires_at = Some(invitation.expires_at);
    let won = post
        .store
        .swap_private(
            INVITATION,
            &request.lookup,
            Some(&json!(invitation)),
            Some(json!(used)),
            expires_at,
        )
        .await?;
    if won { Ok(()) } else { Err(EnrolError::UnusableCode) }
}

async fn take_in(post: &Post, request: &EnrolmentRequest) -> Result<(), LedgerError> {
    let known = neighbour(&*post.store, &request.organisation.id).await?;
    if known.is_some_and(|known| known.key == request.key) {
        return Ok(());
    }
    let child = Neighbour {
        organisation: request.organisation.clone(),
        key: request.key,
        relation: Relation::Child,
        address: None,
        authority: vec![],
        enrolled_at: post.clock.now(),
        parted: None,
    };
    let above = those_above(post).await?;
    keep(post, &child, own_actor(post), above).await
}

/// The newcomer's side.
pub(super) async fn enrol_with(
    post: &Post,
    address: &str,
    code: &str,
    by: &str,
    wire: &dyn Wire,
) -> Result<Neighbour, EnrolError> {
    let code = EnrolmentCode::parse(code)?;
    let said = wire.ask(address, Door::Introduction, &Trust::ByCodeOnly, vec![]).await?;
    let hub = recognise(post, &said, &code, address).await?;
    let (request, asked) = ask(post, hub, &code);
    let trust = Trust::Authority(asked.authority.clone());
    let answer = wire.ask(address, Door::Enrolment, &trust, request).await?;
    join(post, &asked, &answer, Some(address), by).await
}

/// What a newcomer remembers between its request and the hub's answer: secret, since the proof key is in it.
#[derive(Serialize, Deserialize)]
pub(super) struct Asked {
    hub: OrganisationId,
    key: PublicKey,
    #[serde(with = "crate::dsse::base64_bytes")]
    authority: Vec<u8>,
    proof_key: String,
    nonce: String,
}

impl Asked {
    /// Whom was asked.
    pub(super) const fn hub(&self) -> &OrganisationId {
        &self.hub
    }
}

/// The hub that introduced itself, once the code names its key. `place`: where the introduction came from.
pub(super) async fn recognise(
    post: &Post,
    introduction: &[u8],
    code: &EnrolmentCode,
    place: &str,
) -> Result<Introduction, EnrolError> {
    let hub: Introduction = open(introduction)?;
    if !code.names(&hub.key) {
        return Err(EnrolError::OtherHub { address: place.to_owned() });
    }
    check_description(&hub.organisation)?;
    refuse_other_key(post, &hub.organisation.id, &hub.key).await?;
    Ok(hub)
}

/// The request to a hub that was recognised, and what its answer will be held against.
pub(super) fn ask(post: &Post, hub: Introduction, code: &EnrolmentCode) -> (Vec<u8>, Asked) {
    let nonce = new_nonce(post);
    let proof_key = code.proof_key();
    let request = EnrolmentRequest {
        organisation: post.me(),
        key: post.public_key(),
        lookup: proof_key.lookup(),
        proof: newcomer_proof(&proof_key, &hub.key, &post.public_key(), &nonce),
        nonce: nonce.clone(),
    };
    let asked = Asked {
        hub: hub.organisation.id,
        key: hub.key,
        authority: hub.authority,
        proof_key: proof_key.to_text(),
        nonce,
    };
    (seal(&request, &post.key), asked)
}

/// Comes under the hub, once its answer proves that it made the code and took us in.
pub(super) async fn join(
    post: &Post,
    asked: &Asked,
    answer: &[u8],
    address: Option<&str>,
    by: &str,
) -> Result<Neighbour, EnrolError> {
    let answer: EnrolmentAnswer = open(answer)?;
    let proof_key = ProofKey::from_text(&asked.proof_key).ok_or(EnrolError::UnusableCode)?;
    let proven = hub_is_proven(&answer, &proof_key, &post.public_key());
    // The code vouches for the key that introduced itself under this id, and for no other id.
    let same_hub = answer.key == asked.key && answer.organisation.id == asked.hub;
    if !proven || !same_hub || answer.nonce != asked.nonce {
        return Err(EnrolError::WrongProof { by: asked.hub.clone() });
    }
    check_description(&answer.organisation)?;
    let parent = parent_of(post, address, asked, answer.organisation);
    let known = neighbour(&*post.store, &asked.hub).await?;
    let parent = match known.filter(|known| address.is_none() && known.address.is_some()) {
        // Files were carried although there is a line: it stays.
        Some(known) => Neighbour { address: known.address, authority: known.authority, ..parent },
        None => parent,
    };
    let below = those_below(post).await?;
    keep(post, &parent, by.to_owned(), below).await?;
    Ok(parent)
}

fn parent_of(
    post: &Post,
    address: Option<&str>,
    asked: &Asked,
    organisation: Organisation,
) -> Neighbour {
    Neighbour {
        organisation,
        key: asked.key,
        relation: Relation::Parent,
        address: address.map(|address| address.trim_end_matches('/').to_owned()),
        authority: asked.authority.clone(),
        enrolled_at: post.clock.now(),
        parted: None,
    }
}

/// An id we know from below, or our own, cannot become our parent, and a hub does not change its key by enrolling us once more:
/// part first, then enrol.
async fn refuse_other_key(
    post: &Post,
    id: &OrganisationId,
    key: &PublicKey,
) -> Result<(), EnrolError> {
    let known = neighbour(&*post.store, id).await?;
    let clashes = known.is_some_and(|n| n.relation == Relation::Child || n.key != *key);
    if clashes || *id == post.me().id || *key == post.public_key() {
        return Err(EnrolError::AlreadyEnrolled { organisation: id.clone() });
    }
    Ok(())
}

/// Keeps a new neighbour, tells it whom we vouch for, and tells the other side of the tree about it.
async fn keep(
    post: &Post,
    neighbour: &Neighbour,
    by: String,
    told: Vec<super::directory::Entry>,
) -> Result<(), LedgerError> {
    let _one_at_a_time = post.changing.lock().await;
    let id = neighbour.id();
    let mut work = Work::new(&*post.store, post.clock.now(), by);
    let _: Option<Neighbour> = work.get(NEIGHBOUR, id.as_str()).await?;
    work.fact(&journal_stream(id), "enrolled", neighbour)?;
    work.put(NEIGHBOUR, id.as_str(), neighbour)?;
    if neighbour.relation == Relation::Parent {
        let _: Option<bool> = work.get(PARENT, id.as_str()).await?;
        work.put(PARENT, id.as_str(), &true)?;
    }
    announce(post, &mut work, std::slice::from_ref(id), told, &[]).await?;
    tell_the_other_side(post, &mut work, neighbour, false).await?;
    work.commit(vec![]).await
}

pub(super) async fn part_with(
    post: &Post,
    id: &OrganisationId,
    by: &str,
    reason: &str,
) -> Result<(), ExchangeError> {
    let _one_at_a_time = post.changing.lock().await;
    let now = post.clock.now();
    let mut work = Work::new(&*post.store, now, by);
    let neighbour: Option<Neighbour> = work.get(NEIGHBOUR, id.as_str()).await?;
    let Some(mut neighbour) = neighbour.filter(Neighbour::is_active) else {
        return Err(ExchangeError::NoSuchHub { organisation: id.clone() });
    };
    neighbour.parted = Some(Parted { at: now, reason: reason.to_owned() });
    work.fact(&journal_stream(id), "parted", &json!({ "reason": reason }))?;
    work.put(NEIGHBOUR, id.as_str(), &neighbour)?;
    tell_the_other_side(post, &mut work, &neighbour, true).await?;
    work.commit(vec![]).await?;
    Ok(())
}

fn new_nonce(post: &Post) -> String {
    let mut bytes = [0_u8; 32];
    post.chance.fill(&mut bytes);
    Digest::from_bytes(bytes).short()
}
