//! What looking back found: one hit for each indicator or rule and machine, however many events are behind it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sakimori_sigma::CorrelatorSnapshot;
use sakimori_standards::stix::Sighting;
use sakimori_words::{
    Event, EvidenceRef, Finding, FindingId, Instant, Involved, Level, RECORD_ACCESS, Text,
};
use serde::{Deserialize, Serialize};

use super::indicators::{Indicator, IndicatorKind};
use super::matcher::{Matcher, MatcherError};
use crate::detector::about;
use crate::{Detector, EVIDENCE_MAX, INVOLVED_MAX, Known};

/// The tag of a finding that was found in retrospect.
pub const RETRO_TAG: &str = "sakimori.retro";

/// With what the rule ids of indicators begin.
pub const INDICATOR_RULE: &str = "sakimori-indicator";

/// Most accounts that a hit names.
const USERS_MAX: usize = 20;

/// Longest indicator in a title, in characters.
const TITLE_CHARS_MAX: usize = 200;

/// Longest line of an event in a hit of an indicator, in characters.
const SUMMARY_CHARS_MAX: usize = 300;

/// What is looked for.
pub enum Sought {
    /// Indicators, and them made ready.
    Indicators(Vec<Indicator>, Box<Matcher>),
    /// Rules.
    Rules(Box<Detector>),
}

/// One indicator or rule on one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// What a finding says of it: the words of the first event, the first events of all as evidence.
    pub finding: Finding,
    /// The accounts, the first of them.
    pub users: Vec<String>,
    /// How many events.
    pub count: u64,
    /// Time of the first.
    pub first_at: Instant,
    /// Time of the last.
    pub last_at: Instant,
    /// Of the events, how many a finding speaks of already.
    pub known: u64,
    /// One that does.
    pub known_as: Option<FindingId>,
    /// The finding that an earlier look back made of the same on this machine.
    pub earlier: Option<FindingId>,
    /// Time of the last event that no finding speaks of.
    pub fresh_last_at: Instant,
}

/// What was found so far, to be kept over a restart.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    /// The hits by what was found and the machine.
    pub hits: Vec<Hit>,
    /// Events behind hits for which no place was left.
    pub left_out: u64,
    /// What correlations have seen.
    pub correlations: Option<CorrelatorSnapshot>,
}

/// Looks at events that are long past.
pub struct LookBack {
    sought: Sought,
    hits: BTreeMap<(String, String), Hit>,
    hits_max: usize,
    left_out: u64,
    known: Known,
    now: Instant,
}

impl Found {
    /// How often each indicator of a list was seen on all machines together; those that were not are left out.
    #[must_use]
    pub fn sightings(&self, list: &[Indicator]) -> Vec<Sighting> {
        let hits = self.hits.iter();
        sightings(
            hits.map(|hit| (&*hit.finding.rule_id, hit.count, hit.first_at, hit.last_at)),
            list,
        )
    }
}

impl super::Run {
    /// How often each indicator of a list was seen in this run, as [`Found::sightings`].
    #[must_use]
    pub fn sightings(&self, list: &[Indicator]) -> Vec<Sighting> {
        let hits = self.hits.iter();
        sightings(hits.map(|hit| (&*hit.rule_id, hit.count, hit.first_at, hit.last_at)), list)
    }
}

/// Hits (rule, how many, first, last) added up by indicator; those that were not seen are left out.
fn sightings<'a>(
    hits: impl Iterator<Item = (&'a str, u64, Instant, Instant)>,
    list: &[Indicator],
) -> Vec<Sighting> {
    let mut seen: BTreeMap<&str, (u64, Instant, Instant)> = BTreeMap::new();
    for (rule, n, first, last) in hits {
        let (count, first_at, last_at) = seen.entry(rule).or_insert((0, first, last));
        *count += n;
        (*first_at, *last_at) = ((*first_at).min(first), (*last_at).max(last));
    }
    let sighting = |own: &Indicator| {
        let (count, first_at, last_at) = *seen.get(rule_of(own).as_str())?;
        Some(Sighting { indicator: shared(own)?, count, first_at, last_at })
    };
    list.iter().filter_map(sighting).collect()
}

impl Sought {
    /// Indicators, made ready to be looked for.
    ///
    /// # Errors
    /// When they are more than can be looked for.
    pub fn indicators(list: Vec<Indicator>) -> Result<Self, MatcherError> {
        let matcher = Matcher::new(&list)?;
        Ok(Self::Indicators(list, Box::new(matcher)))
    }

    /// Texts of which every event that matters holds one, in any case; nothing when every event has to be looked at.
    #[must_use]
    pub fn needles(&self) -> Option<&[String]> {
        match self {
            Self::Indicators(_, matcher) => matcher.needles(),
            Self::Rules(_) => None,
        }
    }
}

impl LookBack {
    /// Looks for `sought` and keeps at most `hits_max` hits; `now` is when they are found.
    #[must_use]
    pub fn new(sought: Sought, hits_max: usize, now: Instant) -> Self {
        let (hits, known) = (BTreeMap::new(), Known::default());
        Self { sought, hits, hits_max, left_out: 0, known, now }
    }

    /// Tells apart what was found before.
    #[must_use]
    pub fn knowing(self, known: Known) -> Self {
        Self { known, ..self }
    }

    /// Goes on from what was found before.
    pub fn restore(&mut self, found: Found) {
        let keyed = found.hits.into_iter().map(|hit| (key(&hit.finding), hit));
        self.hits = keyed.collect();
        self.left_out = found.left_out;
        if let (Sought::Rules(detector), Some(kept)) = (&mut self.sought, found.correlations) {
            detector.restore(kept);
        }
    }

    /// Looks at an event; `evidence` says which it is.
    pub fn look(&mut self, event: &Event, evidence: &EvidenceRef) {
        let found = match &mut self.sought {
            Sought::Rules(detector) => detector.look(event, &|| evidence.clone()),
            Sought::Indicators(list, matcher) => {
                let places = matcher.look(event).into_iter();
                let own = places.filter_map(|at| list.get(at));
                own.map(|indicator| finding(indicator, event, evidence)).collect()
            }
        };
        for finding in found {
            self.keep(finding, event.received_at);
        }
    }

    /// What was found so far.
    #[must_use]
    pub fn found(&self) -> Found {
        let correlations = match &self.sought {
            Sought::Rules(detector) => Some(detector.snapshot()),
            Sought::Indicators(..) => None,
        };
        Found { hits: self.hits.values().cloned().collect(), left_out: self.left_out, correlations }
    }

    /// How many events are behind all hits so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.hits.values().map(|hit| hit.count).sum::<u64>() + self.left_out
    }

    /// What becomes known only when the last event was seen.
    pub fn finish(&mut self) {
        if let Sought::Rules(detector) = &mut self.sought {
            for finding in detector.finish() {
                let at = finding.time;
                self.keep(finding, at);
            }
        }
    }

    fn keep(&mut self, mut finding: Finding, received_at: Instant) {
        finding.found_at = self.now;
        if !finding.tags.iter().any(|tag| tag == RETRO_TAG) {
            finding.tags.push(RETRO_TAG.to_owned());
        }
        let known_as = self.known.of(&finding, received_at).cloned();
        let n_hits = self.hits.len();
        match self.hits.entry(key(&finding)) {
            Entry::Occupied(mut hit) => hit.get_mut().add(finding, known_as),
            Entry::Vacant(_) if n_hits >= self.hits_max => self.left_out += 1,
            Entry::Vacant(place) => {
                let earlier = self.known.earlier(&finding).cloned();
                place.insert(Hit { earlier, ..Hit::of(finding, known_as) });
            }
        }
    }
}

impl Hit {
    /// How many events no finding speaks of yet.
    #[must_use]
    pub const fn fresh(&self) -> u64 {
        self.count.saturating_sub(self.known)
    }

    fn of(finding: Finding, known_as: Option<FindingId>) -> Self {
        let users = Some(finding.user.clone()).filter(|user| !user.is_empty());
        let at = finding.time;
        Self {
            users: users.into_iter().collect(),
            count: 1,
            first_at: at,
            last_at: at,
            known: u64::from(known_as.is_some()),
            known_as,
            earlier: None,
            fresh_last_at: at,
            finding,
        }
    }

    fn add(&mut self, other: Finding, known_as: Option<FindingId>) {
        self.first_at = self.first_at.min(other.time);
        self.last_at = self.last_at.max(other.time);
        gather(
            &mut self.users,
            Some(other.user.clone()).filter(|user| !user.is_empty()),
            USERS_MAX,
        );
        match known_as {
            // What is known already says nothing more, unless nothing else does.
            Some(id) => {
                if self.fresh() == 0 {
                    gather(&mut self.finding.evidence, other.evidence, EVIDENCE_MAX);
                }
                self.known += 1;
                self.known_as.get_or_insert(id);
            }
            None if self.fresh() == 0 => {
                self.fresh_last_at = other.time;
                self.finding = other;
            }
            None => self.add_fresh(other),
        }
        self.count += 1;
    }

    fn add_fresh(&mut self, other: Finding) {
        self.fresh_last_at = self.fresh_last_at.max(other.time);
        if other.time < self.finding.time {
            self.finding.time = other.time;
            self.finding.summary = other.summary;
        }
        gather(&mut self.finding.evidence, other.evidence, EVIDENCE_MAX);
        gather(&mut self.finding.involved, other.involved, INVOLVED_MAX);
    }
}

/// Adds what is not there yet, as long as there is room.
pub(crate) fn gather<T: PartialEq>(
    own: &mut Vec<T>,
    others: impl IntoIterator<Item = T>,
    most: usize,
) {
    for other in others {
        if own.len() < most && !own.contains(&other) {
            own.push(other);
        }
    }
}

fn key(finding: &Finding) -> (String, String) {
    (finding.rule_id.clone(), finding.host.clone())
}

/// The id under which an indicator is found, now and the next time.
#[must_use]
pub fn rule_of(indicator: &Indicator) -> String {
    format!(
        "{INDICATOR_RULE}-{}:{}",
        indicator.kind.name(),
        cut(&indicator.text, 2 * TITLE_CHARS_MAX)
    )
}

fn finding(indicator: &Indicator, event: &Event, evidence: &EvidenceRef) -> Finding {
    let own = about(event);
    let text = cut(&indicator.text, TITLE_CHARS_MAX);
    let (ja, en) = kind_words(indicator.kind);
    let involved = own.involved.into_iter().take(INVOLVED_MAX).collect::<Vec<Involved>>();
    Finding {
        rule_id: rule_of(indicator),
        title: Text::new(
            format!("{ja}「{text}」が、過去の記録にありました"),
            format!("{en} “{text}” stands in the log of the past"),
        ),
        reason: Text::new(
            "攻撃の痕跡として登録した一覧にあるものです。届いたときにはまだ知られていなかったため、検知されていません。",
            "It is on a list of indicators. When the record arrived this was not known, so nothing was said then.",
        ),
        next_step: Text::new(
            "記録を開き、その時刻の前後にこの機器と利用者が何をしたかを検索で確かめてください。説明がつかなければ「疑い」を開いてください。",
            "Open the record and search what this machine and account did before and after. If there is no explanation, open a suspicion.",
        ),
        level: level(indicator.kind),
        author: "Sakimori".to_owned(),
        involved,
        summary: summary(event),
        evidence: vec![evidence.clone()],
        ..own
    }
}

/// The indicator as standards have it. A URL has no scheme here, so it is named without one.
#[must_use]
pub fn shared(own: &Indicator) -> Option<sakimori_standards::Indicator> {
    use sakimori_standards::IndicatorKind as Shared;
    let kind = match own.kind {
        IndicatorKind::Address | IndicatorKind::Network => {
            return sakimori_standards::Indicator::address(&own.text);
        }
        IndicatorKind::Domain => Shared::Domain,
        IndicatorKind::Url => Shared::Url,
        IndicatorKind::File => Shared::FileName,
        IndicatorKind::Mail => Shared::Mail,
        IndicatorKind::Hash => match own.text.len() {
            32 => Shared::Md5,
            40 => Shared::Sha1,
            _ => Shared::Sha256,
        },
    };
    sakimori_standards::Indicator::new(kind, &own.text)
}

/// The line of the event. What a record about a patient says stays in the log: anybody's list could name it.
fn summary(event: &Event) -> String {
    if !event.patient.is_empty() || event.class_uid == RECORD_ACCESS {
        return String::new();
    }
    cut(&event.message, SUMMARY_CHARS_MAX)
}

/// A name of a file may be anybody's; the others are somebody's.
const fn level(kind: IndicatorKind) -> Level {
    match kind {
        IndicatorKind::File => Level::Medium,
        _ => Level::High,
    }
}

/// What an indicator is, in both languages.
const fn kind_words(kind: IndicatorKind) -> (&'static str, &'static str) {
    match kind {
        IndicatorKind::Address => ("IPアドレス", "address"),
        IndicatorKind::Network => ("IPアドレスの範囲", "network"),
        IndicatorKind::Domain => ("ドメイン", "domain"),
        IndicatorKind::Url => ("URL", "URL"),
        IndicatorKind::Hash => ("ファイルのハッシュ値", "file hash"),
        IndicatorKind::File => ("ファイル名", "file"),
        IndicatorKind::Mail => ("メールアドレス", "mail address"),
    }
}

fn cut(text: &str, n_chars: usize) -> String {
    text.chars().take(n_chars).collect()
}
