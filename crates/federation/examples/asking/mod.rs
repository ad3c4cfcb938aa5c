//! What the benches of a whole country share: institutions laid down as enrolled, their signed questions, and how long these waited.

use std::time::Duration;

use sakimori_federation::{Dsse, Neighbour, Relation, SecretKey};
use sakimori_ledger::{Fact, Put, Store};
use sakimori_words::{Instant, Organisation, OrganisationId};
use serde_json::{Value, json};

/// Any reason to end a bench.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Institutions put into one fact.
const CHUNK: usize = 5_000;
/// Type of a question; the wire format of `federation`.
const QUESTION_TYPE: &str = "application/vnd.sakimori.exchange-request.v1+json";

/// Lays institutions down as children that sign with `key`. Enrolment itself takes two round trips of two people; here the records it
/// leaves are written.
pub(crate) async fn lay_down(
    store: &dyn Store,
    institutions: &[Organisation],
    key: &SecretKey,
) -> Result<(), Failure> {
    for chunk in institutions.chunks(CHUNK) {
        let body = json!({ "n": chunk.len() });
        let mut fact = Fact::new("bench", "enrolled", now(), "bench", &body)?;
        for organisation in chunk {
            let child = Neighbour {
                organisation: organisation.clone(),
                key: key.public(),
                relation: Relation::Child,
                address: None,
                authority: vec![],
                enrolled_at: now(),
                parted: None,
            };
            fact = fact.put(Put::new("post-neighbour", child.id().as_str(), &child)?);
        }
        store.commit(vec![fact]).await?;
    }
    Ok(())
}

/// What an institution asks its hub, signed: it has read so far and brings these items.
pub(crate) fn question(
    (from, to): (&OrganisationId, &OrganisationId),
    (at, nonce): (Instant, &str),
    (have, items): (&Value, &Value),
    key: &SecretKey,
) -> String {
    let half = json!({
        "from": from, "to": to, "at": at, "nonce": nonce, "have": have, "items": items, "more": false,
    });
    json!(Dsse::seal(QUESTION_TYPE, half.to_string().into_bytes(), key)).to_string()
}

/// The median and the 99th percentile.
pub(crate) fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    format!("p50 {:.1?}, p99 {:.1?}", at(50), at(99))
}

/// The machine's time.
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a bench measures real time"
)]
pub(crate) fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Instant::from_micros(since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(0)))
}
