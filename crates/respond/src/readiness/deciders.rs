//! Who decides, in order, what they may decide alone, and who of them can be reached now.

use sakimori_content::{Calendar, CallLine, LocalContact};
use sakimori_words::{Instant, jst_date};
use serde::{Deserialize, Serialize};

/// Somebody who may decide, as a place in a prepared order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decider {
    /// The contact, by id: name, telephones and deputies stand there.
    pub contact: String,
    /// Position in which the person decides, e.g. `病院長`.
    pub position: String,
    /// What the person may decide alone; empty: everything.
    #[serde(default)]
    pub limits: String,
}

/// A decider with the way to reach them now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The contact's id.
    pub contact: String,
    /// Name.
    pub name: String,
    /// Position; a deputy's is their duty.
    pub position: String,
    /// What the person may decide alone; empty: everything. A deputy has the limits of the one they stand in for.
    pub limits: String,
    /// The name of the one they stand in for; empty for a decider.
    pub deputy_of: String,
    /// The number to try.
    pub line: Option<CallLine>,
}

impl Reach {
    /// Whether somebody answers now.
    #[must_use]
    pub fn answers_now(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.right_now)
    }
}

/// The deciders in order, each followed by the deputies. Who is no contact today is left out.
#[must_use]
pub fn reach(
    deciders: &[Decider],
    contacts: &[LocalContact],
    calendar: &Calendar,
    at: Instant,
) -> Vec<Reach> {
    let day = jst_date(at);
    let find = |id: &str| contacts.iter().find(|own| own.id == id && own.is_valid_on(day));
    let line = |own: &LocalContact| own.lines(at, calendar).into_iter().next();
    let mut all: Vec<Reach> = Vec::new();
    for decider in deciders {
        let Some(own) = find(&decider.contact) else { continue };
        all.push(Reach {
            contact: own.id.clone(),
            name: own.name.clone(),
            position: decider.position.clone(),
            limits: decider.limits.clone(),
            deputy_of: String::new(),
            line: line(own),
        });
        for deputy in own.deputies.iter().filter_map(|id| find(id)) {
            all.push(Reach {
                contact: deputy.id.clone(),
                name: deputy.name.clone(),
                position: deputy.duty.clone(),
                limits: decider.limits.clone(),
                deputy_of: own.name.clone(),
                line: line(deputy),
            });
        }
    }
    // Who decides in their own right does not stand there once more for somebody else.
    let own_right: Vec<String> = deciders.iter().map(|one| one.contact.clone()).collect();
    all.retain(|one| one.deputy_of.is_empty() || !own_right.contains(&one.contact));
    all
}
