//! Nights: which machines are on at night though nobody uses them, and on which somebody appears at an hour of the night at
//! which nobody ever did.

use std::collections::BTreeMap;

use sakimori_words::{Event, Finding, Instant, Level, SECOND_MICROS, Text, jst_datetime};
use serde::{Deserialize, Serialize};

use super::memory::Bounded;
use super::reading::{Logon, Way, flow, is_outside, machine_name, uses_the_machine};
use super::words::{Look, Said, Words};
use crate::sources::ocsf::{AUTHENTICATION, NETWORK, PROCESS, SESSION};
use crate::{Day, DayCount};

/// Machines that are remembered.
const MACHINES_MAX: usize = 8_192;

/// Nights of a machine that are remembered: four weeks.
pub const NIGHTS_KEPT: i64 = 28;

/// The night, in hours of a day in Japan: from the first until before the second of the next day.
const NIGHT_BEGINS: i8 = 22;
const NIGHT_ENDS: i8 = 5;

/// How long an hour stays one at which a machine is used, in days.
const HOUR_KNOWN_DAYS: Day = 90;

/// Share of nights on which a machine must be on to be listed, in percent.
const MOST_NIGHTS_PERCENT: usize = 50;

/// Nights that must have passed before anything is listed.
const NIGHTS_MIN: i64 = 5;

const DAY_SECONDS: i64 = 86_400;

const WORDS: Words = Words {
    id: "sakimori-behaviour-night-activity",
    title: [
        "夜間に使われたことのない機器へ、夜中にリモートで入った者がいる",
        "Somebody came onto a machine at night that is never used at that hour",
    ],
    next_step: [
        "当直・保守業者・委託業者に、いまの作業かどうか確かめてください。だれの作業でもなければ、その機器のLANケーブルを抜き（電源は切らない）、「疑い」を開いてください。",
        "Ask the night shift and suppliers whether this is their work. If it is nobody's, unplug the machine's network cable (leave it on) and open a suspicion.",
    ],
    level: Level::Medium,
    tags: &["attack.lateral-movement", "attack.t1021.001"],
    clause: "S4-13",
};

/// What a machine did at night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NightActivity {
    /// Programs were started.
    Programs,
    /// It spoke over the network.
    Network,
    /// Other machines or services logged on to it.
    Logons,
    /// Anything else.
    Other,
}

impl NightActivity {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Programs, Self::Network, Self::Logons, Self::Other];

    /// As people say it.
    #[must_use]
    pub fn name(self) -> Text {
        let (ja, en) = match self {
            Self::Programs => ("プログラムの起動", "programs started"),
            Self::Network => ("通信", "network traffic"),
            Self::Logons => {
                ("ほかの機器・サービスからのログオン", "logons of services and other machines")
            }
            Self::Other => ("その他の記録", "other records"),
        };
        Text::new(ja, en)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Programs => 1,
            Self::Network => 2,
            Self::Logons => 4,
            Self::Other => 8,
        }
    }

    fn of(event: &Event) -> Self {
        match event.class_uid {
            PROCESS => Self::Programs,
            NETWORK => Self::Network,
            AUTHENTICATION | SESSION => Self::Logons,
            _ => Self::Other,
        }
    }
}

/// A machine that is on at night though nobody uses it then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnThoughUnused {
    /// Its name, or its address where it writes no log itself.
    pub machine: String,
    /// Nights on which it was on, of the last [`NIGHTS_KEPT`] at most.
    pub n_nights: usize,
    /// Nights on which it could have been seen.
    pub n_nights_watched: usize,
    /// When a person used it last, and who; none: never since the learning began.
    pub last_person: Option<(Instant, String)>,
    /// What it did in those nights.
    pub activities: Vec<NightActivity>,
    /// When it was seen last.
    pub last_at: Instant,
}

/// The machines and their nights.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Nights {
    pub(super) machines: Bounded<Machine, MACHINES_MAX>,
}

/// One machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Machine {
    /// Nights on which it was on.
    nights: BTreeMap<Day, Night>,
    last_person: Option<(Instant, String)>,
    /// Hours of the day at which people used it, with the latest day.
    hours: BTreeMap<i8, Day>,
    told_on: Day,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Night {
    activities: u8,
    person: bool,
}

impl Nights {
    /// Notes that a machine is on, when it is night.
    pub(super) fn note(&mut self, look: &Look<'_>) {
        let Some(night) = night_of(look.at) else { return };
        let Some(machine) = speaker(look.event) else { return };
        let Some(entry) = self.machines.seen(&machine, look.at) else { return };
        entry.own.night(night).activities |= NightActivity::of(look.event).bit();
    }

    /// Learns when people use a machine, and says when somebody appears there at an hour of the night that is new.
    pub(super) fn look(&mut self, logon: &Logon, look: &Look<'_>) -> Option<Finding> {
        if let Some(from) = logon.from.filter(|from| !is_outside(*from)) {
            self.used(&from.to_string(), logon, look);
        }
        if !uses_the_machine(logon.way) {
            // It is known from now on, even if nobody ever sits there.
            self.machines.seen(&logon.machine, look.at)?;
            return None;
        }
        let hour = jst_datetime(look.at).hour();
        let entry = self.machines.seen(&logon.machine, look.at)?;
        let known = look.known_for(entry.first_at, NIGHTS_KEPT);
        let n_days = look.n_days_since(entry.first_at);
        let usual = entry.own.is_used_at(hour, look.day());
        let told = look.day().saturating_sub(entry.own.told_on) <= 1;
        self.used(&logon.machine, logon, look);
        let strange = logon.way == Way::Remote && night_of(look.at).is_some() && !usual;
        if !strange || told || !known {
            return None;
        }
        self.machines.seen(&logon.machine, look.at)?.own.told_on = look.day();
        Some(look.finding(&WORDS, said(logon, hour, n_days, look)))
    }

    fn used(&mut self, name: &str, logon: &Logon, look: &Look<'_>) {
        let Some(entry) = self.machines.seen(name, look.at) else { return };
        let own = &mut entry.own;
        own.hours.insert(jst_datetime(look.at).hour(), look.day());
        if own.last_person.as_ref().is_none_or(|(at, _)| *at <= look.at) {
            own.last_person = Some((look.at, logon.account.clone()));
        }
        if let Some(night) = night_of(look.at) {
            own.night(night).person = true;
        }
    }

    /// The machines that were on in most nights of the last four weeks without anybody using them in any, those on in most
    /// nights first.
    pub(super) fn on_though_unused(&self, since: Instant, now: Instant) -> Vec<OnThoughUnused> {
        // The latest night that is over: it ends on the day after it began.
        let latest =
            DayCount::day_of(now.plus_seconds(-DAY_SECONDS - i64::from(NIGHT_ENDS) * 3_600));
        let listed = self.machines.iter().filter_map(|(name, entry)| {
            let begin = DayCount::day_of(entry.first_at.max(since)).max(latest - NIGHTS_KEPT + 1);
            let watched = latest.saturating_sub(begin).saturating_add(1);
            // Seen today, or by a clock that runs ahead: no night of it is over.
            if watched < NIGHTS_MIN {
                return None;
            }
            let nights: Vec<&Night> =
                entry.own.nights.range(begin..=latest).map(|(_, n)| n).collect();
            let n_nights_watched = usize::try_from(watched).unwrap_or(0);
            let most = nights.len() * 100 > n_nights_watched * MOST_NIGHTS_PERCENT;
            let used = nights.iter().any(|night| night.person);
            let bits = nights.iter().fold(0, |all, night| all | night.activities);
            (most && !used).then(|| OnThoughUnused {
                machine: name.to_owned(),
                n_nights: nights.len(),
                n_nights_watched,
                last_person: entry.own.last_person.clone(),
                activities: NightActivity::ALL
                    .into_iter()
                    .filter(|own| bits & own.bit() != 0)
                    .collect(),
                last_at: entry.last_at,
            })
        });
        let mut listed: Vec<OnThoughUnused> = listed.collect();
        listed.sort_by(|one, other| {
            other.n_nights.cmp(&one.n_nights).then(one.machine.cmp(&other.machine))
        });
        listed
    }
}

impl Machine {
    /// What is known of that night. The oldest is forgotten when a new one has no room.
    fn night(&mut self, night: Day) -> &mut Night {
        if !self.nights.contains_key(&night) {
            // A clock that ran ahead must not hold places for ever.
            self.nights.retain(|own, _| *own <= night.saturating_add(2));
            let kept = usize::try_from(NIGHTS_KEPT).unwrap_or(0);
            while self.nights.len() >= kept && self.nights.pop_first().is_some() {}
        }
        self.nights.entry(night).or_default()
    }

    /// Whether people use it at that hour or the one before or after.
    fn is_used_at(&self, hour: i8, day: Day) -> bool {
        [-1, 0, 1].iter().any(|by| {
            let near = hour.saturating_add(*by).rem_euclid(24);
            self.hours.get(&near).is_some_and(|own| day.saturating_sub(*own) <= HOUR_KNOWN_DAYS)
        })
    }
}

/// The night that an instant belongs to, by the day on which it began; none by day.
fn night_of(at: Instant) -> Option<Day> {
    // Whole hours from microseconds: cheap, because every event of a machine is asked.
    let seconds = at.as_micros().div_euclid(SECOND_MICROS).saturating_add(9 * 3_600);
    let hour = seconds.rem_euclid(DAY_SECONDS) / 3_600;
    let night = hour >= i64::from(NIGHT_BEGINS) || hour < i64::from(NIGHT_ENDS);
    night.then(|| DayCount::day_of(at.plus_seconds(-i64::from(NIGHT_ENDS) * 3_600)))
}

/// The machine that an event shows to be on: the one that wrote it, or the one inside that sent something.
fn speaker(event: &Event) -> Option<String> {
    if matches!(event.product.as_str(), "windows" | "linux") {
        return machine_name(&event.host);
    }
    if event.class_uid != NETWORK {
        return None;
    }
    flow(event).map(|flow| flow.from).filter(|from| !is_outside(*from)).map(|from| from.to_string())
}

fn said(logon: &Logon, hour: i8, n_days: i64, look: &Look<'_>) -> Said {
    let Logon { account, machine, from, .. } = logon;
    let from = from.map_or_else(|| "-".to_owned(), |from| from.to_string());
    Said {
        reason: Text::new(
            format!(
                "{hour} 時台に {account} が {from} から {machine} に入りました。過去 {n_days} 日間、この機器がその前後の時間に使われたことはありません。侵入者は人のいない夜間や休日に動きます。"
            ),
            format!(
                "At {hour} o'clock {account} came onto {machine} from {from}. In the past {n_days} days nobody used it around that hour. Intruders work at night and on holidays, when nobody looks."
            ),
        ),
        host: machine.clone(),
        user: account.clone(),
        summary: format!("{account} @ {machine} <- {from}"),
        evidence: vec![(look.evidence)()],
    }
}
