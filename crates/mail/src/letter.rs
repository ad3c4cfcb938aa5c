//! One letter: to whom, about what, and how far it has come. Pure.

use sakimori_words::{Instant, OrganisationId, WarningId};
use serde::{Deserialize, Serialize};

/// How long a letter is tried before it is given up, in hours from its queueing. RFC 5321 4.5.4.1 asks for four to five days of a mail
/// server; a warning that is three days late is told by telephone.
pub const GIVE_UP_HOURS: i64 = 72;

/// Pauses between tries, in seconds; the last one from then on. Grey-listing lets a second try in after minutes.
const PAUSES_SECONDS: [i64; 3] = [15 * 60, 60 * 60, LATER_SECONDS];

/// The pause after somebody else's mail server gave up for now, in seconds.
const LATER_SECONDS: i64 = 4 * 60 * 60;

/// What a letter is about: one revision of a warning, or a reminder of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Matter {
    /// The office that issued the warning.
    pub origin: OrganisationId,
    /// Its id there.
    pub warning: WarningId,
    /// Which revision.
    pub revision: u32,
    /// Which reminder of it, from 1; 0 for the warning itself.
    #[serde(default)]
    pub reminder: u32,
}

impl Matter {
    /// The `n`th reminder of the same revision; 0: the warning itself.
    #[must_use]
    pub fn reminder(&self, n: u32) -> Self {
        Self { reminder: n, ..self.clone() }
    }

    /// The beginning of the keys of everything about it; time order, since ids of warnings are.
    pub(crate) fn key(&self) -> String {
        let key = format!("{}/{}/{:06}", self.warning, self.origin, self.revision);
        if self.reminder == 0 { key } else { format!("{key}.{:03}", self.reminder) }
    }
}

/// To whom a letter goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The institution.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// The person at that address; empty for the institution's own.
    pub person: String,
    /// Its mail address.
    pub address: String,
    /// Whether its person answers behind the link; an institution with a node answers there.
    pub answers: bool,
}

/// How far a letter has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LetterState {
    /// 送信待ち: to be handed to the relay from then on.
    Waiting {
        /// From when.
        next_at: Instant,
    },
    /// 送信済: the relay has taken it. Whether anybody reads it is not known.
    Sent {
        /// When.
        at: Instant,
    },
    /// 不達: refused or returned.
    Returned {
        /// When.
        at: Instant,
    },
    /// 打切り: it could not be delivered in time.
    GivenUp {
        /// When.
        at: Instant,
    },
    /// The address was known to be dead: not even tried.
    Skipped {
        /// When.
        at: Instant,
    },
    /// It said nothing any more before it was sent: something newer took its place, or what it reminds of was answered.
    Superseded {
        /// When.
        at: Instant,
    },
}

impl LetterState {
    /// When it became known that the letter does not arrive; `None` as long as it may.
    #[must_use]
    pub const fn failed_at(self) -> Option<Instant> {
        match self {
            Self::Returned { at } | Self::GivenUp { at } | Self::Skipped { at } => Some(at),
            Self::Waiting { .. } | Self::Sent { .. } | Self::Superseded { .. } => None,
        }
    }
}

/// What became of a try, or of a letter that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took it.
    Accepted,
    /// Not now (4xx).
    NotNow {
        /// What the other side said.
        said: String,
    },
    /// It came back from elsewhere as not deliverable for now (4.x.x).
    BackForNow {
        /// What the other side said.
        said: String,
    },
    /// Never (5xx, 5.x.x).
    Never {
        /// What the other side said.
        said: String,
        /// Whether it speaks of the address. A refusal for reasons of policy (5.7.x) speaks of us.
        of_address: bool,
    },
    /// It says nothing any more: a newer revision or reminder went out, or what it reminds of was answered.
    Superseded,
}

impl Outcome {
    pub(crate) fn said(&self) -> &str {
        match self {
            Self::NotNow { said } | Self::BackForNow { said } | Self::Never { said, .. } => said,
            Self::Accepted | Self::Superseded => "",
        }
    }
}

/// One letter as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its id, which stands in its return path, its link and its Message-ID.
    pub id: String,
    /// What it is about.
    pub matter: Matter,
    /// The institution.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// The person it is written to; empty when it goes to the institution's own address.
    #[serde(default)]
    pub person: String,
    /// Where it goes.
    pub address: String,
    /// Whether it carries a link to answer by.
    pub answers: bool,
    /// When it was queued.
    pub queued_at: Instant,
    /// How often it was handed to the relay.
    pub n_tries: u32,
    /// How far it is.
    pub state: LetterState,
    /// What the other side said last; empty when nothing.
    #[serde(default)]
    pub said: String,
}

impl Letter {
    pub(crate) fn key(&self) -> String {
        place_of(&self.matter, &self.organisation, &self.person, &self.address)
    }

    /// The letter after `outcome`.
    #[must_use]
    pub fn after(&self, outcome: &Outcome, now: Instant) -> Self {
        let mut after = self.clone();
        outcome.said().clone_into(&mut after.said);
        after.state = match outcome {
            Outcome::Accepted => LetterState::Sent { at: now },
            Outcome::Never { .. } => LetterState::Returned { at: now },
            Outcome::Superseded => LetterState::Superseded { at: now },
            Outcome::NotNow { .. } => self.again(pause_seconds(self.n_tries), now),
            Outcome::BackForNow { .. } => self.again(LATER_SECONDS, now),
        };
        if matches!(outcome, Outcome::Accepted | Outcome::NotNow { .. } | Outcome::Never { .. }) {
            after.n_tries = self.n_tries.saturating_add(1);
        }
        after
    }

    fn again(&self, pause_seconds: i64, now: Instant) -> LetterState {
        let next_at = now.plus_seconds(pause_seconds);
        if next_at > self.queued_at.plus_seconds(GIVE_UP_HOURS * 3_600) {
            return LetterState::GivenUp { at: now };
        }
        LetterState::Waiting { next_at }
    }
}

/// The pause after so many tries.
fn pause_seconds(n_tries: u32) -> i64 {
    let place = usize::try_from(n_tries).unwrap_or(usize::MAX);
    PAUSES_SECONDS.get(place).copied().unwrap_or(LATER_SECONDS)
}

/// The key of the letter about `matter` to `organisation`.
pub(crate) fn key_of(matter: &Matter, organisation: &OrganisationId) -> String {
    format!("{}/{organisation}", matter.key())
}

/// The key of the letter to one address there: its own, or that of a person.
pub(crate) fn place_of(
    matter: &Matter,
    organisation: &OrganisationId,
    person: &str,
    address: &str,
) -> String {
    let own = key_of(matter, organisation);
    if person.is_empty() { own } else { format!("{own}/{}", address.trim().to_lowercase()) }
}

/// How many letters about one matter are how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// To be sent.
    pub waiting: u64,
    /// Taken by the relay.
    pub sent: u64,
    /// Refused or returned.
    pub returned: u64,
    /// Not delivered in time.
    pub given_up: u64,
    /// Not tried, since the address is dead.
    pub skipped: u64,
    /// Not sent, since they said nothing any more.
    pub superseded: u64,
    /// Institutions that no letter about the revision reaches; kept with the warning itself, not with its reminders.
    #[serde(default)]
    pub to_call: u64,
}

impl Tally {
    /// How many letters there are in all.
    #[must_use]
    pub const fn n_letters(&self) -> u64 {
        self.waiting + self.sent + self.returned + self.given_up + self.skipped + self.superseded
    }

    pub(crate) const fn add(&mut self, state: LetterState) {
        *self.place(state) += 1;
    }

    pub(crate) const fn take_away(&mut self, state: LetterState) {
        let place = self.place(state);
        *place = place.saturating_sub(1);
    }

    const fn place(&mut self, state: LetterState) -> &mut u64 {
        match state {
            LetterState::Waiting { .. } => &mut self.waiting,
            LetterState::Sent { .. } => &mut self.sent,
            LetterState::Returned { .. } => &mut self.returned,
            LetterState::GivenUp { .. } => &mut self.given_up,
            LetterState::Skipped { .. } => &mut self.skipped,
            LetterState::Superseded { .. } => &mut self.superseded,
        }
    }
}
