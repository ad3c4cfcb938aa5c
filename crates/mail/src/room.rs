//! The mailroom: letters as they are kept, what is due, what came back, and what an office sees of it.
//!
//! One task writes (the node's runner), so that counts need no locks; screens read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{Clock, Digest, Instant, OrganisationId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::MailError;
use crate::letter::{Addressee, Letter, LetterState, Matter, Outcome, Tally, key_of, place_of};
use crate::returned::Saying;
use crate::secret::{LINK_DAYS, MailSecret};

/// [`Letter`] by matter and institution.
const LETTER: &str = "mail.letter";
/// The key of a letter by its id.
const ID: &str = "mail.id";
/// The key of a letter by when it is due.
const WAITING: &str = "mail.waiting";
/// [`Tally`] by matter.
const TALLY: &str = "mail.tally";
/// [`Run`] by matter.
const RUN: &str = "mail.run";
/// [`ToCall`] by warning, revision and institution.
const CALL: &str = "mail.call";
/// [`KnownAddress`] by the digest of the address.
const ADDRESS: &str = "mail.address";
/// [`Switch`].
const SWITCH: &str = "mail.switch";
const SWITCH_KEY: &str = "mail";

/// After how many letters that never arrived an address is dead.
pub const DEAD_AFTER: u32 = 2;

/// Answers with one link within an hour: people correct themselves, machines repeat themselves.
const ANSWERS_MAX: u32 = 10;
const ANSWERS_SECONDS: i64 = 3_600;
/// Links whose answers are counted at a time.
const COUNTED_MAX: usize = 10_000;

/// Records of addresses looked at for a screen.
const SHOWN_MAX: usize = 500;

/// The letters of one office. Share it in an `Arc`.
pub struct Mailroom {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    secret: MailSecret,
    answers: Mutex<BTreeMap<String, (Instant, u32)>>,
}

/// Since when mail is on; what was released before is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Switch {
    on: bool,
    since_at: Instant,
}

/// How far the register was gone through for one matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The last institution looked at; `None` at the beginning.
    pub after: Option<OrganisationId>,
    /// Whether it was gone through to the end.
    pub done: bool,
}

/// An institution that mail does not reach: confirm by telephone (電話で確認).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToCall {
    /// The institution.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// The address that does not work.
    pub address: String,
    /// What the other side said; empty when the letter was not tried.
    pub said: String,
    /// Since when it is known.
    pub at: Instant,
}

/// What is known of an address that letters did not reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownAddress {
    /// The address.
    pub address: String,
    /// The institution it was written to last.
    pub name: String,
    /// Letters that never arrived.
    pub n_returned: u32,
    /// What the other side said last.
    pub said: String,
    /// Since when nothing is sent there; `None` while it is tried.
    pub dead_since: Option<Instant>,
}

/// The mail of an office at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Since when mail is on; `None` while it is off.
    pub on_since: Option<Instant>,
    /// Letters to be sent.
    pub n_waiting: u64,
    /// Addresses that did not work, dead or not.
    pub addresses: Vec<KnownAddress>,
}

/// A tally as it is kept.
struct KeptTally {
    key: String,
    tally: Tally,
    version: u64,
}

/// The tally of a matter, and that of the warning when the matter is a reminder of it.
struct Tallies {
    own: KeptTally,
    of_warning: Option<KeptTally>,
}

impl Tallies {
    fn of_warning(&mut self) -> &mut Tally {
        &mut self.of_warning.as_mut().unwrap_or(&mut self.own).tally
    }

    fn puts(&self) -> Result<Vec<Put>, LedgerError> {
        let put = |kept: &KeptTally| {
            Ok(Put::new(TALLY, kept.key.clone(), &kept.tally)?.version(kept.version))
        };
        std::iter::once(&self.own).chain(&self.of_warning).map(put).collect()
    }
}

impl Mailroom {
    /// The mailroom in that store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, secret: MailSecret) -> Self {
        Self { store, clock, secret, answers: Mutex::default() }
    }

    /// The key of links and return paths.
    #[must_use]
    pub const fn secret(&self) -> &MailSecret {
        &self.secret
    }

    /// Notes at every start whether mail is on. Returns since when it is; what was released before stays unsent.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn switch(&self, on: bool) -> Result<Option<Instant>, MailError> {
        let kept = self.switched().await?;
        let now = self.clock.now();
        let switch = match kept {
            Some(kept) if kept.on == on => kept,
            None if !on => return Ok(None),
            _ => Switch { on, since_at: now },
        };
        if kept != Some(switch) {
            let kind = if on { "mail_switched_on" } else { "mail_switched_off" };
            let fact = Fact::new("mail", kind, now, "system", &switch)?;
            let put = Put::new(SWITCH, SWITCH_KEY, &switch)?;
            self.store.commit(vec![fact.put(put)]).await?;
        }
        Ok(switch.on.then_some(switch.since_at))
    }

    /// Since when mail is on; `None` while it is off.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn on_since(&self) -> Result<Option<Instant>, MailError> {
        let on = self.switched().await?.filter(|switch| switch.on);
        Ok(on.map(|switch| switch.since_at))
    }

    async fn switched(&self) -> Result<Option<Switch>, LedgerError> {
        let record = self.store.get(SWITCH, SWITCH_KEY).await?;
        record.map(|record| record.read()).transpose()
    }

    /// How far the register was gone through for `matter`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn run(&self, matter: &Matter) -> Result<Run, MailError> {
        let record = self.store.get(RUN, &matter.key()).await?;
        Ok(record.map(|record| record.read()).transpose()?.unwrap_or_default())
    }

    /// Queues a letter to each of these and keeps how far the register was gone through, in one commit. Who has a letter about the
    /// matter gets no second one; an address that is dead is not tried.
    ///
    /// # Errors
    /// When the ledger fails; nothing is queued then.
    pub async fn queue(
        &self,
        matter: &Matter,
        addressees: &[Addressee],
        run: &Run,
    ) -> Result<(), MailError> {
        let now = self.clock.now();
        let mut tallies = self.tallies(matter).await?;
        let body = json!({ "matter": matter, "n": addressees.len(), "run": run });
        let mut fact = Fact::new(stream(matter), "mail_queued", now, "system", &body)?;
        fact = fact.put(Put::new(RUN, matter.key(), run)?);
        for addressee in self.without_letter(matter, addressees).await? {
            let letter = self.letter(matter, addressee, now).await?;
            tallies.own.tally.add(letter.state);
            let call = self.new_call(&letter, &mut tallies).await?;
            for put in laid_down(&letter)?.into_iter().chain(call) {
                fact = fact.put(put);
            }
        }
        for put in tallies.puts()? {
            fact = fact.put(put);
        }
        self.store.commit(vec![fact]).await?;
        Ok(())
    }

    async fn without_letter<'a>(
        &self,
        matter: &Matter,
        addressees: &'a [Addressee],
    ) -> Result<Vec<&'a Addressee>, LedgerError> {
        let key = |one: &Addressee| place_of(matter, &one.organisation, &one.person, &one.address);
        let keys: Vec<String> = addressees.iter().map(key).collect();
        let places: Vec<(&str, &str)> = keys.iter().map(|key| (LETTER, key.as_str())).collect();
        let kept = self.store.get_many(&places).await?;
        let new = addressees.iter().zip(kept).filter(|(_, kept)| kept.is_none());
        Ok(new.map(|(one, _)| one).collect())
    }

    async fn letter(
        &self,
        matter: &Matter,
        addressee: &Addressee,
        now: Instant,
    ) -> Result<Letter, MailError> {
        let known = self.known(&addressee.address).await?;
        let dead = known.filter(|known| known.dead_since.is_some());
        let Addressee { organisation, person, address, .. } = addressee;
        let key = place_of(matter, organisation, person, address);
        Ok(Letter {
            id: self.secret.letter_id(&key, &addressee.address),
            matter: matter.clone(),
            organisation: addressee.organisation.clone(),
            name: addressee.name.clone(),
            person: addressee.person.clone(),
            address: addressee.address.clone(),
            answers: addressee.answers,
            queued_at: now,
            n_tries: 0,
            state: match dead {
                Some(_) => LetterState::Skipped { at: now },
                None => LetterState::Waiting { next_at: now },
            },
            said: dead.map(|known| known.said).unwrap_or_default(),
        })
    }

    /// Up to `limit` letters that are due now, the longest due first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn due(&self, limit: usize) -> Result<Vec<Letter>, MailError> {
        let until = due_key(self.clock.now().plus_seconds(1), "");
        let mut due = vec![];
        for record in self.store.list(WAITING, None, limit).await? {
            if record.key >= until {
                break;
            }
            let key: String = record.read()?;
            if let Some((letter, _)) = self.kept_letter(&key).await? {
                due.push(letter);
            }
        }
        Ok(due)
    }

    /// Keeps what became of a letter.
    ///
    /// # Errors
    /// When the ledger fails; the letter is then as it was.
    pub async fn settle(&self, letter: &Letter, outcome: &Outcome) -> Result<(), MailError> {
        let now = self.clock.now();
        let Some((before, version)) = self.kept_letter(&letter.key()).await? else {
            return Err(MailError::Link);
        };
        let after = before.after(outcome, now);
        let mut tallies = self.tallies(&after.matter).await?;
        tallies.own.tally.take_away(before.state);
        tallies.own.tally.add(after.state);
        let call = self.new_call(&after, &mut tallies).await?;
        let body = json!({ "letter": after.id, "to": after.organisation, "state": after.state,
            "said": after.said });
        let mut fact = Fact::new(stream(&after.matter), "mail_moved_on", now, "system", &body)?
            .put(Put::new(LETTER, after.key(), &after)?.version(version));
        let waiting = waiting_puts(&before, &after)?;
        for put in tallies.puts()?.into_iter().chain(waiting).chain(call) {
            fact = fact.put(put);
        }
        if let Outcome::Never { said, of_address: true } = outcome {
            fact = fact.put(self.one_more_returned(&after, said, now).await?);
        }
        self.store.commit(vec![fact]).await?;
        Ok(())
    }

    async fn one_more_returned(
        &self,
        letter: &Letter,
        said: &str,
        now: Instant,
    ) -> Result<Put, MailError> {
        let known = self.known(&letter.address).await?;
        let n_returned = known.as_ref().map_or(0, |known| known.n_returned).saturating_add(1);
        let dead_since = known.and_then(|known| known.dead_since);
        let known = KnownAddress {
            address: letter.address.clone(),
            name: letter.name.clone(),
            n_returned,
            said: said.to_owned(),
            dead_since: dead_since.or_else(|| (n_returned >= DEAD_AFTER).then_some(now)),
        };
        Ok(Put::new(ADDRESS, address_key(&letter.address), &known)?)
    }

    /// Keeps what a returned mail says about the letter `id`. A letter counts once, however often it comes back.
    ///
    /// # Errors
    /// [`MailError::Link`] when there is no such letter.
    pub async fn take_back(&self, id: &str, saying: &Saying) -> Result<(), MailError> {
        let letter = self.by_id(id).await?.ok_or(MailError::Link)?;
        let outcome = match saying {
            Saying::Never { said, of_address } => {
                Outcome::Never { said: said.clone(), of_address: *of_address }
            }
            Saying::BackForNow { said } => Outcome::BackForNow { said: said.clone() },
            Saying::Notice | Saying::AutoAnswer | Saying::Unclear => return Ok(()),
        };
        if matches!(letter.state, LetterState::Sent { .. }) {
            self.settle(&letter, &outcome).await?;
        }
        Ok(())
    }

    /// How many letters about `matter` are how far; `None` when none was ever queued.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn tally(&self, matter: &Matter) -> Result<Option<Tally>, MailError> {
        let record = self.store.get(TALLY, &matter.key()).await?;
        Ok(record.map(|record| record.read()).transpose()?)
    }

    /// The letters about `matter` to these, in their order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn letters(
        &self,
        matter: &Matter,
        organisations: &[&OrganisationId],
    ) -> Result<Vec<Option<Letter>>, MailError> {
        let keys: Vec<String> = organisations.iter().map(|one| key_of(matter, one)).collect();
        let places: Vec<(&str, &str)> = keys.iter().map(|key| (LETTER, key.as_str())).collect();
        let records = self.store.get_many(&places).await?;
        let read = |record: Option<sakimori_ledger::Record>| {
            record.map(|record| record.read()).transpose().map_err(MailError::from)
        };
        records.into_iter().map(read).collect()
    }

    /// Up to `limit` institutions to be telephoned because mail about `matter`, reminders among it, does not reach them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn to_call(&self, matter: &Matter, limit: usize) -> Result<Vec<ToCall>, MailError> {
        let prefix = format!("{}/", matter.reminder(0).key());
        let records = self.store.list_prefix(CALL, &prefix, limit).await?;
        records.iter().map(|record| record.read().map_err(MailError::from)).collect()
    }

    /// The mail of this office at a glance.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn overview(&self) -> Result<Overview, MailError> {
        let records = self.store.list(ADDRESS, None, SHOWN_MAX).await?;
        let addresses: Result<_, LedgerError> =
            records.iter().map(sakimori_ledger::Record::read).collect();
        Ok(Overview {
            on_since: self.on_since().await?,
            n_waiting: self.store.count(WAITING).await?,
            addresses: addresses?,
        })
    }

    /// A person found out that an address works again: letters go there from now on.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn revive(&self, address: &str, by: &str) -> Result<(), MailError> {
        let body = json!({ "address": address });
        let fact = Fact::new("mail", "address_revived", self.clock.now(), by, &body)?;
        let removal = Put::removal(ADDRESS, address_key(address));
        self.store.commit(vec![fact.put(removal)]).await?;
        Ok(())
    }

    /// The link by which the institution of a letter answers.
    #[must_use]
    pub fn link(&self, letter: &Letter) -> String {
        self.secret.link(&letter.id, letter.queued_at.plus_days(LINK_DAYS))
    }

    /// The letter behind a link.
    ///
    /// # Errors
    /// When nobody here made the link, it is too old, or the letter is not one to answer.
    pub async fn opened(&self, link: &str) -> Result<Letter, MailError> {
        let (id, expires_at) = self.secret.linked(link).ok_or(MailError::Link)?;
        if self.clock.now() >= expires_at {
            return Err(MailError::Expired);
        }
        let letter = self.by_id(&id).await?;
        letter.filter(|letter| letter.answers).ok_or(MailError::Link)
    }

    /// Counts one more answer with a letter's link.
    ///
    /// # Errors
    /// [`MailError::TooOften`] from the eleventh within an hour on.
    pub fn count_answer(&self, letter: &Letter) -> Result<(), MailError> {
        let now = self.clock.now();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= COUNTED_MAX {
            answers.retain(|_, (since_at, _)| now < since_at.plus_seconds(ANSWERS_SECONDS));
        }
        let (since_at, n_answers) = answers.entry(letter.id.clone()).or_insert((now, 0));
        if now >= since_at.plus_seconds(ANSWERS_SECONDS) {
            (*since_at, *n_answers) = (now, 0);
        }
        *n_answers = n_answers.saturating_add(1);
        if *n_answers > ANSWERS_MAX { Err(MailError::TooOften) } else { Ok(()) }
    }

    async fn by_id(&self, id: &str) -> Result<Option<Letter>, MailError> {
        let Some(record) = self.store.get(ID, id).await? else { return Ok(None) };
        let key: String = record.read()?;
        Ok(self.kept_letter(&key).await?.map(|(letter, _)| letter))
    }

    async fn kept_letter(&self, key: &str) -> Result<Option<(Letter, u64)>, LedgerError> {
        let Some(record) = self.store.get(LETTER, key).await? else { return Ok(None) };
        Ok(Some((record.read()?, record.version)))
    }

    async fn kept_tally(&self, matter: &Matter) -> Result<KeptTally, LedgerError> {
        let key = matter.key();
        let (tally, version) = match self.store.get(TALLY, &key).await? {
            Some(record) => (record.read()?, record.version),
            None => (Tally::default(), 0),
        };
        Ok(KeptTally { key, tally, version })
    }

    async fn tallies(&self, matter: &Matter) -> Result<Tallies, LedgerError> {
        let own = self.kept_tally(matter).await?;
        let of_warning = match matter.reminder {
            0 => None,
            _ => Some(self.kept_tally(&matter.reminder(0)).await?),
        };
        Ok(Tallies { own, of_warning })
    }

    /// The entry on the telephone list for a letter that did not arrive, counted; `None` when there is nothing to list, or the
    /// institution is on it already.
    async fn new_call(
        &self,
        letter: &Letter,
        tallies: &mut Tallies,
    ) -> Result<Option<Put>, LedgerError> {
        // That a deputy's address does not work is no reason to call: the institution has a letter of its own.
        let (true, Some(at)) = (letter.person.is_empty(), letter.state.failed_at()) else {
            return Ok(None);
        };
        let key = key_of(&letter.matter.reminder(0), &letter.organisation);
        if self.store.get(CALL, &key).await?.is_some() {
            return Ok(None);
        }
        tallies.of_warning().to_call += 1;
        let call = ToCall {
            organisation: letter.organisation.clone(),
            name: letter.name.clone(),
            address: letter.address.clone(),
            said: letter.said.clone(),
            at,
        };
        Put::new(CALL, key, &call).map(Some)
    }

    async fn known(&self, address: &str) -> Result<Option<KnownAddress>, LedgerError> {
        let record = self.store.get(ADDRESS, &address_key(address)).await?;
        record.map(|record| record.read()).transpose()
    }
}

fn stream(matter: &Matter) -> String {
    format!("mail/{}", matter.key())
}

/// Addresses are told apart without case: so does every mail server there is.
fn address_key(address: &str) -> String {
    Digest::of(address.trim().to_lowercase().as_bytes()).to_string()
}

/// Twenty digits, so that the order of keys is the order of time.
fn due_key(at: Instant, key: &str) -> String {
    format!("{:020}/{key}", at.as_micros().max(0))
}

fn laid_down(letter: &Letter) -> Result<Vec<Put>, LedgerError> {
    let key = letter.key();
    let mut puts = vec![Put::new(LETTER, &key, letter)?.absent(), Put::new(ID, &letter.id, &key)?];
    if let LetterState::Waiting { next_at } = letter.state {
        puts.push(Put::new(WAITING, due_key(next_at, &key), &key)?);
    }
    Ok(puts)
}

fn waiting_puts(before: &Letter, after: &Letter) -> Result<Vec<Put>, LedgerError> {
    let mut puts = vec![];
    if before.state == after.state {
        return Ok(puts);
    }
    let key = after.key();
    if let LetterState::Waiting { next_at } = before.state {
        puts.push(Put::removal(WAITING, due_key(next_at, &key)));
    }
    if let LetterState::Waiting { next_at } = after.state {
        puts.push(Put::new(WAITING, due_key(next_at, &key), &key)?);
    }
    Ok(puts)
}
