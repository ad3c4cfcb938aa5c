//! Volume out: a machine sends far more to outside in an hour or a day than it ever did.

use std::net::IpAddr;

use sakimori_words::{EvidenceRef, Finding, Instant, Level, SECOND_MICROS, Text};
use serde::{Deserialize, Serialize};

use super::LEARNING_DAYS;
use super::past::Past;
use super::reading::Flow;
use super::words::{Look, Said, Words, bytes};
use crate::Day;

/// Bytes in an hour, and in a day, below which nothing is said: a long video call sends half a gigabyte an hour.
pub(super) const HOUR_BYTES_MIN: u64 = 500_000_000;
const DAY_BYTES_MIN: u64 = 2 * HOUR_BYTES_MIN;

/// How many median distances above the median it takes. Twelve of them are eight standard deviations of what is normally
/// distributed; traffic is not, and has long tails.
const DISTANCES: u64 = 12;

/// How many times the highest of the past five weeks it takes, so that a monthly transfer may grow.
const TIMES_PAST: u64 = 2;

/// Connections that are told, the largest of the day.
const LARGEST_MAX: usize = 5;

/// Connections that send less are not among them.
const LARGE_BYTES_MIN: u64 = 1_000_000;

const WORDS: Words = Words {
    id: "sakimori-behaviour-volume-out",
    title: [
        "ひとつの機器から、いつもよりはるかに多くのデータが院外へ送られた",
        "One machine sent far more data outside than ever before",
    ],
    next_step: [
        "宛先と機器を確かめ、担当者や保守業者に心当たりを聞いてください。クラウドへのバックアップなど説明のつくものでなければ、LANケーブルを抜き（電源は切らない）、「疑い」を開いてください。",
        "Look at the destination and the machine, and ask who looks after it. Unless it is a known backup or transfer, unplug its network cable (leave it on) and open a suspicion.",
    ],
    level: Level::High,
    tags: &["attack.exfiltration", "attack.t1048"],
    clause: "S4-11",
};

/// What one machine sends outside, by what one maker's records say.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Volume {
    /// Bytes of each day.
    days: Past,
    /// The highest hour of each day.
    hours: Past,
    /// This hour and the one before it, with their bytes.
    latest: [(i64, u64); 2],
    /// The largest connections of the day.
    largest: Vec<Large>,
    largest_on: Day,
    told_on: Day,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Large {
    sent_bytes: u64,
    to: IpAddr,
    evidence: EvidenceRef,
}

impl Volume {
    /// Learns from a connection of a machine known since `first_at`, and says when it was too much.
    pub(super) fn look(
        &mut self,
        flow: &Flow,
        sent_bytes: u64,
        first_at: Instant,
        look: &Look<'_>,
    ) -> Option<Finding> {
        let day = look.day();
        let today = self.days.add(day, sent_bytes);
        let hour =
            self.add_to_hour(look.at.as_micros().div_euclid(3_600 * SECOND_MICROS), sent_bytes);
        self.hours.reach(day, hour);
        self.note_large(flow, sent_bytes, look);
        if hour < HOUR_BYTES_MIN && today < DAY_BYTES_MIN || self.told_on == day {
            return None;
        }
        let (hour_limit, day_limit) =
            (limit(&self.hours, HOUR_BYTES_MIN), limit(&self.days, DAY_BYTES_MIN));
        let (much_in_hour, much_in_day) = (hour > hour_limit, today > day_limit);
        if !(much_in_hour || much_in_day) || !look.known_for(first_at, LEARNING_DAYS) {
            return None;
        }
        self.told_on = day;
        let told = if much_in_hour {
            Told::of_hour(hour, &self.hours)
        } else {
            Told::of_day(today, &self.days)
        };
        Some(look.finding(&WORDS, self.said(flow, &told)))
    }

    /// The bytes of that hour with `sent_bytes` more. What comes later than an hour counts for its day alone.
    fn add_to_hour(&mut self, hour: i64, sent_bytes: u64) -> u64 {
        let [before, now] = &mut self.latest;
        if hour > now.0 {
            *before = std::mem::replace(now, (hour, 0));
        }
        let own = self.latest.iter_mut().find(|(own, _)| *own == hour);
        own.map_or(0, |(_, own)| {
            *own = own.saturating_add(sent_bytes);
            *own
        })
    }

    fn note_large(&mut self, flow: &Flow, sent_bytes: u64, look: &Look<'_>) {
        if sent_bytes < LARGE_BYTES_MIN {
            return;
        }
        if look.day() > self.largest_on {
            self.largest_on = look.day();
            self.largest.clear();
        }
        let smallest = self.largest.last().map_or(0, |large| large.sent_bytes);
        if self.largest.len() >= LARGEST_MAX && sent_bytes <= smallest {
            return;
        }
        let at = self.largest.partition_point(|large| large.sent_bytes >= sent_bytes);
        self.largest.insert(at, Large { sent_bytes, to: flow.to, evidence: (look.evidence)() });
        self.largest.truncate(LARGEST_MAX);
    }

    fn said(&self, flow: &Flow, told: &Told) -> Said {
        let from = flow.from;
        let Told { span, sent, usual, highest } = told;
        let largest =
            self.largest.iter().map(|own| format!("{} {}", own.to, bytes(own.sent_bytes)));
        let largest = largest.collect::<Vec<_>>().join(", ");
        let (ja, en) = *span;
        Said {
            reason: Text::new(
                format!(
                    "{from} から院外へ{ja}に {sent} が送られました。過去 5 週間の中央値は {usual}、最高は {highest} です。大きかった通信: {largest}。患者情報を持ち出してから暗号化する二重脅迫の兆しかもしれません。"
                ),
                format!(
                    "{from} sent {sent} to outside within {en}. The median of the past five weeks is {usual}, the most {highest}. Largest connections: {largest}. Attackers carry patient data out before they encrypt it."
                ),
            ),
            host: from.to_string(),
            user: String::new(),
            summary: format!("{from} -> {}: {sent} ({largest})", flow.to),
            evidence: self.largest.iter().map(|own| own.evidence.clone()).collect(),
        }
    }
}

/// What was too much, and what is usual, in words.
struct Told {
    span: (&'static str, &'static str),
    sent: String,
    usual: String,
    highest: String,
}

impl Told {
    fn of_hour(sent: u64, past: &Past) -> Self {
        Self::of(("1 時間のうち", "an hour"), sent, past)
    }

    fn of_day(sent: u64, past: &Past) -> Self {
        Self::of(("1 日のうち", "a day"), sent, past)
    }

    fn of(span: (&'static str, &'static str), sent: u64, past: &Past) -> Self {
        let (usual, _) = past.usual();
        Self { span, sent: bytes(sent), usual: bytes(usual), highest: bytes(past.highest()) }
    }
}

fn limit(past: &Past, floor: u64) -> u64 {
    let (usual, distance) = past.usual();
    let wide = usual.saturating_add(distance.saturating_mul(DISTANCES));
    floor.max(wide).max(past.highest().saturating_mul(TIMES_PAST))
}
