//! Why an office's act was refused, and the troubles in words for people.

use sakimori_words::{Retry, Trouble, TroubleKind};

/// Why an office's act was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfficeError {
    /// The one-time link does not exist, was used, taken back or has expired. Which of them a stranger is not told.
    #[error("the link cannot be used")]
    LinkUnusable,
    /// Too many wrong links were tried.
    #[error("too many attempts; wait {wait_seconds} seconds")]
    TooManyAttempts {
        /// How long to wait.
        wait_seconds: i64,
    },
    /// An organisation sent what it has no right to send.
    #[error("`{from}` may not send {what}")]
    NotTheirs {
        /// Who.
        from: String,
        /// What.
        what: &'static str,
    },
    /// Both are the same case, or one was joined already.
    #[error("these cases cannot be joined")]
    CannotJoin,
    /// The text may name a patient and nobody confirmed that it does not.
    #[error("{n_places} places may name a patient")]
    MayNamePatient {
        /// How many places.
        n_places: usize,
    },
    /// The dispatch is not in a state from which this follows.
    #[error("the dispatch cannot go from there to {to}")]
    DispatchOrder {
        /// The wanted state.
        to: &'static str,
    },
    /// The clinic did not agree that its report is passed on.
    #[error("consent was not given")]
    NoConsent,
}

/// The troubles of the office's side.
pub const OFFICE_TROUBLES: &[TroubleKind] = &[
    LINK_UNUSABLE,
    TOO_MANY,
    NOT_THEIRS,
    CANNOT_JOIN,
    MAY_NAME_PATIENT,
    DISPATCH_ORDER,
    NO_CONSENT,
];

const LINK_UNUSABLE: TroubleKind = TroubleKind {
    call: ["リンクを案内した行政機関の担当者", "The officer who gave you the link"],
    ..TroubleKind::new(
        "SK-OFFICE-001",
        404,
        ["このリンクは使えません", "This link cannot be used"],
        [
            "入力まちがい、期限切れ、送信済みのいずれかです。電話で担当者に新しいリンクを依頼してください。急ぐときは電話で状況を伝えてください。",
            "It was mistyped, has expired or was used. Ask the officer for a new one by telephone; if it is urgent, report by telephone.",
        ],
    )
};

const TOO_MANY: TroubleKind = TroubleKind {
    retry: Retry::Later,
    ..TroubleKind::new(
        "SK-OFFICE-002",
        429,
        [
            "使えないリンクが続けて入力されたため、受付を一時停止しています",
            "Too many links that do not work were tried",
        ],
        [
            "10分ほど待ってから、もう一度入力してください。急ぐときは電話で担当者に伝えてください。",
            "Wait about ten minutes and try again. If it is urgent, call the officer.",
        ],
    )
};

const NOT_THEIRS: TroubleKind = TroubleKind::new(
    "SK-OFFICE-003",
    403,
    [
        "この種類の電文を送る立場にない組織からの電文を受け取りませんでした",
        "A message was refused: its sender has no right to send that kind",
    ],
    [
        "差出人とされた組織に、登録済みの電話番号で確認してください。",
        "Ask the named organisation under the number you have on file.",
    ],
);

const CANNOT_JOIN: TroubleKind = TroubleKind::new(
    "SK-OFFICE-004",
    409,
    ["この2つの事案は統合できません", "These two cases cannot be joined"],
    [
        "同じ事案か、すでに統合された事案です。一覧から開き直してください。訓練と実際の事案は統合できません。",
        "They are the same, or one was joined already. Open them again. An exercise is never joined to a real case.",
    ],
);

const MAY_NAME_PATIENT: TroubleKind = TroubleKind::new(
    "SK-OFFICE-005",
    409,
    ["患者を特定できる情報が含まれているおそれがあります", "The text may name a patient"],
    [
        "示された箇所を消すか、患者の情報ではないことを確認してから送ってください。",
        "Remove the places shown, or confirm that they are not about a patient.",
    ],
);

const DISPATCH_ORDER: TroubleKind = TroubleKind::new(
    "SK-OFFICE-006",
    409,
    ["支援の状態をその順には進められません", "The dispatch cannot go on in that order"],
    [
        "画面を開き直してください。依頼、手配、移動中又は遠隔対応、引継ぎ、終了の順に進みます。",
        "Open the page again: requested, assigned, on the way or remote, handed over, closed.",
    ],
);

const NO_CONSENT: TroubleKind = TroubleKind::new(
    "SK-OFFICE-007",
    422,
    ["行政機関の間で共有することへの同意が必要です", "Consent to sharing among offices is needed"],
    [
        "同意できないときは、電話で担当者に相談してください。",
        "If you cannot agree, talk to the officer by telephone.",
    ],
);

impl OfficeError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind: &'static TroubleKind = match self {
            Self::LinkUnusable => &LINK_UNUSABLE,
            Self::TooManyAttempts { .. } => &TOO_MANY,
            Self::NotTheirs { .. } => &NOT_THEIRS,
            Self::CannotJoin => &CANNOT_JOIN,
            Self::MayNamePatient { .. } => &MAY_NAME_PATIENT,
            Self::DispatchOrder { .. } => &DISPATCH_ORDER,
            Self::NoConsent => &NO_CONSENT,
        };
        Trouble::because(kind, self)
    }
}
