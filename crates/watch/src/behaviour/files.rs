//! Files changed per minute: one person changes far more files on a server than ever before.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_words::{EvidenceRef, Finding, Level, SECOND_MICROS, Text};
use serde::{Deserialize, Serialize};

use super::memory::Bounded;
use super::past::Past;
use super::reading::{FileChange, file_change};
use super::words::{Look, Said, Words};
use super::{EVIDENCE_KEPT_MAX, LEARNING_DAYS};
use crate::Day;

/// Pairs of person and server that are remembered.
const PAIRS_MAX: usize = 2_048;

/// Different files in a minute below which nothing is said. By hand nobody changes more than one a second; ransomware that has
/// been seen to work changes hundreds.
pub(super) const FILES_A_MINUTE_MIN: u64 = 80;

/// How many times the highest minute of the past five weeks it takes: a person who once tidied up does it a little faster the
/// next time.
const TIMES_PAST: u64 = 3;

/// Different folders it takes: a program that writes its own many files writes them in one place.
const FOLDERS_MIN: usize = 2;

/// Different files of a minute that are counted; with more it is as clear. Two minutes of all pairs take 30 MB at worst.
const FILES_COUNTED_MAX: usize = 600;

/// Different endings of files that are told.
const ENDINGS_MAX: usize = 16;

const WORDS: Words = Words {
    id: "sakimori-behaviour-files-per-minute",
    title: [
        "ひとりの利用者が、いつもよりはるかに多くのファイルを書き換えている",
        "One person changes far more files than ever before",
    ],
    next_step: [
        "本人が作業中か、すぐに電話で確かめてください。心当たりがなければ、その利用者の端末とファイルサーバーのLANケーブルを抜き（電源は切らない）、「疑い」を開いてください。",
        "Call the person now: is it their work? If not, unplug the network cables of their computer and of the file server (leave both on) and open a suspicion.",
    ],
    level: Level::High,
    tags: &["attack.impact", "attack.t1486"],
    clause: "S4-4",
};

/// Who changes how many files a minute, and where.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Files {
    pub(super) pairs: Bounded<Pair, PAIRS_MAX>,
}

/// One person on one server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Pair {
    /// The highest minute of each day.
    past: Past,
    /// This minute and the one before it: logs of one server come a little out of order.
    minutes: [Minute; 2],
    told_on: Day,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Minute {
    minute: i64,
    files: BTreeSet<u64>,
    folders: BTreeSet<u64>,
    endings: BTreeMap<String, u64>,
    evidence: Vec<EvidenceRef>,
}

impl Files {
    /// Learns from an event of a file, and says what is unusual about it.
    pub(super) fn look(&mut self, look: &Look<'_>) -> Option<Finding> {
        let change = file_change(look.event)?;
        let key = format!("{}\u{1f}{}", change.who, change.machine);
        let pair = &mut self.pairs.seen(&key, look.at)?.own;
        let minute = pair.minute_at(look.at.as_micros().div_euclid(60 * SECOND_MICROS))?;
        minute.note(&change.path, look.evidence);
        let (n_files, n_folders) = (minute.n_files(), minute.folders.len());
        let usual = pair.past.highest();
        pair.past.reach(look.day(), n_files);
        let unusual = n_files >= FILES_A_MINUTE_MIN.max(usual.saturating_mul(TIMES_PAST));
        let told = pair.told_on == look.day();
        if !unusual || told || n_folders < FOLDERS_MIN || !look.known_for(look.since, LEARNING_DAYS)
        {
            return None;
        }
        pair.told_on = look.day();
        let minute = pair.minutes.iter().max_by_key(|minute| minute.n_files())?;
        Some(look.finding(&WORDS, minute.said(&change, usual)))
    }
}

impl Pair {
    /// The minute of that number, when it is this one, the one before, or a new one.
    fn minute_at(&mut self, number: i64) -> Option<&mut Minute> {
        let [before, now] = &mut self.minutes;
        if number > now.minute {
            let new = Minute { minute: number, ..Minute::default() };
            *before = std::mem::replace(now, new);
        }
        self.minutes.iter_mut().find(|minute| minute.minute == number)
    }
}

impl Minute {
    fn note(&mut self, path: &str, evidence: &dyn Fn() -> EvidenceRef) {
        let (folder, file) = parts(path);
        if self.files.len() >= FILES_COUNTED_MAX || !self.files.insert(digest(&[folder, file])) {
            return;
        }
        self.folders.insert(digest(&[folder]));
        let ending = ending(file);
        if self.endings.len() < ENDINGS_MAX || self.endings.contains_key(&ending) {
            *self.endings.entry(ending).or_default() += 1;
        }
        if self.evidence.len() < EVIDENCE_KEPT_MAX {
            self.evidence.push(evidence());
        }
    }

    fn n_files(&self) -> u64 {
        u64::try_from(self.files.len()).unwrap_or(u64::MAX)
    }

    fn said(&self, change: &FileChange<'_>, usual: u64) -> Said {
        let FileChange { who, machine, path } = change;
        let (n_files, n_folders) = (self.n_files(), self.folders.len());
        let endings = self.told_endings();
        Said {
            reason: Text::new(
                format!(
                    "{who} が {machine} で、1 分間に {n_files} 個以上のファイルを書き換え・改名・削除しました（フォルダー {n_folders} か所、拡張子 {endings}）。過去 5 週間の最高は 1 分間に {usual} 個です。ランサムウェアが暗号化するときの動きです。"
                ),
                format!(
                    "{who} changed, renamed or removed {n_files} or more files on {machine} within one minute (in {n_folders} folders; endings {endings}). The most in the past five weeks was {usual} a minute. This is how encryption looks."
                ),
            ),
            host: machine.clone(),
            user: who.clone(),
            summary: format!("{who} @ {machine}: {n_files}/min ({endings}) {path}"),
            evidence: self.evidence.clone(),
        }
    }

    /// `.locked 78, .txt 2`, the most frequent first.
    fn told_endings(&self) -> String {
        let mut endings: Vec<(&String, &u64)> = self.endings.iter().collect();
        endings.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        let told = endings.into_iter().take(5).map(|(ending, n)| format!("{ending} {n}"));
        told.collect::<Vec<_>>().join(", ")
    }
}

/// The last folder and the file: a share and a disk call what lies above by different names.
fn parts(path: &str) -> (&str, &str) {
    let (above, file) = path.rsplit_once(['\\', '/']).unwrap_or(("", path));
    (above.rsplit(['\\', '/']).next().unwrap_or_default(), file)
}

/// `.locked`, in lower case; `-` for none or one too long to be one.
fn ending(file: &str) -> String {
    let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    match ending.filter(|ending| (1..=12).contains(&ending.chars().count())) {
        Some(ending) => format!(".{ending}"),
        None => "-".to_owned(),
    }
}

/// FNV-1a: the same on every machine and in every version, because it is kept.
fn digest(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
