//! The tracker: puts sessions together from what the log says, record by record. Pure and bounded.
//!
//! It is told of every event and, about once a minute, of the time; it goes into a snapshot and back. What it holds is bounded
//! whatever comes: the oldest session is closed, its end unknown, before a new one finds no place.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sakimori_words::{Digest, Event, EvidenceRef, Instant, SECOND_MICROS};
use serde::{Deserialize, Serialize};

use super::judge::{Deviation, deviations};
use super::register::Register;
use super::session::{Ended, HowEnded, MACHINES_MAX, Machine, Road, Session, Told};
use super::signs::{self, Calls, Sign, What};
use super::{LATE_SECONDS, UNHEARD_SECONDS};
use crate::detector::machine_name;

/// Most sessions that are followed at a time.
const SESSIONS_MAX: usize = 1_000;

/// Most records that wait for the session they belong to.
const LOOSE_MAX: usize = 500;

/// Most accounts remembered for proposing lines.
const SEEN_MAX: usize = 300;

/// Most numbers by which one session is known.
const KEYS_MAX: usize = 8;

/// Most addresses remembered of an account.
const SEEN_ADDRESSES_MAX: usize = 5;

/// Follows sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tracker {
    /// Going on, or ended so recently that late records may still belong to them.
    sessions: Vec<Session>,
    /// Records whose session has not begun yet: they came out of order.
    loose: Vec<(Sign, EvidenceRef)>,
    calls: Calls,
    seen: BTreeMap<String, Seen>,
    /// Sessions that have changed since they were last handed out.
    #[serde(skip)]
    changed: Vec<Session>,
}

/// An account that was seen on the VPN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The account.
    pub account: String,
    /// Its groups and tunnels.
    pub groups: Vec<String>,
    /// Where it came from, the latest ones.
    pub addresses: Vec<IpAddr>,
    /// Through which device.
    pub device: String,
    /// How many sessions.
    pub n_sessions: u64,
    /// The first.
    pub first_at: Instant,
    /// The latest.
    pub last_at: Instant,
}

/// What was not announced, and the session as it is now.
pub(super) type Tale = (Session, Deviation);

/// What became of an event.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// What is to be told.
    pub(super) tales: Vec<Tale>,
    /// Whether it says that somebody came in over the VPN: then this module speaks of it, and no other rule has to.
    pub(super) came_by_vpn: bool,
}

impl Tracker {
    /// Looks at an event. The time is the event's own: nothing here depends on when it is looked at.
    pub(super) fn note(
        &mut self,
        event: &Event,
        evidence: &dyn Fn() -> EvidenceRef,
        register: &Register,
    ) -> Looked {
        let Some(sign) = signs::read(event, &mut self.calls) else { return Looked::default() };
        let came_by_vpn = sign.road == Road::Vpn && sign.what != What::Out;
        let touched = self.take(&sign, &evidence(), register);
        if let Some(id) = touched.as_deref().filter(|_| sign.what != What::Out) {
            self.gather(id, register);
        }
        if touched.is_none() && may_wait(&sign) {
            self.wait(sign.clone(), evidence());
        }
        let tales = touched.map(|id| self.assess(&id, register, sign.at)).unwrap_or_default();
        Looked { tales, came_by_vpn }
    }

    /// Looks at the clock: what overran is told, what is not heard of any more is closed, what is settled is let go.
    pub(super) fn tick(&mut self, register: &Register, now: Instant) -> Vec<Tale> {
        self.close_unheard(now);
        let ids: Vec<String> = self.sessions.iter().map(|session| session.id.clone()).collect();
        let tales = ids.iter().flat_map(|id| self.assess(id, register, now)).collect();
        let settled = |session: &Session| {
            session.ended.is_some() && age_seconds(session.heard_at, now) > LATE_SECONDS
        };
        self.sessions.retain(|session| !settled(session));
        self.loose.retain(|(sign, _)| age_seconds(sign.at, now) <= LATE_SECONDS);
        tales
    }

    /// Sessions that have changed since this was last asked, each as it is now.
    pub(super) fn take_changed(&mut self) -> Vec<Session> {
        std::mem::take(&mut self.changed)
    }

    /// Hands changes back that could not be kept; newer ones go before them.
    pub(super) fn give_back(&mut self, changed: Vec<Session>) {
        for session in changed {
            if !self.changed.iter().any(|own| own.id == session.id) {
                self.changed.push(session);
            }
        }
    }

    /// Whether something is to be kept.
    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Accounts seen on the VPN, by name.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.seen.values()
    }

    /// Puts a record where it belongs; the id of the session, or `None` when it belongs to none that is followed.
    fn take(&mut self, sign: &Sign, evidence: &EvidenceRef, register: &Register) -> Option<String> {
        match (sign.what, sign.road) {
            (What::In { since }, Road::Vpn) => Some(self.came_in(sign, since, evidence, register)),
            (What::In { since }, Road::Rdp | Road::Ssh) => {
                self.logged_on(sign, since, evidence, register)
            }
            (What::Out, _) => self.left(sign, evidence),
        }
    }

    /// A tunnel stands: a new session, or one more record of one that is known.
    fn came_in(
        &mut self,
        sign: &Sign,
        since: Instant,
        evidence: &EvidenceRef,
        register: &Register,
    ) -> String {
        if let Some(session) = self.sessions.iter_mut().find(|own| is_same(own, sign, since)) {
            join(session, sign, evidence);
            let id = session.id.clone();
            return self.changed(&id);
        }
        self.supersede(sign, since);
        self.remember(sign, since);
        self.begin(sign, since, evidence, register)
    }

    /// Somebody logged on to a machine: within a tunnel, or as a session of its own when a line knows them.
    fn logged_on(
        &mut self,
        sign: &Sign,
        since: Instant,
        evidence: &EvidenceRef,
        register: &Register,
    ) -> Option<String> {
        let line = register.line_of(&sign.account, &sign.groups, sign.from);
        let line = line.map(|line| line.id.as_str());
        let through = self.sessions.iter_mut().rev().find(|own| {
            own.road == Road::Vpn && lasted(own, sign.at) && goes_through(own, sign, line)
        });
        if let Some(session) = through {
            touch(session, sign, evidence);
            let id = session.id.clone();
            return Some(self.changed(&id));
        }
        line?;
        if let Some(session) = self.sessions.iter_mut().find(|own| is_same(own, sign, since)) {
            join(session, sign, evidence);
            let id = session.id.clone();
            return Some(self.changed(&id));
        }
        let id = self.begin(sign, since, evidence, register);
        if let Some(session) = self.sessions.iter_mut().find(|own| own.id == id) {
            touch(session, sign, evidence);
        }
        Some(self.changed(&id))
    }

    /// Somebody left. A tunnel with several numbers ends with the last of them, since devices count each way separately.
    fn left(&mut self, sign: &Sign, evidence: &EvidenceRef) -> Option<String> {
        let session = self.sessions.iter_mut().rev().find(|own| is_left_by(own, sign))?;
        session.keys.retain(|key| *key != sign.key);
        session.heard_at = session.heard_at.max(sign.at);
        session.point_at(evidence.clone());
        if session.keys.is_empty() || session.road != Road::Vpn {
            session.ended =
                Some(Ended { at: sign.at.max(session.begun_at), how: HowEnded::Recorded });
        }
        let id = session.id.clone();
        Some(self.changed(&id))
    }

    fn begin(
        &mut self,
        sign: &Sign,
        since: Instant,
        evidence: &EvidenceRef,
        register: &Register,
    ) -> String {
        self.make_room();
        let mut session = Session {
            id: session_id(sign, since),
            road: sign.road,
            line: None,
            supplier: String::new(),
            account: sign.account.clone(),
            groups: sign.groups.clone(),
            from: sign.from,
            inside: sign.inside,
            device: sign.device.clone(),
            begun_at: since,
            heard_at: sign.at,
            ended: None,
            machines: Vec::new(),
            told: Vec::new(),
            evidence: Vec::new(),
            keys: Vec::new(),
            live: sign.live,
        };
        join(&mut session, sign, evidence);
        find_line(&mut session, register);
        let id = session.id.clone();
        // The same record looked at again after a restart.
        self.sessions.retain(|own| own.id != id);
        self.sessions.push(session);
        self.changed(&id)
    }

    /// Takes up records that came before the session they belong to.
    fn gather(&mut self, id: &str, register: &Register) {
        let Some(session) = self.find(id).cloned() else { return };
        let loose = std::mem::take(&mut self.loose).into_iter();
        let (mut later, waiting): (Vec<_>, Vec<_>) =
            loose.partition(|(sign, _)| waited_for(&session, sign, register));
        self.loose = waiting;
        later.sort_by_key(|(sign, _)| sign.at);
        for (sign, evidence) in later {
            if self.take(&sign, &evidence, register).is_none() {
                self.loose.push((sign, evidence));
            }
        }
    }

    fn wait(&mut self, sign: Sign, evidence: EvidenceRef) {
        if self.loose.len() >= LOOSE_MAX {
            self.loose.remove(0);
        }
        self.loose.push((sign, evidence));
    }

    /// What is to be told of a session and was not yet.
    fn assess(&mut self, id: &str, register: &Register, now: Instant) -> Vec<Tale> {
        let Some(session) = self.sessions.iter_mut().find(|own| own.id == id) else {
            return Vec::new();
        };
        let found_line = session.line.is_none() && find_line(session, register);
        let new = deviations(session, register, now).into_iter();
        let new: Vec<Deviation> = new.filter(|deviation| !is_known(session, deviation)).collect();
        session.told.extend(new.iter().map(|own| Told { deviation: own.clone(), at: now }));
        let tales = new.iter().map(|own| (session.clone(), own.clone())).collect();
        if found_line || !new.is_empty() {
            self.changed(id);
        }
        tales
    }

    fn close_unheard(&mut self, now: Instant) {
        let unheard = |session: &&mut Session| {
            session.ended.is_none() && age_seconds(session.heard_at, now) > UNHEARD_SECONDS
        };
        let ids: Vec<String> = self.sessions.iter_mut().filter(unheard).map(end_unknown).collect();
        for id in ids {
            self.changed(&id);
        }
    }

    /// A number or an address that is given to a new session is no more that of an old one, whose end was not told.
    fn supersede(&mut self, sign: &Sign, since: Instant) {
        let gave_way = |own: &&mut Session| {
            let shares = (sign.inside.is_some() && own.inside == sign.inside)
                || (!sign.key.is_empty() && own.keys.contains(&sign.key));
            let runs = own.ended.is_none() && own.begun_at <= since;
            shares && runs && own.road == sign.road && own.device == sign.device
        };
        let ids: Vec<String> = self.sessions.iter_mut().filter(gave_way).map(end_unknown).collect();
        for id in ids {
            self.changed(&id);
        }
    }

    fn make_room(&mut self) {
        if self.sessions.len() < SESSIONS_MAX {
            return;
        }
        // The one that ended, else the one of which nothing was heard for the longest time.
        let oldest = self.sessions.iter().enumerate();
        let oldest = oldest.min_by_key(|(_, own)| (own.ended.is_none(), own.heard_at));
        let Some(at) = oldest.map(|(at, _)| at) else { return };
        let mut session = self.sessions.remove(at);
        if session.ended.is_none() {
            end_unknown(&mut session);
            self.put_aside(session);
        }
    }

    fn remember(&mut self, sign: &Sign, since: Instant) {
        if sign.account.is_empty() {
            return;
        }
        if self.seen.len() >= SEEN_MAX && !self.seen.contains_key(&sign.account) {
            let oldest = self.seen.values().min_by_key(|seen| seen.last_at);
            let oldest = oldest.map(|seen| seen.account.clone());
            self.seen.retain(|account, _| Some(account) != oldest.as_ref());
        }
        let seen = self.seen.entry(sign.account.clone()).or_default();
        seen.account.clone_from(&sign.account);
        seen.groups.clone_from(&sign.groups);
        seen.device.clone_from(&sign.device);
        seen.first_at = if seen.n_sessions == 0 { since } else { seen.first_at.min(since) };
        seen.last_at = seen.last_at.max(since);
        seen.n_sessions += 1;
        if let Some(from) = sign.from.filter(|from| !seen.addresses.contains(from)) {
            if seen.addresses.len() >= SEEN_ADDRESSES_MAX {
                seen.addresses.remove(0);
            }
            seen.addresses.push(from);
        }
    }

    fn find(&self, id: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// Puts the session among those to be kept, as it is now.
    fn changed(&mut self, id: &str) -> String {
        if let Some(session) = self.find(id).cloned() {
            self.put_aside(session);
        }
        id.to_owned()
    }

    fn put_aside(&mut self, session: Session) {
        self.changed.retain(|own| own.id != session.id);
        // Staff at home are followed too, for what they touch; only what concerns a line, or was told, is kept.
        if session.line.is_some() || !session.told.is_empty() {
            self.changed.push(session);
        }
    }
}

/// What was told already. Somebody who makes a line of an account that was told about knows of its session.
fn is_known(session: &Session, deviation: &Deviation) -> bool {
    let as_no_line = *deviation == Deviation::Unplanned && session.was_told(&Deviation::NoLine);
    as_no_line || session.was_told(deviation)
}

fn find_line(session: &mut Session, register: &Register) -> bool {
    let Some(line) = register.line_of(&session.account, &session.groups, session.from) else {
        return false;
    };
    session.line = Some(line.id.clone());
    session.supplier.clone_from(&line.fields.supplier);
    true
}

/// Whether the record speaks of a session that is known: the same somebody over the same road at the same device.
fn is_same(session: &Session, sign: &Sign, since: Instant) -> bool {
    let agrees = |own: Option<IpAddr>, other: Option<IpAddr>| {
        own.is_none() || other.is_none() || own == other
    };
    let by_number = !sign.key.is_empty() && session.keys.contains(&sign.key);
    let by_name = session.account == sign.account
        && session.groups.iter().all(|group| sign.groups.contains(group))
        && agrees(session.from, sign.from)
        && agrees(session.inside, sign.inside);
    // Somebody who comes in anew long after the last word came in twice; the first end was lost.
    let still_the_same = since < sign.at || age_seconds(session.heard_at, sign.at) <= LATE_SECONDS;
    session.road == sign.road
        && session.device == sign.device
        && session.ended.is_none()
        && still_the_same
        && session.begun_at <= since.plus_seconds(LATE_SECONDS)
        && (by_number || by_name)
}

/// Whether the record ends the session: by its number, or, of a record without one, by who and from where.
fn is_left_by(session: &Session, sign: &Sign) -> bool {
    let agrees = sign.from.is_none() || session.from.is_none() || sign.from == session.from;
    let by_name = session.account == sign.account && agrees && !sign.account.is_empty();
    let known = if sign.key.is_empty() || session.keys.is_empty() {
        by_name
    } else {
        session.keys.contains(&sign.key)
    };
    session.road == sign.road
        && session.device == sign.device
        && session.ended.is_none()
        && session.begun_at <= sign.at
        && known
}

/// From the address that the tunnel was given, or as the account of its line from somewhere inside.
fn goes_through(session: &Session, sign: &Sign, line: Option<&str>) -> bool {
    let by_address = sign.from.is_some() && sign.from == session.inside;
    by_address || (line.is_some() && session.line.as_deref() == line)
}

fn lasted(session: &Session, at: Instant) -> bool {
    session.begun_at <= at && session.ended.is_none_or(|ended| at <= ended.at)
}

/// A logon may come before its tunnel, an end before its begin.
fn may_wait(sign: &Sign) -> bool {
    sign.from.is_some() || !sign.key.is_empty() || !sign.account.is_empty()
}

/// Whether a record that came first belongs to the session that came later.
fn waited_for(session: &Session, sign: &Sign, register: &Register) -> bool {
    if sign.what == What::Out {
        return is_left_by(session, sign);
    }
    let line = register.line_of(&sign.account, &sign.groups, sign.from);
    let line = line.map(|line| line.id.as_str());
    session.road == Road::Vpn && session.begun_at <= sign.at && goes_through(session, sign, line)
}

fn join(session: &mut Session, sign: &Sign, evidence: &EvidenceRef) {
    session.heard_at = session.heard_at.max(sign.at);
    session.inside = session.inside.or(sign.inside);
    session.from = session.from.or(sign.from);
    let new = !sign.key.is_empty() && !session.keys.contains(&sign.key);
    if new && session.keys.len() < KEYS_MAX {
        session.keys.push(sign.key.clone());
    }
    session.point_at(evidence.clone());
}

fn touch(session: &mut Session, sign: &Sign, evidence: &EvidenceRef) {
    session.heard_at = session.heard_at.max(sign.at);
    let name = machine_name(&sign.device);
    let known = session.machines.iter().any(|machine| machine.name == name);
    if known || session.machines.len() >= MACHINES_MAX {
        return;
    }
    let (account, road) = (sign.account.clone(), sign.road);
    session.machines.push(Machine { name, address: sign.to, account, road, at: sign.at });
    session.point_at(evidence.clone());
}

fn end_unknown(session: &mut Session) -> String {
    session.ended = Some(Ended { at: session.heard_at, how: HowEnded::Unknown });
    session.id.clone()
}

fn age_seconds(at: Instant, now: Instant) -> i64 {
    now.micros_since(at) / SECOND_MICROS
}

/// Begin, then a digest of what it is: ids sort by begin, and the same records give the same id.
fn session_id(sign: &Sign, since: Instant) -> String {
    let from = sign.from.map(|from| from.to_string()).unwrap_or_default();
    let parts = [sign.road.name(), &sign.device, &sign.account, &from, &sign.key];
    let text = parts.join("\u{0}");
    let digest = Digest::of(text.as_bytes()).to_string();
    let short = digest.get(..12).unwrap_or_default();
    format!("{:016}-{short}", since.as_micros().max(0))
}
