//! Machines on the network: which of them exist, where outside each goes, and how much it sends there.

use sakimori_words::Finding;
use serde::{Deserialize, Serialize};

use super::destinations::Destinations;
use super::memory::Bounded;
use super::reading::{Flow, flow, is_outside};
use super::volume::Volume;
use super::words::Look;
use crate::Day;

/// Machines inside that are remembered, by address.
const HOSTS_MAX: usize = 8_192;

/// Makers of flow records whose sums are kept apart for one machine: a firewall and a sensor see the same connection.
const MAKERS_MAX: usize = 3;

/// The machines inside.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Flows {
    pub(super) hosts: Bounded<Host, HOSTS_MAX>,
}

/// One machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Host {
    n_flows: u64,
    n_days: u32,
    latest_day: Day,
    destinations: Destinations,
    volumes: Vec<(String, Volume)>,
}

impl Flows {
    /// Learns from a connection, and says what is unusual about it.
    pub(super) fn look(&mut self, look: &Look<'_>) -> Vec<Finding> {
        let Some(flow) = flow(look.event) else { return Vec::new() };
        match (is_outside(flow.from), is_outside(flow.to)) {
            (false, true) => self.outward(&flow, look),
            (false, false) => {
                // A server that nobody outside ever hears of is known by those who come to it.
                self.note(&flow.from.to_string(), look);
                self.note(&flow.to.to_string(), look);
                Vec::new()
            }
            (true, _) => Vec::new(),
        }
    }

    fn note(&mut self, address: &str, look: &Look<'_>) {
        if let Some(entry) = self.hosts.seen(address, look.at) {
            entry.own.note(look.day());
        }
    }

    fn outward(&mut self, flow: &Flow, look: &Look<'_>) -> Vec<Finding> {
        let name = flow.from.to_string();
        let Some(entry) = self.hosts.seen(&name, look.at) else { return Vec::new() };
        let (first_at, host) = (entry.first_at, &mut entry.own);
        host.note(look.day());
        let known = Known { first_at, n_flows: host.n_flows, n_days: host.n_days };
        let new = host.destinations.look(flow, known, look);
        let sent_bytes = flow.sent_bytes.filter(|sent| *sent > 0);
        let much = sent_bytes.and_then(|sent_bytes| {
            let volume = host.volume(&look.event.product)?;
            volume.look(flow, sent_bytes, first_at, look)
        });
        new.into_iter().chain(much).collect()
    }
}

/// For how long and how well a machine is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) first_at: sakimori_words::Instant,
    pub(super) n_flows: u64,
    pub(super) n_days: u32,
}

impl Host {
    fn note(&mut self, day: Day) {
        self.n_flows = self.n_flows.saturating_add(1);
        if day > self.latest_day {
            self.latest_day = day;
            self.n_days = self.n_days.saturating_add(1);
        }
    }

    fn volume(&mut self, maker: &str) -> Option<&mut Volume> {
        if !self.volumes.iter().any(|(own, _)| own == maker) && self.volumes.len() < MAKERS_MAX {
            self.volumes.push((maker.to_owned(), Volume::default()));
        }
        self.volumes.iter_mut().find(|(own, _)| own == maker).map(|(_, volume)| volume)
    }
}
