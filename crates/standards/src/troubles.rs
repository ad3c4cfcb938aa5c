//! What can go wrong here, as a person sees it.

use sakimori_words::{Retry, TroubleKind};

pub(crate) const READER_NAME: TroubleKind = TroubleKind::new(
    "SK-STANDARDS-001",
    422,
    ["アカウントの名前に使えない文字があります", "The name cannot be used for an account"],
    [
        "文字・数字と . - _ だけの、64文字までの名前にしてください。",
        "Use letters, digits and . - _ only, at most 64 of them.",
    ],
);

pub(crate) const READER_TAKEN: TroubleKind = TroubleKind::new(
    "SK-STANDARDS-002",
    409,
    ["その名前のアカウントは既にあります", "There is an account of that name already"],
    [
        "別の名前にするか、既にあるものを先に停止してください。",
        "Use another name, or shut the other one out first.",
    ],
);

pub(crate) const READER_UNKNOWN: TroubleKind = TroubleKind::new(
    "SK-STANDARDS-003",
    404,
    ["その名前の有効なアカウントはありません", "No account of that name is let in"],
    ["一覧で名前を確かめてください。", "Look the name up in the list."],
);

pub(crate) const TOO_NARROW: TroubleKind = TroubleKind::new(
    "SK-STANDARDS-004",
    422,
    [
        "共有範囲（TLP）が狭いか読めない情報が含まれています",
        "Something in it is for a narrower audience, or for one that cannot be read",
    ],
    [
        "TLP ラベルを確かめてください。ラベルのないものは TLP:RED とみなし、公開しません。",
        "Look at the TLP labels. What has none counts as TLP:RED and is not published.",
    ],
);

pub(crate) const NOT_STIX: TroubleKind = TroubleKind::new(
    "SK-STANDARDS-005",
    422,
    ["STIX のオブジェクトではないものが含まれています", "Something in it is no STIX object"],
    ["STIX 2.1 のバンドル（JSON）を渡してください。", "Hand in a bundle of STIX 2.1 (JSON)."],
);

pub(crate) const SHELF_BUSY: TroubleKind = TroubleKind {
    retry: Retry::Later,
    ..TroubleKind::new(
        "SK-STANDARDS-006",
        503,
        ["ほかの書き込みと重なりました", "Others were writing at the same time"],
        ["少し待って、もう一度行ってください。", "Wait a little and try again."],
    )
};

pub(crate) const PROPOSAL_TOO_LONG: TroubleKind = TroubleKind::new(
    "SK-STANDARDS-007",
    413,
    [
        "別の担当者の決裁を待つには大きすぎるファイルです（4 MiB まで）",
        "The file is too long to wait for another officer (at most 4 MiB)",
    ],
    ["いくつかのファイルに分けて渡してください。", "Split it, and hand the parts in one by one."],
);

pub(crate) const PROPOSAL_UNKNOWN: TroubleKind = TroubleKind::new(
    "SK-STANDARDS-008",
    409,
    ["そのファイルは決裁待ちではありません", "No such file waits for release"],
    [
        "画面「事例の共有」→「決裁待ちのファイル」を開き直してください。",
        "Open “Sharing a case” → “Files waiting for release” again.",
    ],
);

pub(crate) const PROPOSAL_SECOND_PERSON: TroubleKind = TroubleKind::new(
    "SK-STANDARDS-009",
    403,
    ["ファイルを渡した人は、自分では公開できません", "Who handed a file in cannot release it"],
    ["別の決裁者に依頼してください。", "Ask another approver."],
);

pub(crate) const PROPOSAL_NO_REASON: TroubleKind = TroubleKind::new(
    "SK-STANDARDS-010",
    422,
    ["公開しない理由がありません", "It is refused without a reason"],
    ["理由を書いてください。", "Write why."],
);

/// Every kind of trouble of this crate.
pub const TROUBLES: &[TroubleKind] = &[
    READER_NAME,
    READER_TAKEN,
    READER_UNKNOWN,
    TOO_NARROW,
    NOT_STIX,
    SHELF_BUSY,
    PROPOSAL_TOO_LONG,
    PROPOSAL_UNKNOWN,
    PROPOSAL_SECOND_PERSON,
    PROPOSAL_NO_REASON,
];
