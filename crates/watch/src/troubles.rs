//! The troubles of this crate that a person may see.

use sakimori_words::{Retry, TroubleKind};

/// Every kind of trouble this crate can report.
pub const TROUBLES: &[TroubleKind] = &[FINDING_UNKNOWN, FINDING_MOVED_ON, FINDING_STATE, FILTER];

/// SK-WATCH-001.
pub(crate) const FINDING_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-001",
    status: 404,
    what: ["その検知は記録にありません", "there is no such finding"],
    now: ["検知の一覧を開き直してください。", "Open the list of findings again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-002.
pub(crate) const FINDING_MOVED_ON: TroubleKind = TroubleKind {
    code: "SK-WATCH-002",
    status: 409,
    what: [
        "ほかの人が先にこの検知を処理しました",
        "someone else has dealt with this finding in the meantime",
    ],
    now: [
        "画面を読み直し、最新の状態を確かめてから、もう一度操作してください。",
        "Reload the page, check its present state, then decide again.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-003.
pub(crate) const FINDING_STATE: TroubleKind = TroubleKind {
    code: "SK-WATCH-003",
    status: 422,
    what: ["検知をその状態にはできません", "the finding cannot be given that state"],
    now: [
        "終了にするときは、理由を一文で書いてください。",
        "To close it, write the reason in one sentence.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-020.
pub(crate) const FILTER: TroubleKind = TroubleKind {
    code: "SK-WATCH-020",
    status: 400,
    what: ["検索条件を読み取れません", "the filter cannot be read"],
    now: [
        "示された位置を直してください。文字どおりに探すときは \"…\" で囲みます。",
        "Correct the place named; put text to be taken literally into \"…\".",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};
