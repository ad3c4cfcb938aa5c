//! Who is looking at a case right now, and when each of them last looked. Kept in memory only: after a restart everybody is new.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sakimori_words::{CaseId, Instant, PersonId, SECOND_MICROS};

/// Somebody whose page has not asked for this long has left. A live page asks every thirty seconds.
const GONE_MICROS: i64 = 90 * SECOND_MICROS;
/// Looks that are remembered; the oldest are forgotten first.
const LOOKS_MAX: usize = 2_000;

/// Who is looking at which case.
#[derive(Debug, Default)]
pub struct Presence(Mutex<HashMap<(CaseId, PersonId), Look>>);

#[derive(Clone, Debug)]
struct Look {
    name: String,
    /// When their page last asked.
    at: Instant,
    /// When they last opened the page.
    opened_at: Instant,
    /// When they had opened it before that.
    before: Option<Instant>,
}

/// What a visitor is told about the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// Names of the others who are looking now, sorted.
    pub others: Vec<String>,
    /// When the visitor last looked; `None`: never since the program started.
    pub last_looked_at: Option<Instant>,
}

impl Presence {
    /// Notes that a person looks at a case, and says who else does. `live`: the page refreshed itself, nobody opened it.
    pub fn look(
        &self,
        case: &CaseId,
        person: &PersonId,
        name: &str,
        live: bool,
        now: Instant,
    ) -> Company {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (case.clone(), person.clone());
        let known = looks.get(&key).cloned();
        let look = match known {
            Some(known) if live => Look { at: now, ..known },
            Some(known) => Look { at: now, opened_at: now, before: Some(known.at), ..known },
            None => Look { name: name.to_owned(), at: now, opened_at: now, before: None },
        };
        let last_looked_at = look.before;
        looks.insert(key, look);
        forget(&mut looks);
        let there = looks.iter().filter(|((of, who), look)| {
            of == case && who != person && now.micros_since(look.at) < GONE_MICROS
        });
        let mut others: Vec<String> = there.map(|(_, look)| look.name.clone()).collect();
        others.sort();
        Company { others, last_looked_at }
    }
}

fn forget(looks: &mut HashMap<(CaseId, PersonId), Look>) {
    while looks.len() > LOOKS_MAX {
        let oldest = looks.iter().min_by_key(|(_, look)| (look.at, look.opened_at));
        let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { return };
        looks.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * SECOND_MICROS)
    }

    #[test]
    fn who_looks_is_seen_by_the_others_until_their_page_is_silent() {
        let presence = Presence::default();
        let case = CaseId::from("c");
        let look = |who: &str, live, seconds| {
            presence
                .look(&case, &PersonId::from(who), &format!("{who}さん"), live, at(seconds))
                .others
        };
        assert_eq!(look("佐藤", false, 0), [""; 0]);
        assert_eq!(look("山田", false, 10), ["佐藤さん"]);
        assert_eq!(look("佐藤", true, 30), ["山田さん"]);
        assert_eq!(look("佐藤", true, 99), ["山田さん"]);
        assert_eq!(look("佐藤", true, 100), [""; 0]);
        let other = presence.look(&"d".into(), &"佐藤".into(), "佐藤", false, at(100));
        assert_eq!(other, Company::default());
    }

    #[test]
    fn what_is_new_counts_from_when_the_page_was_last_seen_before_it_was_opened() {
        let presence = Presence::default();
        let (case, person) = (CaseId::from("c"), PersonId::from("p"));
        let look =
            |live, seconds| presence.look(&case, &person, "佐藤", live, at(seconds)).last_looked_at;
        assert_eq!(look(false, 0), None);
        assert_eq!(look(true, 30), None);
        assert_eq!(look(false, 500), Some(at(30)));
        assert_eq!(look(true, 530), Some(at(30)));
    }
}
