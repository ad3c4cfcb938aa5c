//! What is remembered of each of many subjects, up to a stated number of them.

use std::collections::BTreeMap;

use sakimori_words::Instant;
use serde::{Deserialize, Serialize};

/// What part of all is forgotten when one more has no room: a sixteenth, so that the search for the oldest is seldom.
const FORGOTTEN_SHARE: usize = 16;

/// Something of each subject, by its name. Beyond `CAP` subjects those not seen for longest are forgotten, and counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bounded<V, const CAP: usize> {
    entries: BTreeMap<String, Entry<V>>,
    forgotten: u64,
}

/// A subject, and since when and until when it was seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Entry<V> {
    pub(super) first_at: Instant,
    pub(super) last_at: Instant,
    pub(super) own: V,
}

impl<V, const CAP: usize> Default for Bounded<V, CAP> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), forgotten: 0 }
    }
}

impl<V: Default, const CAP: usize> Bounded<V, CAP> {
    /// What is known of `name`, which was seen `at`; never none.
    pub(super) fn seen(&mut self, name: &str, at: Instant) -> Option<&mut Entry<V>> {
        if !self.entries.contains_key(name) {
            self.make_room();
            let new = Entry { first_at: at, last_at: at, own: V::default() };
            self.entries.insert(name.to_owned(), new);
        }
        let entry = self.entries.get_mut(name)?;
        entry.last_at = entry.last_at.max(at);
        entry.first_at = entry.first_at.min(at);
        Some(entry)
    }

    /// What is known of `name`.
    pub(super) fn get(&self, name: &str) -> Option<&Entry<V>> {
        self.entries.get(name)
    }

    /// All of them, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Entry<V>)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// How many there are, and how many were forgotten for want of room.
    pub(super) fn size(&self) -> (usize, u64) {
        (self.entries.len(), self.forgotten)
    }

    fn make_room(&mut self) {
        if self.entries.len() < CAP {
            return;
        }
        let mut ages: Vec<(Instant, String)> =
            self.entries.iter().map(|(name, entry)| (entry.last_at, name.clone())).collect();
        ages.sort_unstable();
        for (_, name) in ages.into_iter().take((CAP / FORGOTTEN_SHARE).max(1)) {
            self.entries.remove(&name);
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_not_seen_for_longest_are_forgotten_and_counted() {
        let mut memory: Bounded<u32, 32> = Bounded::default();
        for n in 0..32 {
            memory.seen(&format!("h{n}"), Instant::from_micros(n));
        }
        memory.seen("h0", Instant::from_micros(100));
        memory.seen("new", Instant::from_micros(101));
        assert_eq!(memory.size(), (31, 2));
        assert!(memory.get("h0").is_some() && memory.get("h1").is_none());
    }
}
