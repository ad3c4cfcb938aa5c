//! The usual batch, commits and secrets: read in one journey, worked out here, written in another.
//!
//! What a job sees of the jobs before it is what it would see if each had been written first: versions, secrets and the head are carried
//! along. Nothing is written for a job that is refused.

use std::collections::{BTreeMap, HashMap};

use sakimori_words::Instant;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::link::Session;
use super::rows;
use super::writer::{LOCKED_HEAD, append, columns, execute, lay, put_head};
use crate::chain::Sealed;
use crate::engine::{Done, HeadRow, Job, Outcome, PrivateRow, is_expected};
use crate::plan::{self, Draft, Net, Place};
use crate::schema;

const LAY_PRIVATE: &str = "INSERT INTO ledger_private (shelf, key, body, expires_at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
    ON CONFLICT (shelf, key) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at";
const CLEAR_PRIVATE: &str = "DELETE FROM ledger_private
    WHERE (shelf, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))";

/// Whether nothing but commits and single secrets waits.
pub(super) fn is_usual(jobs: &[Job]) -> bool {
    jobs.iter().all(|job| match job {
        Job::Commit(_)
        | Job::PutPrivate(_)
        | Job::RemovePrivate { .. }
        | Job::SwapPrivate { .. } => true,
        Job::Adopt(..) | Job::PurgePrivate(_) | Job::Rebuild => false,
    })
}

/// Begins a transaction and does everything up to its commit. Returns also whether the journal grew. An error is about the batch as a
/// whole: which job it came from is found by doing them one by one.
pub(super) async fn work(
    session: &Session,
    jobs: &[Job],
) -> Result<(Vec<Outcome>, HeadRow, bool), Error> {
    let mut batch = read(session, jobs).await?;
    let before = batch.head;
    let outcomes = jobs.iter().map(|job| batch.run_job(job)).collect();
    let moved = batch.head.head != before.head;
    batch.write(session, moved).await?;
    Ok((outcomes, batch.head, moved))
}

/// The state that jobs see, and what is to be written.
struct Batch {
    head: HeadRow,
    versions: HashMap<Place, u64>,
    privates: HashMap<Place, PrivateRow>,
    sealed: Vec<Sealed>,
    net: Net,
    changed_privates: BTreeMap<Place, Option<PrivateRow>>,
}

/// Begins, takes the lock, then reads what the jobs touch: sent together, done by the server in this order.
async fn read(session: &Session, jobs: &[Job]) -> Result<Batch, Error> {
    let (places, secrets) = places_of(jobs);
    let (locked, versions, privates) = futures::try_join!(
        session.statement(LOCKED_HEAD),
        session.statement(schema::VERSIONS_AT),
        session.statement(schema::PRIVATES_AT),
    )?;
    let [of_places, of_secrets] = [columns(places.iter()), columns(secrets.iter())];
    let of_places: [&(dyn ToSql + Sync); 2] = [&of_places.0, &of_places.1];
    let of_secrets: [&(dyn ToSql + Sync); 2] = [&of_secrets.0, &of_secrets.1];
    let client = &session.client;
    let ((), head, versions, privates) = futures::try_join!(
        client.batch_execute("BEGIN"),
        client.query_one(&locked, &[]),
        any(client, &versions, &of_places, places.len()),
        any(client, &privates, &of_secrets, secrets.len()),
    )?;
    let privates: Vec<PrivateRow> = privates.iter().map(rows::private).collect::<Result<_, _>>()?;
    Ok(Batch {
        head: rows::head(&head)?,
        versions: versions.iter().map(rows::version).collect::<Result<_, _>>()?,
        privates: privates.into_iter().map(|row| (place_of(&row), row)).collect(),
        sealed: vec![],
        net: Net::default(),
        changed_privates: BTreeMap::new(),
    })
}

/// The rows at so many places; most batches touch either records or secrets, and ask nothing about the others.
async fn any(
    client: &Client,
    statement: &Statement,
    places: &[&(dyn ToSql + Sync)],
    n_places: usize,
) -> Result<Vec<Row>, Error> {
    if n_places == 0 { Ok(vec![]) } else { client.query(statement, places).await }
}

/// The records and the secrets that the jobs touch, each once.
fn places_of(jobs: &[Job]) -> (Vec<Place>, Vec<Place>) {
    let (mut places, mut secrets) = (vec![], vec![]);
    for job in jobs {
        match job {
            Job::Commit(drafts) => places.extend(drafts.iter().flat_map(Draft::places)),
            Job::RemovePrivate { shelf, key } | Job::SwapPrivate { shelf, key, .. } => {
                secrets.push((shelf.clone(), key.clone()));
            }
            Job::PutPrivate(_) | Job::Adopt(..) | Job::PurgePrivate(_) | Job::Rebuild => {}
        }
    }
    for places in [&mut places, &mut secrets] {
        places.sort_unstable();
        places.dedup();
    }
    (places, secrets)
}

fn place_of(row: &PrivateRow) -> Place {
    (row.shelf.clone(), row.key.clone())
}

impl Batch {
    fn run_job(&mut self, job: &Job) -> Outcome {
        match job {
            Job::Commit(drafts) => self.commit(drafts),
            Job::PutPrivate(row) => {
                self.put_private(row.clone());
                Ok(Done::Nothing)
            }
            Job::RemovePrivate { shelf, key } => {
                Ok(Done::Flag(self.remove_private((shelf.clone(), key.clone()))))
            }
            Job::SwapPrivate { shelf, key, expected, new, expires_at } => {
                let place = (shelf.clone(), key.clone());
                let found = self.privates.get(&place).map(|row| row.body.as_str());
                let swaps = is_expected(found, expected.as_ref());
                match new {
                    Some(body) if swaps => self.put_private(PrivateRow {
                        shelf: shelf.clone(),
                        key: key.clone(),
                        body: body.clone(),
                        expires_at: *expires_at,
                    }),
                    None if swaps => drop(self.remove_private(place)),
                    Some(_) | None => {}
                }
                Ok(Done::Flag(swaps))
            }
            // Not among the usual ones.
            Job::Adopt(..) | Job::PurgePrivate(_) | Job::Rebuild => Ok(Done::Nothing),
        }
    }

    fn commit(&mut self, drafts: &[Draft]) -> Outcome {
        let found = |place: Place| self.versions.get(&place).map(|version| (place, *version));
        let versions = drafts.iter().flat_map(Draft::places).filter_map(found).collect();
        let plan = plan::plan(drafts, self.head.usable()?, versions)?;
        for row in plan.net.laid() {
            self.versions.insert((row.shelf.clone(), row.key.clone()), row.version);
        }
        for place in plan.net.cleared() {
            self.versions.remove(place);
        }
        self.head.head = plan.head;
        let links = plan.links();
        self.sealed.extend(plan.sealed);
        self.net.follow(plan.net);
        Ok(Done::Appended(links))
    }

    fn put_private(&mut self, row: PrivateRow) {
        self.changed_privates.insert(place_of(&row), Some(row.clone()));
        self.privates.insert(place_of(&row), row);
    }

    fn remove_private(&mut self, place: Place) -> bool {
        let was_there = self.privates.remove(&place).is_some();
        self.changed_privates.insert(place, None);
        was_there
    }

    /// Writes everything: sent together, done by the server in this order.
    async fn write(&self, session: &Session, moved: bool) -> Result<(), Error> {
        let head = async { if moved { put_head(session, self.head).await } else { Ok(()) } };
        futures::try_join!(
            append(session, &self.sealed),
            lay(session, &self.net),
            self.lay_privates(session),
            head,
        )
        .map(drop)
    }

    async fn lay_privates(&self, session: &Session) -> Result<(), Error> {
        let laid: Vec<&PrivateRow> = self.changed_privates.values().flatten().collect();
        if !laid.is_empty() {
            let shelves: Vec<&str> = laid.iter().map(|row| row.shelf.as_str()).collect();
            let keys: Vec<&str> = laid.iter().map(|row| row.key.as_str()).collect();
            let bodies: Vec<&str> = laid.iter().map(|row| row.body.as_str()).collect();
            let expiries: Vec<Option<i64>> =
                laid.iter().map(|row| row.expires_at.map(Instant::as_micros)).collect();
            execute(session, LAY_PRIVATE, &[&shelves, &keys, &bodies, &expiries]).await?;
        }
        let cleared = self.changed_privates.iter().filter(|(_, row)| row.is_none());
        let (shelves, keys) = columns(cleared.map(|(place, _)| place));
        if !keys.is_empty() {
            execute(session, CLEAR_PRIVATE, &[&shelves, &keys]).await?;
        }
        Ok(())
    }
}
