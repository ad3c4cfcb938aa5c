//! Proving a store: the chain, its gap-freeness, and that the shelves are what the journal says.
//!
//! Pure: an engine feeds rows in order and gets a report. Nothing here stops at the first problem, because the person who
//! reads the report wants to know all that was touched.

use std::collections::BTreeMap;
use std::fmt;

use sakimori_words::{Digest, Lang, Trouble};

use crate::Head;
use crate::chain::Sealed;
use crate::plan::{self, ShelfRow};
use crate::troubles;

/// A report names at most this many problems and counts the rest: one changed digest in the middle must not fill a screen.
pub const PROBLEMS_SHOWN_MAX: usize = 100;

/// One thing that is not as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The entry's content does not match its digest.
    EntryChanged {
        /// Which entry.
        seq: u64,
    },
    /// These entries are not there.
    EntriesMissing {
        /// First missing.
        first: u64,
        /// Last missing.
        last: u64,
    },
    /// The entry does not continue the one before it: one of the two was replaced together with its digest.
    ChainBroken {
        /// The later entry.
        seq: u64,
    },
    /// The entry lies beyond the recorded end of the journal.
    EntryAdded {
        /// Which entry.
        seq: u64,
    },
    /// The recorded end of the journal is not the last entry's digest.
    HeadChanged {
        /// The recorded end.
        recorded: Head,
    },
    /// The record on the shelf is not what the journal put there.
    RecordChanged {
        /// Shelf.
        shelf: String,
        /// Key.
        key: String,
    },
    /// The journal put this record; the shelf does not have it.
    RecordMissing {
        /// Shelf.
        shelf: String,
        /// Key.
        key: String,
    },
    /// The journal never put this record, or took it off.
    RecordAdded {
        /// Shelf.
        shelf: String,
        /// Key.
        key: String,
    },
    /// The engine's own check found damage.
    EngineDamage {
        /// In the engine's words.
        what: String,
    },
}

impl Problem {
    /// The problem in one sentence.
    #[must_use]
    pub fn sentence(&self, lang: Lang) -> String {
        match lang {
            Lang::Ja => self.japanese(),
            Lang::En => self.english(),
        }
    }

    fn japanese(&self) -> String {
        match self {
            Self::EntryChanged { seq } => format!("記録 {seq} 番の内容が変更されています"),
            Self::EntriesMissing { first, last } if first == last => {
                format!("記録 {first} 番がありません")
            }
            Self::EntriesMissing { first, last } => {
                format!("記録 {first} 番から {last} 番までがありません")
            }
            Self::ChainBroken { seq } => {
                format!("記録 {seq} 番がその前の記録とつながっていません")
            }
            Self::EntryAdded { seq } => format!("記録 {seq} 番は後から追加されています"),
            Self::HeadChanged { recorded } => {
                format!("最後の記録が控え({} 番)と一致しません", recorded.seq)
            }
            Self::RecordChanged { shelf, key } => {
                format!("台帳「{shelf}」の {key} が変更されています")
            }
            Self::RecordMissing { shelf, key } => format!("台帳「{shelf}」に {key} がありません"),
            Self::RecordAdded { shelf, key } => {
                format!("台帳「{shelf}」の {key} は記録に基づいていません")
            }
            Self::EngineDamage { what } => format!("データベースが壊れています: {what}"),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::EntryChanged { seq } => format!("entry {seq} was changed"),
            Self::EntriesMissing { first, last } if first == last => {
                format!("entry {first} is missing")
            }
            Self::EntriesMissing { first, last } => {
                format!("entries {first} to {last} are missing")
            }
            Self::ChainBroken { seq } => {
                format!("entry {seq} does not continue the entry before it")
            }
            Self::EntryAdded { seq } => format!("entry {seq} was added after the fact"),
            Self::HeadChanged { recorded } => {
                format!("the last entry is not the recorded one ({})", recorded.seq)
            }
            Self::RecordChanged { shelf, key } => {
                format!("record {key} on shelf {shelf} was changed")
            }
            Self::RecordMissing { shelf, key } => {
                format!("record {key} on shelf {shelf} is missing")
            }
            Self::RecordAdded { shelf, key } => {
                format!("record {key} on shelf {shelf} is not founded in the journal")
            }
            Self::EngineDamage { what } => format!("the database is damaged: {what}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
    }
}

/// What [`crate::Store::check`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// Entries read.
    pub n_entries: u64,
    /// Records read.
    pub n_records: u64,
    /// Where the journal ends. Compare it with a copy kept elsewhere: a store whose end was cut off together with its own
    /// note of the end can only be told from outside.
    pub head: Head,
    /// The problems, at most [`PROBLEMS_SHOWN_MAX`].
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub n_problems: u64,
}

impl CheckReport {
    /// Whether everything is as it was committed.
    #[must_use]
    pub const fn sound(&self) -> bool {
        self.n_problems == 0
    }

    /// The trouble to show when it is not sound, naming the first problems.
    #[must_use]
    pub fn trouble(&self, lang: Lang) -> Option<Trouble> {
        if self.sound() {
            return None;
        }
        let named: Vec<String> =
            self.problems.iter().take(3).map(|problem| problem.sentence(lang)).collect();
        Some(Trouble::new(
            &troubles::UNSOUND,
            format!("{} ({})", named.join("; "), self.n_problems),
        ))
    }
}

/// What a shelf should hold: version, time and digest of the text, so that a check needs little memory.
type Expected = (u64, i64, Digest);

/// Takes a store's rows in order and tells what is wrong with them.
pub(crate) struct Checker {
    recorded: Head,
    last: Head,
    n_entries: u64,
    n_records: u64,
    expected: BTreeMap<(String, String), Expected>,
    problems: Vec<Problem>,
    n_problems: u64,
}

impl Checker {
    /// A checker for a store whose recorded end is `recorded`.
    pub(crate) fn new(recorded: Head) -> Self {
        Self {
            recorded,
            last: Head::default(),
            n_entries: 0,
            n_records: 0,
            expected: BTreeMap::new(),
            problems: Vec::new(),
            n_problems: 0,
        }
    }

    /// Notes a problem.
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.n_problems += 1;
        if self.problems.len() < PROBLEMS_SHOWN_MAX {
            self.problems.push(problem);
        }
    }

    /// The next entry, in order of sequence numbers.
    pub(crate) fn entry(&mut self, entry: &Sealed) {
        self.n_entries += 1;
        let due = self.last.seq.saturating_add(1);
        if entry.seq < due {
            return self.problem(Problem::EntryAdded { seq: entry.seq });
        }
        if entry.seq > self.recorded.seq {
            self.problem(Problem::EntryAdded { seq: entry.seq });
        }
        if entry.seq > due {
            self.problem(Problem::EntriesMissing { first: due, last: entry.seq - 1 });
        } else if entry.previous != self.last.digest {
            self.problem(Problem::ChainBroken { seq: entry.seq });
        }
        if entry.digest != entry.expected_digest() {
            self.problem(Problem::EntryChanged { seq: entry.seq });
        }
        self.last = entry.head();
        self.replay(entry);
    }

    fn replay(&mut self, entry: &Sealed) {
        // Unreadable puts mean a changed text, which its digest has already told.
        for row in plan::rows_of(entry).unwrap_or_default() {
            let place = (row.shelf, row.key);
            match row.body {
                Some(body) => {
                    let expected = (entry.seq, entry.at.as_micros(), Digest::of(body.as_bytes()));
                    self.expected.insert(place, expected);
                }
                None => drop(self.expected.remove(&place)),
            }
        }
    }

    /// A record, in any order, after all entries.
    pub(crate) fn record(&mut self, row: &ShelfRow) {
        self.n_records += 1;
        let place = (row.shelf.clone(), row.key.clone());
        let found = (row.version, row.at.as_micros(), Digest::of(row.body.as_bytes()));
        let (shelf, key) = place.clone();
        match self.expected.remove(&place) {
            None => self.problem(Problem::RecordAdded { shelf, key }),
            Some(expected) if expected != found => {
                self.problem(Problem::RecordChanged { shelf, key });
            }
            Some(_) => {}
        }
    }

    /// The report, after all entries and records.
    pub(crate) fn finish(mut self) -> CheckReport {
        if self.last.seq < self.recorded.seq {
            let first = self.last.seq.saturating_add(1);
            self.problem(Problem::EntriesMissing { first, last: self.recorded.seq });
        } else if self.last.seq == self.recorded.seq && self.last.digest != self.recorded.digest {
            self.problem(Problem::HeadChanged { recorded: self.recorded });
        }
        for (shelf, key) in std::mem::take(&mut self.expected).into_keys() {
            self.problem(Problem::RecordMissing { shelf, key });
        }
        CheckReport {
            n_entries: self.n_entries,
            n_records: self.n_records,
            head: self.recorded,
            problems: self.problems,
            n_problems: self.n_problems,
        }
    }
}
