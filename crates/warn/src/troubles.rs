//! The troubles of warnings, as a person meets them.

use sakimori_words::{Retry, TroubleKind};

/// Every trouble this crate can raise, for `sakimori explain` and the tests of wording.
pub const TROUBLES: &[TroubleKind] = &[
    UNKNOWN,
    DRAFT_STATE,
    NOT_RELEASED,
    WITHDRAWN,
    SECOND_PERSON,
    MISSING,
    NOT_ANSWERED,
    NOBODY_BELOW,
    CHANGED_MEANWHILE,
    UNREADABLE,
    NOT_THE_SENDERS,
    ATTACHMENT,
];

const NOBODY: [&str; 2] = ["", ""];

pub(crate) const UNKNOWN: TroubleKind = TroubleKind::new(
    "SK-WARN-001",
    404,
    ["その注意喚起は見つかりません", "There is no such warning here"],
    ["一覧を開き直してください。", "Open the list again."],
);

pub(crate) const DRAFT_STATE: TroubleKind = TroubleKind::new(
    "SK-WARN-002",
    409,
    [
        "起案の状態が変わっているため、この操作はできません",
        "The draft is in another state, so this cannot be done",
    ],
    [
        "画面を開き直し、起案中か決裁待ちかを確認してください。",
        "Reload and look whether it is being written or awaits release.",
    ],
);

pub(crate) const NOT_RELEASED: TroubleKind = TroubleKind::new(
    "SK-WARN-003",
    409,
    ["まだ発出されていません", "It has not been released yet"],
    ["発出してから操作してください。", "Release it first."],
);

pub(crate) const WITHDRAWN: TroubleKind = TroubleKind::new(
    "SK-WARN-004",
    409,
    ["この注意喚起は撤回されています", "This warning was withdrawn"],
    ["新しい注意喚起として起案してください。", "Draft a new warning."],
);

pub(crate) const SECOND_PERSON: TroubleKind = TroubleKind::new(
    "SK-WARN-005",
    403,
    [
        "起案した人は発出できません（全国に届くため、二人で確認します）",
        "Whoever wrote it may not release it: it goes to the whole country, so two persons look",
    ],
    [
        "決裁権限のある別の人に、内容を確認して発出してもらってください。",
        "Have another person with the right to release check and release it.",
    ],
);

pub(crate) const MISSING: TroubleKind = TroubleKind::new(
    "SK-WARN-006",
    422,
    ["記入されていない項目があります", "Something is not filled in"],
    ["表示された項目を記入してください。", "Fill in the item named."],
);

pub(crate) const NOT_ANSWERED: TroubleKind = TroubleKind::new(
    "SK-WARN-007",
    409,
    ["該当の有無がまだ回答されていません", "Nobody has answered yet whether you are affected"],
    [
        "先に「該当あり」または「該当なし」を回答してください。",
        "First answer \"affected\" or \"not affected\".",
    ],
);

pub(crate) const NOBODY_BELOW: TroubleKind = TroubleKind::new(
    "SK-WARN-008",
    409,
    [
        "宛先に当てはまる登録機関がないため、送る相手がいません",
        "No enrolled organisation is addressed, so there is nobody to send it to",
    ],
    [
        "宛先の条件を確認してください。未登録の機関へはメールや FAX で周知してください。",
        "Look at the addressees. Reach organisations that are not enrolled by mail or fax.",
    ],
);

pub(crate) const CHANGED_MEANWHILE: TroubleKind = TroubleKind {
    code: "SK-WARN-009",
    status: 409,
    what: [
        "同時に別の人が更新しました。あなたの変更は保存されていません",
        "Somebody else changed it at the same moment; your change was not kept",
    ],
    now: ["画面を開き直して、もう一度操作してください。", "Reload and try again."],
    call: NOBODY,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const UNREADABLE: TroubleKind = TroubleKind {
    code: "SK-WARN-010",
    status: 422,
    what: [
        "届いた注意喚起または回答を読み取れません",
        "A warning or answer that came cannot be read",
    ],
    now: [
        "失われていません。Sakimori を更新してください。急ぐ内容のおそれがあれば差出人に電話してください。",
        "It is kept. Update Sakimori. If it may be urgent, telephone the sender.",
    ],
    call: ["差出人の担当者", "the person in charge at the sender"],
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_THE_SENDERS: TroubleKind = TroubleKind {
    code: "SK-WARN-011",
    status: 403,
    what: [
        "ほかの機関の名前で書かれた注意喚起または回答が届きました",
        "A warning or answer came in the name of another organisation than the one that signed it",
    ],
    now: [
        "取り込んでいません。署名した機関に電話で確認してください。",
        "It was not taken in. Ask the organisation that signed it by telephone.",
    ],
    call: ["署名した機関の担当者", "the person in charge at the organisation that signed it"],
    retry: Retry::No,
    clause: "",
};

pub(crate) const ATTACHMENT: TroubleKind = TroubleKind::new(
    "SK-WARN-012",
    422,
    [
        "このファイルは注意喚起に添付できません、または開けません",
        "This file cannot go with a warning, or not be opened",
    ],
    [
        "添付できるのは PDF、画像（PNG・JPEG）、テキスト、CSV、マクロのない Word・Excel・PowerPoint を 10 個までです。受け取った側でこの表示が出たときは、開かずに発出元へ電話で確認してください。",
        "PDF, pictures (PNG, JPEG), text, CSV, and Word, Excel or PowerPoint without macros can go along, ten at most. If you received it, do not open it and ask the sender by telephone.",
    ],
);
