//! One month of accesses, taken one by one: what is explained is counted, what is not is gathered by person, patient and day
//! and scored at the end.
//!
//! Memory grows with the unexplained (person, patient, day), not with the accesses. Samples are drawn by the digest of a
//! recorded seed and the access's number, so that anybody can draw them again.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::{Date, Weekday};
use sakimori_words::{Digest, Instant, SECOND_MICROS, jst_datetime};

use super::context::{Context, Employment};
use super::explain::{Explanation, explain, has_contact, place_of};
use super::keys::{patient_key, user_key};
use super::reasons::{Reason, ReasonCode};
use super::settings::ReviewSettings;

/// Accesses whose numbers a candidate keeps; the count goes on.
const SEQS_MAX: usize = 20;

/// Most (person, patient, day) gathered: beyond it no list was handed in, and counting goes on alone.
const GROUPS_MAX: usize = 1_000_000;

/// An account that is back at a terminal within this time, having been at another between, was at two at once, in seconds.
const TWO_PLACES_SECONDS: i64 = 300;

/// Days of a month on which an unexplained look at the same record counts as repeated.
const REPEATED_DAYS: usize = 3;

/// People without explanation on one record on one day from whom on it is a crowd: more than a consulting team.
const CROWD_PEOPLE: usize = 6;

/// How many scaled deviations above the median a day has to lie to be a volume of its own; 3 is the usual cut for outliers.
const VOLUME_DEVIATIONS: f64 = 3.0;

/// Cases of the whole house that weigh as much as a role's own when its shares are measured: a role of two people says little.
const SMOOTHING_CASES: f64 = 20.0;

/// One access as the log has it.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// Its number in the log store.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// The account.
    pub user: &'a str,
    /// The patient's number.
    pub patient: &'a str,
    /// What was done, as the sources word it.
    pub activity: &'a str,
    /// The terminal.
    pub host: &'a str,
}

/// Accesses of one person to one patient's record on one day that nothing explains, or that were made by emergency override.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The account as the log wrote it.
    pub user: String,
    /// The patient's number as the log wrote it: for this process only, never kept.
    pub patient: String,
    /// Role of the account's holder, folded as compared; empty when unknown.
    pub role: String,
    /// Their first department; empty when unknown.
    pub department: String,
    /// The day in Japan.
    pub day: Date,
    /// How many accesses.
    pub count: u64,
    /// The first of them.
    pub first_at: Instant,
    /// The last of them.
    pub last_at: Instant,
    /// Numbers of the first of them in the log store.
    pub seqs: Vec<u64>,
    /// Sum of the reasons' points.
    pub points: u32,
    /// Why it stands where it stands.
    pub reasons: Vec<Reason>,
}

/// An access drawn at random.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// Its number in the log store.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// The account.
    pub user: String,
    /// The patient's number: for this process only, never kept.
    pub patient: String,
    /// What explains it, if anything does.
    pub explanation: Option<Explanation>,
}

/// What a month of accesses came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// All accesses that name an account and a patient.
    pub accesses: u64,
    /// Records of access that name no account or no patient: they cannot be judged, and are told.
    pub unnamed: u64,
    /// Explained accesses, by explanation.
    pub explained: BTreeMap<Explanation, u64>,
    /// Accesses that nothing explains.
    pub unexplained: u64,
    /// Unexplained accesses that were only counted because there were too many to gather.
    pub not_gathered: u64,
    /// How many (person, patient, day) stayed unexplained.
    pub n_candidates: u64,
    /// The first of them by points.
    pub candidates: Vec<Candidate>,
    /// Explained accesses drawn at random.
    pub sample_explained: Vec<Sampled>,
    /// Unexplained accesses drawn at random, those of the candidates shown left out.
    pub sample_unexplained: Vec<Sampled>,
}

impl Outcome {
    /// Share of accesses explained, in thousandths; a month without accesses is explained.
    #[must_use]
    pub fn explained_permille(&self) -> u64 {
        let explained = self.accesses - self.unexplained;
        (explained * 1_000).checked_div(self.accesses).unwrap_or(1_000)
    }
}

type GroupKey = (u32, u32, i32);

/// Takes the accesses of one month.
pub struct Month<'c> {
    context: &'c Context,
    settings: ReviewSettings,
    seed: Digest,
    users: Names,
    patients: Names,
    habits: HashMap<u32, Habit>,
    groups: HashMap<GroupKey, Group>,
    outcome: Outcome,
    explained_draw: Draw,
    unexplained_draw: Draw,
}

/// What one account did in the month, explained or not.
#[derive(Default)]
struct Habit {
    n: u64,
    n_off_hours: u64,
    days: HashSet<i32>,
    /// The last three terminals, the newest last.
    places: Vec<(String, Instant)>,
}

#[expect(clippy::struct_excessive_bools, reason = "signs that have nothing to do with each other")]
#[derive(Default)]
struct Group {
    count: u64,
    first_at: Instant,
    last_at: Instant,
    seqs: Vec<u64>,
    off_hours: bool,
    output: bool,
    shared_login: bool,
    break_glass: bool,
}

impl<'c> Month<'c> {
    /// An empty month. `seed` decides the samples; record it.
    #[must_use]
    pub fn new(context: &'c Context, settings: ReviewSettings, seed: Digest) -> Self {
        Self {
            context,
            settings,
            seed,
            users: Names::default(),
            patients: Names::default(),
            habits: HashMap::new(),
            groups: HashMap::new(),
            outcome: Outcome::default(),
            explained_draw: Draw::new(settings.sample_explained),
            // Twice as many and those shown: what stands on the list is left out at the end.
            unexplained_draw: Draw::new(settings.sample_unexplained * 2 + SEQS_MAX),
        }
    }

    /// Takes one access. They come in order of time.
    pub fn take(&mut self, access: &Access<'_>) {
        let (user, patient) = (user_key(access.user), patient_key(access.patient));
        if user.is_empty() || patient.is_empty() {
            self.outcome.unnamed += 1;
            return;
        }
        self.outcome.accesses += 1;
        let (day, off_hours) = self.day_of(&user, access.at);
        let user_id = self.users.id(&user, access.user);
        let shared_login = self.note_habit(user_id, access, day, off_hours);
        let explanation = explain(self.context, &self.settings, &user, &patient, access.at);
        let ticket = self.ticket(access.seq);
        let sampled = || Sampled {
            seq: access.seq,
            at: access.at,
            user: access.user.to_owned(),
            patient: access.patient.to_owned(),
            explanation,
        };
        if let Some(explanation) = explanation {
            *self.outcome.explained.entry(explanation).or_default() += 1;
            self.explained_draw.offer(ticket, sampled);
        } else {
            self.outcome.unexplained += 1;
            self.unexplained_draw.offer(ticket, sampled);
        }
        let break_glass = is_break_glass(access.activity);
        if explanation.is_some() && !break_glass {
            return;
        }
        let key = (user_id, self.patients.id(&patient, access.patient), day);
        if self.groups.len() >= GROUPS_MAX && !self.groups.contains_key(&key) {
            self.outcome.not_gathered += 1;
            return;
        }
        let group = self.groups.entry(key).or_default();
        group.add(access);
        group.off_hours |= off_hours;
        group.shared_login |= shared_login;
        group.break_glass |= break_glass;
    }

    /// The month is over: scores and ranks what stayed unexplained.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        let groups = std::mem::take(&mut self.groups);
        let measured = Measured::of(&self, &groups);
        let score = |(key, group): (&GroupKey, &Group)| self.candidate(&measured, *key, group);
        let mut ranked: Vec<Ranked> = groups.iter().map(score).collect();
        ranked.sort_by(Ranked::order);
        let mut outcome = std::mem::take(&mut self.outcome);
        outcome.n_candidates = ranked.len() as u64;
        let shown = ranked.into_iter().take(self.settings.candidates_max);
        outcome.candidates =
            shown.filter_map(|one| self.shown(groups.get(&one.key)?, one)).collect();
        let listed: HashSet<u64> =
            outcome.candidates.iter().flat_map(|one| one.seqs.iter().copied()).collect();
        outcome.sample_explained = self.explained_draw.drawn();
        outcome.sample_unexplained = self.unexplained_draw.drawn();
        outcome.sample_unexplained.retain(|one| !listed.contains(&one.seq));
        outcome.sample_unexplained.truncate(self.settings.sample_unexplained);
        outcome
    }

    /// The day in Japan, counted from 1970, and whether the moment is outside the hours of the day and of the person's duties.
    fn day_of(&self, user: &str, at: Instant) -> (i32, bool) {
        let local = jst_datetime(at);
        let weekend = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
        let by_day =
            (self.settings.day_begins_hour..self.settings.day_ends_hour).contains(&local.hour());
        let slack = self.settings.duty_slack_minutes * 60;
        let outside = (weekend || !by_day) && self.context.duties(user, at, slack).next().is_none();
        (day_number(local.date()), outside)
    }

    /// Counts the access to the account's habits. Returns whether the account stands at two terminals at once.
    fn note_habit(&mut self, user: u32, access: &Access<'_>, day: i32, off_hours: bool) -> bool {
        let habit = self.habits.entry(user).or_default();
        habit.n += 1;
        habit.n_off_hours += u64::from(off_hours);
        habit.days.insert(day);
        habit.moved_to(access.host, access.at)
    }

    fn ticket(&self, seq: u64) -> Digest {
        Digest::of_parts(&[self.seed.as_bytes(), &seq.to_be_bytes()])
    }

    fn candidate(&self, measured: &Measured, key: GroupKey, group: &Group) -> Ranked {
        let reasons = self.reasons(measured, key, group);
        let points = reasons.iter().map(|reason| reason.points).sum();
        Ranked { key, points, count: group.count, first_at: group.first_at, reasons }
    }

    fn reasons(&self, measured: &Measured, key: GroupKey, group: &Group) -> Vec<Reason> {
        let (user, patient) = (self.users.key(key.0), self.patients.key(key.1));
        let employment = self.context.latest(user);
        let (role, _) = place_of(employment);
        let mut reasons: Vec<Reason> = self
            .signs(key, group, measured)
            .into_iter()
            .map(|(code, detail)| {
                let usual = match code {
                    ReasonCode::OffHours => self.off_hours_share(key.0),
                    _ => measured.share(&role, code),
                };
                Reason::new(code, usual, detail)
            })
            .collect();
        reasons.extend(employment.into_iter().flat_map(|own| self.kinship(own, patient)));
        reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.points), reason.code));
        reasons
    }

    /// Signs whose usual share is measured over the month's unexplained accesses.
    fn signs(
        &self,
        key: GroupKey,
        group: &Group,
        measured: &Measured,
    ) -> Vec<(ReasonCode, String)> {
        let mut signs = self.own_signs(key, group);
        let (days, people) = (measured.days_on(key), measured.people_on(key));
        if days >= REPEATED_DAYS {
            signs.push((ReasonCode::Repeated, days.to_string()));
        }
        if people >= CROWD_PEOPLE {
            signs.push((ReasonCode::Crowd, people.to_string()));
        }
        if let Some(n_patients) = measured.volume_on(self, key) {
            signs.push((ReasonCode::Volume, n_patients.to_string()));
        }
        signs
    }

    /// Signs that one person, patient and day show by themselves.
    fn own_signs(&self, key: GroupKey, group: &Group) -> Vec<(ReasonCode, String)> {
        let (user, patient) = (self.users.key(key.0), self.patients.key(key.1));
        let at = group.first_at;
        let file = self.context.patient(patient);
        let own = self.context.latest(user).is_some_and(|row| row.patient == patient);
        let no_contact = !has_contact(file, at, self.settings.contact_days);
        let plain = [
            (own, ReasonCode::OwnRecord),
            (!own && self.context.staff_record(patient).is_some(), ReasonCode::CoWorker),
            (no_contact && !own, ReasonCode::NoRelationship),
            (group.off_hours, ReasonCode::OffHours),
            (group.output, ReasonCode::Output),
            (group.shared_login, ReasonCode::SharedLogin),
            (group.break_glass, ReasonCode::BreakGlass),
            (self.context.employed(user, at).next().is_none(), ReasonCode::UnknownAccount),
        ];
        let mut signs: Vec<(ReasonCode, String)> = plain
            .into_iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, code)| (code, String::new()))
            .collect();
        let mark = file.and_then(|file| file.marks.iter().find(|(_, span)| span.holds(at, 0, 0)));
        signs.extend(mark.map(|(mark, _)| (ReasonCode::Vip, mark.clone())));
        signs
    }

    /// Same family name, same postcode: the rarer among patients, the more it says.
    fn kinship(&self, own: &Employment, patient: &str) -> Vec<Reason> {
        let Some(file) = self.context.patient(patient).filter(|_| own.patient != patient) else {
            return Vec::new();
        };
        let same = |own: &str, theirs: &str| !own.is_empty() && own == theirs;
        let mut reasons = Vec::new();
        if same(&own.family, &file.family) {
            let usual = self.context.families().of(&file.family);
            reasons.push(Reason::new(ReasonCode::FamilyName, usual, String::new()));
        }
        if same(&own.postcode, &file.postcode) {
            let usual = self.context.postcodes().of(&file.postcode);
            reasons.push(Reason::new(ReasonCode::Neighbour, usual, String::new()));
        }
        reasons
    }

    /// The account's own share of off-hours accesses: who works at night is not marked for it.
    fn off_hours_share(&self, user: u32) -> f64 {
        let Some(habit) = self.habits.get(&user) else { return 1.0 };
        (number(habit.n_off_hours) + 0.5) / (number(habit.n) + 1.0)
    }

    fn shown(&self, group: &Group, ranked: Ranked) -> Option<Candidate> {
        let (user, patient, day) = ranked.key;
        let (role, department) = place_of(self.context.latest(self.users.key(user)));
        Some(Candidate {
            user: self.users.written(user).to_owned(),
            patient: self.patients.written(patient).to_owned(),
            role,
            department,
            day: date_of(day)?,
            count: group.count,
            first_at: group.first_at,
            last_at: group.last_at,
            seqs: group.seqs.clone(),
            points: ranked.points,
            reasons: ranked.reasons,
        })
    }
}

impl Group {
    fn add(&mut self, access: &Access<'_>) {
        if self.count == 0 {
            self.first_at = access.at;
        }
        self.count += 1;
        self.last_at = access.at;
        if self.seqs.len() < SEQS_MAX {
            self.seqs.push(access.seq);
        }
        self.output |= matches!(access.activity, "print" | "export");
    }
}

impl Habit {
    /// Notes the terminal. To move once is ordinary; to be back within minutes is not one person.
    fn moved_to(&mut self, host: &str, at: Instant) -> bool {
        if host.is_empty() {
            return false;
        }
        match self.places.last_mut() {
            Some((last, seen)) if last == host => {
                *seen = at;
                return false;
            }
            _ => self.places.push((host.to_owned(), at)),
        }
        if self.places.len() > 3 {
            self.places.remove(0);
        }
        let [(first, left_at), _, (now, _)] = &*self.places else { return false };
        first == now && at.micros_since(*left_at) <= TWO_PLACES_SECONDS * SECOND_MICROS
    }
}

/// An unexplained (person, patient, day) with its points.
struct Ranked {
    key: GroupKey,
    points: u32,
    count: u64,
    first_at: Instant,
    reasons: Vec<Reason>,
}

impl Ranked {
    /// Most points first; among equals more accesses, then the earlier one.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let place =
            |one: &Self| (std::cmp::Reverse((one.points, one.count)), one.first_at, one.key);
        place(self).cmp(&place(other))
    }
}

/// What is usual this month, over the unexplained.
#[derive(Default)]
struct Measured {
    house: Tally,
    roles: HashMap<String, Tally>,
    days: HashMap<(u32, u32), usize>,
    people: HashMap<(u32, i32), usize>,
    /// Patients without explanation of a person on a day.
    volumes: HashMap<(u32, i32), u32>,
    /// Median and scaled deviation of days with any access: by role.
    usual_volumes: HashMap<String, (f64, f64)>,
}

#[derive(Default)]
struct Tally {
    n: f64,
    signs: HashMap<ReasonCode, f64>,
}

impl Tally {
    fn add(&mut self, signs: &[(ReasonCode, String)]) {
        self.n += 1.0;
        for (code, _) in signs {
            *self.signs.entry(*code).or_default() += 1.0;
        }
    }

    fn count(&self, code: ReasonCode) -> f64 {
        self.signs.get(&code).copied().unwrap_or(0.0)
    }
}

impl Measured {
    fn of(month: &Month<'_>, groups: &HashMap<GroupKey, Group>) -> Self {
        let mut measured = Self::default();
        for (user, patient, day) in groups.keys() {
            *measured.days.entry((*user, *patient)).or_default() += 1;
            *measured.people.entry((*patient, *day)).or_default() += 1;
            *measured.volumes.entry((*user, *day)).or_default() += 1;
        }
        measured.measure_volumes(month);
        for (key, group) in groups {
            let signs = month.signs(*key, group, &measured);
            let (role, _) = place_of(month.context.latest(month.users.key(key.0)));
            measured.house.add(&signs);
            measured.roles.entry(role).or_default().add(&signs);
        }
        measured
    }

    fn measure_volumes(&mut self, month: &Month<'_>) {
        let mut by_role: HashMap<String, Vec<f64>> = HashMap::new();
        for (user, habit) in &month.habits {
            let (role, _) = place_of(month.context.latest(month.users.key(*user)));
            let of_role = by_role.entry(role).or_default();
            of_role.extend(habit.days.iter().map(|day| self.volume(*user, *day)));
        }
        self.usual_volumes =
            by_role.into_iter().map(|(role, days)| (role, median_and_deviation(days))).collect();
    }

    fn volume(&self, user: u32, day: i32) -> f64 {
        f64::from(self.volumes.get(&(user, day)).copied().unwrap_or(0))
    }

    /// Patients without explanation of that person and day, when they are far more than usual for them and for their role.
    fn volume_on(&self, month: &Month<'_>, (user, _, day): GroupKey) -> Option<u32> {
        let (role, _) = place_of(month.context.latest(month.users.key(user)));
        let n = self.volume(user, day);
        let far_above =
            |(median, deviation): (f64, f64)| n > median + VOLUME_DEVIATIONS * deviation.max(1.0);
        let own = month.habits.get(&user)?.days.iter().map(|day| self.volume(user, *day));
        let unusual = far_above(*self.usual_volumes.get(&role)?)
            && far_above(median_and_deviation(own.collect()));
        unusual.then(|| self.volumes.get(&(user, day)).copied())?
    }

    /// Days of the month on which the person looked at the record.
    fn days_on(&self, (user, patient, _): GroupKey) -> usize {
        self.days.get(&(user, patient)).copied().unwrap_or(0)
    }

    /// People who looked at the record that day.
    fn people_on(&self, (_, patient, day): GroupKey) -> usize {
        self.people.get(&(patient, day)).copied().unwrap_or(0)
    }

    /// How usual a sign is among the unexplained accesses of a role, drawn towards the whole house where the role says little.
    fn share(&self, role: &str, code: ReasonCode) -> f64 {
        let house = (self.house.count(code) + 0.5) / (self.house.n + 1.0);
        let (count, n) =
            self.roles.get(role).map_or((0.0, 0.0), |tally| (tally.count(code), tally.n));
        (count + SMOOTHING_CASES * house) / (n + SMOOTHING_CASES)
    }
}

/// The median and 1.4826 times the median distance from it (which is the standard deviation where days are spread normally).
fn median_and_deviation(mut values: Vec<f64>) -> (f64, f64) {
    let median = median(&mut values);
    let mut distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    (median, 1.4826 * self::median(&mut distances))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Keeps the accesses with the smallest tickets: a fair draw from a stream of unknown length.
struct Draw {
    limit: usize,
    kept: BTreeMap<Digest, Sampled>,
}

impl Draw {
    const fn new(limit: usize) -> Self {
        Self { limit, kept: BTreeMap::new() }
    }

    fn offer(&mut self, ticket: Digest, sampled: impl FnOnce() -> Sampled) {
        let last = self.kept.last_key_value().map(|(last, _)| *last);
        if self.kept.len() < self.limit {
            self.kept.insert(ticket, sampled());
        } else if last.is_some_and(|last| ticket < last) {
            self.kept.pop_last();
            self.kept.insert(ticket, sampled());
        }
    }

    fn drawn(&mut self) -> Vec<Sampled> {
        std::mem::take(&mut self.kept).into_values().collect()
    }
}

/// Names as small numbers, with the first spelling in which each was met.
#[derive(Default)]
struct Names {
    ids: HashMap<String, u32>,
    names: Vec<(String, String)>,
}

impl Names {
    fn id(&mut self, key: &str, written: &str) -> u32 {
        if let Some(id) = self.ids.get(key) {
            return *id;
        }
        let id = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.ids.insert(key.to_owned(), id);
        self.names.push((key.to_owned(), written.to_owned()));
        id
    }

    fn name(&self, id: u32) -> Option<&(String, String)> {
        self.names.get(usize::try_from(id).ok()?)
    }

    fn key(&self, id: u32) -> &str {
        self.name(id).map_or("", |(key, _)| key)
    }

    fn written(&self, id: u32) -> &str {
        self.name(id).map_or("", |(_, written)| written)
    }
}

/// As the sources word it: DICOM 110127, and the wording of products by column map.
fn is_break_glass(activity: &str) -> bool {
    let activity = activity.to_ascii_lowercase();
    ["emergency", "break", "110127"].iter().any(|word| activity.contains(word))
}

/// Days since 1970-01-01.
fn day_number(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(date).map_or(0, |span| span.get_days())
}

fn date_of(day: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(day)).ok()
}

/// A count as a number to divide.
#[expect(clippy::cast_precision_loss, reason = "counts of a month are far below 2^52")]
const fn number(count: u64) -> f64 {
    count as f64
}
