//! Which records of a file the rules may match, told before a record is read to its end.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use sakimori_sigma::{Foresight, RuleSet, Scratch};
use sakimori_words::Event;

use crate::sources::{Wanted, windows};

/// Most channels whose answers are remembered; the records of further ones are read.
const CHANNELS_MAX: usize = 1_000;

/// Most event ids of a channel whose answers are remembered; records with further ones are read.
const IDS_MAX: usize = 10_000;

/// Which records of a file the rules may match.
#[derive(Debug)]
pub(crate) struct Wants {
    rules: Arc<RuleSet>,
    memory: RefCell<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    channels: HashMap<String, Channel>,
    folded: String,
    scratch: Scratch,
}

#[derive(Debug)]
struct Channel {
    service: String,
    by_id: HashMap<i64, Foresight>,
}

impl Wants {
    pub(super) fn of(rules: Arc<RuleSet>) -> Self {
        Self { rules, memory: RefCell::default() }
    }
}

impl Memory {
    /// What the rules say to such a record; `None` when there is no room to remember it.
    fn foresight(&mut self, rules: &RuleSet, channel: &str, event_id: i64) -> Option<&Foresight> {
        if !self.channels.contains_key(channel) {
            if self.channels.len() >= CHANNELS_MAX {
                return None;
            }
            let own = Channel { service: windows::service(channel), by_id: HashMap::new() };
            self.channels.insert(channel.to_owned(), own);
        }
        let own = self.channels.get_mut(channel)?;
        if own.by_id.len() >= IDS_MAX && !own.by_id.contains_key(&event_id) {
            return None;
        }
        Some(own.by_id.entry(event_id).or_insert_with(|| rules.foresee(&own.service, event_id)))
    }
}

impl Wanted for Wants {
    fn by_head(&self, channel: &str, event_id: i64, json: &str) -> bool {
        let memory = &mut *self.memory.borrow_mut();
        let mut folded = std::mem::take(&mut memory.folded);
        let wanted = match memory.foresight(&self.rules, channel, event_id) {
            Some(Foresight::Never) => false,
            Some(Foresight::OnlyWith(words)) => words.stand_in(json, &mut folded),
            Some(Foresight::MayMatch) | None => true,
        };
        memory.folded = folded;
        wanted
    }

    fn by_fields(&self, event: &Event) -> bool {
        self.rules.may_match(&mut self.memory.borrow_mut().scratch, event)
    }
}
