//! One item of evidence: what it is, what was measured on it, where it is, and everything that was done with it.

use sakimori_words::{Date, Digest, Instant, Text};
use serde::{Deserialize, Serialize};

use super::{CustodyEvent, moment};
use crate::Actor;

/// What an item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A disk, or an image of one.
    Disk,
    /// An image of memory.
    Memory,
    /// A snapshot of a virtual machine.
    VmSnapshot,
    /// A whole device: a telephone, a router, a PC.
    Device,
    /// An archive made by a triage tool.
    Triage,
    /// Logs.
    Logs,
    /// Files or folders.
    Files,
    /// A photograph of a screen, a room or a label.
    Photo,
    /// Paper, e.g. a printed ransom note.
    Paper,
    /// Anything else.
    #[default]
    Other,
}

impl EvidenceKind {
    /// Every kind, in the order of screens.
    pub const ALL: [Self; 10] = [
        Self::Disk,
        Self::Memory,
        Self::VmSnapshot,
        Self::Device,
        Self::Triage,
        Self::Logs,
        Self::Files,
        Self::Photo,
        Self::Paper,
        Self::Other,
    ];

    /// The kind as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Memory => "memory",
            Self::VmSnapshot => "vm_snapshot",
            Self::Device => "device",
            Self::Triage => "triage",
            Self::Logs => "logs",
            Self::Files => "files",
            Self::Photo => "photo",
            Self::Paper => "paper",
            Self::Other => "other",
        }
    }

    /// The kind that is stored so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The kind in words.
    #[must_use]
    pub fn label(self) -> Text {
        let [ja, en] = match self {
            Self::Disk => ["ディスク", "Disk"],
            Self::Memory => ["メモリ", "Memory"],
            Self::VmSnapshot => ["仮想マシンのスナップショット", "Snapshot of a virtual machine"],
            Self::Device => ["機器そのもの（携帯電話を含む）", "Whole device (telephones too)"],
            Self::Triage => ["トリアージの収集物", "Triage archive"],
            Self::Logs => ["ログ", "Logs"],
            Self::Files => ["ファイル・フォルダ", "Files or folders"],
            Self::Photo => ["写真", "Photograph"],
            Self::Paper => ["紙", "Paper"],
            Self::Other => ["その他", "Other"],
        };
        Text::new(ja, en)
    }

    /// Whether such an item alone can stand for what was on its machine. Memory, logs and single files cannot: without the disk
    /// the cause may stay unknown (Uda 2018).
    #[must_use]
    pub const fn stands_for_machine(self) -> bool {
        matches!(self, Self::Disk | Self::VmSnapshot | Self::Device)
    }
}

/// How a machine or device was when it was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundState {
    /// Nobody looked, or nobody knows.
    #[default]
    Unknown,
    /// Running.
    On,
    /// Switched off.
    Off,
    /// Asleep or hibernating.
    Asleep,
}

impl FoundState {
    /// Every state, in the order of screens.
    pub const ALL: [Self; 4] = [Self::On, Self::Off, Self::Asleep, Self::Unknown];

    /// The state as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::On => "on",
            Self::Off => "off",
            Self::Asleep => "asleep",
        }
    }

    /// The state in words.
    #[must_use]
    pub fn label(self) -> Text {
        let [ja, en] = match self {
            Self::Unknown => ["不明", "Unknown"],
            Self::On => ["電源が入っていた", "On"],
            Self::Off => ["電源が切れていた", "Off"],
            Self::Asleep => ["スリープ・休止", "Asleep"],
        };
        Text::new(ja, en)
    }
}

/// Who may see an item (information class of the house).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceClass {
    /// Named people only (C3).
    Named,
    /// May hold what identifies patients; never leaves the institution without an authority (C4). The careful default.
    #[default]
    Patients,
}

impl EvidenceClass {
    /// The class as lists name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Named => "C3",
            Self::Patients => "C4",
        }
    }

    /// The class in words.
    #[must_use]
    pub fn label(self) -> Text {
        let [ja, en] = match self {
            Self::Named => ["C3 限られた人だけ", "C3 named people only"],
            Self::Patients => ["C4 患者の情報を含みうる", "C4 may identify patients"],
        };
        Text::new(ja, en)
    }
}

/// A part of a medium that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRange {
    /// Where it begins, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub length: u64,
}

/// What a person writes down about an item when it is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFacts {
    /// What it is.
    pub kind: EvidenceKind,
    /// What people call it; empty: made from kind and machine.
    pub title: String,
    /// The number on the label that was stuck on it, when it is not the item's own number.
    pub label: String,
    /// Number of the item this is a part or copy of; empty for an original.
    pub root_no: String,
    /// Maker.
    pub make: String,
    /// Model.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// Name of the affected machine it belongs to.
    pub machine: String,
    /// Where it was found.
    pub found_at: String,
    /// How it was when it was found.
    pub found_state: FoundState,
    /// What the screen showed.
    pub screen_text: String,
    /// When it was collected; `None`: when it was written down.
    #[serde(with = "moment::maybe")]
    pub collected_at: Option<Instant>,
    /// Who collected it; empty: whoever wrote it down.
    pub collected_by: String,
    /// Who watched.
    pub witness: String,
    /// Whether, with it, everything that stands for the machine is here: no further disk was in it.
    pub completes: bool,
    /// Who may see it.
    pub class: EvidenceClass,
}

/// What was measured when an item was acquired (copied or imaged).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Program.
    pub tool: String,
    /// Its version.
    pub tool_version: String,
    /// Digest of the program itself, as it was stated.
    pub tool_digest: String,
    /// Who operated it.
    pub examiner: String,
    /// Path of what was read.
    pub source_path: String,
    /// Size of what was read.
    pub source_bytes: Option<u64>,
    /// When it began.
    #[serde(with = "moment::maybe")]
    pub started_at: Option<Instant>,
    /// When it ended.
    #[serde(with = "moment::maybe")]
    pub finished_at: Option<Instant>,
    /// Size of the copy's content.
    pub size_bytes: Option<u64>,
    /// SHA-256 of the content.
    pub sha256: Option<Digest>,
    /// BLAKE3 of the content, 64 hexadecimal digits; may be empty.
    pub blake3: String,
    /// Parts that could not be read, the first ones when they are very many.
    pub bad_ranges: Vec<BadRange>,
    /// How many more stand in the manifest.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bad_left_out: u64,
    /// Digest of the manifest file this was read from, which has everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_sha256: Option<Digest>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference to the field")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Where an item stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ItemState {
    /// Known to be there.
    Identified,
    /// Power kept, network cut: nothing changes on it any more.
    Protected,
    /// Being copied.
    Acquiring,
    /// Copying failed; a state with its reason, not a missing row.
    Failed {
        /// Why.
        reason: String,
    },
    /// Copied, with its digests.
    Acquired,
    /// Copied, and the digests were checked again.
    Verified,
    /// Sealed and locked away.
    Stored,
    /// Handed over to somebody.
    Transferred,
    /// Given back.
    Returned,
    /// Kept until a day.
    Retained {
        /// The day.
        until: Date,
    },
    /// Destroyed, asked for by one person and approved by another.
    Destroyed,
}

impl ItemState {
    /// The state as lists name it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Identified => "identified",
            Self::Protected => "protected",
            Self::Acquiring => "acquiring",
            Self::Failed { .. } => "failed",
            Self::Acquired => "acquired",
            Self::Verified => "verified",
            Self::Stored => "stored",
            Self::Transferred => "transferred",
            Self::Returned => "returned",
            Self::Retained { .. } => "retained",
            Self::Destroyed => "destroyed",
        }
    }

    /// The state in words.
    #[must_use]
    pub fn label(&self) -> Text {
        match self {
            Self::Identified => Text::new("特定した", "Identified"),
            Self::Protected => Text::new("現状を保った", "Protected"),
            Self::Acquiring => Text::new("取得中", "Being acquired"),
            Self::Failed { reason } => {
                Text::new(format!("取得に失敗: {reason}"), format!("Acquisition failed: {reason}"))
            }
            Self::Acquired => Text::new("取得済み（照合前）", "Acquired, not verified"),
            Self::Verified => Text::new("取得・照合済み", "Acquired and verified"),
            Self::Stored => Text::new("封印して保管", "Sealed and stored"),
            Self::Transferred => Text::new("引き渡し済み", "Handed over"),
            Self::Returned => Text::new("返却済み", "Returned"),
            Self::Retained { until } => {
                Text::new(format!("{until} まで保管"), format!("Kept until {until}"))
            }
            Self::Destroyed => Text::new("廃棄済み", "Destroyed"),
        }
    }

    /// Whether nothing can be lost any more when the machine is made new. What was given back to its owner or destroyed keeps
    /// nothing.
    #[must_use]
    pub const fn is_safe(&self) -> bool {
        matches!(self, Self::Verified | Self::Stored | Self::Transferred | Self::Retained { .. })
    }
}

/// A photograph that belongs to an item. Its bytes are kept by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// Digest of its bytes.
    pub sha256: Digest,
    /// `image/jpeg` or `image/png`, told by its first bytes.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// What it shows; may be empty.
    pub note: String,
    /// When it was handed in.
    #[serde(with = "moment")]
    pub at: Instant,
    /// By whom.
    pub by: Actor,
}

/// Something asked for that another person has to grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// When.
    #[serde(with = "moment")]
    pub at: Instant,
    /// By whom.
    pub by: Actor,
    /// Why.
    pub reason: String,
}

/// A remark or correction; what was written before stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// When.
    #[serde(with = "moment")]
    pub at: Instant,
    /// By whom.
    pub by: Actor,
    /// The text.
    pub text: String,
}

/// One item of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// Its number in the case: `E-001`, parts and copies `E-001-1`.
    pub no: String,
    /// What was written down about it.
    pub facts: ItemFacts,
    /// What was measured on it.
    pub measured: Measured,
    /// Where it stands.
    pub state: ItemState,
    /// Number of the seal or bag; the last one put on.
    pub seal: String,
    /// Where it is kept, or who has it.
    pub place: String,
    /// When it was written down.
    #[serde(with = "moment")]
    pub recorded_at: Instant,
    /// By whom.
    pub recorded_by: Actor,
    /// Everything that was done with it, in order.
    pub events: Vec<CustodyEvent>,
    /// Photographs of it.
    pub photos: Vec<Photo>,
    /// Remarks and corrections.
    pub remarks: Vec<Remark>,
    /// Whether somebody asked to have it destroyed.
    pub destruction: Option<Request>,
}

impl EvidenceItem {
    /// What people call it.
    #[must_use]
    pub fn title(&self) -> Text {
        if !self.facts.title.is_empty() {
            return Text::new(&*self.facts.title, &*self.facts.title);
        }
        let kind = self.facts.kind.label();
        if self.facts.machine.is_empty() {
            return kind;
        }
        let machine = &self.facts.machine;
        Text::new(format!("{machine} の{}", kind.ja), format!("{} of {machine}", kind.en))
    }

    /// Whether digests did not match at some time. Never taken back: somebody has to explain it.
    #[must_use]
    pub fn has_mismatch(&self) -> bool {
        self.events.iter().any(|event| event.matches == Some(false))
    }

    /// Maker and model in one line.
    #[must_use]
    pub fn make_and_model(&self) -> String {
        let parts = [self.facts.make.as_str(), self.facts.model.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}
