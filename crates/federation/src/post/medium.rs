//! Organisations without a line: coming under a hub by files that are carried, and the signature a person checks.

use sakimori_ledger::LedgerError;
use sakimori_words::{Organisation, OrganisationId};
use serde_json::json;

use super::Post;
use super::enrol::{self, Asked};
use super::send::own_actor;
use super::shelves::{CONTACT, Contact, JOINING, MEDIUM_KEY};
use crate::code::EnrolmentCode;
use crate::dsse::PublicKey;
use crate::enrolment::{EnrolmentAnswer, open};
use crate::errors::{EnrolError, ExchangeError};
use crate::exchange::{BUNDLE_TYPE, Half, UncheckedHalf};
use crate::minisign::{self, MinisignError};
use crate::neighbour::Neighbour;

/// How long a code for an organisation without a line can be used, in days: a medium goes by post, and a weekend lies between.
pub const MEDIUM_CODE_DAYS: i64 = 14;

/// How long an answer to a request on a medium is waited for, in seconds: as long as the code, and the way back.
const ANSWER_SECONDS: i64 = 30 * 86_400;

/// What the signature file beside a bundle says. The signatures inside the bundle are checked whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundleSignature {
    /// It fits; this is its trusted comment.
    Fits(String),
    /// There is none.
    Missing,
    /// It does not speak for this file.
    Wrong(MinisignError),
    /// The writer's program does not say which key signs its media.
    NoKey,
}

pub(super) async fn ask(
    post: &Post,
    introduction: &[u8],
    code: &str,
) -> Result<Vec<u8>, EnrolError> {
    let code = EnrolmentCode::parse(code)?;
    let hub = enrol::recognise(post, introduction, &code, "medium").await?;
    let (request, asked) = enrol::ask(post, hub, &code);
    let until = post.clock.now().plus_seconds(ANSWER_SECONDS);
    post.store.put_private(JOINING, asked.hub().as_str(), json!(asked), Some(until)).await?;
    Ok(request)
}

pub(super) async fn join(post: &Post, answer: &[u8]) -> Result<Neighbour, EnrolError> {
    let claimed: EnrolmentAnswer = open(answer)?;
    let hub = claimed.organisation.id;
    let record = post.store.get_private(JOINING, hub.as_str()).await?;
    let record = record.filter(|record| !record.expired(post.clock.now()));
    let asked: Asked = record.ok_or(EnrolError::NotAsked { hub: hub.clone() })?.read()?;
    let parent = enrol::join(post, &asked, answer, None, &own_actor(post)).await?;
    post.store.remove_private(JOINING, hub.as_str()).await?;
    Ok(parent)
}

/// A bundle was read: its sender was there when it was written, and says by which key its media are checked.
pub(super) async fn note(post: &Post, half: &Half) -> Result<(), LedgerError> {
    let id = &half.from;
    if let Some(key) = half.medium_key {
        post.store.put_private(MEDIUM_KEY, id.as_str(), json!(key), None).await?;
    }
    let kept = post.store.get_private(CONTACT, id.as_str()).await?;
    let before: Contact = kept.as_ref().map(|kept| kept.read()).transpose()?.unwrap_or_default();
    let contact = Contact {
        last_at: before.last_at.max(Some(half.at.min(post.clock.now()))),
        n_failures: 0,
        last_trouble: String::new(),
        ..before
    };
    let expected = kept.map(|kept| kept.body);
    // Whoever was quicker came by wire, and that is a contact as well.
    post.store
        .swap_private(CONTACT, id.as_str(), expected.as_ref(), Some(json!(contact)), None)
        .await?;
    Ok(())
}

pub(super) async fn key_of(
    post: &Post,
    id: &OrganisationId,
) -> Result<Option<PublicKey>, LedgerError> {
    let record = post.store.get_private(MEDIUM_KEY, id.as_str()).await?;
    record.map(|record| record.read()).transpose()
}

pub(super) fn sign(post: &Post, bundle: &[u8], to: &Organisation) -> String {
    let (now, me) = (post.clock.now(), post.me());
    let comment = format!("{now} +09:00 Sakimori bundle from {} for {}", me.name, to.name);
    minisign::sign(&post.key.for_media(), bundle, &comment)
}

pub(super) async fn check(
    post: &Post,
    bundle: &[u8],
    signature: Option<&str>,
) -> Result<BundleSignature, ExchangeError> {
    let frame = UncheckedHalf::read(BUNDLE_TYPE, bundle)?;
    let Some(signature) = signature else { return Ok(BundleSignature::Missing) };
    let Some(key) = key_of(post, frame.from()).await? else { return Ok(BundleSignature::NoKey) };
    Ok(match minisign::check(&key, bundle, signature) {
        Ok(comment) => BundleSignature::Fits(comment),
        Err(error) => BundleSignature::Wrong(error),
    })
}
