//! One item of a review: what is asked about, and the verdicts on it.

use sakimori_words::{
    EvidenceRef, Finding, FindingId, Instant, Involved, Level, PersonId, Text, jst_date,
};
use serde::{Deserialize, Serialize};

use super::super::explain::Explanation;
use super::super::month::{Candidate, Outcome, Sampled};
use super::super::reasons::Reason;

/// Why an item is in the review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// High on the ranked list.
    Candidate,
    /// Drawn at random from the unexplained accesses.
    SampleUnexplained,
    /// Drawn at random from the explained accesses.
    SampleExplained,
}

impl ItemKind {
    /// The kind in words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Candidate => Text::new("順位表", "ranked list"),
            Self::SampleUnexplained => Text::new("無作為抽出（説明なし）", "random, unexplained"),
            Self::SampleExplained => Text::new("無作為抽出（説明あり）", "random, explained"),
        }
    }
}

/// What a reviewer found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Needed for the person's work.
    Justified,
    /// Not needed for the person's work.
    NotJustified,
    /// The person or their superior is to be asked; the item still waits.
    ToBeAsked,
    /// It could not be found out.
    Unclear,
}

impl VerdictKind {
    /// Every verdict, in the order of the form.
    pub const ALL: [Self; 4] =
        [Self::Justified, Self::NotJustified, Self::ToBeAsked, Self::Unclear];

    /// The verdict as forms send it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Justified => "justified",
            Self::NotJustified => "not_justified",
            Self::ToBeAsked => "to_be_asked",
            Self::Unclear => "unclear",
        }
    }

    /// The verdict in words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Justified => Text::new("業務上必要", "justified"),
            Self::NotJustified => Text::new("業務上の必要なし", "not justified"),
            Self::ToBeAsked => Text::new("本人に確認中", "to be asked"),
            Self::Unclear => Text::new("判断できない", "unclear"),
        }
    }
}

/// A verdict with who gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was found.
    pub kind: VerdictKind,
    /// What it rests on.
    pub note: String,
    /// The reviewer.
    pub by: PersonId,
    /// Their name then.
    pub by_name: String,
    /// When.
    pub at: Instant,
}

/// One item of a review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The month: `2026-10`.
    pub month: String,
    /// Its number in the review, from 1.
    pub number: u32,
    /// Why it is there.
    pub kind: ItemKind,
    /// The account as the log wrote it.
    pub user: String,
    /// The patient's pseudonym.
    pub patient: String,
    /// Role of the account's holder; empty when unknown.
    pub role: String,
    /// Their department; empty when unknown.
    pub department: String,
    /// How many accesses.
    pub count: u64,
    /// The first of them.
    pub first_at: Instant,
    /// The last of them.
    pub last_at: Instant,
    /// Numbers of the first of them in the log store.
    pub seqs: Vec<u64>,
    /// Sum of the points.
    pub points: u32,
    /// Why it stands where it stands; none for a sample.
    pub reasons: Vec<Reason>,
    /// What explains it, for a sample of explained accesses.
    pub explanation: Option<Explanation>,
    /// The verdicts, the one that stands last.
    pub verdicts: Vec<Verdict>,
}

impl Item {
    /// The verdict that stands.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdicts.last()
    }

    /// Whether it still waits: no verdict, or somebody is to be asked.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.verdict().is_none_or(|verdict| verdict.kind == VerdictKind::ToBeAsked)
    }

    pub(super) fn was_judged_by(&self, person: &PersonId) -> bool {
        self.verdicts.iter().any(|verdict| verdict.by == *person)
    }

    pub(super) fn key(&self) -> String {
        key(&self.month, self.number)
    }
}

pub(super) fn key(month: &str, number: u32) -> String {
    format!("{month}/{number:04}")
}

/// The items of a month: the list by rank, then the samples.
pub(super) fn items_of(
    month: &str,
    outcome: &Outcome,
    pseudonym: &(dyn Fn(&str) -> String + Sync),
) -> Vec<Item> {
    let listed = outcome.candidates.iter().map(|one| listed(month, one, pseudonym));
    let unexplained = outcome.sample_unexplained.iter();
    let unexplained = unexplained.map(|one| (ItemKind::SampleUnexplained, one));
    let explained = outcome.sample_explained.iter().map(|one| (ItemKind::SampleExplained, one));
    let drawn = unexplained.chain(explained).map(|(kind, one)| drawn(month, kind, one, pseudonym));
    let numbered = (1..).zip(listed.chain(drawn));
    numbered.map(|(number, item)| Item { number, ..item }).collect()
}

fn listed(month: &str, one: &Candidate, pseudonym: &(dyn Fn(&str) -> String + Sync)) -> Item {
    Item {
        month: month.to_owned(),
        number: 0,
        kind: ItemKind::Candidate,
        user: one.user.clone(),
        patient: pseudonym(&one.patient),
        role: one.role.clone(),
        department: one.department.clone(),
        count: one.count,
        first_at: one.first_at,
        last_at: one.last_at,
        seqs: one.seqs.clone(),
        points: one.points,
        reasons: one.reasons.clone(),
        explanation: None,
        verdicts: Vec::new(),
    }
}

fn drawn(
    month: &str,
    kind: ItemKind,
    one: &Sampled,
    pseudonym: &(dyn Fn(&str) -> String + Sync),
) -> Item {
    Item {
        month: month.to_owned(),
        number: 0,
        kind,
        user: one.user.clone(),
        patient: pseudonym(&one.patient),
        role: String::new(),
        department: String::new(),
        count: 1,
        first_at: one.at,
        last_at: one.at,
        seqs: vec![one.seq],
        points: 0,
        reasons: Vec::new(),
        explanation: one.explanation,
        verdicts: Vec::new(),
    }
}

/// Verdicts that stand, by kind.
pub(super) fn counts(items: &[Item]) -> Vec<(VerdictKind, u32)> {
    let n_of = |kind: VerdictKind| {
        let stands = |item: &&Item| item.verdict().is_some_and(|own| own.kind == kind);
        u32::try_from(items.iter().filter(stands).count()).unwrap_or(u32::MAX)
    };
    VerdictKind::ALL.map(|kind| (kind, n_of(kind))).to_vec()
}

/// The finding that an access judged "not justified" raises. It names the patient by pseudonym and points at the verdict.
#[must_use]
pub fn misuse_finding(item: &Item, verdict: EvidenceRef, now: Instant) -> Finding {
    let day = jst_date(item.first_at);
    Finding {
        id: FindingId::from(""),
        time: item.first_at,
        found_at: now,
        // One finding per item: the desk groups by rule, machine and account.
        rule_id: format!("sakimori/record-access-misuse/{}/{}", item.month, item.number),
        title: Text::new("業務上の必要がないカルテ参照", "Patient record opened without need"),
        reason: Text::new(
            "アクセス記録の点検で、業務上の必要がないと判定されました。個人情報の目的外利用に当たるおそれがあります。",
            "The access review found no need for this access. It may be a use of personal information for another purpose.",
        ),
        next_step: Text::new(
            "所属長と個人情報保護の責任者に伝え、本人への確認と、患者への説明が要るかを決めてください。",
            "Tell the person's superior and the privacy officer; decide on hearing the person and on telling the patient.",
        ),
        level: Level::High,
        tags: Vec::new(),
        author: "Sakimori".to_owned(),
        clause: "平成28年3月14日 通知 ③".to_owned(),
        source: "sakimori/access-review".to_owned(),
        host: String::new(),
        user: item.user.clone(),
        involved: vec![Involved::Account(item.user.to_lowercase())],
        summary: format!("{day} {} → {} ({})", item.user, item.patient, item.count),
        evidence: vec![verdict],
    }
}
