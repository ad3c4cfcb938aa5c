//! The troubles of this crate as a person sees them.

use sakimori_words::{Retry, TroubleKind};

/// Every trouble this crate can report.
pub const TROUBLES: &[TroubleKind] = &[UNREADABLE_RULE, RULE_NOT_USED, UNREADABLE_SNAPSHOT];

/// A rule file that is no Sigma rule.
pub(crate) const UNREADABLE_RULE: TroubleKind = TroubleKind {
    code: "SK-SIGMA-001",
    status: 422,
    what: ["検知ルールのファイルを読めません", "the rule file cannot be read"],
    now: [
        "示された行を直すか、そのファイルを外してください。ほかのルールは動いています",
        "correct the line shown or remove the file; all other rules are working",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A readable rule that cannot be used here.
pub(crate) const RULE_NOT_USED: TroubleKind = TroubleKind {
    code: "SK-SIGMA-002",
    status: 422,
    what: ["使えない検知ルールがあります", "a detection rule cannot be used"],
    now: [
        "示された理由を見て、ルールを直すか外してください。ほかのルールは動いています",
        "see the reason shown and correct or remove the rule; all other rules are working",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A saved counting state that does not fit.
pub(crate) const UNREADABLE_SNAPSHOT: TroubleKind = TroubleKind {
    code: "SK-SIGMA-003",
    status: 500,
    what: [
        "連続検知(回数を数える検知)の途中経過を読み戻せません",
        "the saved counts of correlation rules cannot be read back",
    ],
    now: [
        "何もする必要はありません。数え直しから始めます。直前に進行中だった攻撃は検索でも確認してください",
        "nothing needs to be done: counting starts anew; check the last hour by search as well",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};
