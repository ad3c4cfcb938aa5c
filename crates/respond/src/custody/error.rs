//! Why an act on evidence was refused.

use sakimori_words::{Retry, Trouble, TroubleKind};

use super::manifest::ManifestError;
use crate::RespondError;

/// Why an act was refused. After an error nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// As with every act on a case.
    #[error(transparent)]
    Respond(#[from] RespondError),
    /// The machine's evidence is neither secured nor waived.
    #[error("the evidence of `{machine}` is {state}; it must be secured or waived first")]
    GateShut {
        /// Which machine.
        machine: String,
        /// Where its evidence stands.
        state: &'static str,
    },
    /// The item is not in a state in which this can be done.
    #[error("item {no} is {state}")]
    ItemState {
        /// Which item.
        no: String,
        /// Where it stands.
        state: &'static str,
    },
    /// Who asks cannot grant.
    #[error("whoever asked for it cannot grant it")]
    SamePerson,
    /// The person may not grant it.
    #[error("a manager grants it")]
    NotPermitted,
    /// The order to keep evidence is in force.
    #[error("the order to keep evidence is in force")]
    OnHold,
    /// There is already one of that name.
    #[error("`{name}` is there already")]
    Known {
        /// Its name.
        name: String,
    },
    /// More than a case takes.
    #[error("a case has at most {limit} {what}")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// The acquisition record cannot be used.
    #[error("the acquisition record cannot be used")]
    Manifest(#[from] ManifestError),
    /// The picture is of no known kind, empty or too large.
    #[error("the picture is not taken: {why}")]
    Picture {
        /// Why.
        why: &'static str,
    },
}

impl From<sakimori_ledger::LedgerError> for CustodyError {
    fn from(error: sakimori_ledger::LedgerError) -> Self {
        Self::Respond(error.into())
    }
}

pub(crate) const GATE_SHUT: TroubleKind = TroubleKind {
    code: "SK-RESPOND-050",
    status: 409,
    what: [
        "証拠を確保する前に、この機器を再構築に回すことはできません",
        "This machine cannot be marked for rebuild before its evidence is secured",
    ],
    now: [
        "ディスクを抜き、札を付け、袋に入れ、鍵のかかる所に置いて記録してください（1分で終わります）。\
         それもできないときは、経営層に証拠の放棄を理由とともに判断してもらってください。",
        "Pull the disk, label it, bag it, lock it away and record it here; that takes a minute. If even that is impossible, ask a \
         manager to waive the evidence with the reason.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "令和3年6月28日 事務連絡 3(2)",
};

pub(crate) const ITEM_STATE: TroubleKind = TroubleKind::new(
    "SK-RESPOND-051",
    409,
    ["証拠物件がその段階にありません", "The item is not at that stage"],
    [
        "画面を開き直し、いまの状態を確認してください。",
        "Open the page again and look where it stands.",
    ],
);

pub(crate) const GRANT_SELF: TroubleKind = TroubleKind::new(
    "SK-RESPOND-052",
    409,
    ["申し出た人は、自分の申し出を認められません", "Whoever asked for it cannot grant it"],
    ["別の管理者が判断してください。", "Another manager decides."],
);

pub(crate) const NOT_PERMITTED: TroubleKind = TroubleKind::new(
    "SK-RESPOND-053",
    403,
    [
        "証拠の放棄・廃棄は、権限のある管理者だけが認められます",
        "Only a manager with the right may grant this",
    ],
    ["経営層（院長・事務長）に判断を求めてください。", "Ask the director."],
);

pub(crate) const ON_HOLD: TroubleKind = TroubleKind::new(
    "SK-RESPOND-054",
    409,
    [
        "証拠保全の指示が出ている間は、証拠を廃棄できません",
        "Nothing is destroyed while the order to keep evidence is in force",
    ],
    [
        "事案を終了し、保全の指示を理由とともに解除してから行ってください。",
        "Close the case and lift the order with its reason first.",
    ],
);

pub(crate) const KNOWN: TroubleKind = TroubleKind::new(
    "SK-RESPOND-055",
    409,
    ["同じ名前の機器が既にあります", "There is a machine of that name already"],
    ["一覧のその機器を使ってください。", "Use the one in the list."],
);

pub(crate) const TOO_MANY: TroubleKind = TroubleKind::new(
    "SK-RESPOND-056",
    409,
    ["一つの事案に記録できる数を超えています", "That is more than one case takes"],
    ["別の事案に分けて記録してください。", "Record the rest in a further case."],
);

pub(crate) const MANIFEST: TroubleKind = TroubleKind::new(
    "SK-RESPOND-057",
    422,
    [
        "取得記録（sakimori-evidence/1）を読み取れません",
        "The acquisition record (sakimori-evidence/1) cannot be read",
    ],
    [
        "`sakimori evidence` が書いた manifest.json をそのまま選んでください。手で直さないでください。",
        "Choose the manifest.json that `sakimori evidence` wrote, unchanged.",
    ],
);

pub(crate) const PICTURE: TroubleKind = TroubleKind::new(
    "SK-RESPOND-058",
    422,
    ["写真を受け付けられません", "The picture is not taken"],
    [
        "JPEG か PNG の写真（10 MB まで）を選んでください。",
        "Choose a JPEG or PNG of at most 10 MB.",
    ],
);

impl CustodyError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind: &'static TroubleKind = match self {
            Self::Respond(error) => return error.trouble(),
            Self::GateShut { .. } => &GATE_SHUT,
            Self::ItemState { .. } => &ITEM_STATE,
            Self::SamePerson => &GRANT_SELF,
            Self::NotPermitted => &NOT_PERMITTED,
            Self::OnHold => &ON_HOLD,
            Self::Known { .. } => &KNOWN,
            Self::TooMany { .. } => &TOO_MANY,
            Self::Manifest(_) => &MANIFEST,
            Self::Picture { .. } => &PICTURE,
        };
        Trouble::because(kind, self)
    }
}
