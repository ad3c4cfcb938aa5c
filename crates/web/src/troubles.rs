//! Every trouble the screens themselves can meet.

use sakimori_words::{Retry, TroubleKind};

pub(crate) const NOT_FOUND: TroubleKind = TroubleKind {
    code: "SK-WEB-001",
    status: 404,
    what: ["このページは見つかりません", "this page does not exist"],
    now: [
        "アドレスを確認するか、「今日」の画面から開き直してください。",
        "Check the address, or start again from Today.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const TOO_LARGE: TroubleKind = TroubleKind {
    code: "SK-WEB-002",
    status: 413,
    what: ["送られた内容が大きすぎます", "what was sent is too large"],
    now: ["内容を短くして、もう一度送ってください。", "Shorten it and send it again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const UNREADABLE: TroubleKind = TroubleKind {
    code: "SK-WEB-003",
    status: 400,
    what: ["送られた内容を読み取れません", "what was sent cannot be read"],
    now: ["前の画面に戻り、入力し直してください。", "Go back and enter it again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_DRAWN: TroubleKind = TroubleKind {
    code: "SK-WEB-004",
    status: 500,
    what: ["画面を作成できませんでした", "the page could not be drawn"],
    now: [
        "もう一度開いてください。続く場合は、エラーコードと受付番号を控えて連絡してください。記録は失われていません。",
        "Open it again. If it stays, report the code and the request number. Nothing recorded is lost.",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

pub(crate) const NOT_ALLOWED_METHOD: TroubleKind = TroubleKind {
    code: "SK-WEB-005",
    status: 405,
    what: ["この画面ではその操作はできません", "this page does not take that kind of request"],
    now: ["「今日」の画面から開き直してください。", "Start again from Today."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Every trouble of the screens, for `sakimori explain`.
pub const TROUBLES: &[TroubleKind] =
    &[NOT_FOUND, TOO_LARGE, UNREADABLE, NOT_DRAWN, NOT_ALLOWED_METHOD];
