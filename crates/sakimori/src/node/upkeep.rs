//! Regular work nobody waits for: sealing, proving, forgetting what has expired.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sakimori_federation::KnownOrganisation;
use sakimori_lake::{CatalogueStore, Lake, LakeError, SEAL_AFTER_BYTES, SegmentInfo};
use sakimori_ledger::{Fact, Store};
use sakimori_share::SentOut;
use sakimori_watch::Findings;
use sakimori_watch::retro::Retro;
use sakimori_web::ports::LogProof;
use sakimori_web::profile;
use sakimori_web::tools::Tools;
use sakimori_words::{Clock, Lang, Organisation, Trouble};
use serde_json::json;

use super::{House, sightings};
use crate::heads;
use crate::prove::prove_lake;
use crate::witness;
use crate::world::World;

/// How often the log is looked at for sealing.
const SEAL_EVERY: Duration = Duration::from_secs(10);

/// How often the store is put in order.
const TEND_EVERY: Duration = Duration::from_secs(1_800);

/// How often counts of repeated findings are written.
const COUNT_EVERY: Duration = Duration::from_secs(60);

/// How often the whole log store is proved again. A year of a 150-bed hospital takes minutes of one core.
const PROVE_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// How often it is looked whether the head of the log has to be offered. It changes with every seal, a few times a day.
const OFFER_EVERY: Duration = Duration::from_secs(15);

/// How often it is looked whether somebody is to be reminded.
const CHASE_EVERY: Duration = Duration::from_secs(60);

/// How often it is looked whether a batch of shared cases has come.
const PUBLISH_EVERY: Duration = Duration::from_secs(60);

/// How often it is looked whether looking back for a shared case is over, or counts have come.
const SIGHTINGS_EVERY: Duration = Duration::from_secs(30);

/// How often it is looked whether the numbers of members have changed.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// How often the own profile is looked at: another process may have saved it.
const KNOW_EVERY: Duration = Duration::from_secs(5);

/// How often expired secrets are forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(120);

/// Unsealed log with which a node opens its doors, in bytes: as much as a life that ended badly usually leaves, and less than a
/// second of recovery at the next start. What is below that is sealed beside the first events.
const BACKLOG_BYTES_MAX: u64 = SEAL_AFTER_BYTES;

/// How long a start may seal. Then the doors open whatever is left: senders over UDP lose what nobody takes.
const BACKLOG_LIMIT: Duration = Duration::from_secs(60);

/// Seals what lives that ended badly have left, as far as the log would not stay bounded otherwise.
pub(super) async fn seal_backlog(lake: &Lake, store: &dyn Store, clock: &dyn Clock) {
    match tokio::time::timeout(BACKLOG_LIMIT, lake.seal_down_to(BACKLOG_BYTES_MAX)).await {
        Ok(sealed) => note_sealed(sealed, lake, store, clock).await,
        Err(_) => {
            tracing::warn!(
                "what the last runs left unsealed takes long to seal; it goes on beside"
            );
        }
    }
}

/// Seals what is due, for ever, and has the journal witness it. At once first: a node that is killed soon after every start
/// would never seal anything.
pub(super) async fn seal(lake: Arc<Lake>, store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
    loop {
        let sealed = lake.tick().await;
        note_sealed(sealed, &lake, store.as_ref(), clock.as_ref()).await;
        tokio::time::sleep(SEAL_EVERY).await;
    }
}

async fn note_sealed(
    sealed: Result<Vec<Arc<SegmentInfo>>, LakeError>,
    lake: &Lake,
    store: &dyn Store,
    clock: &dyn Clock,
) {
    match sealed {
        Ok(sealed) if sealed.is_empty() => {}
        Ok(_) => witness(lake, store, clock).await,
        Err(error) => {
            tracing::error!(trouble = %error.trouble(), "the log could not be sealed; it is kept unsealed");
        }
    }
}

/// Puts segments of past months together and removes files that nobody reads any more, for ever.
pub(super) async fn tend(lake: Arc<Lake>) {
    loop {
        tokio::time::sleep(TEND_EVERY).await;
        loop {
            match lake.compact().await {
                Ok(Some(segment)) => {
                    tracing::info!(file = %segment.file, events = segment.events, "segments were put together");
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(trouble = %error.trouble(), "segments could not be put together; they stay as they are");
                    break;
                }
            }
        }
        if let Err(error) = lake.sweep().await {
            tracing::warn!(trouble = %error.trouble(), "files that are not read any more could not be removed");
        }
    }
}

/// Has the journal witness the newest head of the log.
pub(super) async fn witness(lake: &Lake, store: &dyn Store, clock: &dyn Clock) {
    if let Err(error) = witness::write(lake, store, clock.now()).await {
        tracing::warn!(trouble = %error.trouble(), "the head of the log could not be witnessed");
    }
}

/// Says what starting had to mend in the log, and writes it down: a part that may be missing must not be a matter of luck to
/// notice.
///
/// # Errors
/// When it cannot be written down.
pub(super) async fn tell_recovery(
    lake: &Lake,
    seen_up_to: u64,
    store: &dyn Store,
    world: &World,
) -> Result<(), Trouble> {
    let recovery = lake.recovery();
    let last = lake.reader().last_seq().await.map_err(|error| error.trouble())?;
    let texts = |lang| {
        let mut texts = recovery.texts(lang);
        if last < seen_up_to {
            texts.push(gone(last + 1, seen_up_to, lang));
        }
        texts
    };
    texts(world.lang).iter().for_each(|text| world.note(text));
    if !recovery.may_have_lost() && last >= seen_up_to {
        return Ok(());
    }
    let body = json!({ "ja": texts(Lang::Ja), "en": texts(Lang::En) });
    let fact = Fact::new("log", "damage_found", world.clock.now(), "system", &body);
    let kept = match fact {
        Ok(fact) => store.commit(vec![fact]).await,
        Err(error) => Err(error),
    };
    kept.map(drop).map_err(|error| error.trouble())
}

fn gone(first: u64, last: u64, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!(
            "前にあったログ {first}〜{last} 番がなくなっています。データフォルダの写しを取り、`sakimori verify` で確かめてください"
        ),
        Lang::En => format!(
            "log records {first} to {last} were there and are gone; copy the data folder and see `sakimori verify`"
        ),
    }
}

/// Writes the counts of repeated findings that are due, for ever.
pub(super) async fn count(findings: Arc<Findings>) {
    loop {
        tokio::time::sleep(COUNT_EVERY).await;
        if let Err(error) = findings.tick(false).await {
            tracing::warn!(trouble = %error.trouble(), "counts of findings could not be kept");
        }
    }
}

/// Proves the log store at the start and every few hours, and keeps the result for the lamp.
pub(super) async fn prove(
    data: PathBuf,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    proof: Arc<Mutex<LogProof>>,
) {
    loop {
        let result = match prove_lake(&data, Some(store.as_ref()), &[], &mut |_| {}).await {
            Ok(report) => {
                let checked_at = clock.now();
                match report.problems.first() {
                    None => LogProof::Intact {
                        checked_at,
                        events: report.sealed_events + report.hot_events,
                    },
                    Some(problem) => LogProof::Altered { checked_at, what: problem.to_string() },
                }
            }
            Err(trouble) => {
                tracing::error!(%trouble, "the log store could not be proved");
                LogProof::Unproved { tried_at: clock.now(), trouble }
            }
        };
        *proof.lock().unwrap_or_else(PoisonError::into_inner) = result;
        tokio::time::sleep(PROVE_EVERY).await;
    }
}

/// Offers the newest head of the log to the offices above, for ever.
pub(super) async fn offer_heads(
    house: Arc<House>,
    catalogue: Arc<dyn CatalogueStore>,
    clock: Arc<dyn Clock>,
) {
    loop {
        tokio::time::sleep(OFFER_EVERY).await;
        let (post, store) = (house.post.as_ref(), house.store.as_ref());
        if let Err(trouble) = heads::offer_due(post, store, &*catalogue, clock.now()).await {
            tracing::warn!(%trouble, "the head of the log could not be offered to the offices above");
        }
    }
}

/// Looks for the entries in the register of institutions whose nodes enrolled here, whenever one of the two has changed.
#[derive(Default)]
struct NodeMatching {
    nodes: Option<Arc<Vec<KnownOrganisation>>>,
    entries: Option<Arc<Vec<Organisation>>>,
}

impl NodeMatching {
    async fn again(&mut self, house: &House) -> Result<(), Trouble> {
        let nodes = house.post.roll().await.map_err(|error| error.trouble())?;
        let entries = house.register.known().await.map_err(|error| error.trouble())?;
        let same = self.nodes.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &nodes))
            && self.entries.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &entries));
        if same {
            return Ok(());
        }
        let below = nodes.iter().filter(|one| one.below).map(|one| &one.organisation);
        house.register.match_nodes(below).await.map_err(|error| error.trouble())?;
        (self.nodes, self.entries) = (Some(nodes), Some(entries));
        Ok(())
    }
}

/// Tells the offices above how far the institutions without a node are, for ever.
pub(super) async fn tell_sums(house: Arc<House>) {
    loop {
        if let Err(error) = house.warnings.tell_sums().await {
            tracing::warn!(trouble = %error.trouble(), "the office above could not be told; it is tried again");
        }
        tokio::time::sleep(TELL_EVERY).await;
    }
}

/// Sends the reminders that the rules ask for, for ever. Only offices chase.
pub(super) async fn chase(house: Arc<House>) {
    loop {
        tokio::time::sleep(CHASE_EVERY).await;
        match house.warnings.chase().await {
            Ok(reminded) => reminded.iter().for_each(|one| {
                let n_members = one.members.len();
                tracing::info!(warning = %one.warning.key.id, deputies = one.deputies, n_members, "reminders went out; members get theirs by mail where it is on");
            }),
            Err(error) => {
                tracing::warn!(trouble = %error.trouble(), "reminders could not be sent; they are due again");
            }
        }
    }
}

/// Takes over how the organisation describes itself, for ever: the profile may be saved in another process.
pub(super) async fn know_ourselves(house: Arc<House>) {
    loop {
        tokio::time::sleep(KNOW_EVERY).await;
        match profile::load(house.store.as_ref()).await {
            Ok(Some(profile)) if profile.organisation != house.post.me() => {
                house.post.known_as(profile.organisation);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(trouble = %error.trouble(), "the own profile could not be read");
            }
        }
    }
}

/// Sends out the shared cases that wait for their batch, for ever; also those that were due while this process was down.
pub(super) async fn publish_cases(house: Arc<House>, clock: Arc<dyn Clock>) {
    loop {
        match house.shares.publish_due().await {
            Ok(sent) if sent == SentOut::default() => {}
            Ok(sent) => {
                let (n_published, n_given_back) = (sent.published.len(), sent.given_back.len());
                tracing::info!(n_published, n_given_back, "the batch of shared cases went out");
                lay_out(&house, &clock).await;
            }
            Err(error) => {
                tracing::warn!(trouble = %error.trouble(), "shared cases could not go out; they are due again");
            }
        }
        tokio::time::sleep(PUBLISH_EVERY).await;
    }
}

async fn lay_out(house: &House, clock: &Arc<dyn Clock>) {
    if let Err(trouble) = tools(house, clock).lay_out().await {
        tracing::warn!(%trouble, "what was released could not be laid out for tools");
    }
}

/// Takes down what looking back for shared cases found, lets counts go back where the institution's setting says so, and hands on
/// those of everybody below, for ever.
pub(super) async fn return_sightings(house: Arc<House>, retro: Arc<Retro>) {
    loop {
        let done = async {
            sightings::take_down(&house.shares, &retro).await?;
            house.shares.tell_sightings().await.map_err(|error| error.trouble())
        };
        if let Err(trouble) = done.await {
            tracing::warn!(%trouble, "counts of what was found could not go back; they are tried again");
        }
        tokio::time::sleep(SIGHTINGS_EVERY).await;
    }
}

/// Forgets expired sessions, links and codes, matches the register with the nodes, and lays out for tools what a release could not, for
/// ever.
pub(super) async fn tidy(house: Arc<House>, clock: Arc<dyn Clock>) {
    let is_office = house.post.me().kind.is_office();
    let mut matching = NodeMatching::default();
    loop {
        tokio::time::sleep(TIDY_EVERY).await;
        if let Err(error) = house.identity.tidy().await {
            tracing::warn!(trouble = %error.trouble(), "expired secrets could not be forgotten");
        }
        if is_office && let Err(trouble) = matching.again(&house).await {
            tracing::warn!(%trouble, "nodes could not be matched with the register");
        }
        lay_out(&house, &clock).await;
    }
}

fn tools(house: &House, clock: &Arc<dyn Clock>) -> Tools {
    Tools {
        store: Arc::clone(&house.store),
        clock: Arc::clone(clock),
        post: Arc::clone(&house.post),
        content: Arc::clone(&house.content),
        shares: Arc::clone(&house.shares),
        warnings: Arc::clone(&house.warnings),
    }
}
