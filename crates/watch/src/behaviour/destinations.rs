//! New destinations: a machine that goes to few places outside goes to one it has never been to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sakimori_words::{Finding, Level, Text};
use serde::{Deserialize, Serialize};

use super::LEARNING_DAYS;
use super::flows::Known;
use super::reading::{Flow, network};
use super::words::{Look, Said, Words, bytes};
use crate::Day;

/// Different networks a day beyond which a machine is one on which people browse; its new destinations say nothing. Servers and
/// medical devices go to a few makers, a time server, an update service.
const NETWORKS_A_DAY_MAX: usize = 8;

/// How long such a machine stays one, in days.
const BROWSES_DAYS: Day = 28;

/// Networks of one machine that are remembered; with more it browses.
const NETWORKS_MAX: usize = 64;

/// How long a destination stays known after the last visit, in days: what is visited once a quarter stays known.
const KNOWN_DAYS: Day = 100;

/// Connections of a machine that must have been seen, and days on which there were some, before it is judged.
const FLOWS_MIN: u64 = 50;
const DAYS_MIN: u32 = 7;

/// A machine that found a new destination on more days than this of the last [`LEARNING_DAYS`] finds them as a habit.
const NEW_DAYS_MAX: usize = 1;

const WORDS: Words = Words {
    id: "sakimori-behaviour-new-destination",
    title: [
        "決まった相手としか通信しない機器が、初めての外部の宛先と通信した",
        "A machine that goes to few places outside went to a new one",
    ],
    next_step: [
        "その機器の担当者や保守業者に、新しい通信先に心当たりがあるか確かめてください。なければ、その機器を外部と通信できないようにし（電源は切らない）、「疑い」を開いてください。",
        "Ask whoever looks after the machine, and its supplier, whether they know the new destination. If not, cut it off from outside (leave it on) and open a suspicion.",
    ],
    level: Level::Medium,
    tags: &["attack.command-and-control", "attack.t1071"],
    clause: "S4-11",
};

/// Where outside one machine goes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Destinations {
    /// Each network with the day of the latest visit.
    known: BTreeMap<IpAddr, Day>,
    day: Day,
    /// The networks of the day.
    today: BTreeSet<IpAddr>,
    /// Days on which a network was new.
    new_on: Vec<Day>,
    /// People browse on it, until that day.
    browses_until: Day,
}

impl Destinations {
    /// Learns where it goes, and says when it has never been there.
    pub(super) fn look(&mut self, flow: &Flow, known: Known, look: &Look<'_>) -> Option<Finding> {
        let (day, to) = (look.day(), network(flow.to));
        if day < self.browses_until {
            self.note_browsing(day, to);
            return None;
        }
        self.turn_to(day);
        self.today.insert(to);
        if self.today.len() > NETWORKS_A_DAY_MAX {
            self.browse(day);
            return None;
        }
        let n_known = self.known.len();
        if let Some(latest) = self.known.get_mut(&to) {
            *latest = day.max(*latest);
            return None;
        }
        self.known.insert(to, day);
        if self.known.len() > NETWORKS_MAX {
            self.browse(day);
            return None;
        }
        let steady = self.steady(day);
        let learnt = look.known_for(known.first_at, LEARNING_DAYS) && self.learnt_again(day);
        if self.new_on.last() != Some(&day) {
            self.new_on.push(day);
        }
        let judged = known.n_flows >= FLOWS_MIN && known.n_days >= DAYS_MIN;
        (steady && learnt && judged).then(|| look.finding(&WORDS, said(flow, n_known, known, look)))
    }

    /// Whether it has been long enough since it last browsed: everything is new to it then.
    const fn learnt_again(&self, day: Day) -> bool {
        day.saturating_sub(self.browses_until) >= LEARNING_DAYS || self.browses_until == 0
    }

    /// Whether it seldom finds a new one: on other days, lately.
    fn steady(&self, day: Day) -> bool {
        let lately = |own: &&Day| **own < day && day.saturating_sub(**own) <= LEARNING_DAYS;
        self.new_on.iter().filter(lately).count() <= NEW_DAYS_MAX
    }

    fn turn_to(&mut self, day: Day) {
        if day <= self.day {
            return;
        }
        self.day = day;
        self.today.clear();
        self.known.retain(|_, latest| day.saturating_sub(*latest) <= KNOWN_DAYS);
        self.new_on.retain(|own| day.saturating_sub(*own) <= LEARNING_DAYS);
    }

    /// Nothing but the width of the day is kept of a machine that browses.
    fn note_browsing(&mut self, day: Day, to: IpAddr) {
        if day > self.day {
            self.day = day;
            self.today.clear();
        }
        if self.today.len() <= NETWORKS_A_DAY_MAX {
            self.today.insert(to);
        } else {
            self.browses_until = self.browses_until.max(day.saturating_add(BROWSES_DAYS));
        }
    }

    fn browse(&mut self, day: Day) {
        self.known.clear();
        self.new_on.clear();
        self.browses_until = day.saturating_add(BROWSES_DAYS);
    }
}

fn said(flow: &Flow, n_known: usize, known: Known, look: &Look<'_>) -> Said {
    let Flow { from, to, sent_bytes } = flow;
    let (net, n_days) = (network(*to), look.n_days_since(known.first_at));
    let width = if to.is_ipv4() { 24 } else { 48 };
    let sent = sent_bytes.map_or_else(|| "-".to_owned(), bytes);
    let before = before(n_known);
    Said {
        reason: Text::new(
            format!(
                "{from} は過去 {n_days} 日間、{}、初めて {to}（{net}/{width}）と通信しました（送信 {sent}）。遠隔操作の指令や、情報の持ち出し先かもしれません。",
                before.ja
            ),
            format!(
                "In the past {n_days} days {from} went to {} and never to {to} ({net}/{width}; sent {sent}). It may be where an intruder commands from, or carries data to.",
                before.en
            ),
        ),
        host: from.to_string(),
        user: String::new(),
        summary: format!("{from} -> {to}: {sent}"),
        evidence: vec![(look.evidence)()],
    }
}

/// Where it went until then.
fn before(n_known: usize) -> Text {
    match n_known {
        0 => Text::new("外部と通信していませんでしたが", "no network outside"),
        1 => Text::new("外部の 1 か所としか通信していませんでしたが", "1 network outside"),
        _ => Text::new(
            format!("外部の {n_known} か所としか通信していませんでしたが"),
            format!("{n_known} networks outside"),
        ),
    }
}
