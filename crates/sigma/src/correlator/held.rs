//! Matches that are put aside to be counted later, in the order of their time.

use sakimori_words::{Event, Fields, Instant};

use super::Correlator;
use crate::ruleset::{RuleIndex, RuleSet, field_text};

/// What correlations need of an event that matched, to be offered later with [`Correlator::offer_held`].
#[derive(Clone, Debug)]
pub struct Held {
    event: Event,
    matched: Vec<RuleIndex>,
}

impl Held {
    /// When it happened.
    #[must_use]
    pub const fn time(&self) -> Instant {
        self.event.time
    }

    /// The event without its record; of its fields only those that correlations read.
    #[must_use]
    pub const fn event(&self) -> &Event {
        &self.event
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let own = &self.event;
        let columns = [
            &own.source,
            &own.product,
            &own.service,
            &own.activity,
            &own.status,
            &own.host,
            &own.user,
            &own.patient,
            &own.src_ip,
            &own.dst_ip,
            &own.process,
            &own.message,
        ];
        size_of::<Self>()
            + self.matched.len() * size_of::<RuleIndex>()
            + columns.map(String::len).iter().sum::<usize>()
            + own.src.n_bytes()
    }
}

impl Correlator {
    /// What must be kept of an event to count it later; `None` when no correlation listens to what it matched.
    #[must_use]
    pub fn hold(&self, rules: &RuleSet, event: &Event, matched: &[RuleIndex]) -> Option<Held> {
        let listened = matched.iter().filter(|rule| self.listeners.contains_key(rule));
        let matched: Vec<RuleIndex> = listened.copied().collect();
        if matched.is_empty() {
            return None;
        }
        let aliases = rules.aliases(event);
        let mut src = Fields::new();
        for name in &self.fields {
            if let Some(text) = field_text(event, name, &aliases) {
                src.push(name, &*text);
            }
        }
        Some(Held { event: outline(event, src), matched })
    }

    /// As [`Correlator::offer_from`], for an event that was put aside.
    pub fn offer_held(
        &mut self,
        source: &str,
        rules: &RuleSet,
        held: &Held,
        evidence: &dyn Fn() -> sakimori_words::EvidenceRef,
    ) -> Vec<super::Correlated> {
        self.offer_from(source, rules, &held.event, &held.matched, evidence)
    }
}

/// The columns, without the record and its fields.
pub(super) fn outline(event: &Event, src: Fields) -> Event {
    Event {
        source: event.source.clone(),
        received_at: event.received_at,
        time: event.time,
        raw: Vec::new(),
        product: event.product.clone(),
        service: event.service.clone(),
        class_uid: event.class_uid,
        activity: event.activity.clone(),
        status: event.status.clone(),
        host: event.host.clone(),
        user: event.user.clone(),
        patient: event.patient.clone(),
        src_ip: event.src_ip.clone(),
        dst_ip: event.dst_ip.clone(),
        process: event.process.clone(),
        message: event.message.clone(),
        src,
    }
}
