//! Stories: the findings of one attack, put together by the machines, accounts and addresses they share, and by the same thing
//! being done on one machine after the other.
//!
//! Nothing of a story is stored: it is a view of findings, so it can change with what is learnt later and no feedback on it
//! can lose evidence. Findings of at least [`Level::Medium`] that share somebody within a day are one story; lesser ones
//! join a story that is there and make none.

mod tactic;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sakimori_words::{Finding, Instant, Involved, Lang, Level};

pub use self::tactic::Tactic;

/// How long somebody links a finding to the next one, in seconds. Human-operated attacks rest between working nights, not longer.
pub const LINK_SECONDS: i64 = 24 * 3_600;

/// How long a rule links what it finds on one machine to what it finds on the next, in seconds: attackers push the same
/// program to one machine after the other.
pub const PUSH_SECONDS: i64 = 3_600;

/// Most machines, accounts and addresses of a story that are named.
const NAMED_MAX: usize = 12;

/// A finding that may be part of a story, and when it was true.
#[derive(Clone, Copy, Debug)]
pub struct Lead<'f> {
    /// The finding.
    pub finding: &'f Finding,
    /// Time of the first event behind it.
    pub first_at: Instant,
    /// Time of the last event behind it.
    pub last_at: Instant,
}

impl<'f> From<&'f Finding> for Lead<'f> {
    fn from(finding: &'f Finding) -> Self {
        Self { finding, first_at: finding.time, last_at: finding.time }
    }
}

/// Findings that belong to one attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Which of the leads, in the order of their time.
    pub leads: Vec<usize>,
    /// Time of the first event.
    pub first_at: Instant,
    /// Time of the last event.
    pub last_at: Instant,
    /// The most serious level among them.
    pub level: Level,
    /// How many different rules spoke.
    pub n_rules: usize,
    /// The tactics, in the order in which they were first seen.
    pub tactics: Vec<Tactic>,
    /// The machines, accounts and addresses they speak of.
    pub involved: BTreeSet<Involved>,
}

impl Story {
    /// What the story is called: how far the attack went, in the order in which it was seen.
    #[must_use]
    pub fn course(&self, lang: Lang) -> String {
        let names: Vec<String> =
            self.tactics.iter().map(|tactic| tactic.name().get(lang).to_owned()).collect();
        names.join(" → ")
    }

    /// Whom and what it speaks of, and how many more there are.
    #[must_use]
    pub fn who(&self) -> String {
        let mut named: Vec<String> =
            self.involved.iter().take(NAMED_MAX).map(Involved::to_string).collect();
        let left = self.involved.len().saturating_sub(NAMED_MAX);
        named.extend((left > 0).then(|| format!("+{left}")));
        named.join(", ")
    }

    /// How the story ranks: by its worst finding, then by how many steps of an attack it shows, then by how many rules agree.
    fn rank(&self) -> (Level, usize, usize, Instant) {
        (self.level, self.tactics.len(), self.n_rules, self.last_at)
    }
}

/// Puts findings together; the story to look at first comes first.
#[must_use]
pub fn stories(leads: &[Lead<'_>]) -> Vec<Story> {
    let mut order: Vec<usize> = (0..leads.len()).collect();
    order.sort_by_key(|at| leads.get(*at).map(|lead| lead.first_at));
    let mut threads = Threads::default();
    for at in order.iter().copied() {
        if let Some(lead) = leads.get(at).filter(|lead| lead.finding.level >= Level::Medium) {
            threads.take(at, lead);
        }
    }
    let mut members = threads.members();
    for at in order {
        if let Some(lead) = leads.get(at).filter(|lead| lead.finding.level < Level::Medium)
            && let Some(thread) = threads.linked(lead).first().copied()
        {
            members.entry(thread).or_default().push(at);
        }
    }
    let mut stories: Vec<Story> =
        members.into_values().filter_map(|members| told(members, leads)).collect();
    stories.sort_by_key(|story| std::cmp::Reverse(story.rank()));
    stories
}

/// Who was seen when, and in which thread.
#[derive(Default)]
struct Threads {
    seen: HashMap<Link, Vec<Sight>>,
    /// Into which thread each went; one that goes into itself goes on.
    into: Vec<usize>,
    taken: Vec<(usize, usize)>,
}

/// What two findings of one story have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Link {
    Somebody(Involved),
    Rule(String),
}

impl Link {
    fn all_of(lead: &Lead<'_>) -> impl Iterator<Item = Self> {
        let somebody = lead.finding.involved.iter().cloned().map(Self::Somebody);
        somebody.chain(std::iter::once(Self::Rule(lead.finding.rule_id.clone())))
    }

    const fn seconds(&self) -> i64 {
        match self {
            Self::Somebody(_) => LINK_SECONDS,
            Self::Rule(_) => PUSH_SECONDS,
        }
    }
}

/// Somebody was seen in a thread from one time to another.
#[derive(Clone, Copy)]
struct Sight {
    thread: usize,
    first_at: Instant,
    last_at: Instant,
}

impl Sight {
    fn is_near(&self, lead: &Lead<'_>, seconds: i64) -> bool {
        lead.first_at <= self.last_at.plus_seconds(seconds)
            && self.first_at <= lead.last_at.plus_seconds(seconds)
    }
}

impl Threads {
    /// Takes a finding into the thread of those it shares somebody with; several threads become one.
    fn take(&mut self, at: usize, lead: &Lead<'_>) {
        let linked = self.linked(lead);
        let thread = linked.first().copied().unwrap_or_else(|| {
            self.into.push(self.into.len());
            self.into.len() - 1
        });
        for other in linked {
            if let Some(into) = self.into.get_mut(other) {
                *into = thread;
            }
        }
        for link in Link::all_of(lead) {
            let sight = Sight { thread, first_at: lead.first_at, last_at: lead.last_at };
            let seconds = link.seconds();
            let sights = self.seen.entry(link).or_default();
            match sights.last_mut().filter(|last| last.is_near(lead, seconds)) {
                Some(last) => last.last_at = last.last_at.max(lead.last_at),
                None => sights.push(sight),
            }
        }
        self.taken.push((thread, at));
    }

    /// The threads with something in common with the finding, not long before or after, the oldest first.
    fn linked(&self, lead: &Lead<'_>) -> BTreeSet<usize> {
        let near = |link: Link| {
            let sights = self.seen.get(&link).into_iter().flatten();
            sights.filter(move |sight| sight.is_near(lead, link.seconds()))
        };
        Link::all_of(lead).flat_map(near).map(|sight| self.end_of(sight.thread)).collect()
    }

    /// The thread that this one became part of. Threads go into older ones, so this ends.
    fn end_of(&self, mut thread: usize) -> usize {
        while let Some(into) = self.into.get(thread).copied().filter(|into| *into < thread) {
            thread = into;
        }
        thread
    }

    fn members(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (thread, at) in &self.taken {
            members.entry(self.end_of(*thread)).or_default().push(*at);
        }
        members
    }
}

fn told(mut members: Vec<usize>, leads: &[Lead<'_>]) -> Option<Story> {
    members.sort_by_key(|at| leads.get(*at).map(|lead| lead.first_at));
    let own: Vec<&Lead<'_>> = members.iter().filter_map(|at| leads.get(*at)).collect();
    let rules: BTreeSet<&str> = own.iter().map(|lead| lead.finding.rule_id.as_str()).collect();
    Some(Story {
        first_at: own.iter().map(|lead| lead.first_at).min()?,
        last_at: own.iter().map(|lead| lead.last_at).max()?,
        level: own.iter().map(|lead| lead.finding.level).max()?,
        n_rules: rules.len(),
        tactics: tactics(&own),
        involved: own.iter().flat_map(|lead| lead.finding.involved.iter().cloned()).collect(),
        leads: members,
    })
}

/// A rule that names several tactics stands for the earliest: what a step may serve later has not happened with it.
fn tactics(leads: &[&Lead<'_>]) -> Vec<Tactic> {
    let mut seen = Vec::new();
    for lead in leads {
        let tactic = lead.finding.tags.iter().filter_map(|tag| Tactic::of_tag(tag)).min();
        seen.extend(tactic.filter(|tactic| !seen.contains(tactic)));
    }
    seen
}
