//! The lamps: does every source speak, are logs kept a year, is the store unaltered, does the office hear us, is the clock right.

use sakimori_identity::{Action, Side};
use sakimori_watch::OWN_SOURCES;

use crate::frame::{Frame, Lamp};
use crate::ports::{
    ClockState, LinkState, LogProof, LogStatus, Losses, OfficeSaw, Stoppage, WatchedLog,
    WatchedState,
};
use crate::screens::logs::{SourceLine, lines_of};
use crate::visit::Visit;

/// The 2021-06-28 notice (3(1)⑧) asks that logs are kept, a year or more where possible.
const RETENTION_WANTED_DAYS: u32 = 365;

/// Sources named of each kind; the page behind the lamp has all of them.
const NAMES_SHOWN: usize = 10;

/// A link older than this is worth a look, in seconds. The child dials every minute.
const LINK_SILENT_SECONDS: i64 = 3_600;

/// A cosignature older than this is worth a look, in seconds: the head is offered twice a day.
const WITNESS_OLD_SECONDS: i64 = 25 * 3_600;

/// One lamp with its sentence.
pub(super) struct LampLine {
    pub(super) label: String,
    pub(super) lamp: Lamp,
    pub(super) text: String,
    /// Where to look closer.
    pub(super) address: &'static str,
}

/// The lamps of this site; an institution has those of its logs as well.
pub(super) async fn lines(visit: &Visit, frame: &Frame) -> Vec<LampLine> {
    let mut lines = Vec::new();
    if visit.site.settings.side == Side::Node {
        lines.extend(visit.site.lake.stoppage().map(|stoppage| intake(&stoppage, frame)));
        lines.extend(losses(visit.site.control.losses(), frame));
        match visit.site.lake.status().await {
            Ok(status) => {
                lines.push(sources(&status, visit, frame));
                lines.push(retention(&status, frame));
            }
            Err(trouble) => lines.push(LampLine {
                label: frame.t("lamp-sources"),
                lamp: Lamp::Bad,
                text: trouble.kind.what(frame.lang).to_owned(),
                address: "/sources",
            }),
        }
        lines.push(proof(&visit.site.lake.proof().await, frame));
        // A head that cannot be read is one of the troubles above.
        let head = visit.site.heads.own().await.ok().flatten();
        lines.extend(head.and_then(|head| witnesses(&head.offices, frame)));
    } else {
        let logs = visit.site.heads.watched().await.unwrap_or_default();
        lines.extend(logs_below(&logs, frame));
    }
    let state = visit.site.control.link_state().await;
    // The ministry has no office above it.
    if visit.site.settings.side == Side::Node || state != LinkState::None {
        lines.push(link(&state, frame));
    }
    lines.push(clock(visit.site.control.clock_state().await, frame));
    if !visit.may(Action::ViewSystem) {
        lines.iter_mut().for_each(|line| line.address = "");
    }
    lines
}

/// Shown only while nothing can be stored: what is the matter, since when, and what to do.
fn intake(stoppage: &Stoppage, frame: &Frame) -> LampLine {
    let (kind, since) = (stoppage.trouble.kind, frame.ago(stoppage.since));
    let text = format!("{} ({since}) {}", kind.what(frame.lang), kind.now(frame.lang));
    LampLine { label: frame.t("lamp-intake"), lamp: Lamp::Bad, text, address: "/sources" }
}

/// Shown only after datagrams were lost: how many, and when the last.
fn losses(losses: Losses, frame: &Frame) -> Option<LampLine> {
    let at = losses.last_at.filter(|_| losses.last_day > 0)?;
    let text = frame.with("losses-day", "count", frame.thousands(losses.last_day));
    let text = format!("{text} ({}) {}", frame.ago(at), frame.t("losses-what-to-do"));
    Some(LampLine { label: frame.t("sources-losses"), lamp: Lamp::Look, text, address: "/sources" })
}

fn sources(status: &LogStatus, visit: &Visit, frame: &Frame) -> LampLine {
    let mut lines = lines_of(status, &visit.site.control.source_book(), frame);
    // What this node writes itself says nothing about whether logs arrive.
    lines.retain(|line| !line.name.starts_with(OWN_SOURCES));
    let names = |wanted: fn(&SourceLine) -> bool| {
        let wanted = lines.iter().filter(|line| wanted(line)).map(|line| line.name.as_str());
        wanted.take(NAMES_SHOWN).collect::<Vec<_>>().join(&frame.t("names-and"))
    };
    let (silent, off) = (names(|line| line.silent), names(|line| line.clock_is_off));
    let mut told = Vec::new();
    if !silent.is_empty() {
        told.push(frame.with("lamp-sources-silent", "names", silent));
    }
    if !off.is_empty() {
        told.push(frame.with("lamp-sources-clock", "names", off));
    }
    let (lamp, text) = match (lines.len(), told.is_empty()) {
        (0, _) => (Lamp::Off, frame.t("lamp-sources-none")),
        (all, true) => (Lamp::Good, frame.with("lamp-sources-all", "count", all)),
        (_, false) => (Lamp::Look, told.join(" ")),
    };
    LampLine { label: frame.t("lamp-sources"), lamp, text, address: "/sources" }
}

fn retention(status: &LogStatus, frame: &Frame) -> LampLine {
    let held = status.oldest_at.map_or(0, |oldest| frame.now.micros_since(oldest) / 86_400_000_000);
    let lamp = if status.retention_days >= RETENTION_WANTED_DAYS { Lamp::Good } else { Lamp::Look };
    let text = frame.with2("lamp-retention-text", "days", status.retention_days, "held", held);
    LampLine { label: frame.t("lamp-retention"), lamp, text, address: "/sources" }
}

fn proof(proof: &LogProof, frame: &Frame) -> LampLine {
    let (lamp, text) = match proof {
        LogProof::NotChecked => (Lamp::Off, frame.t("proof-not-checked")),
        LogProof::Intact { checked_at, events } => {
            let intact = match events {
                0 => frame.t("proof-intact-none"),
                _ => frame.with("proof-intact", "count", frame.thousands(*events)),
            };
            (Lamp::Good, format!("{intact} ({})", frame.ago(*checked_at)))
        }
        LogProof::Altered { what, .. } => {
            (Lamp::Bad, format!("{} {what}", frame.t("proof-altered")))
        }
        LogProof::Unproved { trouble, .. } => {
            (Lamp::Bad, format!("{} {}", frame.t("proof-unproved"), trouble.kind.what(frame.lang)))
        }
    };
    LampLine { label: frame.t("lamp-proof"), lamp, text, address: "/sources" }
}

/// Whether the offices above have seen our log lately; nothing before the first answer.
fn witnesses(offices: &[OfficeSaw], frame: &Frame) -> Option<LampLine> {
    let refused = offices.iter().find_map(|saw| Some((saw, saw.refused.as_ref()?)));
    let oldest =
        offices.iter().filter_map(|saw| Some((saw, saw.seen_at?))).min_by_key(|(_, at)| *at);
    let (lamp, text) = match (refused, oldest) {
        (Some((saw, why)), _) => {
            (Lamp::Bad, frame.with2("lamp-witness-refused", "office", &saw.office, "why", why))
        }
        (None, Some((saw, at))) => {
            let old = at.plus_seconds(WITNESS_OLD_SECONDS) < frame.now;
            let lamp = if old { Lamp::Look } else { Lamp::Good };
            (lamp, frame.with2("lamp-witness-text", "office", &saw.office, "ago", frame.ago(at)))
        }
        (None, None) => return None,
    };
    Some(LampLine { label: frame.t("lamp-witness"), lamp, text, address: "" })
}

/// Whether the logs of the institutions below are as they were; nothing while there are none.
fn logs_below(logs: &[WatchedLog], frame: &Frame) -> Option<LampLine> {
    let named = |wanted: fn(&WatchedState) -> bool| {
        let names = logs.iter().filter(|log| wanted(&log.state)).map(|log| log.name.as_str());
        names.take(NAMES_SHOWN).collect::<Vec<_>>().join(&frame.t("names-and"))
    };
    let differing = named(|state| matches!(state, WatchedState::Differs { .. }));
    let late = named(|state| matches!(state, WatchedState::Late));
    let n_seen = logs.iter().filter(|log| log.seen_at.is_some()).count();
    let (lamp, text) = match (n_seen, differing.is_empty(), late.is_empty()) {
        (_, false, _) => (Lamp::Bad, frame.with("lamp-logs-differ", "names", differing)),
        (_, true, false) => (Lamp::Look, frame.with("lamp-logs-late", "names", late)),
        (0, true, true) => return None,
        (_, true, true) => (Lamp::Good, frame.with("lamp-logs-fit", "count", n_seen)),
    };
    Some(LampLine { label: frame.t("lamp-logs"), lamp, text, address: "/neighbours" })
}

fn link(state: &LinkState, frame: &Frame) -> LampLine {
    let (lamp, text) = match state {
        LinkState::None => (Lamp::Off, frame.t("link-none")),
        LinkState::Joined { office, last_at, waiting, trouble } => {
            let old = last_at.is_none_or(|at| at.plus_seconds(LINK_SILENT_SECONDS) < frame.now);
            let lamp = if trouble.is_some() || old { Lamp::Look } else { Lamp::Good };
            let last = last_at.map_or_else(|| frame.t("none-yet"), |at| frame.ago(at));
            let mut text = frame.with2("lamp-link-text", "office", office, "last", last);
            if *waiting > 0 {
                text = format!("{text} {}", frame.with("lamp-link-waiting", "count", waiting));
            }
            (lamp, text)
        }
    };
    LampLine { label: frame.t("lamp-link"), lamp, text, address: "/settings/link" }
}

fn clock(state: ClockState, frame: &Frame) -> LampLine {
    let (lamp, word) = match state {
        ClockState::Synchronised => (Lamp::Good, "lamp-clock-good"),
        ClockState::Adrift => (Lamp::Look, "lamp-clock-adrift"),
        ClockState::Unknown => (Lamp::Look, "lamp-clock-unknown"),
    };
    LampLine { label: frame.t("lamp-clock"), lamp, text: frame.t(word), address: "" }
}
