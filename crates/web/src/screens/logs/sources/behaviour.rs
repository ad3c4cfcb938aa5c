//! What behaviour has learnt, and which machines are on at night though nobody uses them.

use sakimori_watch::{KindProgress, OnThoughUnused};
use sakimori_words::Instant;

use crate::frame::{Frame, Lamp};
use crate::ports::BehaviourState;

/// Machines that the list shows; the rest is counted.
const MACHINES_MAX: usize = 200;

/// As the page shows it.
pub(super) struct Behaviour {
    pub(super) since: Option<Instant>,
    pub(super) untimely: u64,
    pub(super) kinds: Vec<Kind>,
    pub(super) machines: Vec<Machine>,
    pub(super) left_out: usize,
}

/// One kind of behaviour.
pub(super) struct Kind {
    pub(super) name: String,
    pub(super) lamp: Lamp,
    /// From when it speaks; `None` when it does already, or nothing came yet.
    pub(super) learns_until: Option<Instant>,
    pub(super) n_subjects: u64,
    pub(super) forgotten: u64,
}

/// One machine that is on though unused.
pub(super) struct Machine {
    pub(super) name: String,
    pub(super) nights: String,
    pub(super) last_person: Option<(Instant, String)>,
    pub(super) activities: String,
}

pub(super) fn behaviour(state: BehaviourState, frame: &Frame) -> Behaviour {
    let BehaviourState { progress, on_though_unused } = state;
    let left_out = on_though_unused.len().saturating_sub(MACHINES_MAX);
    Behaviour {
        since: progress.since,
        untimely: progress.untimely,
        kinds: progress.kinds.iter().map(|own| kind(own, frame)).collect(),
        machines: on_though_unused
            .into_iter()
            .take(MACHINES_MAX)
            .map(|own| machine(own, frame))
            .collect(),
        left_out,
    }
}

fn kind(own: &KindProgress, frame: &Frame) -> Kind {
    let learns_until = own.speaks_from.filter(|from| *from > frame.now);
    let speaks = own.speaks_from.is_some() && learns_until.is_none();
    Kind {
        name: frame.text(&own.name).to_owned(),
        lamp: if speaks { Lamp::Good } else { Lamp::Off },
        learns_until,
        n_subjects: u64::try_from(own.n_subjects).unwrap_or(u64::MAX),
        forgotten: own.forgotten,
    }
}

fn machine(own: OnThoughUnused, frame: &Frame) -> Machine {
    let names = own.activities.iter().map(|activity| frame.text(&activity.name()).to_owned());
    let separator = frame.t("behaviour-and");
    Machine {
        name: own.machine,
        nights: frame.with2(
            "behaviour-nights",
            "count",
            own.n_nights,
            "watched",
            own.n_nights_watched,
        ),
        last_person: own.last_person,
        activities: names.collect::<Vec<_>>().join(&separator),
    }
}
